//! The table of change requests.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::{ChangeRequestId, ProjectId, TenantId, TypedId as _, UserId},
    money::Currency,
};
use sea_orm::entity::prelude::*;

/// A wish to change what a project delivers, when, or for how much.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_change_requests")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ChangeRequestId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The project.
    pub project_id: ProjectId,
    /// What is to change, in a line.
    pub title: String,
    /// What is to change and why, in Markdown.
    pub description: String,
    /// What it means for what is delivered, in Markdown.
    pub scope: String,
    /// What the team says about it among itself, in Markdown.
    pub notes: String,
    /// By how many calendar days the project ends later; earlier if negative.
    pub days: i32,
    /// By how much the budget grows, in minor units of `amount_currency`; it shrinks if negative.
    pub amount_minor: Option<i64>,
    /// Currency of the amount.
    pub amount_currency: Option<Currency>,
    /// Whether the amount is offered for billing once it is applied.
    pub billable: bool,
    /// A word of `ChangeRequestStatus`.
    pub status: String,
    /// Who wrote it.
    pub created_by: Option<UserId>,
    /// Who submitted it.
    pub submitted_by: Option<UserId>,
    /// When it was submitted.
    pub submitted_at: Option<DateTime<Utc>>,
    /// A word of `ChangeRequestAnswer`: what the agency said.
    pub staff_answer: Option<String>,
    /// Who of the agency answered.
    pub staff_by: Option<UserId>,
    /// When they did.
    pub staff_at: Option<DateTime<Utc>>,
    /// What they said with it, for the team.
    pub staff_comment: Option<String>,
    /// A word of `ChangeRequestAnswer`: what the client said.
    pub client_answer: Option<String>,
    /// Who of the client answered.
    pub client_by: Option<UserId>,
    /// When they did.
    pub client_at: Option<DateTime<Utc>>,
    /// What they said with it.
    pub client_comment: Option<String>,
    /// Who applied it.
    pub applied_by: Option<UserId>,
    /// When it was applied.
    pub applied_at: Option<DateTime<Utc>>,
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
    const SUBJECT: &'static str = "ChangeRequest";
    const EVENT: &'static str = "projects.change_request";
    const PERSONAL: &'static [&'static str] = &["client_comment"];
    // Reason: an entry is kept with one person's key, which is the client's here.
    const SECRET: &'static [&'static str] = &["staff_comment"];

    fn label(model: &Model) -> Option<String> {
        Some(model.title.clone())
    }

    fn about(model: &Model) -> About {
        // Reason: what the client's person said is kept with their key.
        About { person: model.client_by.map(|user| user.uuid()), ..About::project(model.project_id) }
    }
}
