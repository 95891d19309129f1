//! How much work waits, for `/metrics`: events that are not carried yet, jobs that are due or given up. Looked up every
//! few seconds rather than when somebody reads the metrics, who must be answered at once.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use kernel::{
    clock::Clock,
    db::{Db, PoolUse},
    error::Result,
};
use platform::{dispatch, jobs};
use tokio_util::sync::CancellationToken;

use crate::http::metrics::{Labels, add_gauge};

/// How often the numbers are looked up.
const EVERY: Duration = Duration::from_secs(10);

/// The numbers as of the last look.
#[derive(Default)]
struct Backlog {
    events: AtomicU64,
    oldest_event_seconds: AtomicU64,
    jobs: AtomicU64,
    failed_jobs: AtomicU64,
}

/// Keeps the gauges until `stop`.
pub async fn run(db: Db, clock: Clock, stop: CancellationToken) {
    let backlog = Arc::new(Backlog::default());
    register(&backlog);
    loop {
        if let Err(error) = look(&db, &clock, &backlog).await {
            tracing::debug!(?error, "what waits could not be counted");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

fn register(backlog: &Arc<Backlog>) {
    let gauge = |name, about, read: fn(&Backlog) -> &AtomicU64| {
        let backlog = Arc::clone(backlog);
        add_gauge(name, &[], about, Box::new(move || read(&backlog).load(Ordering::Relaxed) as f64));
    };
    gauge("atrium_outbox_waiting", "Committed events that are not carried yet.", |backlog| &backlog.events);
    gauge("atrium_outbox_lag_seconds", "Age of the oldest event that is not carried yet.", |backlog| {
        &backlog.oldest_event_seconds
    });
    gauge("atrium_jobs_due", "Jobs that are due and not done.", |backlog| &backlog.jobs);
    gauge("atrium_jobs_failed", "Jobs that were given up.", |backlog| &backlog.failed_jobs);
}

/// The pools of this process: its own, and on PostgreSQL those of each thread.
static DATABASES: Mutex<Vec<Db>> = Mutex::new(Vec::new());

/// Shows how the connections of a process's database are used, in place of what was shown before.
pub fn show_pools(db: &Db) {
    *DATABASES.lock().unwrap_or_else(PoisonError::into_inner) = vec![db.clone()];
    for (labels, read) in POOLS {
        let about = "Connections to the database by pool and state; waiting are those who have none yet.";
        add_gauge("atrium_database_connections", labels, about, Box::new(move || count(read)));
    }
}

/// Adds the pools of one thread to what is shown.
pub fn add_pools(db: &Db) {
    DATABASES.lock().unwrap_or_else(PoisonError::into_inner).push(db.clone());
}

type Read = fn((PoolUse, Option<PoolUse>)) -> usize;

/// Each pool and state, with what tells its number.
const POOLS: [(Labels, Read); 6] = [
    (&[("pool", "read"), ("state", "in_use")], |(read, _)| read.in_use()),
    (&[("pool", "read"), ("state", "idle")], |(read, _)| read.idle),
    (&[("pool", "read"), ("state", "waiting")], |(read, _)| read.waiting()),
    (&[("pool", "write"), ("state", "in_use")], |(_, write)| write.map_or(0, PoolUse::in_use)),
    (&[("pool", "write"), ("state", "idle")], |(_, write)| write.map_or(0, |write| write.idle)),
    (&[("pool", "write"), ("state", "waiting")], |(_, write)| write.map_or(0, PoolUse::waiting)),
];

fn count(read: Read) -> f64 {
    let databases = DATABASES.lock().unwrap_or_else(PoisonError::into_inner);
    databases.iter().map(|db| read(db.pools()) as f64).sum()
}

async fn look(db: &Db, clock: &Clock, backlog: &Backlog) -> Result<()> {
    let now = clock.now();
    let (events, oldest) = dispatch::lag(db).await?;
    let age = oldest.map_or(0, |oldest| (now - oldest).num_seconds().max(0).unsigned_abs());
    let queue = jobs::backlog(db, now).await?;
    backlog.events.store(events, Ordering::Relaxed);
    backlog.oldest_event_seconds.store(age, Ordering::Relaxed);
    backlog.jobs.store(queue.due, Ordering::Relaxed);
    backlog.failed_jobs.store(queue.failed, Ordering::Relaxed);
    Ok(())
}
