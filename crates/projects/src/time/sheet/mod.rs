//! Weeks: the grid of a person's week, and its way from a draft to approved time.

pub mod approval;
pub mod course;
pub mod entity;
pub mod graphql;
pub mod grid;
pub mod mutation;
pub mod write;
