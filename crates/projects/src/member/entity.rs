//! The table of project members.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    act::{About, Recorded},
    id::{ProjectId, ProjectMemberId, RoleId, TenantId, UserId},
    money::Currency,
};
use sea_orm::entity::prelude::*;
use serde_json::{Map, Value as Json};

/// A person's place in the team of a project; one that was left stays as history.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_members")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProjectMemberId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The project.
    pub project_id: ProjectId,
    /// The person.
    pub user_id: UserId,
    /// The role whose permissions the person has on this project; none: those of their roles in the tenant.
    pub role_id: Option<RoleId>,
    /// What they do there.
    pub title: Option<String>,
    /// What an hour is billed at, in minor units of `rate_currency`.
    pub bill_rate_minor: Option<i64>,
    /// Currency of the rate.
    pub rate_currency: Option<Currency>,
    /// Share of their working time, in basis points.
    pub allocation_bp: Option<i32>,
    /// First day.
    pub joined_on: NaiveDate,
    /// Last day, once they left.
    pub left_on: Option<NaiveDate>,
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
    const SUBJECT: &'static str = "ProjectMember";
    const EVENT: &'static str = "projects.member";

    fn about(model: &Model) -> About {
        About { project: Some(model.project_id), ..About::person(model.user_id) }
    }

    fn refs(model: &Model) -> Map<String, Json> {
        crate::events::of_project(model.project_id)
    }
}
