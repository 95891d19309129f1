//! What a document may ask for, checked before anything is executed and in time that is linear in its text: it is
//! counted what the document expands to, each fragment once.

mod cost;
mod lists;
mod nesting;
mod shape;
mod values;

pub use cost::{LEAST_COST, REFUSED_COST, cost};
pub use nesting::check_nesting;
pub use shape::check_document;
pub use values::{check_literals, check_variables};

#[cfg(test)]
mod tests;
