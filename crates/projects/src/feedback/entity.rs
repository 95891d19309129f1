//! The table of questions to clients.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::{FeedbackRequestId, MilestoneId, ProjectId, TenantId, TypedId, UserId},
};
use sea_orm::entity::prelude::*;

/// A question to a person of a client how satisfied they are.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_feedback")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FeedbackRequestId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The project.
    pub project_id: ProjectId,
    /// The milestone it is about; the whole project without one.
    pub milestone_id: Option<MilestoneId>,
    /// A word of `FeedbackKind`.
    pub kind: String,
    /// Who is asked; none once they were erased.
    pub user_id: Option<UserId>,
    /// Who asked.
    pub asked_by: Option<UserId>,
    /// Until when it can be answered.
    pub expires_at: DateTime<Utc>,
    /// When the letter was sent.
    pub told_at: Option<DateTime<Utc>>,
    /// When they were last reminded.
    pub reminded_at: Option<DateTime<Utc>>,
    /// When they answered.
    pub answered_at: Option<DateTime<Utc>>,
    /// What they answered: 1 to 5, or 0 to 10.
    pub score: Option<i32>,
    /// What they said with it.
    pub comment: Option<String>,
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
    const SUBJECT: &'static str = "FeedbackRequest";
    const EVENT: &'static str = "projects.feedback";
    const PERSONAL: &'static [&'static str] = &["comment"];

    fn about(model: &Model) -> About {
        About { person: model.user_id.map(|user| user.uuid()), ..About::project(model.project_id) }
    }
}
