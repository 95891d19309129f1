//! The table of comments.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::{ProjectId, TaskCommentId, TaskId, TenantId, TypedId, UserId},
};
use sea_orm::entity::prelude::*;
use serde_json::{Map, Value, json};

/// What somebody said about a task.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_comments")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaskCommentId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The project of the task.
    pub project_id: ProjectId,
    /// The task.
    pub task_id: TaskId,
    /// Who said it; none if they are gone.
    pub author_id: Option<UserId>,
    /// What they said, in Markdown.
    pub body: String,
    /// Whether it is for the team alone.
    pub internal: bool,
    /// When it was last said otherwise.
    pub edited_at: Option<DateTime<Utc>>,
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
    const SUBJECT: &'static str = "TaskComment";
    const EVENT: &'static str = "projects.comment";
    const PERSONAL: &'static [&'static str] = &["body"];

    fn about(model: &Model) -> About {
        About { person: model.author_id.map(|author| author.uuid()), ..About::project(model.project_id) }
    }

    fn refs(model: &Model) -> Map<String, Value> {
        let mut refs = crate::events::of_project(model.project_id);
        refs.insert("task".to_owned(), json!(model.task_id.to_string()));
        refs.extend([crate::sight::audience(!model.internal)]);
        refs
    }
}
