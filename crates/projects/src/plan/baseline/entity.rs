//! The table of baselines.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::{BaselineId, ProjectId, TenantId, UserId},
};
use sea_orm::entity::prelude::*;

/// What the plan of a project said once, to hold later ones against.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_baselines")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BaselineId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The project.
    pub project_id: ProjectId,
    /// What people call it, unique in the project.
    pub name: String,
    /// What there is to say about it, in Markdown.
    pub note: String,
    /// The instant that the plan was reckoned as of.
    pub as_of: DateTime<Utc>,
    /// When the project was finished by it.
    pub finish_at: Option<DateTime<Utc>>,
    /// How many tasks it had.
    pub task_count: i32,
    /// Who kept it.
    pub created_by: Option<UserId>,
    /// When it was kept.
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
    const SUBJECT: &'static str = "Baseline";
    const EVENT: &'static str = "projects.baseline";

    fn label(model: &Model) -> Option<String> {
        Some(model.name.clone())
    }

    fn about(model: &Model) -> About {
        About::project(model.project_id)
    }
}
