//! The table of milestones.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    act::{About, Recorded},
    id::{MilestoneId, ProjectId, TenantId, TypedId as _, UserId},
    money::Currency,
};
use sea_orm::entity::prelude::*;
use serde_json::{Map, Value};

/// A point that a project reaches, and what is delivered there.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_milestones")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MilestoneId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The project.
    pub project_id: ProjectId,
    /// What people call it.
    pub name: String,
    /// What there is to say about it, in Markdown.
    pub notes: String,
    /// What is handed over: an array of lines.
    #[sea_orm(column_type = "JsonBinary")]
    pub deliverables: Json,
    /// When it is to be reached.
    pub due_on: Option<NaiveDate>,
    /// A word of `MilestoneStatus`.
    pub status: String,
    /// A word of `Priority`.
    pub priority: String,
    /// The member of staff who answers for it.
    pub assignee_id: Option<UserId>,
    /// How much of it is done, 0 to 100.
    pub percentage: i32,
    /// What is billed for it, in minor units of `billing_currency`.
    pub billing_minor: Option<i64>,
    /// Currency of what is billed.
    pub billing_currency: Option<Currency>,
    /// Whether the client sees it.
    pub client_visible: bool,
    /// A word of `ApprovalStatus`, once the client was asked.
    pub approval: Option<String>,
    /// Who asked the client.
    pub approval_requested_by: Option<UserId>,
    /// When the client was asked.
    pub approval_requested_at: Option<DateTime<Utc>>,
    /// Who of the client answered.
    pub approval_decided_by: Option<UserId>,
    /// When they answered.
    pub approval_decided_at: Option<DateTime<Utc>>,
    /// What they said.
    pub approval_comment: Option<String>,
    /// When it was reached.
    pub completed_at: Option<DateTime<Utc>>,
    /// Its place in the project, see [`crate::rank`].
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
    const SUBJECT: &'static str = "Milestone";
    const EVENT: &'static str = "projects.milestone";
    const PERSONAL: &'static [&'static str] = &["approval_comment"];

    fn label(model: &Model) -> Option<String> {
        Some(model.name.clone())
    }

    fn about(model: &Model) -> About {
        // Reason: what the client's person said is kept with their key.
        let person = model.approval_decided_by.map(|user| user.uuid());
        About { person, ..About::project(model.project_id) }
    }

    fn refs(model: &Model) -> Map<String, Value> {
        let mut refs = crate::events::of_project(model.project_id);
        refs.extend([crate::sight::audience(model.client_visible)]);
        refs
    }
}
