//! Tests of the gateway: what holds for every request whatever it asks, the pages beside the API, several nodes, the
//! process and its command line, and the story that begins everything.

mod bridges;
mod cli;
mod crash;
mod errors;
mod idempotency;
mod installation;
mod limits;
mod metrics;
mod nodes;
mod persisted;
mod process;
mod protocol;
mod refusals;
mod slow;
mod story;
mod subscriptions;
mod surface;
mod values;
mod websocket;
pub(crate) mod wire;
