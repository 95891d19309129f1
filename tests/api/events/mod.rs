//! Events: the log, the live stream, the catalogue, deliveries that failed, and what faults do to all of it.

mod asks;
mod catalogue;
mod deliveries;
mod faults;
mod live;
mod log;
mod processes;
mod servers;
mod sight;

pub(crate) use faults::all_begun;
