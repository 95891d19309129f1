//! The job runner: takes due jobs from the queue, one worker at a time each, and tries again with growing pauses.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::TimeDelta;
use kernel::{act::job, clock::Clock, db::Db, error::Result};
use rand::RngExt;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult,
    sea_query::{Expr, ExprTrait, LockBehavior, LockType, Order, Query},
};
use tokio_util::sync::CancellationToken;

/// How long a worker may hold a job before another may take it.
const LEASE: TimeDelta = TimeDelta::minutes(5);

/// How many jobs a worker takes at once.
const BATCH: u64 = 20;

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

/// Does one kind of job. A job may be given again after a crash: handlers are idempotent, or harmless twice.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Does the job.
    async fn run(&self, job: &job::Model) -> Result<(), JobError>;
}

/// A worker with its handlers.
#[derive(Clone)]
pub struct Runner {
    db: Db,
    clock: Clock,
    name: String,
    handlers: HashMap<&'static str, Arc<dyn Handler>>,
}

impl Runner {
    /// A worker called `name`, unique among the processes on one database.
    pub fn new(db: Db, clock: Clock, name: impl Into<String>) -> Self {
        Self { db, clock, name: name.into(), handlers: HashMap::new() }
    }

    /// Adds the handler of a kind.
    #[must_use]
    pub fn with(mut self, kind: &'static str, handler: Arc<dyn Handler>) -> Self {
        self.handlers.insert(kind, handler);
        self
    }

    /// Works until `stop`; a job that is running then is finished first.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.work().await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => tracing::warn!(?error, "jobs wait in the queue"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.db.jobs.heard() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// Takes the jobs that are due now, does them, and says how many there were.
    pub async fn work(&self) -> Result<usize> {
        let jobs = self.take().await?;
        for job in &jobs {
            let done = match self.handlers.get(job.kind.as_str()) {
                Some(handler) => handler.run(job).await,
                None => Err(JobError::Again(format!("this worker has no handler for {}", job.kind))),
            };
            self.settle(job, done).await?;
        }
        Ok(jobs.len())
    }

    async fn take(&self) -> Result<Vec<job::Model>> {
        let now = self.clock.now();
        let free = job::Column::LockedUntil.is_null().or(job::Column::LockedUntil.lt(now));
        let mut due = Query::select();
        due.column(job::Column::Id)
            .from(job::Entity)
            .and_where(job::Column::RunAt.lte(now))
            .and_where(job::Column::FinishedAt.is_null())
            .and_where(job::Column::FailedAt.is_null())
            .and_where(free)
            .order_by(job::Column::RunAt, Order::Asc)
            .limit(BATCH);
        if self.db.backend() == DbBackend::Postgres {
            due.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        }
        let mut take = Query::update();
        take.table(job::Entity)
            .value(job::Column::LockedUntil, now + LEASE)
            .value(job::Column::LockedBy, self.name.as_str())
            .value(job::Column::Attempts, Expr::col(job::Column::Attempts).add(1))
            .and_where(job::Column::Id.in_subquery(due))
            .returning_all();
        let writer = self.db.writer();
        let statement = self.db.backend().build(&take);
        let mut jobs = <job::Entity as EntityTrait>::Model::find_by_statement(statement).all(&writer).await?;
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
        // Race: if the lease ran out and another worker took the job, its result stands, not ours.
        update.and_where(job::Column::Id.eq(job.id)).and_where(job::Column::LockedBy.eq(self.name.as_str()));
        self.db.writer().execute(&update).await?;
        Ok(())
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
