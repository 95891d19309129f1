//! The table of dependencies.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::{DependencyId, MilestoneId, ProjectId, TaskId, TenantId},
};
use sea_orm::entity::prelude::*;
use serde_json::{Map, Value};

/// One piece of work waits for another. Each end is a task or a milestone, and both are of the project.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_links")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DependencyId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The project.
    pub project_id: ProjectId,
    /// A word of `DependencyKind`.
    pub kind: String,
    /// Working minutes between the two; a lead is negative.
    pub lag_minutes: i64,
    /// The earlier one, if it is a task.
    pub pred_task_id: Option<TaskId>,
    /// The earlier one, if it is a milestone.
    pub pred_milestone_id: Option<MilestoneId>,
    /// The later one, if it is a task.
    pub succ_task_id: Option<TaskId>,
    /// The later one, if it is a milestone.
    pub succ_milestone_id: Option<MilestoneId>,
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
    const SUBJECT: &'static str = "Dependency";
    const EVENT: &'static str = "projects.dependency";

    fn about(model: &Model) -> About {
        About::project(model.project_id)
    }

    fn refs(model: &Model) -> Map<String, Value> {
        crate::events::of_project(model.project_id)
    }
}
