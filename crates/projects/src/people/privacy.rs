//! What profiles, leave and allocations say of a person, for exports.

use kernel::{
    Result,
    db::Db,
    id::{TypedId, UserId},
    policy::Guarded,
    privacy::{Collector, DataSubject, Pages},
};
use sea_orm::{ColumnTrait, QueryFilter};
use serde_json::json;

use super::{
    allocation::entity as allocation,
    leave::entity as leave,
    profile::{certified, entity as profile, skilled},
};
use crate::calendar::day;

/// Tells the profile of a person, what they can do, when they were away and what they were planned for.
///
/// # Errors
/// If the database does not answer.
pub async fn collect(db: &Db, subject: &DataSubject, user: UserId, into: &mut dyn Collector) -> Result<()> {
    let rows = profile::Entity::of_tenant(subject.tenant).filter(profile::Column::UserId.eq(user));
    let mut pages = Pages::of(rows, |row| row.id.uuid());
    while let Some(rows) = pages.next(db).await? {
        let told = rows.iter().map(|row| {
            json!({
                "id": row.id, "jobTitle": row.job_title, "location": row.location, "country": row.country,
                "calendarId": row.calendar_id, "hours": row.hours, "weeklyMinutes": row.weekly_minutes,
                "targetPercent": row.target_percent,
            })
        });
        into.rows("projects.profiles", told.collect()).await?;
    }
    let rows = skilled::of_tenant(subject.tenant).filter(skilled::Column::UserId.eq(user));
    let rows = rows.all(db).await?;
    let told = rows.iter().map(|row| json!({ "skillId": row.skill_id, "level": row.level }));
    into.rows("projects.skills", told.collect()).await?;
    let rows = certified::of_tenant(subject.tenant).filter(certified::Column::UserId.eq(user));
    let rows = rows.all(db).await?;
    let told = rows.iter().map(|row| {
        json!({
            "name": row.name, "issuer": row.issuer, "issuedOn": row.issued_on, "expiresOn": row.expires_on,
            "credential": row.credential,
        })
    });
    into.rows("projects.certifications", told.collect()).await?;
    away(db, subject, user, into).await
}

/// Tells the leave, the single days and the allocations of a person.
async fn away(db: &Db, subject: &DataSubject, user: UserId, into: &mut dyn Collector) -> Result<()> {
    let rows = day::of_tenant(subject.tenant).filter(day::Column::UserId.eq(user));
    let rows = rows.all(db).await?;
    let told = rows.iter().map(|row| json!({ "date": row.on_day, "name": row.name, "hours": row.hours }));
    into.rows("projects.working_days", told.collect()).await?;
    let rows = leave::Entity::of_tenant(subject.tenant).filter(leave::Column::UserId.eq(user));
    let mut pages = Pages::of(rows, |row| row.id.uuid());
    while let Some(rows) = pages.next(db).await? {
        let told = rows.iter().map(|row| {
            json!({
                "id": row.id, "kind": row.kind, "from": row.starts_on, "to": row.ends_on, "minutes": row.minutes,
                "note": row.note, "status": row.status, "reason": row.reason, "createdAt": row.created_at,
            })
        });
        into.rows("projects.leave", told.collect()).await?;
    }
    let rows = allocation::Entity::of_tenant(subject.tenant).filter(allocation::Column::UserId.eq(user));
    let mut pages = Pages::of(rows, |row| row.id.uuid());
    while let Some(rows) = pages.next(db).await? {
        let told = rows.iter().map(|row| {
            json!({
                "id": row.id, "projectId": row.project_id, "from": row.starts_on, "to": row.ends_on,
                "role": row.role, "weeklyMinutes": row.weekly_minutes, "percent": row.percent,
                "commitment": row.commitment, "note": row.note,
            })
        });
        into.rows("projects.allocations", told.collect()).await?;
    }
    Ok(())
}
