//! The audit trail: its sealed order, checks, proofs and exports.

mod attacks;
mod cli;
mod export;
mod proof;
mod seal;
mod support;
mod verify;
