//! How tries end: what it means for the job, and writing it down for many at once.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use kernel::{act::job::Status, clock::Clock, db::Db, id::JobId};
use tokio::sync::mpsc::UnboundedReceiver;

use super::{
    JobError, Progress, backoff,
    queue::{self, AT_ONCE},
    run::{Run, Why},
};

/// How long the end of a try is offered to a database that does not take it, once the worker stops. Before that it is
/// offered until it is taken: if somebody else has the job by then it changes nothing.
const PATIENCE: Duration = Duration::from_secs(30);

/// Pause between two offers.
const PAUSE: Duration = Duration::from_millis(500);

/// The end of a try, as it is written.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) id: JobId,
    pub(super) fence: i64,
    pub(super) status: Status,
    pub(super) run_at: DateTime<Utc>,
    pub(super) attempts: i32,
    pub(super) error: Option<String>,
    pub(super) result: Option<String>,
    pub(super) progress: Option<Progress>,
}

/// How a try ended, for those who count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    Again,
    Failed,
    Cancelled,
    Released,
    Lost,
}

impl Outcome {
    /// The word in metrics.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Again => "again",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Released => "released",
            Self::Lost => "lost",
        }
    }
}

/// What the end of a try means for its job; nothing to write if the job is somebody else's by now.
pub(super) fn judge(run: &Run, done: Result<(), JobError>, now: DateTime<Utc>) -> (Outcome, Option<Ended>) {
    let why = run.why();
    let (outcome, error) = match (done, why) {
        (_, Some(Why::Lost)) => return (Outcome::Lost, None),
        (Ok(()), _) => (Outcome::Done, None),
        (Err(_), Some(Why::Stopping)) => (Outcome::Released, None),
        (Err(_), Some(Why::Asked)) | (Err(JobError::Cancelled), None) => (Outcome::Cancelled, None),
        (Err(JobError::Again(why)), None) if run.attempts < run.max_attempts => (Outcome::Again, Some(why)),
        (Err(JobError::Again(why) | JobError::Never(why)), None) => (Outcome::Failed, Some(why)),
    };
    if let Some(why) = &error {
        let (job, kind, attempt) = (run.id, run.kind.as_str(), run.attempts);
        match outcome {
            Outcome::Again => tracing::warn!(%job, kind, attempt, why, "job failed, will try again"),
            _ => tracing::error!(%job, kind, attempt, why, "job given up"),
        }
    }
    let (status, run_at, attempts) = match outcome {
        Outcome::Done => (Status::Done, run.run_at, run.attempts),
        Outcome::Failed => (Status::Failed, run.run_at, run.attempts),
        Outcome::Again => (Status::Waiting, now + backoff(run.attempts), run.attempts),
        // Reason: a try that was cut short by the end of its worker is not one of the job's.
        Outcome::Released => (Status::Waiting, run.run_at, run.attempts - 1),
        Outcome::Cancelled | Outcome::Lost => (Status::Cancelled, run.run_at, run.attempts),
    };
    let (progress, result) = run.outcome();
    let result = result.filter(|_| outcome == Outcome::Done);
    let (id, fence) = (run.id, run.fence);
    (outcome, Some(Ended { id, fence, status, run_at, attempts, error, result, progress }))
}

/// Writes ends as they come, many at once, until there are no more.
pub(super) async fn write(db: Db, clock: Clock, mut ends: UnboundedReceiver<Ended>) {
    let mut batch = Vec::new();
    while ends.recv_many(&mut batch, AT_ONCE).await > 0 {
        let begun = Instant::now();
        while let Err(error) = queue::settle(&db, clock.now(), &batch).await {
            if begun.elapsed() > PATIENCE && ends.is_closed() {
                // Reason: their leases run out, and they are done again.
                tracing::error!(?error, jobs = batch.len(), "the ends of jobs could not be written");
                break;
            }
            tracing::warn!(?error, jobs = batch.len(), "the ends of jobs wait to be written");
            tokio::time::sleep(PAUSE).await;
        }
        batch.clear();
    }
}
