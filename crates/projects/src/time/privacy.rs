//! What time says of a person, for exports: their hours and weeks. What these are billed at and cost is the agency's.

use kernel::{
    Result,
    db::Db,
    id::{TypedId, UserId},
    policy::Guarded,
    privacy::{Collector, DataSubject, Pages},
};
use sea_orm::{ColumnTrait, QueryFilter};
use serde_json::json;

use super::{entry::entity as entry, sheet::entity as sheet, timer::entity as timer};

/// Tells the hours, weeks and the running timer of a person.
///
/// # Errors
/// If the database does not answer.
pub async fn collect(db: &Db, subject: &DataSubject, user: UserId, into: &mut dyn Collector) -> Result<()> {
    let entries = entry::Entity::of_tenant(subject.tenant).filter(entry::Column::UserId.eq(user));
    let mut pages = Pages::of(entries, |row| row.id.uuid());
    while let Some(rows) = pages.next(db).await? {
        let told = rows.iter().map(|row| {
            json!({
                "id": row.id, "projectId": row.project_id, "taskId": row.task_id, "spentOn": row.spent_on,
                "minutes": row.minutes, "startedAt": row.started_at, "endedAt": row.ended_at,
                "description": row.description, "billable": row.billable, "status": row.status,
                "reason": row.reason, "createdAt": row.created_at, "updatedAt": row.updated_at,
            })
        });
        into.rows("projects.time", told.collect()).await?;
    }
    let weeks = sheet::Entity::of_tenant(subject.tenant).filter(sheet::Column::UserId.eq(user));
    let mut pages = Pages::of(weeks, |row| row.id.uuid());
    while let Some(rows) = pages.next(db).await? {
        let told = rows.iter().map(|row| {
            json!({
                "id": row.id, "weekStart": row.week_start, "status": row.status,
                "submittedAt": row.submitted_at, "decidedAt": row.decided_at, "reason": row.reason,
            })
        });
        into.rows("projects.timesheets", told.collect()).await?;
    }
    let timers = timer::Entity::of_tenant(subject.tenant).filter(timer::Column::UserId.eq(user));
    let mut pages = Pages::of(timers, |row| row.id.uuid());
    while let Some(rows) = pages.next(db).await? {
        let told = rows.iter().map(|row| {
            json!({
                "id": row.id, "projectId": row.project_id, "taskId": row.task_id,
                "description": row.description, "startedAt": row.started_at,
            })
        });
        into.rows("projects.timers", told.collect()).await?;
    }
    Ok(())
}
