//! The HTTP side over real sockets, with a small schema of its own: what the protocols promise, not what domains do.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that unwraps fails where it should")]

mod graphql;
mod idempotency;
mod pages;
mod refusals;
mod serving;
mod sockets;
mod streams;
mod world;
