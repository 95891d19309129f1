//! Forwarding the trail to other systems: syslog and HTTP sinks of a tenant that get entries at least once, in the
//! sealed order.
//!
//! By default a sink gets what is `critical`: acts after which somebody should look at once whether they were meant.
//!
//! | critical | acts |
//! |---|---|
//! | who rules the agency | owner or admin roles given or taken (`identity.role.*`), invitations with such roles, keys of such people |
//! | whether there is an agency | `identity.tenant.suspend`, `.reactivate`, `.schedule_deletion`, `.cancel_deletion` |
//! | proof and history | `audit.key.rotate`, `audit.trail.verify` that found something, legal holds (`audit.hold.place`), shorter retention (`audit.retention.update`), a trail accepted as it is (`audit.trail.accept`) |
//! | where history goes | `audit.sink.create`, `.update`, `.delete`, and `.pause`: a sink was given up |
//! | somebody else at the door | a used session token that comes again (`identity.session.renew`), passwords set from the command line |
//!
//! `warning` is what looks odd (guessing, people removed), `notice` what changes access, `info` everyday work.

mod entity;
mod forward;
mod graphql;
mod guard;
mod message;
mod mutation;
mod rules;
mod send;
mod service;
mod store;

use async_graphql::MergedObject;

pub use entity::Entity;
pub use forward::{Forwarder, Platform};
pub use graphql::AuditSink;
pub use rules::Kind;
pub use store::{Standing, standing};

/// The root queries about sinks.
#[derive(MergedObject, Default)]
pub struct SinkQuery(graphql::SinkRoot);

/// The root mutations of sinks.
#[derive(MergedObject, Default)]
pub struct SinkMutation(mutation::SinkChanges);

/// What the installation allows sinks.
#[derive(Clone, Debug)]
pub struct SinkSettings {
    /// Whether sinks may be in private networks, this machine included.
    pub allow_private: bool,
    /// Days of failing after which a sink is given up.
    pub pause_after_days: u32,
    /// The name under which syslog messages are sent.
    pub host: String,
}

/// Why a sink did not take a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// For the people who look after the sink.
    pub(crate) reason: String,
    /// Seconds after which the sink wants to be asked again.
    pub(crate) retry_after: Option<i64>,
}

impl Fault {
    fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), retry_after: None }
    }

    fn io(what: &str, error: &std::io::Error) -> Self {
        Self::new(format!("{what}: {error}").chars().take(300).collect::<String>())
    }

    fn http(error: &reqwest::Error) -> Self {
        let mut deepest: &dyn std::error::Error = error;
        while let Some(source) = deepest.source() {
            deepest = source;
        }
        Self::new(format!("no answer: {deepest}").chars().take(300).collect::<String>())
    }
}
