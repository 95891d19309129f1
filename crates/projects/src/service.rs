//! What projects need of other domains and of the process: made by the gateway, found in the schema's data.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use futures::stream::BoxStream;
use kernel::{
    Result,
    act::Act,
    db::Db,
    id::{AccountId, ProjectId, TenantId, TypedId as _, UserId},
    locale::TimeZone,
    people::PeopleDirectory,
    viewer::Viewer,
};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::sight::Sights;

/// What the domain needs of others. Cheap to clone.
#[derive(Clone)]
pub struct Projects {
    /// Client companies.
    pub accounts: Arc<dyn AccountDirectory>,
    /// Who is in the tenant.
    pub people: Arc<dyn PeopleDirectory>,
    /// Whose time is kept, by which clocks.
    pub clocks: Arc<dyn Clocks>,
    /// What people of the tenant may see.
    pub readers: Arc<dyn Readers>,
    /// What happened, as it is committed.
    pub events: Arc<dyn EventSource>,
    /// What the events of this process were about, read once for all who listen.
    pub sights: Sights,
}

/// Client companies, as far as projects ask about them.
#[async_trait]
pub trait AccountDirectory: Send + Sync + 'static {
    /// Checks that a project may be opened for an account: NOT_FOUND unless `viewer` may see it, INVALID at
    /// `accountId` if it is archived.
    async fn account(&self, act: &Act, viewer: &Viewer, id: AccountId) -> Result<()>;
}

/// People, as far as their time is kept.
#[async_trait]
pub trait Clocks: Send + Sync + 'static {
    /// Keeps other acts from writing a person's time until this one ends, and answers the time zone of their settings.
    /// NOT_FOUND for who is no member of the act's tenant.
    async fn hold(&self, act: &Act, person: UserId) -> Result<TimeZone>;

    /// Keeps other acts from writing the time of any of these people until this one ends, in one statement. NOT_FOUND
    /// for who is no member of the act's tenant.
    async fn hold_all(&self, act: &Act, people: &[UserId]) -> Result<()>;
}

/// People of a tenant, as far as projects ask what they may see.
#[async_trait]
pub trait Readers: Send + Sync + 'static {
    /// Those of these people whom the viewer sees and who take part in the tenant at present, as they would ask
    /// themselves.
    async fn readers(&self, db: &Db, viewer: &Viewer, people: &[UserId]) -> Result<Vec<Viewer>>;

    /// What these people are called, as far as the viewer may see them.
    async fn names(&self, db: &Db, viewer: &Viewer, people: &[UserId]) -> Result<HashMap<UserId, String>>;

    /// The active staff of the viewer's tenant, for rules alone: by which names and addresses they are known elsewhere.
    async fn staff(&self, db: &Db, viewer: &Viewer) -> Result<Vec<Staff>>;
}

/// A member of staff who takes part at present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    /// Who.
    pub user: UserId,
    /// What they are called.
    pub name: String,
    /// Their address.
    pub email: String,
}

/// A committed event, as it came through the outbox.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its id, the same for everybody who hears it.
    pub id: Uuid,
    /// `<domain>.<thing>.<past verb>`.
    pub kind: String,
    /// GraphQL type of the subject.
    pub subject_type: String,
    /// Id of the subject.
    pub subject_id: Uuid,
    /// What the kind says about it; for changed rows `{action, changed: [column], version}`.
    pub payload: Json,
}

impl Event {
    /// Whether the event says itself that it is of another project.
    pub(crate) fn is_elsewhere(&self, wanted: ProjectId) -> bool {
        let named = [&self.payload["refs"]["project"], &self.payload["project"]];
        let named = named.into_iter().find_map(|id| id.as_str()?.parse().ok());
        let subject = (self.subject_type == "Project").then(|| ProjectId::from_uuid(self.subject_id));
        subject.or(named).is_some_and(|project: ProjectId| project != wanted)
    }
}

/// What is heard of committed events.
#[derive(Clone, Debug)]
pub enum Heard {
    /// One of them.
    Event(Event),
    /// Some were missed, because they came faster than they were taken.
    Missed,
}

/// Committed events of a tenant, from now on, on whichever node they were committed.
pub trait EventSource: Send + Sync + 'static {
    /// The events of a tenant; the stream ends when the process stops.
    fn subscribe(&self, tenant: TenantId) -> BoxStream<'static, Heard>;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn event_says_of_which_project_it_is_not() {
        let (one, other) =
            (ProjectId::from_uuid(Uuid::from_u128(1)), ProjectId::from_uuid(Uuid::from_u128(2)));
        let event = |subject: &str, payload| Event {
            id: Uuid::nil(),
            kind: String::new(),
            subject_type: subject.to_owned(),
            subject_id: one.uuid(),
            payload,
        };
        for (event, elsewhere) in [
            (event("Project", json!({})), true),
            (event("Task", json!({ "refs": { "project": one } })), true),
            (event("Task", json!({ "refs": { "project": other } })), false),
            (event("Task", json!({ "added": [], "project": one })), true),
            (event("Task", json!({ "changed": [] })), false),
        ] {
            assert_eq!(event.is_elsewhere(other), elsewhere, "{} {}", event.subject_type, event.payload);
        }
    }
}
