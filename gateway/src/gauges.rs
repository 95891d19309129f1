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
    act::job::Status,
    clock::Clock,
    db::{Db, PoolUse},
    error::Result,
};
use metrics::gauge;
use platform::{dispatch, jobs};
use tokio_util::sync::CancellationToken;

use crate::http::metrics::{Labels, add_gauge};

/// How often the numbers are looked up.
const EVERY: Duration = Duration::from_secs(10);

/// The gauge of how far each consumer is behind; consumers are few, and named by the program.
const LAG: &str = "atrium_event_consumer_lag";

/// The numbers as of the last look.
#[derive(Default)]
struct Backlog {
    events: AtomicU64,
    oldest_event_seconds: AtomicU64,
    retried_events: AtomicU64,
    parked_events: AtomicU64,
    jobs: AtomicU64,
    failed_jobs: AtomicU64,
    unsealed: AtomicU64,
    oldest_unsealed_seconds: AtomicU64,
}

/// Keeps the gauges until `stop`.
pub async fn run(db: Db, clock: Clock, kinds: Vec<&'static str>, stop: CancellationToken) {
    let backlog = Arc::new(Backlog::default());
    register(&backlog);
    describe_jobs();
    loop {
        let looked = look(&db, &clock, &backlog).await.and(look_at_sinks(&db).await);
        if let Err(error) = looked.and(look_at_kinds(&db, &kinds).await) {
            tracing::debug!(?error, "what waits could not be counted");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// What the queue, its workers and the forwarder count.
fn describe_jobs() {
    metrics::describe_gauge!("atrium_jobs", "Jobs in the queue by kind and status");
    metrics::describe_gauge!("atrium_audit_sinks", "Systems that the trail is forwarded to, by state");
    metrics::describe_gauge!("atrium_audit_sink_lag", "Sealed entries that the slowest of them is behind");
    metrics::describe_counter!("atrium_audit_sink_entries_total", "Entries that they acknowledged");
    metrics::describe_counter!("atrium_audit_sink_failures_total", "Tries of forwarding that failed");
    metrics::describe_gauge!("atrium_jobs_running", "Jobs that run in this process, by kind");
    metrics::describe_counter!("atrium_job_attempts_total", "Tries of jobs that were begun, by kind");
    metrics::describe_counter!("atrium_job_tries_total", "Tries of jobs that ended, by kind and outcome");
    metrics::describe_counter!("atrium_jobs_reclaimed_total", "Jobs taken back from workers that died");
    metrics::describe_histogram!("atrium_job_duration_seconds", "Time that a try of a job took, by kind");
    metrics::describe_histogram!(
        "atrium_job_wait_seconds",
        "Time that a job was due before it began, by kind"
    );
}

/// Counts the queue by kind and status. Kinds that no handler of this program does share a name.
async fn look_at_kinds(db: &Db, kinds: &[&'static str]) -> Result<()> {
    let depths = jobs::depth(db).await?;
    for status in [Status::Waiting, Status::Running, Status::Failed] {
        let of = |is: &dyn Fn(&str) -> bool| {
            let counts = depths.iter().filter(|depth| depth.status == status && is(&depth.kind));
            counts.map(|depth| depth.count as f64).sum::<f64>()
        };
        for kind in kinds {
            gauge!("atrium_jobs", "kind" => *kind, "status" => status.as_str())
                .set(of(&|other| other == *kind));
        }
        gauge!("atrium_jobs", "kind" => "other", "status" => status.as_str())
            .set(of(&|other| !kinds.contains(&other)));
    }
    Ok(())
}

/// How systems fare that the trail is forwarded to.
async fn look_at_sinks(db: &Db) -> Result<()> {
    let standing = audit::siem::standing(db).await?;
    let states = [("active", standing.active), ("failing", standing.failing), ("paused", standing.paused)];
    for (state, count) in states {
        gauge!("atrium_audit_sinks", "state" => state).set(count as f64);
    }
    gauge!("atrium_audit_sink_lag").set(standing.lag as f64);
    Ok(())
}

fn register(backlog: &Arc<Backlog>) {
    let add = |name, about, read: fn(&Backlog) -> &AtomicU64| {
        let backlog = Arc::clone(backlog);
        add_gauge(name, &[], about, Box::new(move || read(&backlog).load(Ordering::Relaxed) as f64));
    };
    add("atrium_outbox_waiting", "Committed events that are not carried yet.", |backlog| &backlog.events);
    add("atrium_outbox_lag_seconds", "Age of the oldest event that is not carried yet.", |backlog| {
        &backlog.oldest_event_seconds
    });
    add("atrium_events_retrying", "Events that a consumer failed on and that are tried again.", |backlog| {
        &backlog.retried_events
    });
    add("atrium_events_parked", "Events that a consumer failed on for good.", |backlog| {
        &backlog.parked_events
    });
    metrics::describe_counter!(
        "atrium_events_dispatched_total",
        "Events that this process moved into the log"
    );
    metrics::describe_gauge!(LAG, "Events of the log that a consumer has not been handed yet");
    add("atrium_audit_unsealed", "Entries of the trail that are not sealed yet.", |backlog| {
        &backlog.unsealed
    });
    add("atrium_audit_seal_lag_seconds", "Age of the oldest entry that is not sealed yet.", |backlog| {
        &backlog.oldest_unsealed_seconds
    });
    add("atrium_jobs_due", "Jobs that are due and not done.", |backlog| &backlog.jobs);
    add("atrium_jobs_failed", "Jobs that were given up.", |backlog| &backlog.failed_jobs);
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
    let events = dispatch::backlog(db).await?;
    let age = events.oldest.map_or(0, |oldest| (now - oldest).num_seconds().max(0).unsigned_abs());
    let queue = jobs::backlog(db, now).await?;
    backlog.events.store(events.waiting, Ordering::Relaxed);
    backlog.retried_events.store(events.retrying, Ordering::Relaxed);
    backlog.parked_events.store(events.parked, Ordering::Relaxed);
    metrics::counter!("atrium_events_dispatched_total").absolute(dispatch::carried());
    for consumer in events.consumers {
        gauge!(LAG, "consumer" => consumer.name).set(consumer.behind as f64);
    }
    let (unsealed, oldest) = audit::seal::store::lag(db).await?;
    let unsealed_age = oldest.map_or(0, |oldest| (now - oldest).num_seconds().max(0).unsigned_abs());
    backlog.unsealed.store(unsealed, Ordering::Relaxed);
    backlog.oldest_unsealed_seconds.store(unsealed_age, Ordering::Relaxed);
    backlog.oldest_event_seconds.store(age, Ordering::Relaxed);
    backlog.jobs.store(queue.due, Ordering::Relaxed);
    backlog.failed_jobs.store(queue.failed, Ordering::Relaxed);
    Ok(())
}
