//! Sessions: who is signed in, on which device, until when.

pub mod entity;
pub mod refresh_token;

/// What this node knows of sessions for a moment.
#[derive(Debug, Default)]
pub struct Cache {}
