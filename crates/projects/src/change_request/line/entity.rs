//! The table of what is billed for changes.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::{ChangeClaimId, ChangeLineId, ChangeRequestId, ProjectId, TenantId},
    money::Currency,
};
use sea_orm::entity::prelude::*;

/// What is billed for a change that was applied.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_change_lines")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ChangeLineId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The project.
    pub project_id: ProjectId,
    /// The change.
    pub change_request_id: ChangeRequestId,
    /// What it is billed as.
    pub description: String,
    /// How much, in minor units; negative for a credit.
    pub amount_minor: i64,
    /// Currency of the amount.
    pub amount_currency: Currency,
    /// The claim that it is billed by; none while it is offered.
    pub claim_id: Option<ChangeClaimId>,
    /// When a bill took it; none while it is offered.
    pub claimed_at: Option<DateTime<Utc>>,
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
    const SUBJECT: &'static str = "ChangeLine";
    const EVENT: &'static str = "projects.change_line";

    fn label(model: &Model) -> Option<String> {
        Some(model.description.clone())
    }

    fn about(model: &Model) -> About {
        About::project(model.project_id)
    }
}
