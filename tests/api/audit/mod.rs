//! The audit trail: what it keeps, who reads it, its sealed order, checks, proofs and exports.

mod activity;
mod append_only;
mod attack;
mod attacks;
mod cli;
mod erased_words;
mod erasing;
mod erasure;
mod export;
mod keeping;
mod noticed;
mod personal;
mod privacy;
mod proof;
mod reading;
mod receivers;
mod seal;
mod severity;
mod siem;
mod sinks;
mod support;
mod verify;
