//! Deliveries that failed, in the graph: what consumers could not take, and what is to become of it.

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
};

use async_graphql::{Context, InputObject, Object, SimpleObject, dataloader::Loader};
use kernel::{
    act::outbox::{
        delivery::{Column, EVENTS_MANAGE, Entity, Model},
        log::{self, EVENTS_READ},
    },
    ask::{Asking, FromAsk},
    db::Db,
    error::{Error, Result},
    graph::{Graph, Node},
    id::{EventDeliveryId, EventId, TypedId as _},
    page::{Connection, Order, PageArgs, list},
    policy::Guarded as _,
    scalar::DateTime,
    sql::one_of,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use super::{
    graphql::Event,
    service::{Events, Wanted},
};

/// An event that a consumer failed on.
#[derive(Clone, Debug)]
pub struct EventDelivery(pub Model);

impl From<Model> for EventDelivery {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for EventDelivery {
    const TYPE: &'static str = "EventDelivery";
}

/// An event that a consumer failed on. It is tried ten times with growing pauses, then it is parked until somebody
/// decides.
#[Object(name = "EventDeliveryFields")]
impl EventDelivery {
    /// Its id.
    async fn id(&self) -> EventDeliveryId {
        self.0.id
    }

    /// Name of the consumer.
    async fn consumer(&self) -> &str {
        &self.0.consumer
    }

    /// The event; null for who would not see it among `events`.
    async fn event(&self, ctx: &Context<'_>) -> Result<Option<Graph<Event>>> {
        if !ctx.viewer().holds(EVENTS_READ) {
            return Ok(None);
        }
        let events = ctx.data_unchecked::<Events>().clone();
        let event = ctx.ask().load::<Shown, _>(Wanting { id: self.0.event_id, events }).await?;
        Ok(event.map(|event| Graph(event.into())))
    }

    /// How often it was tried.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// Why the last try failed.
    async fn last_error(&self) -> &str {
        &self.0.last_error
    }

    /// When it is tried next; null if it is parked.
    async fn next_at(&self) -> Option<DateTime> {
        self.0.parked_at.is_none().then(|| self.0.next_at.into())
    }

    /// When it was parked; null if it is still tried.
    async fn parked_at(&self) -> Option<DateTime> {
        self.0.parked_at.map(Into::into)
    }

    /// When it failed first.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }
}

/// An event that somebody asks for, with what decides whether they see it.
#[derive(Clone)]
struct Wanting {
    id: EventId,
    events: Events,
}

impl PartialEq for Wanting {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Wanting {}

impl Hash for Wanting {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

/// Loads events of the log as far as their subjects let the viewer see them.
struct Shown {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for Shown {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

impl Loader<Wanting> for Shown {
    type Value = log::Model;
    type Error = Error;

    async fn load(&self, keys: &[Wanting]) -> Result<HashMap<Wanting, log::Model>> {
        let Some(any) = keys.first() else { return Ok(HashMap::new()) };
        let ids = one_of(self.db.backend(), log::Column::Id, keys.iter().map(|key| key.id.uuid()));
        let rows = any.events.select(&self.viewer, &Wanted::default()).filter(ids).all(&self.db).await?;
        let mut by_id: HashMap<EventId, log::Model> = rows.into_iter().map(|row| (row.id, row)).collect();
        Ok(keys.iter().filter_map(|key| Some((key.clone(), by_id.remove(&key.id)?))).collect())
    }
}

/// Lists of deliveries.
#[derive(Default)]
pub(super) struct DeliveryQuery;

#[Object]
impl DeliveryQuery {
    /// Events that consumers failed on, the latest first. Needs `audit.event.manage`.
    #[expect(clippy::too_many_arguments, reason = "arguments of a connection")]
    async fn event_deliveries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only parked ones, or only those that are still tried")] parked: Option<bool>,
        #[graphql(desc = "Only those of this consumer")] consumer: Option<String>,
        #[graphql(desc = "How many from the start, at most 100")] first: Option<i32>,
        #[graphql(desc = "Cursor before the first row")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100")] last: Option<i32>,
        #[graphql(desc = "Cursor behind the last row")] before: Option<String>,
    ) -> Result<Connection<EventDelivery>> {
        ctx.viewer().require(EVENTS_MANAGE)?;
        let mut select = Entity::visible(ctx.viewer(), EVENTS_MANAGE);
        select = match parked {
            Some(true) => select.filter(Column::ParkedAt.is_not_null()),
            Some(false) => select.filter(Column::ParkedAt.is_null()),
            None => select,
        };
        if let Some(consumer) = consumer {
            select = select.filter(Column::Consumer.eq(consumer));
        }
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), select, Order::desc(Column::CreatedAt), &args).await
    }
}

/// A delivery to be tried again.
#[derive(Clone, Debug, InputObject)]
pub struct RetryEventDeliveryInput {
    /// The delivery.
    pub id: EventDeliveryId,
}

/// What `retryEventDelivery` changed.
#[derive(SimpleObject)]
pub struct RetryEventDeliveryPayload {
    /// The delivery as it is now; it is gone as soon as the consumer takes the event.
    pub delivery: Graph<EventDelivery>,
}

/// A delivery to be given up for good.
#[derive(Clone, Debug, InputObject)]
pub struct DiscardEventDeliveryInput {
    /// The delivery.
    pub id: EventDeliveryId,
}

/// What `discardEventDelivery` removed.
#[derive(SimpleObject)]
pub struct DiscardEventDeliveryPayload {
    /// Id of the delivery that is gone.
    pub id: EventDeliveryId,
}

/// Changes of deliveries.
#[derive(Default)]
pub struct DeliveryMutation;

#[Object]
impl DeliveryMutation {
    /// Tries an event again at once, with ten tries to come. Needs `audit.event.manage`.
    async fn retry_event_delivery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The delivery.")] input: RetryEventDeliveryInput,
    ) -> Result<RetryEventDeliveryPayload> {
        let delivery = retry(ctx.viewer(), ctx.db(), input.id).await?;
        Ok(RetryEventDeliveryPayload { delivery: Graph(delivery.into()) })
    }

    /// Gives an event up for this consumer; it stays in the log. Needs `audit.event.manage`.
    async fn discard_event_delivery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The delivery.")] input: DiscardEventDeliveryInput,
    ) -> Result<DiscardEventDeliveryPayload> {
        discard(ctx.viewer(), ctx.db(), input.id).await?;
        Ok(DiscardEventDeliveryPayload { id: input.id })
    }
}

async fn retry(viewer: &Viewer, db: &Db, id: EventDeliveryId) -> Result<Model> {
    viewer.require(EVENTS_MANAGE)?;
    viewer
        .act(db, "audit.delivery.retry", async |act| {
            let before = Entity::fetch_in(act.conn(), viewer, EVENTS_MANAGE, id).await?;
            let after = Model { attempts: 0, next_at: act.now(), parked_at: None, ..before.clone() };
            act.update(&before, after).await
        })
        .await
}

async fn discard(viewer: &Viewer, db: &Db, id: EventDeliveryId) -> Result<()> {
    viewer.require(EVENTS_MANAGE)?;
    viewer
        .act(db, "audit.delivery.discard", async |act| {
            let delivery = Entity::fetch_in(act.conn(), viewer, EVENTS_MANAGE, id).await?;
            act.delete(delivery).await
        })
        .await
}
