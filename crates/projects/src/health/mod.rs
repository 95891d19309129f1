//! How well projects go: a score from 0 to 100 with its parts, weighed as the agency wants it, and how it changes.

pub mod graphql;
mod measures;
pub mod record;
pub mod score;
pub mod settings;
mod store;

pub use graphql::{HealthMutation, HealthQuery};
pub(crate) use store::of_project;
