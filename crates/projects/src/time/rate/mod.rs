//! x
pub mod bill;
pub mod cost;
