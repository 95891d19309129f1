//! The job queue on real databases: SQLite always, PostgreSQL where `ATRIUM_TEST_DATABASE_URL` names a server
//! (`scripts/with-services cargo test -p platform --test jobs`).

#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

mod calendar;
mod control;
mod crash;
#[path = "../mechanisms/harness.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod harness;
mod tries;
mod workers;
