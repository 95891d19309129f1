//! Leave: days on which a person does not work, asked for and decided.

pub mod entity;
pub mod graphql;
pub mod mutation;
mod write;

pub use write::{approve, cancel, reject, request};
