//! One try of a job, as its handler sees it: what to do, how to tell how far it is, and whether it is still wanted.

use std::{
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kernel::act::job;
use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

/// How far a job is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Steps done so far.
    pub done: i64,
    /// Steps in all, if that is known.
    pub total: Option<i64>,
    /// What it is doing, without personal data.
    pub message: Option<String>,
}

/// Why a running job shall end early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Somebody asked for its end.
    Asked,
    /// The worker stops; another shall begin the job anew.
    Stopping,
    /// It belongs to another worker by now.
    Lost,
}

/// One try of a job. Derefs to its row.
#[derive(Clone, Debug)]
pub struct Run {
    job: Arc<job::Model>,
    shared: Arc<Shared>,
}

/// What handler and worker tell one another.
#[derive(Debug, Default)]
struct Shared {
    told: CancellationToken,
    cut: CancellationToken,
    said: Mutex<Said>,
}

#[derive(Debug, Default)]
struct Said {
    why: Option<Why>,
    progress: Option<Progress>,
    unwritten: bool,
    result: Option<String>,
}

impl Deref for Run {
    type Target = job::Model;
    fn deref(&self) -> &job::Model {
        &self.job
    }
}

impl Run {
    /// A try of a job that a worker took.
    pub fn new(job: job::Model) -> Self {
        Self { job: Arc::new(job), shared: Arc::default() }
    }

    /// Says how far the job is. Cheap: it is written once a second.
    pub fn progress(&self, progress: Progress) {
        let mut said = self.said();
        said.unwritten |= said.progress.as_ref() != Some(&progress);
        said.progress = Some(progress);
    }

    /// Keeps what came of the job; written with its end.
    pub fn result(&self, result: &Json) {
        self.said().result = Some(result.to_string());
    }

    /// Cancelled when the job is no longer wanted here: somebody cancelled it, or the worker stops. A handler that takes
    /// long looks at it between steps and ends with [`super::JobError::Cancelled`]; one that does not is dropped after
    /// ten seconds.
    pub fn token(&self) -> &CancellationToken {
        &self.shared.told
    }

    /// Whether the job is no longer wanted here.
    pub fn is_cancelled(&self) -> bool {
        self.shared.told.is_cancelled()
    }

    /// Tells the handler to end; the first reason stays, but for a loss.
    pub(super) fn tell(&self, why: Why) {
        let mut said = self.said();
        if said.why.is_none() || why == Why::Lost {
            said.why = Some(why);
        }
        drop(said);
        self.shared.told.cancel();
    }

    /// Drops the handler, wherever it is.
    pub(super) fn cut(&self) {
        self.shared.cut.cancel();
    }

    pub(super) async fn until_cut(&self) {
        self.shared.cut.cancelled().await;
    }

    pub(super) fn why(&self) -> Option<Why> {
        self.said().why
    }

    /// Progress that is not written yet; counts as written from now on.
    pub(super) fn take_unwritten(&self) -> Option<Progress> {
        let mut said = self.said();
        std::mem::take(&mut said.unwritten).then(|| said.progress.clone()).flatten()
    }

    /// The last progress, and the result.
    pub(super) fn outcome(&self) -> (Option<Progress>, Option<String>) {
        let mut said = self.said();
        (said.progress.clone(), said.result.take())
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        // Reason: what was said stays whole whatever panicked while it was held.
        self.shared.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
