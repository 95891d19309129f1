//! The table of time entries.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    act::{About, Recorded},
    id::{
        ActivityTypeId, ProjectId, TaskId, TenantId, TimeClaimId, TimeEntryId, TimesheetId, TypedId, UserId,
    },
    money::Currency,
};
use sea_orm::entity::prelude::*;

/// Time that somebody worked on one day.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_time_entries")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TimeEntryId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Who worked; none once they were erased.
    pub user_id: Option<UserId>,
    /// The week of the person that it is in.
    pub timesheet_id: TimesheetId,
    /// What it was spent on.
    pub project_id: ProjectId,
    /// The task, if it was on one.
    pub task_id: Option<TaskId>,
    /// The kind of work.
    pub activity_id: Option<ActivityTypeId>,
    /// The day, in the person's time zone.
    pub spent_on: NaiveDate,
    /// How long, as it was worked.
    pub minutes: i64,
    /// When it began, if that is known.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended, if that is known.
    pub ended_at: Option<DateTime<Utc>>,
    /// What was done.
    pub description: String,
    /// Whether it is billed.
    pub billable: bool,
    /// Whether it is of a timer that was forgotten.
    pub flagged: bool,
    /// A word of `TimeEntryStatus`.
    pub status: String,
    /// What an hour of this very entry is billed at, in minor units.
    pub own_rate_minor: Option<i64>,
    /// Currency of that.
    pub own_rate_currency: Option<Currency>,
    /// What an hour is billed at, in minor units; fixed by the approval, or before if the person goes.
    pub bill_rate_minor: Option<i64>,
    /// Currency of that.
    pub bill_rate_currency: Option<Currency>,
    /// Where that rate was written: a word of `RateLevel`.
    pub bill_source: Option<String>,
    /// What an hour costs, in minor units; fixed by the approval, or before if the person goes.
    pub cost_rate_minor: Option<i64>,
    /// Currency of that.
    pub cost_rate_currency: Option<Currency>,
    /// Where that rate was written: a word of `RateLevel`.
    pub cost_source: Option<String>,
    /// Who approved it or sent it back.
    pub decided_by: Option<UserId>,
    /// When that was.
    pub decided_at: Option<DateTime<Utc>>,
    /// Why it was sent back.
    pub reason: Option<String>,
    /// The claim it is billed by.
    pub claim_id: Option<TimeClaimId>,
    /// How many minutes were billed, after rounding.
    pub billed_minutes: Option<i64>,
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

impl Model {
    /// Whether what an hour is billed at no longer follows what is written elsewhere: it was fixed, by the approval or
    /// when its person went, and nobody gave the entry a rate of its own since.
    #[must_use]
    pub fn is_bill_fixed(&self) -> bool {
        self.bill_rate_minor.is_some() && self.own_rate_minor.is_none()
    }

    /// Lets the rates follow again what is written elsewhere: what was fixed does not bind what is written anew.
    pub fn loosen(&mut self) {
        (self.bill_rate_minor, self.bill_rate_currency, self.bill_source) = (None, None, None);
        (self.cost_rate_minor, self.cost_rate_currency, self.cost_source) = (None, None, None);
    }
}

impl Recorded for Entity {
    const SUBJECT: &'static str = "TimeEntry";
    const EVENT: &'static str = "projects.time_entry";
    const PERSONAL: &'static [&'static str] = &["description", "reason"];

    fn label(model: &Model) -> Option<String> {
        Some(model.spent_on.to_string())
    }

    fn about(model: &Model) -> About {
        About { person: model.user_id.map(|user| user.uuid()), ..About::project(model.project_id) }
    }
}
