//! The dispatcher: moves committed events from the outbox into the log, one process at a time, and hands each of them to
//! every consumer at least once. Events of one subject come in the order of its changes; so do all others that did not
//! commit beside each other.

mod backlog;
mod broadcast;
mod consumer;
mod deliver;
mod retention;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::future::join_all;
use kernel::{
    act::outbox::{self, log},
    clock::Clock,
    db::Db,
    error::Result,
    id::IdGen,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryOrder, QuerySelect,
    sea_query::{Expr, Query},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use backlog::{Backlog, ConsumerLag, backlog};
pub use broadcast::{Broadcast, EVENTS, Published};
pub use consumer::{Consumer, Kinds, MAX_TRIES, Undelivered};
pub use log::Model as Event;
pub use retention::retain;

/// How many events one round moves, or hands to a consumer.
const BATCH: u64 = 500;

/// How long to wait for the bell before looking anyway: another process may have committed.
const POLL: Duration = Duration::from_millis(500);

/// The longest pause after failures.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// Events that this process has moved into the log.
static CARRIED: AtomicU64 = AtomicU64::new(0);

/// How many events this process has moved into the log since it started.
pub fn carried() -> u64 {
    CARRIED.load(Ordering::Relaxed)
}

/// The dispatcher of a process, with its consumers. Any number of processes may run one on the same database.
#[derive(Clone)]
pub struct Dispatcher {
    db: Db,
    clock: Clock,
    ids: IdGen,
    consumers: Vec<Arc<dyn Consumer>>,
    moved: watch::Sender<()>,
}

impl Dispatcher {
    /// A dispatcher without consumers: events go into the log and wait there.
    pub fn new(db: Db, clock: Clock, ids: IdGen) -> Self {
        Self { db, clock, ids, consumers: Vec::new(), moved: watch::Sender::new(()) }
    }

    /// Adds a consumer. One whose name the database does not know yet gets the events from then on.
    #[must_use]
    pub fn with(mut self, consumer: Arc<dyn Consumer>) -> Self {
        self.consumers.push(consumer);
        self
    }

    /// Names of the consumers.
    pub fn names(&self) -> Vec<&'static str> {
        self.consumers.iter().map(|consumer| consumer.name()).collect()
    }

    /// Moves and delivers events until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        let mut failures = 0;
        while let Err(error) = self.register().await {
            tracing::warn!(?error, "consumers of events could not be registered");
            failures += 1;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(self.pause(failures)) => {}
            }
        }
        let consumers = self.consumers.iter().map(|consumer| self.deliver_until(consumer.as_ref(), &stop));
        tokio::join!(self.carry_until(&stop), self.hear_until(&stop), join_all(consumers));
    }

    /// Moves and delivers what is there now: the outbox is empty then, and every consumer had its events or failed on
    /// them.
    ///
    /// # Errors
    /// The first that the outbox or a consumer met.
    pub async fn once(&self) -> Result<()> {
        self.register().await?;
        while self.carry().await? > 0 {}
        for consumer in &self.consumers {
            while self.deliver(consumer.as_ref()).await? {}
        }
        Ok(())
    }

    async fn carry_until(&self, stop: &CancellationToken) {
        let (mut failures, mut rung) = (0u32, false);
        while !stop.is_cancelled() {
            // Reason: who heard the bell need not look first.
            let carried = if rung { self.carry_news().await } else { self.carry().await };
            rung = false;
            match carried {
                Ok(moved) => {
                    failures = 0;
                    if moved == BATCH as usize {
                        continue;
                    }
                }
                Err(error) => {
                    failures = failures.saturating_add(1);
                    tracing::warn!(?error, failures, "events wait in the outbox");
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.db.events.heard(), if failures == 0 => rung = true,
                () = tokio::time::sleep(self.pause(failures)) => {}
            }
        }
    }

    /// Has consumers look when another process carried events.
    async fn hear_until(&self, stop: &CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.db.log.heard() => self.moved.send_replace(()),
            };
        }
    }

    /// How long to wait for a bell after so many failures.
    fn pause(&self, failures: u32) -> Duration {
        match failures {
            0 => self.db.calls().patience(POLL),
            failures => (POLL * 2u32.pow(failures.min(5))).min(LONGEST_PAUSE),
        }
    }

    async fn deliver_until(&self, consumer: &dyn Consumer, stop: &CancellationToken) {
        let mut moved = self.moved.subscribe();
        let (mut failures, mut told) = (0u32, false);
        while !stop.is_cancelled() {
            let delivered =
                if told { self.deliver_news(consumer).await } else { self.deliver(consumer).await };
            told = false;
            match delivered {
                Ok(more) => {
                    failures = 0;
                    if more {
                        continue;
                    }
                }
                Err(error) => {
                    failures = failures.saturating_add(1);
                    tracing::warn!(
                        ?error,
                        failures,
                        consumer = consumer.name(),
                        "events wait for a consumer"
                    );
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                // Invariant: the sender lives as long as this dispatcher, so that this ends with news alone.
                _ = moved.changed(), if failures == 0 => told = true,
                () = tokio::time::sleep(self.pause(failures)) => {}
            }
        }
    }

    /// Moves one batch from the outbox into the log and says how many events it had.
    ///
    /// # Errors
    /// If the database refuses; nothing is moved then.
    pub async fn carry(&self) -> Result<usize> {
        // Reason: most looks find nothing; those cost a read and no lock.
        if waiting(&self.db, 1).await?.is_empty() {
            return Ok(0);
        }
        self.carry_news().await
    }

    /// As [`Dispatcher::carry`], without looking first.
    async fn carry_news(&self) -> Result<usize> {
        let tx = self.db.begin().await?;
        outbox::take_turn(&tx).await?;
        let moving = waiting(&tx, BATCH).await?;
        if !moving.is_empty() {
            tx.execute(&into_log(&moving)).await?;
            let mut delete = Query::delete();
            delete.from_table(outbox::Entity).and_where(outbox::Column::Seq.is_in(moving.iter().copied()));
            tx.execute(&delete).await?;
        }
        tx.commit().await?;
        if !moving.is_empty() {
            CARRIED.fetch_add(moving.len() as u64, Ordering::Relaxed);
            self.moved.send_replace(());
            self.db.log.tell();
        }
        Ok(moving.len())
    }
}

/// The oldest events that wait, by their number.
#[expect(clippy::disallowed_methods, reason = "the dispatcher serves every tenant")]
async fn waiting(db: &impl ConnectionTrait, most: u64) -> Result<Vec<i64>> {
    let select = outbox::Entity::find().select_only().column(outbox::Column::Seq);
    Ok(select.order_by_asc(outbox::Column::Seq).limit(most).into_tuple().all(db).await?)
}

/// Copies events into the log, in their order.
fn into_log(moving: &[i64]) -> sea_orm::sea_query::InsertStatement {
    use log::Column as To;
    use outbox::Column as From;
    let columns = [
        (To::Id, From::Id),
        (To::TenantId, From::TenantId),
        (To::Kind, From::Kind),
        (To::Version, From::Version),
        (To::SubjectType, From::SubjectType),
        (To::SubjectId, From::SubjectId),
        (To::Payload, From::Payload),
        (To::OccurredAt, From::OccurredAt),
        (To::AuditId, From::AuditId),
    ];
    let mut rows = Query::select();
    rows.exprs(columns.map(|(_, from)| Expr::col(from))).from(outbox::Entity);
    rows.and_where(From::Seq.is_in(moving.iter().copied())).order_by(From::Seq, sea_orm::Order::Asc);
    let mut insert = Query::insert();
    insert.into_table(log::Entity).columns(columns.map(|(to, _)| to));
    // Invariant: both lists are made of the same pairs.
    #[expect(clippy::unwrap_used, reason = "see the invariant")]
    insert.select_from(rows).unwrap();
    insert
}
