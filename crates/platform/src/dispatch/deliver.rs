//! Handing events to one consumer: its turn, what is new, what is tried again, and what is written down of it.

use std::{panic::AssertUnwindSafe, time::Duration, time::Instant};

use futures::FutureExt as _;
use kernel::{
    act::outbox::{delivery, log},
    db::Transaction,
    error::{Error, Result},
    id::{EventDeliveryId, TypedId as _},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    Statement,
    sea_query::{Alias, CaseStatement, Expr, ExprTrait, Func, OnConflict, Query},
};

use super::{
    BATCH, Dispatcher, Event,
    consumer::{Consumer, MAX_TRIES, Undelivered, backoff},
};

/// Deliveries that are tried again in one round.
const RETRIES: u64 = 50;

/// How long one event may take. With [`LONG_ENOUGH`] below the minute after which PostgreSQL ends a transaction that does
/// nothing, and with it the turn.
const LIMIT: Duration = Duration::from_secs(30);

/// How long a round goes on before it writes down how far it is.
const LONG_ENOUGH: Duration = Duration::from_secs(20);

/// Longest reason of a failure that is kept, in characters.
const MAX_REASON: usize = 1_000;

/// What a round did.
#[derive(Default)]
struct Round {
    /// The position up to which the consumer was handed everything; none if nothing was new.
    reached: Option<i64>,
    /// New events that failed.
    failed: Vec<(Event, String)>,
    /// Deliveries that worked this time.
    delivered: Vec<EventDeliveryId>,
    /// Deliveries that failed again.
    failed_again: Vec<(delivery::Model, String)>,
    /// Why the rest has to wait.
    later: Option<String>,
    /// Whether there was as much as a round takes.
    full: bool,
}

impl Dispatcher {
    /// Makes consumers known to the database; those it does not know begin at the end of the log.
    pub(super) async fn register(&self) -> Result<()> {
        let end = Func::coalesce([Expr::col(log::Column::Position).max(), Expr::val(0i64)]);
        let now = self.clock.now();
        for consumer in &self.consumers {
            let mut select = Query::select();
            select.expr(Expr::val(consumer.name())).expr(end.clone()).expr(Expr::val(now)).from(log::Entity);
            // Reason: without a condition SQLite takes `ON CONFLICT` for that of a join.
            select.and_where(Expr::val(1).eq(1));
            let mut insert = Query::insert();
            insert.into_table(table()).columns([name(), reached(), Alias::new("updated_at")]);
            insert.select_from(select).map_err(Error::internal)?;
            insert.on_conflict(OnConflict::new().do_nothing().to_owned());
            self.db.writer().execute(&insert).await?;
        }
        Ok(())
    }

    /// Hands a consumer what is new for it and what is to be tried again, a batch at most; says whether there may be
    /// more. Does nothing while another process has this consumer's turn.
    ///
    /// # Errors
    /// If the database refuses, or the consumer can take nothing at the moment; it is handed the same again then.
    pub async fn deliver(&self, consumer: &dyn Consumer) -> Result<bool> {
        // Reason: most looks find nothing; those cost a read and no lock.
        if !self.is_behind(consumer).await? {
            return Ok(false);
        }
        self.deliver_news(consumer).await
    }

    /// As [`Dispatcher::deliver`], without looking first.
    pub(super) async fn deliver_news(&self, consumer: &dyn Consumer) -> Result<bool> {
        let Some(turn) = self.take_turn(consumer).await? else { return Ok(false) };
        let (from, round) = match &turn {
            // Reason: with a pool of one connection there is no other than the turn's.
            Turn::Held(tx) => self.round(tx, consumer).await?,
            Turn::NotNeeded => self.round(&self.db, consumer).await?,
        };
        let tx = match turn {
            Turn::Held(tx) => tx,
            Turn::NotNeeded => self.db.begin().await?,
        };
        self.write(&tx, consumer, from, &round).await?;
        tx.commit().await?;
        match round.later {
            Some(why) => Err(Error::unavailable(why)),
            None => Ok(round.full),
        }
    }

    async fn is_behind(&self, consumer: &dyn Consumer) -> Result<bool> {
        let mut end = Query::select();
        end.expr(Func::coalesce([Expr::col(log::Column::Position).max(), Expr::val(0i64)])).from(log::Entity);
        let mut due = Query::select();
        due.expr(Expr::val(1)).from(delivery::Entity);
        due.and_where(delivery::Column::Consumer.eq(consumer.name()));
        due.and_where(delivery::Column::ParkedAt.is_null());
        due.and_where(delivery::Column::NextAt.lte(self.clock.now()));
        let news = Expr::col(reached()).lt(Expr::SubQuery(None, Box::new(end.into())));
        let mut behind = Query::select();
        behind.expr(Expr::val(1)).from(table()).and_where(Expr::col(name()).eq(consumer.name()));
        behind.cond_where(sea_orm::Condition::any().add(news).add(Expr::exists(due)));
        Ok(self.db.query_one(&behind).await?.is_some())
    }

    /// The right to hand events to a consumer; none while another process has it.
    async fn take_turn(&self, consumer: &dyn Consumer) -> Result<Option<Turn>> {
        if self.db.backend() != DbBackend::Postgres {
            // Reason: SQLite has one process; holding the write lock meanwhile would only block acts.
            return Ok(Some(Turn::NotNeeded));
        }
        let tx = self.db.begin().await?;
        let sql = "SELECT pg_try_advisory_xact_lock(hashtextextended('atrium consumer ' || $1, 0))";
        let values = [consumer.name().into()];
        let taken = tx.query_one_raw(Statement::from_sql_and_values(self.db.backend(), sql, values)).await?;
        let taken = taken.map(|row| row.try_get_by_index::<bool>(0)).transpose()?.unwrap_or(false);
        if taken {
            return Ok(Some(Turn::Held(tx)));
        }
        tx.rollback().await?;
        Ok(None)
    }

    #[expect(clippy::disallowed_methods, reason = "the dispatcher serves every tenant")]
    async fn round(&self, db: &impl ConnectionTrait, consumer: &dyn Consumer) -> Result<(i64, Round)> {
        let begun = Instant::now();
        let mut round = Round::default();
        let from = reached_by(db, consumer).await?;
        let news = log::Entity::find().filter(log::Column::Position.gt(from));
        let news = news.order_by_asc(log::Column::Position).limit(BATCH).all(db).await?;
        round.full = news.len() as u64 == BATCH;
        for event in news {
            if round.later.is_some() || begun.elapsed() > LONG_ENOUGH {
                round.full = true;
                break;
            }
            match hand_over(consumer, &event).await {
                Ok(()) => round.reached = Some(event.position),
                Err(Undelivered::Later(why)) => round.later = Some(why),
                Err(Undelivered::Event(why)) => {
                    round.reached = Some(event.position);
                    round.failed.push((event, why));
                }
            }
        }
        // Reason: what is new does not wait for what failed before.
        if round.later.is_none() {
            self.retry(db, consumer, &mut round, begun).await?;
        }
        Ok((from, round))
    }

    #[expect(clippy::disallowed_methods, reason = "the dispatcher serves every tenant")]
    async fn retry(
        &self,
        db: &impl ConnectionTrait,
        consumer: &dyn Consumer,
        round: &mut Round,
        begun: Instant,
    ) -> Result<()> {
        let due = delivery::Entity::find()
            .filter(delivery::Column::Consumer.eq(consumer.name()))
            .filter(delivery::Column::ParkedAt.is_null())
            .filter(delivery::Column::NextAt.lte(self.clock.now()))
            .order_by_asc(delivery::Column::NextAt)
            .limit(RETRIES);
        let due = due.all(db).await?;
        if due.is_empty() {
            return Ok(());
        }
        round.full |= due.len() as u64 == RETRIES;
        let events = log::Entity::find()
            .filter(log::Column::TenantId.is_in(due.iter().map(|delivery| delivery.tenant_id)))
            .filter(log::Column::Id.is_in(due.iter().map(|delivery| delivery.event_id)));
        let events = events.all(db).await?;
        for delivery in due {
            let Some(event) = events.iter().find(|event| event.id == delivery.event_id) else { continue };
            if round.later.is_some() || begun.elapsed() > LONG_ENOUGH {
                round.full = true;
                break;
            }
            match hand_over(consumer, event).await {
                Ok(()) => round.delivered.push(delivery.id),
                Err(Undelivered::Later(why)) => round.later = Some(why),
                Err(Undelivered::Event(why)) => round.failed_again.push((delivery, why)),
            }
        }
        Ok(())
    }

    async fn write(&self, tx: &Transaction, consumer: &dyn Consumer, from: i64, round: &Round) -> Result<()> {
        if !round.delivered.is_empty() {
            let mut delete = Query::delete();
            delete.from_table(delivery::Entity);
            delete.and_where(delivery::Column::Id.is_in(round.delivered.iter().copied()));
            tx.execute(&delete).await?;
        }
        self.write_failures(tx, consumer, &round.failed).await?;
        self.write_further_failures(tx, &round.failed_again).await?;
        let Some(to) = round.reached else { return Ok(()) };
        let mut update = Query::update();
        update.table(table()).value(reached(), to).value(Alias::new("updated_at"), self.clock.now());
        // Race: if somebody else moved it meanwhile, theirs stands.
        update.and_where(Expr::col(name()).eq(consumer.name())).and_where(Expr::col(reached()).eq(from));
        tx.execute(&update).await?;
        Ok(())
    }

    async fn write_failures(
        &self,
        tx: &Transaction,
        consumer: &dyn Consumer,
        failed: &[(Event, String)],
    ) -> Result<()> {
        use delivery::Column as C;
        if failed.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let mut insert = Query::insert();
        insert.into_table(delivery::Entity).columns([
            C::Id,
            C::TenantId,
            C::Consumer,
            C::EventId,
            C::Attempts,
            C::LastError,
            C::NextAt,
            C::CreatedAt,
            C::UpdatedAt,
        ]);
        for (event, why) in failed {
            tracing::warn!(event = %event.id, kind = event.kind, consumer = consumer.name(), why, "an event failed");
            let id: EventDeliveryId = self.ids.generate();
            insert.values_panic([
                Expr::val(id.uuid()),
                Expr::val(event.tenant_id.uuid()),
                Expr::val(consumer.name()),
                Expr::val(event.id.uuid()),
                Expr::val(1),
                Expr::val(shortened(why)),
                Expr::val(now + backoff(1)),
                Expr::val(now),
                Expr::val(now),
            ]);
        }
        // Race: who handed it over before us may have written it already.
        let again = OnConflict::columns([C::TenantId, C::Consumer, C::EventId]).do_nothing().to_owned();
        tx.execute(insert.on_conflict(again)).await?;
        Ok(())
    }

    async fn write_further_failures(
        &self,
        tx: &Transaction,
        failed: &[(delivery::Model, String)],
    ) -> Result<()> {
        use delivery::Column as C;
        if failed.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let (mut why, mut next, mut parked) =
            (CaseStatement::new(), CaseStatement::new(), CaseStatement::new());
        for (delivery, reason) in failed {
            let attempts = delivery.attempts + 1;
            let is_last = attempts >= MAX_TRIES;
            if is_last {
                tracing::error!(event = %delivery.event_id, consumer = delivery.consumer, reason, "an event is parked");
            }
            why = why.case(C::Id.eq(delivery.id), shortened(reason));
            next = next.case(C::Id.eq(delivery.id), now + backoff(attempts));
            parked =
                parked.case(C::Id.eq(delivery.id), C::ParkedAt.save_as(Expr::val(is_last.then_some(now))));
        }
        let mut update = Query::update();
        update
            .table(delivery::Entity)
            .value(C::LastError, Expr::Case(Box::new(why)))
            .value(C::NextAt, Expr::Case(Box::new(next)))
            .value(C::ParkedAt, Expr::Case(Box::new(parked)))
            .value(C::Attempts, Expr::col(C::Attempts).add(1))
            .value(C::Version, Expr::col(C::Version).add(1))
            .value(C::UpdatedAt, now)
            .cond_where(failed.iter().fold(Condition::any(), |any, (delivery, _)| {
                // Race: one that somebody has asked to be tried again meanwhile keeps its ten tries.
                any.add(C::Id.eq(delivery.id).and(C::Version.eq(delivery.version)))
            }));
        tx.execute(&update).await?;
        Ok(())
    }
}

/// The right to hand events to a consumer.
enum Turn {
    /// Kept until the transaction ends.
    Held(Transaction),
    /// Nobody else can be there.
    NotNeeded,
}

/// The last position that a consumer had.
async fn reached_by(db: &impl ConnectionTrait, consumer: &dyn Consumer) -> Result<i64> {
    let mut select = Query::select();
    select.column(reached()).from(table()).and_where(Expr::col(name()).eq(consumer.name()));
    let row = db.query_one(&select).await?;
    let row = row.ok_or_else(|| Error::internal(format!("the consumer {} is unknown", consumer.name())))?;
    Ok(row.try_get_by_index(0)?)
}

async fn hand_over(consumer: &dyn Consumer, event: &Event) -> Result<(), Undelivered> {
    if event.made_up == Some(true) || !consumer.kinds().has(&event.kind) {
        return Ok(());
    }
    let handled = AssertUnwindSafe(consumer.handle(event)).catch_unwind();
    match tokio::time::timeout(LIMIT, handled).await {
        Ok(Ok(handled)) => handled,
        Ok(Err(_)) => Err(Undelivered::Event("the consumer panicked".to_owned())),
        Err(_) => Err(Undelivered::Event(format!("not done in {} s", LIMIT.as_secs()))),
    }
}

fn shortened(why: &str) -> String {
    why.chars().take(MAX_REASON).collect()
}

pub(super) fn table() -> Alias {
    Alias::new("event_consumers")
}

pub(super) fn name() -> Alias {
    Alias::new("name")
}

pub(super) fn reached() -> Alias {
    Alias::new("reached")
}
