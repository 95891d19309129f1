//! The table of templates.

use chrono::{DateTime, Utc};
use kernel::{
    act::Recorded,
    id::{ProjectTemplateId, TenantId, UserId},
};
use sea_orm::entity::prelude::*;

/// A project as it is done again and again. What it consists of is in [`super::stored`].
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_templates")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProjectTemplateId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// What people call it; unique among those that are in use.
    pub name: String,
    /// What it is for, in Markdown.
    pub description: String,
    /// What kind of work it is.
    pub category: Option<String>,
    /// How many milestones it has.
    pub milestone_count: i32,
    /// How many tasks it has.
    pub task_count: i32,
    /// From its first working day to its last.
    pub length_days: i32,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// When it was put away.
    pub archived_at: Option<DateTime<Utc>>,
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
    const SUBJECT: &'static str = "ProjectTemplate";
    const EVENT: &'static str = "projects.template";

    fn label(model: &Model) -> Option<String> {
        Some(model.name.clone())
    }
}
