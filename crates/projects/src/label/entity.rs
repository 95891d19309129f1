//! The table of labels.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::{ProjectId, TaskLabelId, TenantId},
};
use sea_orm::entity::prelude::*;

/// A coloured word for tasks.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_labels")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaskLabelId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The project it is for; none: for all of the tenant.
    pub project_id: Option<ProjectId>,
    /// The word.
    pub name: String,
    /// Its colour: `#` and six hexadecimal digits.
    pub color: String,
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
    const SUBJECT: &'static str = "TaskLabel";
    const EVENT: &'static str = "projects.label";

    fn label(model: &Model) -> Option<String> {
        Some(model.name.clone())
    }

    fn about(model: &Model) -> About {
        About { project: model.project_id, ..About::default() }
    }
}
