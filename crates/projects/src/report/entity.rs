//! The table of status reports.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    act::{About, Recorded},
    id::{ProjectId, StatusReportId, TenantId, UserId},
};
use sea_orm::entity::prelude::*;

/// What happened in a project in a week.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_reports")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StatusReportId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The project.
    pub project_id: ProjectId,
    /// The Monday of the week.
    pub week_start: NaiveDate,
    /// Which report on the week it is, from 1.
    pub revision: i32,
    /// A word of `StatusReportStatus`.
    pub status: String,
    /// How things stand, in Markdown.
    pub summary: String,
    /// What was done, in Markdown.
    pub achievements: String,
    /// What comes next, in Markdown.
    pub next_steps: String,
    /// What the team says among itself, in Markdown.
    pub notes: String,
    /// The data it was made from, see [`super::figures`].
    #[sea_orm(column_type = "JsonBinary")]
    pub figures: Json,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// Who published it.
    pub published_by: Option<UserId>,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
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
    const SUBJECT: &'static str = "StatusReport";
    const EVENT: &'static str = "projects.report";

    fn label(model: &Model) -> Option<String> {
        Some(format!("{} ({})", model.week_start, model.revision))
    }

    fn about(model: &Model) -> About {
        About::project(model.project_id)
    }
}
