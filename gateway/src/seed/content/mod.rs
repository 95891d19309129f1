//! What generated agencies talk about: people, client companies and the work, as literal lists.

pub mod companies;
pub mod people;
pub mod work;
