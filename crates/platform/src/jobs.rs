//! The job runner: takes due jobs from the queue, one worker at a time each, and tries again with growing pauses.

use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt;
use kernel::{act::job, clock::Clock, db::Db, error::Result, id::JobId};
use rand::RngExt;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult,
    sea_query::{Expr, ExprTrait, LockBehavior, LockType, Order, Query},
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long a worker may hold a job before another may take it.
const LEASE: TimeDelta = TimeDelta::minutes(5);

/// How long a try may take at most. Below the lease, so that a job that hangs is ended by its own worker before another
/// begins it.
const LIMIT: Duration = Duration::from_secs(4 * 60);

/// How many jobs a worker does at once.
const AT_ONCE: usize = 8;

/// How long to wait for the bell before looking anyway: a job may have come due.
const POLL: Duration = Duration::from_millis(500);

/// Why a job was not done.
#[derive(Clone, Debug)]
pub enum JobError {
    /// Trying again may help.
    Again(String),
    /// It never will.
    Never(String),
}

impl From<kernel::Error> for JobError {
    fn from(error: kernel::Error) -> Self {
        Self::Again(format!("{error:?}"))
    }
}

/// How much work waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueBacklog {
    /// Jobs that are due and not done.
    pub due: u64,
    /// Jobs that were given up.
    pub failed: u64,
}

/// Counts what waits at `now`.
///
/// # Errors
/// If the database does not answer.
pub async fn backlog(db: &Db, now: DateTime<Utc>) -> Result<QueueBacklog> {
    use sea_orm::sea_query::Func;
    let waits = job::Column::FinishedAt.is_null().and(job::Column::FailedAt.is_null());
    let due = Expr::case(waits.and(job::Column::RunAt.lte(now)), 1);
    let mut count = Query::select();
    count.expr(Func::count(due)).expr(Func::count(Expr::col(job::Column::FailedAt))).from(job::Entity);
    count.and_where(job::Column::FinishedAt.is_null());
    let Some(row) = db.query_one(&count).await? else { return Ok(QueueBacklog::default()) };
    let number = |index| Ok::<_, sea_orm::DbErr>(row.try_get_by_index::<i64>(index)?.unsigned_abs());
    Ok(QueueBacklog { due: number(0)?, failed: number(1)? })
}

/// Does one kind of job. A job may be given again after a crash: handlers are idempotent, or harmless twice.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Does the job. Dropped half-way when it takes too long or the process ends.
    async fn run(&self, job: &job::Model) -> Result<(), JobError>;

    /// How long a try may take before it counts as failed; never more than four minutes.
    fn limit(&self) -> Duration {
        LIMIT
    }
}

/// A worker with its handlers.
#[derive(Clone)]
pub struct Runner {
    db: Db,
    clock: Clock,
    name: String,
    handlers: Arc<HashMap<&'static str, Arc<dyn Handler>>>,
}

impl Runner {
    /// A worker called `name`, unique among the processes on one database.
    pub fn new(db: Db, clock: Clock, name: impl Into<String>) -> Self {
        Self { db, clock, name: name.into(), handlers: Arc::default() }
    }

    /// Adds the handler of a kind.
    #[must_use]
    pub fn with(mut self, kind: &'static str, handler: Arc<dyn Handler>) -> Self {
        Arc::make_mut(&mut self.handlers).insert(kind, handler);
        self
    }

    /// Works until `stop`; the jobs that are running then are finished first, no other is begun.
    pub async fn run(self, stop: CancellationToken) {
        // Reason: tasks of their own, so that a job that holds a connection goes on while we wait for one.
        let mut running = JoinSet::new();
        while !stop.is_cancelled() {
            if let Err(error) = self.begin(AT_ONCE - running.len(), &mut running).await {
                tracing::warn!(?error, "jobs wait in the queue");
            }
            tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = running.join_next() => {}
                () = self.db.jobs.heard(), if running.len() < AT_ONCE => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// Takes jobs that are due now, does them beside each other, and says how many there were.
    ///
    /// # Errors
    /// If the queue cannot be read; jobs that were begun are done all the same.
    pub async fn work(&self) -> Result<usize> {
        let mut running = JoinSet::new();
        let begun = self.begin(AT_ONCE, &mut running).await?;
        while running.join_next().await.is_some() {}
        Ok(begun)
    }

    async fn begin(&self, most: usize, running: &mut JoinSet<()>) -> Result<usize> {
        if most == 0 {
            return Ok(0);
        }
        let jobs = self.take(most as u64).await?;
        let begun = jobs.len();
        for job in jobs {
            running.spawn(self.clone().finish(job));
        }
        Ok(begun)
    }

    /// Does a job and writes down how it ended.
    async fn finish(self, job: job::Model) {
        let done = match self.handlers.get(job.kind.as_str()) {
            _ if job.attempts > job.max_attempts => {
                Err(JobError::Never("the worker of its last try disappeared".to_owned()))
            }
            Some(handler) => run_within_limit(handler.as_ref(), &job).await,
            None => Err(JobError::Again(format!("this worker has no handler for {}", job.kind))),
        };
        if let Err(error) = self.settle(&job, done).await {
            // Reason: its lease runs out, and it is done again.
            tracing::warn!(?error, job = %job.id, kind = job.kind, "the end of a job could not be written");
        }
    }

    async fn take(&self, most: u64) -> Result<Vec<job::Model>> {
        let now = self.clock.now();
        // Reason: most looks find nothing; those cost a read and no lock.
        if due(&self.db, now, 1, false).await?.is_empty() {
            return Ok(Vec::new());
        }
        let tx = self.db.begin().await?;
        let lock = self.db.backend() == DbBackend::Postgres;
        let ids = due(&tx, now, most, lock).await?;
        let mut take = Query::update();
        take.table(job::Entity)
            .value(job::Column::LockedUntil, now + LEASE)
            .value(job::Column::LockedBy, self.name.as_str())
            .value(job::Column::Attempts, Expr::col(job::Column::Attempts).add(1))
            .and_where(job::Column::Id.is_in(ids))
            .returning_all();
        let statement = self.db.backend().build(&take);
        let mut jobs = <job::Entity as EntityTrait>::Model::find_by_statement(statement).all(&tx).await?;
        tx.commit().await?;
        jobs.sort_by_key(|job| (job.run_at, job.id));
        Ok(jobs)
    }

    async fn settle(&self, job: &job::Model, done: Result<(), JobError>) -> Result<()> {
        let now = self.clock.now();
        let mut update = Query::update();
        update.table(job::Entity).value(job::Column::LockedUntil, Expr::null());
        match done {
            Ok(()) => {
                // Reason: the payload may hold sealed secrets that nobody needs any more.
                update.value(job::Column::FinishedAt, now).value(job::Column::Payload, "");
            }
            Err(JobError::Again(why)) if job.attempts < job.max_attempts => {
                tracing::warn!(job = %job.id, kind = job.kind, attempt = job.attempts, why, "job failed, will try again");
                update
                    .value(job::Column::RunAt, now + backoff(job.attempts))
                    .value(job::Column::LastError, why);
            }
            Err(JobError::Again(why) | JobError::Never(why)) => {
                tracing::error!(job = %job.id, kind = job.kind, attempt = job.attempts, why, "job given up");
                update.value(job::Column::FailedAt, now).value(job::Column::LastError, why);
            }
        }
        // Race: if the lease ran out and the job was taken again, the later try's result stands, not ours.
        update
            .and_where(job::Column::Id.eq(job.id))
            .and_where(job::Column::LockedBy.eq(self.name.as_str()))
            .and_where(job::Column::Attempts.eq(job.attempts));
        self.db.writer().execute(&update).await?;
        Ok(())
    }
}

/// Ids of jobs that may be taken, the longest due first; with `lock` those that no other worker is taking.
async fn due(db: &impl ConnectionTrait, now: DateTime<Utc>, most: u64, lock: bool) -> Result<Vec<JobId>> {
    let free = job::Column::LockedUntil.is_null().or(job::Column::LockedUntil.lt(now));
    let mut due = Query::select();
    due.column(job::Column::Id)
        .from(job::Entity)
        .and_where(job::Column::RunAt.lte(now))
        .and_where(job::Column::FinishedAt.is_null())
        .and_where(job::Column::FailedAt.is_null())
        .and_where(free)
        .order_by(job::Column::RunAt, Order::Asc)
        .order_by(job::Column::Id, Order::Asc)
        .limit(most);
    if lock {
        due.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    let rows = db.query_all(&due).await?;
    Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?)
}

async fn run_within_limit(handler: &dyn Handler, job: &job::Model) -> Result<(), JobError> {
    let limit = handler.limit().min(LIMIT);
    // Reason: a handler that panics must not take the worker and the other jobs with it.
    let run = AssertUnwindSafe(async { handler.run(job).await }).catch_unwind();
    match tokio::time::timeout(limit, run).await {
        Ok(Ok(done)) => done,
        Ok(Err(panic)) => Err(JobError::Again(format!("it panicked: {}", said(panic.as_ref())))),
        Err(_) => Err(JobError::Again(format!("it took more than {} s", limit.as_secs()))),
    }
}

fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "no message",
    }
}

/// The pause before the next try: 2 s doubling to at most an hour, give or take a fifth so that jobs that failed together
/// do not come back together.
fn backoff(attempts: i32) -> TimeDelta {
    let seconds = Ord::min(2i64.saturating_pow(attempts.clamp(1, 12).unsigned_abs()), 3_600);
    let jitter = rand::rng().random_range(-200..=200);
    TimeDelta::milliseconds(seconds * (1_000 + jitter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_and_stays_below_an_hour_and_a_fifth() {
        for attempts in 1..40 {
            let pause = backoff(attempts).num_milliseconds();
            let expected = Ord::min(2i64.pow(Ord::min(attempts, 12).unsigned_abs()), 3_600) * 1_000;
            assert!((expected * 4 / 5..=expected * 6 / 5).contains(&pause), "attempt {attempts}: {pause} ms");
        }
    }
}
