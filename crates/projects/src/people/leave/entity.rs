//! The table of leave.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    act::{About, Recorded},
    id::{LeaveId, TenantId, UserId},
};
use sea_orm::entity::prelude::*;

/// Days on which a person does not work, or not all day.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_leave")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LeaveId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The person.
    pub user_id: UserId,
    /// A word of `LeaveKind`.
    pub kind: String,
    /// The first day.
    pub starts_on: NaiveDate,
    /// The last day.
    pub ends_on: NaiveDate,
    /// How much of each day; all of it without a number.
    pub minutes: Option<i64>,
    /// What the person says about it.
    pub note: String,
    /// A word of `LeaveStatus`.
    pub status: String,
    /// Who approved or rejected it.
    pub decided_by: Option<UserId>,
    /// When they did.
    pub decided_at: Option<DateTime<Utc>>,
    /// Why it was rejected.
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
    const SUBJECT: &'static str = "Leave";
    const EVENT: &'static str = "projects.leave";
    const PERSONAL: &'static [&'static str] = &["kind", "minutes", "note", "reason"];

    fn about(model: &Model) -> About {
        About::person(model.user_id)
    }
}
