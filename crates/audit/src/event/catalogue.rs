//! The catalogue in the graph: which kinds of events there are, and what their payloads say.

use async_graphql::{Context, Json, Object};
use kernel::{ask::Asking, error::Result, event::EventType};
use serde_json::Value;

use super::service::Events;

/// A kind of events.
#[derive(Clone, Debug)]
pub struct EventKind(EventType);

/// A kind of events.
#[Object(name = "EventType")]
impl EventKind {
    /// Its name, `<domain>.<thing>.<past verb>`.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// Name of the type of what it happens to.
    async fn subject_type(&self) -> &str {
        self.0.subject_type
    }

    /// Version of the payload's shape; a change that readers must know of is a new version.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// What happened, as a sentence.
    async fn description(&self) -> &str {
        &self.0.about
    }

    /// JSON Schema (draft 2020-12) of the payload.
    async fn payload_schema(&self) -> Json<Value> {
        Json(self.0.schema.clone())
    }
}

/// The catalogue.
#[derive(Default)]
pub(super) struct CatalogueQuery;

#[Object]
impl CatalogueQuery {
    /// Every kind of events there is, by name. For everybody who is signed in.
    async fn event_types(&self, ctx: &Context<'_>) -> Result<Vec<EventKind>> {
        ctx.viewer().signed_in()?;
        let events = ctx.data_unchecked::<Events>();
        Ok(events.types.all().cloned().map(EventKind).collect())
    }
}
