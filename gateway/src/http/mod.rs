//! The HTTP side: from sockets and headers to checked GraphQL requests, and from responses and errors back to bytes.

pub mod answer;
pub mod buckets;
pub mod client;
pub mod documents;
pub mod done;
pub mod edge;
pub mod engine;
pub mod errors;
mod export;
pub mod graphql;
pub mod health;
pub mod idempotency;
pub mod inputs;
pub mod limits;
pub mod links;
pub mod listed;
pub mod live;
pub mod mailbox;
pub mod metrics;
pub mod negotiate;
pub mod pages;
pub mod params;
pub mod problem;
pub mod reply;
pub mod router;
pub mod says;
pub mod shared;
pub mod sockets;
pub mod sse;
pub mod watch;
pub mod weight;
pub mod ws;

pub use engine::{Allowance, Caller, Download, Engine, Health, HealthState};
pub use live::FreshAsk;
pub use router::router;
pub use shared::{Parts, Shared};
