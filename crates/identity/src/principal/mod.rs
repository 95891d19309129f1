//! Principals: from a token or key to a viewer with its grants.

/// What this node knows of grants for a moment.
#[derive(Debug, Default)]
pub struct Cache {}
