//! Background jobs as people see them: the queue page, and what may be done with a job. The queue itself is the
//! platform's. Payloads are never shown: they may hold secrets. Jobs of the installation have no tenant; only the command
//! line shows them.

mod graphql;
mod live;
mod mutation;

use async_graphql::{MergedObject, MergedSubscription};
use kernel::{
    Error, Result,
    act::{
        Act,
        job::{Entity, Model, Status},
    },
    db::Db,
    error::Text,
    id::{JobId, TypedId as _},
    policy::Guarded as _,
    viewer::Viewer,
};
use platform::jobs::{self, Scope};
use serde_json::{Map, json};

use crate::policy::{JOBS_MANAGE, JOBS_READ};

pub use graphql::{Job, JobFilter, JobProgress, JobStatus};

/// The root queries about jobs.
#[derive(MergedObject, Default)]
pub struct JobQuery(graphql::JobRoot);

/// The root mutations of jobs.
#[derive(MergedObject, Default)]
pub struct JobMutation(mutation::JobChanges);

/// The root subscriptions of jobs.
#[derive(MergedSubscription, Default)]
pub struct JobSubscription(live::JobLive);

const NOT_NOW: Text = Text::new(
    "job_not_now",
    "This cannot be done with a job that is {status}.",
    "Ceci est impossible avec une tâche dont l'état est {status}.",
);

/// Lets a job begin anew that failed or was cancelled, or one at once that waits for its next try.
///
/// # Errors
/// CONFLICT if it runs or is done, or if another under its key is not over.
pub async fn retry(db: &Db, viewer: &Viewer, id: JobId) -> Result<Model> {
    change(db, viewer, id, "audit.job.retry", async |act, scope| {
        jobs::retry(act.conn(), scope, act.now()).await
    })
    .await
}

/// Cancels a job: at once if it waits; if it runs, it is told to end.
///
/// # Errors
/// CONFLICT if it is over.
pub async fn cancel(db: &Db, viewer: &Viewer, id: JobId) -> Result<Model> {
    change(db, viewer, id, "audit.job.cancel", async |act, scope| {
        jobs::cancel(act.conn(), scope, act.now()).await
    })
    .await
}

/// Removes a job that failed or was cancelled.
///
/// # Errors
/// CONFLICT if it is not over, or was done.
pub async fn discard(db: &Db, viewer: &Viewer, id: JobId) -> Result<Model> {
    change(db, viewer, id, "audit.job.discard", async |act, scope| jobs::discard(act.conn(), scope).await)
        .await
}

async fn change(
    db: &Db,
    viewer: &Viewer,
    id: JobId,
    name: &'static str,
    change: impl AsyncFn(&Act, &Scope) -> Result<Vec<Model>>,
) -> Result<Model> {
    viewer.require(JOBS_READ)?;
    let done = viewer.act(db, name, async |act| {
        let before = Entity::fetch_to(act.conn(), viewer, JOBS_MANAGE, id).await?;
        let scope = Scope::one(viewer.tenant_id(), id);
        let Some(after) = change(act, &scope).await?.pop() else {
            return Err(not_now(before.status()));
        };
        act.note("Job", Some(id.uuid()), Some(after.kind.clone()), changes(&before, &after));
        crate::privacy::export::follow(act, &after).await?;
        Ok(after)
    });
    let after = done.await?;
    if after.status() == Status::Waiting {
        db.jobs.ring();
    }
    Ok(after)
}

fn not_now(status: Status) -> Error {
    Error::Conflict { message: NOT_NOW.with("status", status.as_str()), current_version: None }
}

/// What the trail tells.
fn changes(before: &Model, after: &Model) -> Map<String, serde_json::Value> {
    let mut changes = Map::new();
    changes.insert("status".to_owned(), json!([before.status, after.status]));
    if before.attempts != after.attempts {
        changes.insert("attempts".to_owned(), json!([before.attempts, after.attempts]));
    }
    changes
}
