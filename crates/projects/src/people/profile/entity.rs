//! The table of profiles.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::{ResourceProfileId, TenantId, UserId, WorkCalendarId},
};
use sea_orm::entity::prelude::*;
use serde_json::Value as Json;

/// A member of staff as one who works: when, where, how much. One a person; none until something is said of them.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_profiles")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ResourceProfileId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The person.
    pub user_id: UserId,
    /// What they do.
    pub job_title: Option<String>,
    /// Where they work.
    pub location: Option<String>,
    /// ISO 3166-1 alpha-2 code of the country whose public holidays are free.
    pub country: Option<String>,
    /// Their calendar; that of the agency without one.
    pub calendar_id: Option<WorkCalendarId>,
    /// Their own week, as that of a calendar; an empty list: that of the calendar.
    #[sea_orm(column_type = "JsonBinary")]
    pub hours: Json,
    /// What they can do in a plain week; as much as their hours have without it.
    pub weekly_minutes: Option<i64>,
    /// Which share of that should be billable.
    pub target_percent: Option<i32>,
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
    const SUBJECT: &'static str = "ResourceProfile";
    const EVENT: &'static str = "projects.profile";
    const PERSONAL: &'static [&'static str] = &["job_title", "location", "country"];

    fn about(model: &Model) -> About {
        About::person(model.user_id)
    }
}
