//! The table of allocations.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    act::{About, Recorded},
    id::{AllocationId, ProjectId, TenantId, TypedId, UserId},
};
use sea_orm::entity::prelude::*;
use serde_json::{Map, Value};

/// How much of a person, or of a role that somebody is still to take, a project has.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_allocations")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AllocationId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The project.
    pub project_id: ProjectId,
    /// The person; none: a place to fill.
    pub user_id: Option<UserId>,
    /// What the place is for.
    pub role: Option<String>,
    /// So much of each week.
    pub weekly_minutes: Option<i64>,
    /// Or such a share of what the person has.
    pub percent: Option<i32>,
    /// The first day.
    pub starts_on: NaiveDate,
    /// The last day.
    pub ends_on: NaiveDate,
    /// A word of `Commitment`.
    pub commitment: String,
    /// What there is to say about it.
    pub note: String,
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
    const SUBJECT: &'static str = "Allocation";
    const EVENT: &'static str = "projects.allocation";
    const PERSONAL: &'static [&'static str] = &["note"];

    fn about(model: &Model) -> About {
        About { person: model.user_id.map(|user| user.uuid()), ..About::project(model.project_id) }
    }

    fn refs(model: &Model) -> Map<String, Value> {
        crate::events::of_project(model.project_id)
    }
}
