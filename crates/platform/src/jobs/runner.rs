//! A worker: takes jobs that are due, does them beside each other, shows that it lives, and listens for those who do not
//! want them any more.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures::FutureExt;
use kernel::{act::job, clock::Clock, db::Db, error::Result, id::JobId};
use metrics::{counter, gauge, histogram};
use sea_orm::DbBackend;
use tokio::{
    sync::mpsc::{UnboundedSender, unbounded_channel},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::{
    Handler, JobError,
    fair::{self, AT_ONCE, RESERVED},
    queue::{self, Others},
    run::{Run, Why},
    settle::{self, Ended, judge},
};

/// How often a worker tells how far its jobs are, and looks whether they are still wanted.
const LOOK: Duration = Duration::from_secs(1);

/// Time between two signs of life, a third of the lease.
const LIFE: Duration = Duration::from_secs(10);

/// How long everybody has to show that they live after the database was away.
const AWAY: Duration = Duration::from_secs(12);

/// How long a handler may go on that was told to end.
const GRACE: Duration = Duration::from_secs(10);

/// How long jobs may go on when their worker stops.
const STOP: Duration = Duration::from_secs(20);

/// How often others than those who fill a worker are looked for.
const FAIR: Duration = Duration::from_millis(250);

/// A worker with its handlers. Cheap to clone.
#[derive(Clone)]
pub struct Runner {
    db: Db,
    clock: Clock,
    name: Arc<str>,
    handlers: Arc<HashMap<&'static str, Arc<dyn Handler>>>,
}

impl Runner {
    /// A worker called `name`, unique among the processes on one database.
    pub fn new(db: Db, clock: Clock, name: impl Into<Arc<str>>) -> Self {
        Self { db, clock, name: name.into(), handlers: Arc::default() }
    }

    /// Adds the handler of a kind.
    #[must_use]
    pub fn with(mut self, kind: &'static str, handler: Arc<dyn Handler>) -> Self {
        Arc::make_mut(&mut self.handlers).insert(kind, handler);
        self
    }

    /// The kinds that have a handler.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> {
        self.handlers.keys().copied()
    }

    /// Works until `stop`. The jobs that are running then are finished first, for twenty seconds; those that take longer
    /// go back to the queue. No other is begun.
    pub async fn run(self, stop: CancellationToken) {
        let (bell, calls, poll) = (self.db.jobs.clone(), self.db.calls().clone(), self.poll());
        let mut shift = Shift::begin(self);
        let mut looked = Instant::now();
        while !stop.is_cancelled() {
            let full = match shift.fill(&mut looked).await {
                Ok(full) => full,
                Err(error) => {
                    tracing::warn!(?error, "jobs wait in the queue");
                    false
                }
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = shift.room() => {}
                () = bell.heard(), if !full => {}
                () = tokio::time::sleep(calls.patience(poll)) => {}
            }
        }
        shift.end().await;
    }

    /// Takes jobs that are due now, does them beside each other, and says how many there were.
    ///
    /// # Errors
    /// If the queue cannot be read.
    pub async fn work(&self) -> Result<usize> {
        let mut shift = Shift::begin(self.clone());
        let begun = async {
            queue::reclaim(&self.db, self.clock.now()).await?;
            shift.begin_some(AT_ONCE, &Others::default()).await
        };
        let begun = begun.await;
        shift.settled().await;
        begun
    }

    /// How long to wait for the bell before looking anyway: another process may have committed, or a job come due.
    fn poll(&self) -> Duration {
        match self.db.backend() {
            DbBackend::Postgres => Duration::from_millis(100),
            _ => Duration::from_millis(250),
        }
    }

    /// The kind as metrics name it.
    fn label(&self, kind: &str) -> &'static str {
        self.handlers.get_key_value(kind).map_or("other", |(kind, _)| *kind)
    }

    /// Does a job; how it ended.
    async fn attempt(&self, run: &Run) -> Result<(), JobError> {
        match self.handlers.get(run.kind.as_str()) {
            Some(handler) => tokio::select! {
                biased;
                done = run_within_limit(handler.as_ref(), run) => done,
                () = run.until_cut() => Err(JobError::Cancelled),
            },
            // Invariant: only kinds with a handler are taken.
            None => Err(JobError::Again(format!("this worker has no handler for {}", run.kind))),
        }
    }
}

/// Jobs that run now, with the moment since which they are to end.
type Running = Arc<Mutex<HashMap<JobId, (Run, Option<Instant>)>>>;

/// A worker at work. Dropped, its jobs are dropped with it, and go to others when their leases run out.
struct Shift {
    runner: Runner,
    running: Running,
    // Reason: tasks of their own, so that a job that holds a connection goes on while we wait for one.
    tasks: JoinSet<()>,
    ends: UnboundedSender<Ended>,
    writer: JoinSet<()>,
    keeper: JoinSet<()>,
}

impl Shift {
    fn begin(runner: Runner) -> Self {
        let (ends, ended) = unbounded_channel();
        let running = Running::default();
        let mut writer = JoinSet::new();
        writer.spawn(settle::write(runner.db.clone(), runner.clock.clone(), ended));
        let mut keeper = JoinSet::new();
        keeper.spawn(keep(runner.clone(), Arc::clone(&running)));
        Self { runner, running, tasks: JoinSet::new(), ends, writer, keeper }
    }

    /// Takes as many jobs as there are places; says whether there may be more than were taken.
    async fn fill(&mut self, looked: &mut Instant) -> Result<bool> {
        let free = AT_ONCE.saturating_sub(self.tasks.len());
        let mut full = false;
        if free > 0 {
            full = self.begin_some(free, &Others::default()).await? == free;
        }
        // Reason: behind a long queue of one tenant or kind, others cost a long look.
        if (full || free == 0) && looked.elapsed() > FAIR {
            *looked = Instant::now();
            let reserved = (AT_ONCE + RESERVED).saturating_sub(self.tasks.len()).min(RESERVED);
            let others = fair::others(lock(&self.running).values().map(|(run, _)| run));
            if let (Some(others), true) = (others, reserved > 0) {
                self.begin_some(reserved, &others).await?;
            }
        }
        Ok(full || free == 0)
    }

    /// Waits until a good part of the places is free, if any is taken; for ever if none is.
    async fn room(&mut self) {
        if self.tasks.is_empty() {
            return std::future::pending().await;
        }
        self.tasks.join_next().await;
        // Reason: one statement that takes many is cheaper than many that take one; short jobs end together.
        let together =
            async { while self.tasks.len() > AT_ONCE / 2 && self.tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(Duration::from_millis(5), together).await;
        while self.tasks.try_join_next().is_some() {}
    }

    async fn begin_some(&mut self, most: usize, others: &Others) -> Result<usize> {
        let runner = &self.runner;
        let mut kinds: Vec<_> = runner.kinds().collect();
        // Reason: one text of the statement, whatever order the map is in.
        kinds.sort_unstable();
        let jobs = queue::take(&runner.db, &runner.name, runner.clock.now(), &kinds, most, others).await?;
        let begun = jobs.len();
        for job in jobs {
            self.spawn(job);
        }
        Ok(begun)
    }

    fn spawn(&mut self, job: job::Model) {
        let run = Run::new(job);
        lock(&self.running).insert(run.id, (run.clone(), None));
        let (runner, running, ends) = (self.runner.clone(), Arc::clone(&self.running), self.ends.clone());
        self.tasks.spawn(async move {
            let kind = runner.label(&run.kind);
            let begun = Instant::now();
            let waited = run.started_at.unwrap_or(run.run_at) - run.run_at;
            counter!("atrium_job_attempts_total", "kind" => kind).increment(1);
            histogram!("atrium_job_wait_seconds", "kind" => kind)
                .record(waited.to_std().unwrap_or_default().as_secs_f64());
            gauge!("atrium_jobs_running", "kind" => kind).increment(1.0);
            let done = runner.attempt(&run).await;
            gauge!("atrium_jobs_running", "kind" => kind).decrement(1.0);
            let (outcome, ended) = judge(&run, done, runner.clock.now());
            histogram!("atrium_job_duration_seconds", "kind" => kind).record(begun.elapsed().as_secs_f64());
            counter!("atrium_job_tries_total", "kind" => kind, "outcome" => outcome.as_str()).increment(1);
            if let Some(ended) = ended {
                // Reason: the writer lives as long as the shift, which owns this task.
                let _ = ends.send(ended);
            }
            let mut running = lock(&running);
            // Race: a job that was lost may be back here in a later try.
            if running.get(&run.id).is_some_and(|(there, _)| there.fence == run.fence) {
                running.remove(&run.id);
            }
        });
    }

    /// Waits for what runs, and sends back what takes too long.
    async fn end(mut self) {
        let finish = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP, finish).await.is_err() {
            for (run, _) in lock(&self.running).values() {
                run.tell(Why::Stopping);
            }
            let finish = async { while self.tasks.join_next().await.is_some() {} };
            if tokio::time::timeout(LOOK, finish).await.is_err() {
                lock(&self.running).values().for_each(|(run, _)| run.cut());
            }
        }
        self.settled().await;
    }

    /// Waits until all tries have ended and that is written.
    async fn settled(mut self) {
        while self.tasks.join_next().await.is_some() {}
        let Self { ends, mut writer, mut keeper, .. } = self;
        drop(ends);
        while writer.join_next().await.is_some() {}
        keeper.abort_all();
    }
}

/// Shows that the jobs of a worker are alive, writes how far they are, and tells them when they are not wanted.
async fn keep(runner: Runner, running: Running) {
    let mut life = Life::default();
    loop {
        tokio::time::sleep(LOOK).await;
        let runs: Vec<Run> = lock(&running).values().map(|(run, _)| run.clone()).collect();
        if let Err(error) = life.show(&runner, &runs).await {
            // Reason: leases run out; the next look tries again.
            tracing::warn!(?error, "jobs could not show that they live");
            continue;
        }
        if let (false, Err(error)) = (runs.is_empty(), attend(&runner.db, &running, &runs).await) {
            tracing::warn!(?error, "jobs could not be looked after");
        }
    }
}

/// When a worker last showed that its jobs live, and when the database was last away.
#[derive(Default)]
struct Life {
    shown: Option<Instant>,
    away: Option<Instant>,
}

impl Life {
    /// Now and then prolongs the leases here, then takes back what died elsewhere.
    ///
    /// Reason: in this order, and nothing is taken back soon after the database was away or a look was late. What looks
    /// dead then is what could not show that it lives, here or with others.
    async fn show(&mut self, runner: &Runner, runs: &[Run]) -> Result<()> {
        let shown = async {
            self.prolong(runner, runs).await?;
            if self.away.is_none_or(|away| away.elapsed() > AWAY) {
                let reclaimed = queue::reclaim(&runner.db, runner.clock.now()).await?;
                counter!("atrium_jobs_reclaimed_total").increment(reclaimed);
            }
            Ok(())
        };
        let shown = shown.await;
        if shown.is_err() {
            self.away = Some(Instant::now());
        }
        shown
    }

    async fn prolong(&mut self, runner: &Runner, runs: &[Run]) -> Result<()> {
        if self.shown.is_some_and(|shown| shown.elapsed() < LIFE) {
            return Ok(());
        }
        if self.shown.is_some_and(|shown| shown.elapsed() > LIFE * 2) {
            self.away = Some(Instant::now());
        }
        if !runs.is_empty() {
            queue::prolong(&runner.db, runner.clock.now(), runs).await?;
        }
        self.shown = Some(Instant::now());
        Ok(())
    }
}

/// Writes how far jobs are, and tells those to end that are not wanted, or are somebody else's.
async fn attend(db: &Db, running: &Running, runs: &[Run]) -> Result<()> {
    let said: Vec<_> =
        runs.iter().filter_map(|run| run.take_unwritten().map(|progress| (run.clone(), progress))).collect();
    if !said.is_empty() {
        queue::report(db, &said).await?;
    }
    let seen: HashMap<JobId, queue::Seen> =
        queue::look(db, runs).await?.into_iter().map(|seen| (seen.id, seen)).collect();
    let mut running = lock(running);
    for run in runs {
        let Some((_, since)) = running.get_mut(&run.id) else { continue };
        match seen.get(&run.id) {
            Some(seen) if seen.fence == run.fence && seen.running && seen.asked => {
                run.tell(Why::Asked);
                if since.get_or_insert_with(Instant::now).elapsed() > GRACE {
                    run.cut();
                }
            }
            // Reason: one that its handler has ended in an act may still have something to tidy up.
            Some(seen) if seen.fence == run.fence && (seen.running || seen.done) => {}
            _ => {
                run.tell(Why::Lost);
                run.cut();
            }
        }
    }
    Ok(())
}

fn lock(running: &Running) -> MutexGuard<'_, HashMap<JobId, (Run, Option<Instant>)>> {
    // Reason: the map stays whole whatever panicked while it was held.
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn run_within_limit(handler: &dyn Handler, run: &Run) -> Result<(), JobError> {
    let limit = handler.limit();
    // Reason: a handler that panics must not take the worker and the other jobs with it.
    let attempt = AssertUnwindSafe(async { handler.run(run).await }).catch_unwind();
    match tokio::time::timeout(limit, attempt).await {
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
