//! Background jobs: who sees the queue, what may be done with a job, how far it is, and the commands.

mod commands;
mod live;
mod queue;

use std::time::Duration;

use kernel::{act::NewJob, id::TypedId as _, viewer::Viewer};
use tests::World;

/// A kind that nobody does.
const NOBODYS: &str = "test.nothing";

/// A kind whose worker opens what was sealed for it, and fails at what was not.
const SEALED: &str = audit::privacy::erasure::finish::JOB;

/// A job that cannot be done and that is given up at its first try.
fn hopeless() -> NewJob {
    NewJob { max_attempts: 1, ..NewJob::new(SEALED, "a secret".to_owned()) }
}

/// A job of tomorrow.
fn distant() -> NewJob {
    NewJob { delay: chrono::TimeDelta::days(1), ..NewJob::new(SEALED, "a secret".to_owned()) }
}

/// Lets nothing happen by the calendar: a test that moves the clock does itself what comes due, or compares what was there
/// before an act and after it.
pub(crate) async fn stop_the_calendar(world: &World) {
    let declared = async {
        while world.rows("job_schedules", "").await.len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), declared).await.expect("schedules are declared");
    world.execute("UPDATE job_schedules SET next_at = '2099-01-01T00:00:00.000000+00:00'").await;
}

/// Gives an agency a job; its id.
async fn enqueue(world: &World, slug: &str, job: NewJob) -> String {
    let tenant = identity::tenant::find_by_slug(&world.db, slug).await.unwrap().unwrap();
    let app = world.app(0);
    let viewer = Viewer::system(identity::tenant::info(&tenant), world.clock.clone(), app.ids.clone());
    let id = viewer.act(&app.db, "test.enqueue", async |act| Ok(act.enqueue(job))).await.unwrap();
    id.to_string()
}

/// Says that the job was started by the person with this address.
async fn started_by(world: &World, id: &str, email: &str) {
    let person = format!("(SELECT id FROM identity_users WHERE email = '{email}')");
    change(world, id, &format!("created_by = {person}")).await;
}

/// Changes the row of a job behind the program's back.
async fn change(world: &World, id: &str, what: &str) {
    let uuid = id.parse::<kernel::id::JobId>().unwrap().uuid();
    let id = match world.db.backend() {
        sea_orm::DbBackend::Postgres => format!("'{uuid}'"),
        _ => format!("x'{}'", uuid.simple()),
    };
    world.execute(&format!("UPDATE jobs SET {what} WHERE id = {id}")).await;
}

/// What makes a row one that a worker elsewhere has.
const RUNNING: &str = "status = 'running', locked_by = 'elsewhere', fence = 1, attempts = 1, \
    locked_until = '2099-01-01T00:00:00+00:00'";
