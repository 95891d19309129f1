//! How the work of people turns out: how true their estimates are, how much they finish and whether in time. For those who
//! lead them alone.

pub mod graphql;
mod rules;
mod store;

pub use graphql::PerformanceQuery;
