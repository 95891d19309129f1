//! Committed events on this node: heard once from pub/sub, told to the caches and to every open subscription, each once
//! and in the order of the log.

use std::{sync::Arc, time::Duration};

use audit::privacy::erasure::ERASED;
use futures::{Stream, StreamExt, stream::BoxStream};
use identity::Identity;
use kernel::{act::outbox::log, db::Db, error::Result, id::TenantId};
use platform::{
    cache::{Event as Heard, Services},
    dispatch::{EVENTS, Published},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::{sync::broadcast, time::MissedTickBehavior};
use tokio_stream::wrappers::{BroadcastStream, errors::BroadcastStreamRecvError};
use tokio_util::sync::CancellationToken;

/// Events that a slow subscriber may be behind before it loses some: more than the largest single act makes.
const BACKLOG: usize = 16_384;

/// Events that are read from the log after pub/sub was away; if there are more, subscribers are told of a gap.
const MISSED: u64 = 1_000;

/// How often the log is looked at for events that nobody told this node: pub/sub may have lost some without knowing, and
/// a process that shares the database but not the pub/sub tells nobody else.
const LOOK: Duration = Duration::from_secs(1);

/// What a subscriber hears.
#[derive(Clone, Debug)]
pub enum Notice {
    /// An event was committed.
    Event(Arc<Published>),
    /// Some may have been missed: whoever shows a state reads it again.
    Gap,
}

/// The node's event fan-out. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Fanout(broadcast::Sender<Notice>);

impl Default for Fanout {
    fn default() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }
}

impl Fanout {
    /// Listens to pub/sub until `stop`, telling identity's caches first and then everybody. What was missed while
    /// pub/sub was away is read from the log.
    pub async fn run(self, db: Db, services: Services, identity: Identity, stop: CancellationToken) {
        // Invariant: the end is asked before listening begins, so that nothing falls in between.
        let mut ears = Ears { fanout: self, identity, vault: db.clone(), told: end(&db).await.ok() };
        let mut heard = services.pubsub.subscribe(EVENTS).await;
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let next = tokio::select! {
                () = stop.cancelled() => return,
                next = heard.next() => next,
                _ = looks.tick() => {
                    ears.look(&db).await;
                    continue;
                }
            };
            match next {
                None => return,
                Some(Heard::Message(bytes)) => match serde_json::from_slice::<Published>(&bytes) {
                    Ok(event) => ears.hear(event),
                    Err(error) => tracing::error!(%error, "an event that is none"),
                },
                Some(Heard::Lagged(_) | Heard::Reconnected) => ears.catch_up(&db).await,
            }
        }
    }

    fn tell(&self, notice: Notice) {
        // Reason: an error only says that nobody listens at the moment.
        let _ = self.0.send(notice);
    }

    /// Events of a tenant from now on.
    pub fn of_tenant(&self, tenant: TenantId) -> impl Stream<Item = Notice> + Send + use<> {
        self.all().filter(move |notice| {
            let mine = match notice {
                Notice::Event(event) => event.tenant == tenant,
                Notice::Gap => true,
            };
            std::future::ready(mine)
        })
    }

    /// Events of every tenant from now on.
    pub fn all(&self) -> impl Stream<Item = Notice> + Send + use<> {
        BroadcastStream::new(self.0.subscribe()).map(|notice| match notice {
            Ok(notice) => notice,
            Err(BroadcastStreamRecvError::Lagged(_)) => Notice::Gap,
        })
    }
}

impl audit::event::News for Fanout {
    fn subscribe(&self, tenant: TenantId) -> BoxStream<'static, ()> {
        self.of_tenant(tenant).map(drop).boxed()
    }
}

/// What this node has heard.
struct Ears {
    fanout: Fanout,
    identity: Identity,
    /// The database with the vault whose keys of people are held in memory.
    vault: Db,
    /// The last position that was told; none as long as it is not known.
    told: Option<i64>,
}

impl Ears {
    fn hear(&mut self, event: Published) {
        // Reason: the broadcast tells again what it may not have told; everybody here has heard it.
        if self.told.is_some_and(|told| event.position <= told) {
            return;
        }
        self.told = Some(event.position);
        self.identity.on_event(&event);
        if let (ERASED, Some(vault)) = (event.kind.as_str(), self.vault.vault()) {
            vault.forget(event.tenant);
        }
        self.fanout.tell(Notice::Event(Arc::new(event)));
    }

    /// Hears what is in the log and was not told.
    async fn look(&mut self, db: &Db) {
        let Some(told) = self.told else {
            self.told = end(db).await.ok();
            return self.catch_up(db).await;
        };
        match missed(db, told).await {
            Ok(Some(events)) => events.iter().for_each(|event| self.hear(event.into())),
            Ok(None) => {
                // Reason: what follows is told again; whoever listens is told of the gap.
                self.told = end(db).await.ok();
                self.catch_up(db).await;
            }
            Err(error) => tracing::debug!(?error, "the log could not be looked at"),
        }
    }

    async fn catch_up(&mut self, db: &Db) {
        self.identity.forget_everything();
        let missed = match self.told {
            Some(told) => missed(db, told).await,
            None => Ok(None),
        };
        match missed {
            Ok(Some(events)) => events.iter().for_each(|event| self.hear(event.into())),
            Ok(None) => self.fanout.tell(Notice::Gap),
            Err(error) => {
                tracing::warn!(?error, "events that were missed could not be read");
                self.fanout.tell(Notice::Gap);
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a node hears of every tenant")]
async fn end(db: &Db) -> Result<i64> {
    let last = log::Entity::find().select_only().column(log::Column::Position);
    let last = last.order_by_desc(log::Column::Position).limit(1).into_tuple().one(db).await?;
    Ok(last.unwrap_or(0))
}

/// Events of the log behind a position; none if there are too many.
#[expect(clippy::disallowed_methods, reason = "a node hears of every tenant")]
async fn missed(db: &Db, told: i64) -> Result<Option<Vec<log::Model>>> {
    let missed = log::Entity::find().filter(log::Column::Position.gt(told));
    let missed = missed.order_by_asc(log::Column::Position).limit(MISSED + 1).all(db).await?;
    Ok((missed.len() as u64 <= MISSED).then_some(missed))
}
