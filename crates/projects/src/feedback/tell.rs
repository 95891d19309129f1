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
    /// Whether somebody asked for the reminder, which otherwise comes by itself.
    pub by_hand: bool,
}

impl Errand {
    /// What a job's payload says; nothing if it is unreadable.
    pub fn read(payload: &str) -> Self {
        let payload: Json = serde_json::from_str(payload).unwrap_or_default();
        let ids = payload["requests"].as_array().map(Vec::as_slice).unwrap_or_default();
        let requests = ids.iter().filter_map(|id| id.as_str()?.parse().ok()).collect();
        Self { requests, reminder: payload["reminder"] == true, by_hand: payload["byHand"] == true }
    }

    /// Queues the letters, to be sent after a while.
    pub(super) fn queue(self, act: &mut Act, after: TimeDelta) {
        let Self { requests, reminder, by_hand } = self;
        let payload = json!({ "requests": requests, "reminder": reminder, "byHand": by_hand }).to_string();
        act.enqueue(NewJob { delay: after, ..NewJob::new(JOB, payload) });
    }
}

/// Whether the errand is still to be done for a question: it is open, and nobody reminded its person of it within a day
/// if the reminder comes by itself.
fn is_due(errand: &Errand, request: &Model, now: DateTime<Utc>) -> bool {
    let by_itself = errand.reminder && !errand.by_hand;
    let lately = request.reminded_at.is_some_and(|reminded| now - reminded < rules::BETWEEN);
    rules::status(request, now) == FeedbackStatus::Open && !(by_itself && lately)
}

/// The questions of an errand that are still to be told or reminded of.
///
/// # Errors
/// If the database does not answer.
pub async fn open(db: &Db, viewer: &Viewer, errand: &Errand) -> Result<Vec<Model>> {
    let rows = Entity::of_tenant(viewer.tenant_id())
        .filter(Column::Id.is_in(errand.requests.iter().map(|id| id.uuid())))
        .filter(Column::UserId.is_not_null());
    Ok(rows.all(db).await?.into_iter().filter(|row| is_due(errand, row, viewer.now)).collect())
}

/// Those of these questions that are still to be told or reminded of, with their projects locked.
///
/// Race: whoever answers holds the project as well, so neither takes the other for a stale version.
///
/// # Errors
/// If the database does not answer.
pub async fn hold(act: &Act, errand: &Errand, requests: &[Model]) -> Result<Vec<Model>> {
    let tenant = act.viewer().tenant_id();
    let projects = project::Entity::of_tenant(tenant)
        .filter(project::Column::Id.is_in(requests.iter().map(|request| request.project_id.uuid())))
        .order_by_asc(project::Column::Id)
        .lock(LockType::NoKeyUpdate);
    projects.all(act.conn()).await?;
    let rows = Entity::of_tenant(tenant)
        .filter(Column::Id.is_in(requests.iter().map(|request| request.id.uuid())))
        .filter(Column::UserId.is_not_null());
    Ok(rows.all(act.conn()).await?.into_iter().filter(|row| is_due(errand, row, act.now())).collect())
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
