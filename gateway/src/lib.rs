//! The gateway: what stands between the domains and the world. Configuration, HTTP, authentication, the stitched schema,
//! bridges between domains, background work, the command line and demo data.

pub mod app;
pub mod assets;
pub mod bridges;
pub mod cli;
pub mod config;
pub mod directory;
pub mod engine;
pub mod fanout;
mod forget;
pub mod gauges;
pub mod graph;
pub mod http;
pub mod privacy;
pub mod seed;
pub mod serve;
pub mod telemetry;
pub mod traces;
mod witness;
pub mod worker;
