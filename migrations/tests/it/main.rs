//! The tests of the migrations, in one program.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failure is the test's result")]

mod history;
mod schema;
mod support;
