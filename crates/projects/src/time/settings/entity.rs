//! The table of how agencies keep time.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{act::Recorded, id::TenantId};
use sea_orm::entity::prelude::*;

/// How an agency keeps time: one row a tenant, with the tenant's id; none until something is set.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_time_settings")]
pub struct Model {
    /// The tenant's id, for there is one row of each.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TenantId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// A word of `RoundingMode`.
    pub rounding_mode: String,
    /// Billed minutes are multiples of it.
    pub rounding_step: i64,
    /// A word of `RoundingScope`.
    pub rounding_scope: String,
    /// Least minutes billed for anything.
    pub minimum_minutes: i64,
    /// Hours after which a running timer counts as forgotten.
    pub timer_hours: i32,
    /// A word of `TimerAction`.
    pub timer_action: String,
    /// Whether people are reminded of weeks that they have not handed in.
    pub reminders: bool,
    /// The last day on which no time changes any more.
    pub locked_through: Option<NaiveDate>,
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
    const SUBJECT: &'static str = "TimeSettings";
    const EVENT: &'static str = "projects.time_settings";
}
