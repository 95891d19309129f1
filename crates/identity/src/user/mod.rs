//! People: their profile, and what administrators do with them.

pub mod entity;
pub mod graphql;
mod reassign;

pub use graphql::User;
pub use reassign::Reassign;
