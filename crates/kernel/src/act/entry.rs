//! The entries that an act writes into the trail: who acted is the viewer's, what changed is the act's.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{
    Act, audit_entry,
    personal::{Draft, Personal},
};
use crate::{
    id::{AccountId, AuditEntryId, ProjectId, TypedId},
    viewer::Actor,
};

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

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Denied => "denied",
            Self::Failure => "failure",
        }
    }
}

impl Severity {
    fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// How much later than the act's time the time in the id of an entry is at most: acts have one time, and take a while.
pub const LATE: TimeDelta = TimeDelta::minutes(10);

/// What an entry is about, beside its subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The person that the subject is or belongs to.
    pub person: Option<Uuid>,
    /// Its project.
    pub project: Option<ProjectId>,
    /// Its account.
    pub account: Option<AccountId>,
}

impl About {
    /// About a person.
    pub fn person(person: impl TypedId) -> Self {
        Self { person: Some(person.uuid()), ..Self::default() }
    }

    /// About something of a project.
    pub fn project(project: ProjectId) -> Self {
        Self { project: Some(project), ..Self::default() }
    }
}

/// Something that changed no row: a login, a refusal, a download, a look at guarded personal data.
#[derive(Clone, Debug, Default)]
pub struct Note {
    /// GraphQL type of the subject.
    pub subject_type: String,
    /// Id of the subject.
    pub subject_id: Option<Uuid>,
    /// What people call it; never personal data.
    pub label: Option<String>,
    /// What it is about.
    pub about: About,
    /// Details without personal data.
    pub details: Map<String, Json>,
}

impl Act {
    /// Adds an entry for something that changed no row: a login, a refusal, a download. A subject that is a user is the
    /// person it is about.
    pub fn note(
        &mut self,
        subject_type: &str,
        subject_id: Option<Uuid>,
        label: Option<String>,
        details: Map<String, Json>,
    ) {
        let person = subject_id.filter(|_| subject_type == "User");
        let about = About { person, ..About::default() };
        self.note_about(Note { subject_type: subject_type.to_owned(), subject_id, label, about, details });
    }

    /// As [`Act::note`], with what it is about.
    pub fn note_about(&mut self, note: Note) {
        let Note { subject_type, subject_id, label, about, details } = note;
        let draft = self.draft(&subject_type, subject_id, label, about, details);
        self.drafts.push(draft);
    }

    /// An id for an entry, of a time that is at most [`LATE`] after the act's own.
    ///
    /// Reason: whoever looks for entries up to a moment looks for them among the ids up to a while after it; what an act
    /// of many minutes writes last must be found there, too.
    fn entry_id(&self) -> AuditEntryId {
        let id: AuditEntryId = self.new_id();
        let latest = (self.now + LATE).timestamp_millis().max(1).unsigned_abs() - 1;
        // Invariant: the first 48 bits of a UUIDv7 are milliseconds (RFC 9562 §5.7).
        let (millis, rest) = (id.uuid().as_u128() >> 80, id.uuid().as_u128() & ((1 << 80) - 1));
        if millis <= u128::from(latest) {
            return id;
        }
        AuditEntryId::from_uuid(Uuid::from_u128(u128::from(latest) << 80 | rest))
    }

    /// An entry without personal changes; address and program of the client are in it.
    pub(super) fn draft(
        &self,
        subject_type: &str,
        subject_id: Option<Uuid>,
        subject_label: Option<String>,
        about: About,
        changes: Map<String, Json>,
    ) -> Draft {
        let (actor_kind, actor_id, on_behalf_of) = match self.viewer.actor {
            Actor::User(user) => ("user", Some(user.uuid()), None),
            Actor::ApiKey(key, user) => ("api_key", Some(key.uuid()), Some(user.uuid())),
            Actor::System => ("system", None, None),
            Actor::Anonymous => ("anonymous", None, None),
        };
        let request = &self.viewer.request;
        let entry = audit_entry::Model {
            id: self.entry_id(),
            tenant_id: self.viewer.tenant_id(),
            occurred_at: self.now,
            actor_kind: actor_kind.to_owned(),
            actor_id,
            on_behalf_of,
            action: self.name.to_owned(),
            subject_type: subject_type.to_owned(),
            subject_id,
            subject_label,
            person_id: about.person,
            project_id: about.project,
            account_id: about.account,
            changes: Json::Object(changes).to_string(),
            personal: String::new(),
            outcome: self.outcome.as_str().to_owned(),
            severity: self.severity.as_str().to_owned(),
            request_id: (!request.id.is_empty()).then(|| request.id.clone()),
            operation: request.operation.clone(),
        };
        let mut draft = Draft { entry, parts: BTreeMap::new() };
        let client = Personal {
            changes: Map::new(),
            ip: request.ip.map(|ip| ip.to_string()),
            user_agent: request.user_agent.clone(),
        };
        // Reason: whose address it is, is known of who signed in; of who did not, at most by what was tried.
        let person = self.viewer.user_id().map(|user| user.uuid()).or(about.person).unwrap_or_default();
        draft.add(person, client);
        draft
    }
}
