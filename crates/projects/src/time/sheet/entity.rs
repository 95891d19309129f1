//! The table of weeks.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    act::{About, Recorded},
    id::{TenantId, TimesheetId, TypedId, UserId},
};
use sea_orm::entity::prelude::*;

/// A person's week.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_timesheets")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TimesheetId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Whose it is; none once they were erased.
    pub user_id: Option<UserId>,
    /// Its Monday.
    pub week_start: NaiveDate,
    /// A word of `TimesheetStatus`.
    pub status: String,
    /// When it was handed in.
    pub submitted_at: Option<DateTime<Utc>>,
    /// Who approved it or sent it back.
    pub decided_by: Option<UserId>,
    /// When that was.
    pub decided_at: Option<DateTime<Utc>>,
    /// Why it was sent back or opened again.
    pub reason: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts the changes.
    pub version: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "Timesheet";
    const EVENT: &'static str = "projects.timesheet";
    const PERSONAL: &'static [&'static str] = &["reason"];

    fn label(model: &Model) -> Option<String> {
        Some(model.week_start.to_string())
    }

    fn about(model: &Model) -> About {
        About { person: model.user_id.map(|user| user.uuid()), ..About::default() }
    }
}
