//! The job queue: durable work in the program's own database, done by any number of workers at once.
//!
//! A job waits, is taken by a worker under a lease that is prolonged while it runs, and ends as done, failed or
//! cancelled; one that fails is tried again after growing pauses. A worker that dies loses nothing: its lease runs out
//! within half a minute, and somebody else begins anew. A job is therefore begun at least once; what it does to the
//! database happens at most once if its handler ends it in the act of its effect (`Act::finish_job`), and what it does
//! elsewhere is keyed by the job's id.

mod control;
mod fair;
mod lease;
mod queue;
mod run;
mod runner;
mod schedule;
mod settle;
mod stats;

use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use rand::RngExt;

pub use control::{Scope, cancel, discard, purge, retry};
pub use lease::Lease;
pub use run::{Progress, Run};
pub use runner::Runner;
pub use schedule::{NewSchedule, Schedule, Scheduler, Zones, declare, next_time, remove, set};
pub use stats::{Depth, QueueBacklog, backlog, depth};

/// How long a worker holds a job without a sign of life.
pub const LEASE: TimeDelta = TimeDelta::seconds(30);

/// How long a try may take, unless its handler says otherwise.
const LIMIT: Duration = Duration::from_secs(4 * 60);

/// Why a job was not done.
#[derive(Clone, Debug)]
pub enum JobError {
    /// Trying again may help.
    Again(String),
    /// It never will.
    Never(String),
    /// It ended half-way because it was told to, by its token.
    Cancelled,
}

impl From<kernel::Error> for JobError {
    fn from(error: kernel::Error) -> Self {
        Self::Again(format!("{error:?}"))
    }
}

/// Does one kind of job. A job may be given again after a crash: see the module.
///
/// A handler must not block its thread: the signs of life of the worker's jobs come from the same one.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Does the job. Dropped half-way when it takes too long, is cancelled and does not listen, or the process ends.
    async fn run(&self, run: &Run) -> Result<(), JobError>;

    /// How long a try may take before it counts as failed.
    fn limit(&self) -> Duration {
        LIMIT
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
