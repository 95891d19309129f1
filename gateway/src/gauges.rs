//! How much work waits, for `/metrics`: events that are not carried yet, jobs that are due or given up. Looked up every
//! few seconds rather than when somebody reads the metrics, who must be answered at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use kernel::{clock::Clock, db::Db, error::Result};
use platform::{dispatch, jobs};
use tokio_util::sync::CancellationToken;

use crate::http::metrics::add_gauge;

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
        add_gauge(name, about, Box::new(move || read(&backlog).load(Ordering::Relaxed) as f64));
    };
    gauge("atrium_outbox_waiting", "Committed events that are not carried yet.", |backlog| &backlog.events);
    gauge("atrium_outbox_lag_seconds", "Age of the oldest event that is not carried yet.", |backlog| {
        &backlog.oldest_event_seconds
    });
    gauge("atrium_jobs_due", "Jobs that are due and not done.", |backlog| &backlog.jobs);
    gauge("atrium_jobs_failed", "Jobs that were given up.", |backlog| &backlog.failed_jobs);
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
