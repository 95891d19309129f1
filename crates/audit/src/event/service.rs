//! What reading events needs of other domains and of the process: made by the gateway, found in the schema's data.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures::stream::BoxStream;
use kernel::{
    act::outbox::log::{Column, Entity},
    ask::Ask,
    error::{Error, Fields, Result, Text},
    event::EventTypes,
    id::{AnyId, TenantId},
    page::{Order, value_in_cursor},
    policy::Guarded as _,
    viewer::{Permission, Viewer},
};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, QueryFilter as _, QuerySelect as _, Select, Value,
};

use super::graphql::Event;
use uuid::Uuid;

const EXPIRED: Text = Text::new(
    "cursor_expired",
    "Events from before {since} are no longer kept. Leave the cursor out to read from the oldest that is.",
    "Les événements d'avant {since} ne sont plus conservés. Sans curseur, la lecture commence au plus ancien conservé.",
);
const FOREIGN: Text = Text::new(
    "foreign_cursor",
    "This cursor is not of this list in this order.",
    "Ce curseur n'appartient pas à cette liste dans cet ordre.",
);
const UNKNOWN_KIND: Text = Text::new(
    "unknown_kind",
    "There are no events of the kind {kind}; `eventTypes` lists all.",
    "Il n'y a pas d'événement du type {kind} ; `eventTypes` les énumère.",
);
const TOO_MANY_KINDS: Text =
    Text::new("too_many", "At most {max} kinds at once.", "Au plus {max} types à la fois.");

/// Most kinds that one question names.
const MAX_KINDS: usize = 50;

/// The things that events are about.
pub trait Subjects: Send + Sync + 'static {
    /// The events of the log, of the viewer's tenant, whose subject they may see. What is gone is seen by who reads all
    /// of its kind, for nobody can say any more who else was near to it.
    fn seen(&self, viewer: &Viewer) -> Condition;
}

/// Says who may know of columns that not everybody may.
#[async_trait]
pub trait Guards: Send + Sync + 'static {
    /// Whether the asker holds a permission tenant-wide, or on the project that a row is of. Clients never do.
    async fn may(&self, ask: &Ask, needs: Permission, project: Option<Uuid>) -> Result<bool>;
}

/// Says when there is something new to read.
pub trait News: Send + Sync + 'static {
    /// An item whenever the log of a tenant may have grown; the stream ends when the process stops.
    fn subscribe(&self, tenant: TenantId) -> BoxStream<'static, ()>;
}

/// What the domain needs to answer events. Cheap to clone.
#[derive(Clone)]
pub struct Events {
    /// Every kind there is.
    pub types: EventTypes,
    /// Who sees what.
    pub subjects: Arc<dyn Subjects>,
    /// Who may know of what in them.
    pub guards: Arc<dyn Guards>,
    /// What is new.
    pub news: Arc<dyn News>,
    /// How long the log is kept, in days.
    pub kept_days: u32,
}

/// Which events somebody asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    kinds: Option<Vec<String>>,
    subject: Option<AnyId>,
}

impl Events {
    /// Checks what is asked for.
    ///
    /// # Errors
    /// INVALID for a kind that is not in the catalogue.
    pub(super) fn wanted(&self, kinds: Option<Vec<String>>, subject: Option<AnyId>) -> Result<Wanted> {
        let mut fields = Fields::new();
        let asked = kinds.as_deref().unwrap_or_default();
        fields.require(asked.len() <= MAX_KINDS, "kinds", TOO_MANY_KINDS.with("max", MAX_KINDS));
        for (index, kind) in asked.iter().take(MAX_KINDS).enumerate() {
            let known = self.types.get(kind).is_some();
            fields.require(known, &format!("kinds.{index}"), UNKNOWN_KIND.with("kind", kind));
        }
        fields.check()?;
        Ok(Wanted { kinds, subject })
    }

    /// Checks that a viewer may know of everything that entries of the trail say, as they were written: what is guarded
    /// cannot be left out of what is to be checked byte by byte.
    ///
    /// # Errors
    /// FORBIDDEN.
    pub(crate) fn check_whole(&self, viewer: &Viewer) -> Result<()> {
        let guarded = self.types.all().flat_map(|event| event.guarded);
        let mut needed: Vec<Permission> = guarded.map(|(_, needs)| *needs).collect();
        needed.dedup();
        needed.into_iter().try_for_each(|needs| viewer.require_tenant(needs))
    }

    /// The events that a viewer may see, of those that they want.
    pub(super) fn select(&self, viewer: &Viewer, wanted: &Wanted) -> Select<Entity> {
        let mut select = Entity::of_tenant(viewer.tenant_id());
        if let Some(kinds) = &wanted.kinds {
            select = select.filter(Column::Kind.is_in(kinds.iter().map(String::as_str)));
        }
        if let Some(subject) = wanted.subject {
            select = select.filter(Column::SubjectType.eq(subject.kind.type_name()));
            select = select.filter(Column::SubjectId.eq(subject.uuid));
        }
        select.filter(self.subjects.seen(viewer))
    }

    /// The position that a cursor names.
    ///
    /// # Errors
    /// INVALID if it is of something else, or of an event that is no longer kept: what came behind it may be gone too.
    pub(super) async fn position(
        &self,
        db: &impl ConnectionTrait,
        viewer: &Viewer,
        cursor: &str,
    ) -> Result<i64> {
        let value = value_in_cursor::<Entity, Event>(cursor, &order());
        let Some(Value::BigInt(Some(position))) = value else { return Err(Error::field("after", FOREIGN)) };
        let horizon = self.horizon(viewer);
        let row = Entity::of_tenant(viewer.tenant_id())
            .filter(Column::Position.eq(position))
            .filter(Column::OccurredAt.gte(horizon))
            .select_only()
            .column(Column::Position);
        match row.into_tuple::<i64>().one(db).await? {
            Some(position) => Ok(position),
            None => {
                let since = horizon.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
                Err(Error::field("after", EXPIRED.with("since", since)))
            }
        }
    }

    fn horizon(&self, viewer: &Viewer) -> DateTime<Utc> {
        viewer.now - TimeDelta::days(self.kept_days.into())
    }
}

/// The order of the log.
pub(super) fn order() -> Order<Entity> {
    Order::asc(Column::Position)
}
