//! API keys: machines that act for the person who made the key, within its scopes and never beyond what that person
//! holds.

mod authenticate;
mod cache;
mod editing;
pub mod entity;
pub mod graphql;
pub mod rules;
pub mod scope;
mod store;

pub use authenticate::{Turn, authenticate};
pub use cache::Cache;
pub use editing::{ApiKeyChanges, NewApiKey, create, revoke, update};
pub use graphql::ApiKey;

pub(crate) use editing::remove_all;
