//! Letters to people who were asked: which job sends them, and to whom. Letters are the gateway's to write.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{
    Result,
    act::{Act, NewJob},
    db::Db,
    id::{FeedbackRequestId, TypedId},
    policy::Guarded,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::LockType};
use serde_json::{Value as Json, json};

use super::{
    entity::{Column, Entity, Model},
    rules,
};
use crate::{project::entity as project, words::FeedbackStatus};

/// The job that tells people what they were asked, or reminds them.
pub const JOB: &str = "projects.feedback.tell";

/// What the job is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// The questions.
    pub requests: Vec<FeedbackRequestId>,
    /// Whether people are reminded, not told for the first time.
    pub reminder: bool,
}

impl Errand {
    /// What a job's payload says; nothing if it is unreadable.
    pub fn read(payload: &str) -> Self {
        let payload: Json = serde_json::from_str(payload).unwrap_or_default();
        let ids = payload["requests"].as_array().map(Vec::as_slice).unwrap_or_default();
        let requests = ids.iter().filter_map(|id| id.as_str()?.parse().ok()).collect();
        Self { requests, reminder: payload["reminder"] == true }
    }

    /// Queues the letters, to be sent after a while.
    pub(super) fn queue(self, act: &mut Act, after: TimeDelta) {
        let payload = json!({ "requests": self.requests, "reminder": self.reminder }).to_string();
        act.enqueue(NewJob { delay: after, ..NewJob::new(JOB, payload) });
    }
}

/// The questions of an errand that are still open.
///
/// # Errors
/// If the database does not answer.
pub async fn open(db: &Db, viewer: &Viewer, errand: &Errand) -> Result<Vec<Model>> {
    let rows = Entity::of_tenant(viewer.tenant_id())
        .filter(Column::Id.is_in(errand.requests.iter().map(|id| id.uuid())))
        .filter(Column::UserId.is_not_null());
    let open = |row: &Model| rules::status(row, viewer.now) == FeedbackStatus::Open;
    Ok(rows.all(db).await?.into_iter().filter(open).collect())
}

/// Those of these questions that are still open, with their projects locked.
///
/// Race: whoever answers holds the project as well, so neither takes the other for a stale version.
///
/// # Errors
/// If the database does not answer.
pub async fn hold(act: &Act, requests: &[Model]) -> Result<Vec<Model>> {
    let tenant = act.viewer().tenant_id();
    let projects = project::Entity::of_tenant(tenant)
        .filter(project::Column::Id.is_in(requests.iter().map(|request| request.project_id.uuid())))
        .order_by_asc(project::Column::Id)
        .lock(LockType::NoKeyUpdate);
    projects.all(act.conn()).await?;
    let rows = Entity::of_tenant(tenant)
        .filter(Column::Id.is_in(requests.iter().map(|request| request.id.uuid())))
        .filter(Column::UserId.is_not_null());
    let open = |row: &Model| rules::status(row, act.now()) == FeedbackStatus::Open;
    Ok(rows.all(act.conn()).await?.into_iter().filter(open).collect())
}

/// Notes that people were told or reminded of what [`hold`] answered.
///
/// # Errors
/// If the database does not answer.
pub async fn told(act: &mut Act, requests: Vec<Model>, reminder: bool) -> Result<()> {
    let now: Option<DateTime<Utc>> = Some(act.now());
    act.update_all(requests, |request| {
        if reminder {
            request.reminded_at = now;
        } else {
            request.told_at = now;
        }
    })
    .await
}
