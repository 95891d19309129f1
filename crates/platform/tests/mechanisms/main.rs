//! The mechanisms of the kernel and the workers of the platform, proven on real databases: SQLite always, PostgreSQL
//! where `ATRIUM_TEST_DATABASE_URL` names a server (`scripts/with-services cargo test -p platform --test mechanisms`).

#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

mod act_races;
mod act_rows;
mod act_trail;
mod children;
mod children_graph;
mod consumers;
mod cursors;
mod dispatcher;
mod entities;
mod harness;
mod linked;
mod pages;
mod reaches;
mod values;
