//! The table of how well projects went, day by day.

use chrono::NaiveDate;
use kernel::{
    act::{About, Recorded},
    id::{HealthScoreId, ProjectId, TenantId},
};
use sea_orm::entity::prelude::*;

/// How well a project went on a day.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_health_scores")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: HealthScoreId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The project.
    pub project_id: ProjectId,
    /// The day, on the agency's clocks.
    pub scored_on: NaiveDate,
    /// 0 to 100; none if nothing was known.
    pub score: Option<i32>,
    /// Whether it was in time, 0 to 100.
    pub schedule: Option<i32>,
    /// Whether it stayed within the budget, 0 to 100.
    pub budget: Option<i32>,
    /// Whether it stayed at what was agreed, 0 to 100.
    pub scope: Option<i32>,
    /// What threatened it, 0 to 100.
    pub risk: Option<i32>,
    /// What its client said, 0 to 100.
    pub sentiment: Option<i32>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "HealthScore";

    fn about(model: &Model) -> About {
        About::project(model.project_id)
    }
}
