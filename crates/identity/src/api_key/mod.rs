//! API keys.

pub mod entity;
pub mod scope;
