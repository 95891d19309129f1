//! The table of board columns.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::{ProjectId, TaskColumnId, TenantId},
};
use sea_orm::entity::prelude::*;
use serde_json::{Map, Value as Json};

/// A column of a project's board.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_columns")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaskColumnId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The project.
    pub project_id: ProjectId,
    /// Its heading.
    pub name: String,
    /// What it says about its tasks: a word of `TaskStatus`.
    pub category: String,
    /// Its place, see [`crate::rank`].
    pub rank: String,
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
    const SUBJECT: &'static str = "TaskColumn";
    const EVENT: &'static str = "projects.column";

    fn label(model: &Model) -> Option<String> {
        Some(model.name.clone())
    }

    fn about(model: &Model) -> About {
        About::project(model.project_id)
    }

    fn refs(model: &Model) -> Map<String, Json> {
        crate::events::of_project(model.project_id)
    }
}
