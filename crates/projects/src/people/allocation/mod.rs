//! Allocations: how much of people projects have, and that nobody gets more firm work than they have time.

pub mod entity;
pub mod graphql;
pub mod mutation;
pub mod needed;
pub mod over;
pub(crate) mod restore;
mod write;

pub(in crate::people) use write::{ROLE_MAX, check, open_project};
pub use write::{create, delete, update};
