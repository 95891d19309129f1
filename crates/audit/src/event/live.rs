//! Events as they happen: the subscription that first tells what came behind a cursor and then goes on, without a gap
//! and without telling one twice.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use async_graphql::{Context, Subscription};
use futures::{
    Stream, StreamExt as _,
    stream::{self, BoxStream},
};
use kernel::{
    act::outbox::log::{Column, EVENTS_READ, Entity, Model},
    ask::{Ask, Asking},
    error::Result,
    graph::Graph,
    id::{AnyId, TenantId},
    policy::Guarded as _,
};
use sea_orm::{ColumnTrait as _, ConnectionTrait, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use super::{
    graphql::Event,
    service::{Events, Wanted},
};

/// Events read at once.
const BATCH: u64 = 100;

/// How long to wait for a database that does not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// How long what was read may wait to be taken.
const STALE: Duration = Duration::from_secs(1);

/// Wake-ups that are taken as one.
const AT_ONCE: usize = 1_000;

/// The live log.
#[derive(Default)]
pub(super) struct LogSubscription;

#[Subscription]
impl LogSubscription {
    /// Events about things that the viewer may see, in the order of the log: with `after`, everything behind that cursor
    /// first, then what happens. Whether the viewer may see it is asked when an event is told. Needs
    /// `audit.event.read`.
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Cursor of the last event one has; only what happens from now on without one")]
        after: Option<String>,
        #[graphql(desc = "Only these kinds, at most 50")] kinds: Option<Vec<String>>,
        #[graphql(desc = "Only events about the thing with this id")] subject: Option<AnyId>,
    ) -> Result<impl Stream<Item = Result<Graph<Event>>> + 'static> {
        let (ask, events) = (ctx.ask().clone(), ctx.data_unchecked::<Events>().clone());
        ask.viewer.require(EVENTS_READ)?;
        let wanted = events.wanted(kinds, subject)?;
        // Invariant: news are listened to before the log is read, so that none falls in between.
        let news = events.news.subscribe(ask.viewer.tenant_id());
        let told = match after {
            Some(after) => events.position(&ask.db, &ask.viewer, &after).await?,
            None => end(&ask.db, ask.viewer.tenant_id()).await?,
        };
        let news = news.ready_chunks(AT_ONCE).map(drop).boxed();
        let read = VecDeque::new();
        let tail = Tail { ask, events, wanted, news, told, read, read_at: None, taken: told, fresh: true };
        Ok(stream::unfold(tail, async |mut tail| {
            let event = tail.next().await?;
            Some((Ok(Graph(Event(event))), tail))
        }))
    }
}

/// The last position in the log of a tenant.
async fn end(db: &impl ConnectionTrait, tenant: TenantId) -> Result<i64> {
    let last = Entity::of_tenant(tenant).select_only().column(Column::Position);
    let last = last.order_by_desc(Column::Position).limit(1).into_tuple().one(db).await?;
    Ok(last.unwrap_or(0))
}

/// The end of the log, as one subscriber reads it.
struct Tail {
    ask: Ask,
    events: Events,
    wanted: Wanted,
    news: BoxStream<'static, ()>,
    /// Everything up to here was told, or is not for this subscriber.
    told: i64,
    /// What was read and is still to be told.
    read: VecDeque<Model>,
    /// When that was read.
    read_at: Option<Instant>,
    /// Everything up to here was taken, or is not for this subscriber.
    taken: i64,
    /// Whether there may be more to read.
    fresh: bool,
}

impl Tail {
    /// The next event; none when the process stops.
    async fn next(&mut self) -> Option<Model> {
        loop {
            // Reason: whether somebody may see an event is asked when they take it; a slow reader reads again.
            if self.read_at.is_some_and(|read| read.elapsed() > STALE) {
                self.read.clear();
                self.fresh = true;
                self.told = self.taken;
                self.read_at = None;
            }
            if let Some(event) = self.read.pop_front() {
                self.taken = event.position;
                return Some(event);
            }
            if !self.fresh {
                self.news.next().await?;
            }
            self.fresh = true;
            if let Err(error) = self.read_on().await {
                // Reason: nothing is lost by reading later, and whoever listens need not know.
                tracing::debug!(?error, "events wait to be told");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// Reads a batch, and forgets what the message before has loaded.
    async fn read_on(&mut self) -> Result<()> {
        let viewer = self.ask.viewer.at_present();
        let end = end(&self.ask.db, viewer.tenant_id()).await?;
        let select = self.events.select(&viewer, &self.wanted);
        let rows = select
            .filter(Column::Position.gt(self.told))
            .filter(Column::Position.lte(end))
            .order_by_asc(Column::Position)
            .limit(BATCH)
            .all(&self.ask.db)
            .await?;
        self.fresh = rows.len() as u64 == BATCH;
        let last = rows.last().map(|event| event.position);
        // Reason: what lies between the last that is shown and the end need not be looked at again.
        self.told = last.filter(|_| self.fresh).unwrap_or(end).max(self.told);
        self.read_at = (!rows.is_empty()).then(Instant::now);
        if rows.is_empty() {
            self.taken = self.told;
        }
        self.read.extend(rows);
        Ok(())
    }
}
