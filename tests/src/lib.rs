//! The harness of API tests: a world of its own for each test, with two agencies full of people who ask.
//!
//! ```no_run
//! use serde_json::json;
//! use tests::World;
//!
//! # async fn example() {
//! let world = World::new().await; // acme and globex; own database, mailbox and clock; no rate limits
//! let manager = world.agency("acme").manager(); // signs in through `login` when first needed
//! let answer = manager.run("{ projects(first: 2) { nodes { id name } } }", json!({})).await.expect_ok();
//! assert_eq!(answer.ids("projects.nodes").len(), 2);
//! answer.expect_statements(8);
//!
//! let stranger = world.agency("globex").owner();
//! let project = manager.run("{ projects(first: 1) { nodes { id } } }", json!({})).await.text("projects.nodes.0.id");
//! let query = "query($id: ID!) { project(id: $id) { name } }";
//! stranger.run(query, json!({ "id": project })).await.expect_code("NOT_FOUND");
//!
//! world.clock.advance(std::time::Duration::from_secs(3600)); // time stands still unless a test moves it
//! let mail = world.mail_to("ada@example.com").await; // waits for the next unread one
//! let _token = tests::token_in(&mail);
//! let mut socket = manager.socket().await;
//! let mut changes = socket.subscribe("subscription { projectChanged { project { id } } }", json!({}));
//! let _event = changes.next().await;
//! # }
//! ```
//!
//! `World::builder()` has the rest: `.empty()`, `.rate_limits()`, `.nodes(2)`, `.configure(|config| …)`. Databases are
//! SQLite files, or databases of the PostgreSQL in `ATRIUM_TEST_DATABASE_URL`; templates are built once for each build.
//! What is in the database is read with `world.audit_of(id)`, `world.events_of(id)`, `world.counts()`,
//! `world.snapshot()` and `world.rows(table, "WHERE …")`; `world.settled()` waits for events and jobs.
//!
//! [`program`] has the binary as a process of its own, for command lines, signals and dying.
//!
//! [`schema`] has what introspection says, in a form that tests can ask; [`golden`] compares long texts with files.
//!
//! Write a test into `tests/api/<domain>/`, with `// keeps: ID-4` above it and the number in `tests/FEATURES.md`.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a harness fails where it stands")]

pub mod actor;
pub mod answer;
pub mod catalogue;
pub mod database;
mod dns;
pub mod golden;
mod http;
mod mail;
mod node;
mod peek;
mod postgres;
pub mod program;
pub mod schema;
mod snapshot;
pub mod socket;
mod template;
pub mod world;

pub use actor::{Actor, PASSWORD};
pub use answer::Answer;
pub use database::on_postgres;
pub use dns::Dns;
pub use http::RawAnswer;
pub use mail::{Mail, token_in};
pub use peek::Row;
pub use program::{Process, Ran, Site};
pub use snapshot::Snapshot;
pub use socket::{Frame, RawSocket, Socket, Subscription};
pub use world::{Agency, Builder, World};
