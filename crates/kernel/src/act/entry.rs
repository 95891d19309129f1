//! The entries that an act writes into the trail: who acted is the viewer's, what changed is the act's.

use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{Act, audit_entry};
use crate::{id::TypedId, viewer::Actor};

/// How an act ended, in the audit trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Success,
    /// Refused.
    Denied,
    /// Tried and failed.
    Failure,
}

/// How much an auditor cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Everyday work.
    Info,
    /// Worth a look: permissions, keys, members.
    Notice,
    /// Suspicious.
    Warning,
    /// Needs somebody now.
    Critical,
}

impl Act {
    /// Adds an entry for something that changed no row: a login, a refusal, a download.
    pub fn note(
        &mut self,
        subject_type: &str,
        subject_id: Option<Uuid>,
        label: Option<String>,
        details: Map<String, Json>,
    ) {
        let entry = self.entry(subject_type, subject_id, label, details, Map::new());
        self.entries.push(entry);
    }

    pub(super) fn entry(
        &self,
        subject_type: &str,
        subject_id: Option<Uuid>,
        subject_label: Option<String>,
        changes: Map<String, Json>,
        personal: Map<String, Json>,
    ) -> audit_entry::Model {
        let (actor_kind, actor_id, on_behalf_of) = match self.viewer.actor {
            Actor::User(user) => ("user", Some(user.uuid()), None),
            Actor::ApiKey(key, user) => ("api_key", Some(key.uuid()), Some(user.uuid())),
            Actor::System => ("system", None, None),
            Actor::Anonymous => ("anonymous", None, None),
        };
        let request = &self.viewer.request;
        audit_entry::Model {
            id: self.new_id(),
            tenant_id: self.viewer.tenant_id(),
            occurred_at: self.now,
            actor_kind: actor_kind.to_owned(),
            actor_id,
            on_behalf_of,
            action: self.name.to_owned(),
            subject_type: subject_type.to_owned(),
            subject_id,
            subject_label,
            changes: Json::Object(changes),
            personal: Json::Object(personal),
            outcome: match self.outcome {
                Outcome::Success => "success",
                Outcome::Denied => "denied",
                Outcome::Failure => "failure",
            }
            .to_owned(),
            severity: match self.severity {
                Severity::Info => "info",
                Severity::Notice => "notice",
                Severity::Warning => "warning",
                Severity::Critical => "critical",
            }
            .to_owned(),
            request_id: (!request.id.is_empty()).then(|| request.id.clone()),
            ip: request.ip.map(|ip| ip.to_string()),
            user_agent: request.user_agent.clone(),
            operation: request.operation.clone(),
        }
    }
}
