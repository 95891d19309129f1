//! The table of decisions.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    act::{About, Recorded},
    id::{DecisionId, ProjectId, TenantId, UserId},
};
use sea_orm::entity::prelude::*;

/// Something that was decided in a project.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_decisions")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DecisionId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The project.
    pub project_id: ProjectId,
    /// What was decided, in a line.
    pub title: String,
    /// What was decided, in Markdown.
    pub body: String,
    /// Why, in Markdown.
    pub rationale: String,
    /// Who decided, of the agency or of the client.
    pub decided_by: Option<UserId>,
    /// The day.
    pub decided_on: NaiveDate,
    /// Whether the client sees it.
    pub client_visible: bool,
    /// Who wrote it down.
    pub created_by: Option<UserId>,
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
    const SUBJECT: &'static str = "Decision";
    const EVENT: &'static str = "projects.decision";

    fn label(model: &Model) -> Option<String> {
        Some(model.title.clone())
    }

    fn about(model: &Model) -> About {
        About::project(model.project_id)
    }
}
