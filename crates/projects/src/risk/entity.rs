//! The table of risks.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::{ProjectId, RiskId, TenantId, UserId},
    money::Currency,
};
use sea_orm::entity::prelude::*;

/// Something that may go wrong in a project.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_risks")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RiskId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The project.
    pub project_id: ProjectId,
    /// What may happen, in a line.
    pub title: String,
    /// What there is to say about it, in Markdown.
    pub description: String,
    /// A word of `RiskCategory`.
    pub category: String,
    /// How likely it is, 1 to 5.
    pub probability: i32,
    /// How bad it would be, 1 to 5.
    pub impact: i32,
    /// Probability × impact.
    pub score: i32,
    /// The member of staff who watches it.
    pub owner_id: Option<UserId>,
    /// A word of `RiskResponse`.
    pub response: String,
    /// What is done about it, in Markdown.
    pub mitigation: String,
    /// A word of `RiskStatus`.
    pub status: String,
    /// What it would cost, in minor units of `exposure_currency`.
    pub exposure_minor: Option<i64>,
    /// Currency of what it would cost.
    pub exposure_currency: Option<Currency>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
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
    const SUBJECT: &'static str = "Risk";
    const EVENT: &'static str = "projects.risk";

    fn label(model: &Model) -> Option<String> {
        Some(model.title.clone())
    }

    fn about(model: &Model) -> About {
        About::project(model.project_id)
    }
}
