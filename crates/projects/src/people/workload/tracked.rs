//! What people worked in the weeks, as it was written down.

use std::collections::HashMap;

use chrono::NaiveDate;
use kernel::{
    Result,
    id::{TypedId, UserId},
    policy::Guarded,
    sql::one_of,
    viewer::Viewer,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect,
    sea_query::{Alias, Expr, ExprTrait},
};

use crate::{
    time::{entry::entity as entry, sheet::entity as sheet},
    words::TimeEntryStatus,
};

/// Minutes of a week: all of them, and those that are billable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tracked {
    /// All.
    pub minutes: i64,
    /// Billable ones.
    pub billable: i64,
}

/// What these people worked in the weeks from one Monday to another, in one statement.
///
/// # Errors
/// If the database does not answer.
pub async fn load(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    people: &[UserId],
    (first, last): (NaiveDate, NaiveDate),
) -> Result<HashMap<(UserId, NaiveDate), Tracked>> {
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    // Reason: PostgreSQL adds whole numbers up to a decimal one.
    let sum = Expr::col((entry::Entity, entry::Column::Minutes)).sum().cast_as(Alias::new("bigint"));
    let rows: Vec<(UserId, NaiveDate, bool, i64)> = sheet::Entity::of_tenant(viewer.tenant_id())
        .filter(one_of(conn.get_database_backend(), sheet::Column::UserId, people.iter().map(|id| id.uuid())))
        .filter(sheet::Column::WeekStart.between(first, last))
        .filter(entry::Column::Status.ne(TimeEntryStatus::Rejected.as_str()))
        .join(JoinType::InnerJoin, entries())
        .select_only()
        .columns([sheet::Column::UserId, sheet::Column::WeekStart])
        .column(entry::Column::Billable)
        .expr_as(sum, "minutes")
        .group_by(sheet::Column::UserId)
        .group_by(sheet::Column::WeekStart)
        .group_by(entry::Column::Billable)
        .into_tuple()
        .all(conn)
        .await?;
    let mut found: HashMap<(UserId, NaiveDate), Tracked> = HashMap::with_capacity(rows.len());
    for (person, week, billable, minutes) in rows {
        let of = found.entry((person, week)).or_default();
        of.minutes += minutes;
        of.billable += if billable { minutes } else { 0 };
    }
    Ok(found)
}

/// The entries of a week.
fn entries() -> sea_orm::RelationDef {
    sheet::Entity::belongs_to(entry::Entity)
        .from((sheet::Column::TenantId, sheet::Column::Id))
        .to((entry::Column::TenantId, entry::Column::TimesheetId))
        .into()
}
