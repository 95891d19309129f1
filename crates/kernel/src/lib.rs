//! The vocabulary and the five mechanisms that every domain stands on: viewer and policy, act, graph, pages, error.
//!
//! The kernel knows no domain. It owns the tables that every domain writes (`assignments`, `audit_entries`, `outbox`,
//! `events`, `event_deliveries`, `jobs`) and nothing else.

pub mod act;
pub mod activity;
pub mod ask;
pub mod assignment;
mod batch;
pub mod bulk;
pub mod catalogue;
pub mod clock;
pub mod csv;
pub mod db;
pub mod error;
pub mod event;
pub mod field;
pub mod graph;
pub mod id;
pub mod locale;
pub mod money;
pub mod page;
pub mod patch;
pub mod people;
pub mod policy;
pub mod privacy;
pub mod scalar;
pub mod seen;
pub mod sql;
pub mod text;
pub mod viewer;
pub mod workweek;

pub use error::{Error, FieldError, Fields, Result, Said, Text};
