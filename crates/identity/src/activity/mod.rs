//! Every act of this domain as people read it.

mod access;
mod people;

pub use access::ACTIONS as ACCESS;
pub use people::ACTIONS as PEOPLE;
