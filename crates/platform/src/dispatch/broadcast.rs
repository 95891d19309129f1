//! The broadcast: the consumer that tells every node of every event, through pub/sub.

use async_trait::async_trait;
use kernel::id::{EventId, TenantId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Consumer, Event, Undelivered};
use crate::cache::Services;

/// The pub/sub channel of committed events.
pub const EVENTS: &str = "events";

/// A committed event as nodes get it. A hint to look again, never the truth: what it is about is read from the
/// database with the rights of whoever is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Published {
    /// Its place in the log.
    pub position: i64,
    /// Its id, by which consumers are idempotent.
    pub id: EventId,
    /// The tenant.
    pub tenant: TenantId,
    /// `<domain>.<thing>.<past verb>`.
    pub kind: String,
    /// GraphQL type of the subject.
    pub subject_type: String,
    /// Id of the subject.
    pub subject_id: Uuid,
    /// What the kind says about it.
    pub payload: serde_json::Value,
}

impl From<&Event> for Published {
    fn from(event: &Event) -> Self {
        Self {
            position: event.position,
            id: event.id,
            tenant: event.tenant_id,
            kind: event.kind.clone(),
            subject_type: event.subject_type.clone(),
            subject_id: event.subject_id,
            payload: event.payload.clone(),
        }
    }
}

/// Tells every node. While pub/sub is not there events wait in their order.
#[derive(Clone, Debug)]
pub struct Broadcast(Services);

impl Broadcast {
    /// The broadcast through these services.
    pub fn new(services: Services) -> Self {
        Self(services)
    }
}

#[async_trait]
impl Consumer for Broadcast {
    fn name(&self) -> &'static str {
        "broadcast"
    }

    async fn handle(&self, event: &Event) -> Result<(), Undelivered> {
        let message = serde_json::to_vec(&Published::from(event))
            .map_err(|error| Undelivered::Event(error.to_string()))?;
        let told = self.0.pubsub.publish(EVENTS, &message).await;
        told.map_err(|error| Undelivered::Later(error.to_string()))
    }
}
