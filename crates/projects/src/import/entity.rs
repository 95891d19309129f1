//! The table of imports.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::{JobId, ProjectId, TaskImportId, TenantId, UserId},
};
use sea_orm::entity::prelude::*;

/// Tasks of a file that come into a project.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_imports")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaskImportId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The project.
    pub project_id: ProjectId,
    /// What the file was called.
    pub file_name: Option<String>,
    /// How it is read: a [`super::settings::Settings`].
    #[sea_orm(column_type = "JsonBinary")]
    pub settings: Json,
    /// A word of `TaskImportStatus`.
    pub status: String,
    /// The job that does it.
    pub job_id: Option<JobId>,
    /// How many rows the file has.
    pub row_count: i32,
    /// How many of them were looked at. Written with the tasks of a batch, so that none is read twice.
    pub position: i32,
    /// How many became tasks.
    pub created_count: i32,
    /// How many did not.
    pub error_count: i32,
    /// Who asked for it.
    pub created_by: Option<UserId>,
    /// Code of why it was given up.
    pub failure: Option<String>,
    /// When it was over.
    pub finished_at: Option<DateTime<Utc>>,
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
    const SUBJECT: &'static str = "TaskImport";
    const EVENT: &'static str = "projects.import";

    fn label(model: &Model) -> Option<String> {
        model.file_name.clone()
    }

    fn about(model: &Model) -> About {
        About::project(model.project_id)
    }
}
