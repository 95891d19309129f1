//! Events in the graph: the object and the list.

use async_graphql::{Context, ID, Json, Object};
use kernel::{
    act::{
        audit_entry::ENTRIES_READ,
        outbox::log::{EVENTS_READ, Entity, Model},
    },
    ask::Asking,
    error::Result,
    graph::Node,
    id::{AnyId, AuditEntryId, EventId, IdKind},
    page::{Connection, PageArgs, cursor_of, list},
    scalar::DateTime,
    viewer::Reach,
};
use serde_json::Value;

use super::service::{Events, order};

/// An event of the log.
#[derive(Clone, Debug)]
pub struct Event(pub Model);

impl From<Model> for Event {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for Event {
    const TYPE: &'static str = "Event";
}

/// Something that happened and was committed. Events are told at least once and in order: who has an id already may pass
/// it over.
#[Object]
impl Event {
    /// Its id, the same wherever it is told.
    async fn id(&self) -> EventId {
        self.0.id
    }

    /// Its place in the log, for `after`.
    async fn cursor(&self) -> String {
        cursor_of::<Entity, Self>(&self.0, &order())
    }

    /// What happened, as `<domain>.<thing>.<past verb>`; `eventTypes` lists all kinds.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// Version of the payload's shape.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Name of the type of what it happened to.
    async fn subject_type(&self) -> &str {
        &self.0.subject_type
    }

    /// Id of what it happened to; it may be gone by now.
    async fn subject_id(&self) -> ID {
        match IdKind::from_type_name(&self.0.subject_type) {
            Some(kind) => AnyId { kind, uuid: self.0.subject_id }.to_string().into(),
            None => self.0.subject_id.to_string().into(),
        }
    }

    /// When it happened.
    async fn occurred_at(&self) -> DateTime {
        self.0.occurred_at.into()
    }

    /// What the kind says about it, in the shape that `eventTypes` describes. Names of columns that not
    /// everybody may know of are in `changed` for who may see such columns tenant-wide; members of which the same holds
    /// are null for everybody else.
    async fn payload(&self, ctx: &Context<'_>) -> Json<Value> {
        let types = &ctx.data_unchecked::<Events>().types;
        let guarded = types.get(&self.0.kind).map_or(&[][..], |kind| kind.guarded);
        let mut payload = self.0.payload.clone();
        let hidden = guarded.iter().filter(|(_, needs)| !ctx.viewer().reaches(*needs, Reach::Tenant));
        let hidden: Vec<&str> = hidden.map(|(name, _)| *name).collect();
        match payload.get_mut("changed").and_then(Value::as_array_mut) {
            Some(changed) => changed.retain(|column| !hidden.iter().any(|name| column == name)),
            None => {
                let members = payload.as_object_mut().into_iter().flatten();
                members
                    .filter(|(name, _)| hidden.contains(&name.as_str()))
                    .for_each(|(_, value)| *value = Value::Null);
            }
        }
        Json(payload)
    }

    /// Id of the entry of the audit trail about the same change; null for who does not hold `audit.entry.read`
    /// tenant-wide.
    async fn audit_entry_id(&self, ctx: &Context<'_>) -> Option<AuditEntryId> {
        self.0.audit_id.filter(|_| ctx.viewer().reaches(ENTRIES_READ, Reach::Tenant))
    }
}

/// The log.
#[derive(Default)]
pub(super) struct LogQuery;

#[Object]
impl LogQuery {
    /// Events in the order in which they became readable, oldest first: those about things that the viewer may see.
    /// Whoever goes on behind the last cursor misses none. They are kept for a time, 30 days unless configured
    /// otherwise. Needs `audit.event.read`.
    #[expect(clippy::too_many_arguments, reason = "arguments of a connection")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these kinds, at most 50")] kinds: Option<Vec<String>>,
        #[graphql(desc = "Only events about the thing with this id")] subject: Option<AnyId>,
        #[graphql(desc = "How many from the start, at most 100")] first: Option<i32>,
        #[graphql(desc = "Cursor before the first row; INVALID if its event is no longer kept")]
        after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100")] last: Option<i32>,
        #[graphql(desc = "Cursor behind the last row")] before: Option<String>,
    ) -> Result<Connection<Event>> {
        let (viewer, events) = (ctx.viewer(), ctx.data_unchecked::<Events>());
        viewer.require(EVENTS_READ)?;
        let wanted = events.wanted(kinds, subject)?;
        if let Some(after) = &after {
            events.position(ctx.db(), viewer, after).await?;
        }
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), events.select(viewer, &wanted), order(), &args).await
    }
}
