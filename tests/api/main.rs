//! Tests of the API, through HTTP, by domain: `tests/api/<domain>/`. What holds for the whole schema is in `schema`,
//! `sweep`, `permissions` and `visibility`. The harness is the crate's library; begin with its documentation.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails where it stands")]

mod audit;
mod crm;
mod events;
mod gateway;
mod harness;
mod identity;
mod ids;
mod jobs;
mod people;
mod permissions;
mod plenty;
mod projects;
mod schema;
mod security;
mod sweep;
mod time;
mod visibility;
