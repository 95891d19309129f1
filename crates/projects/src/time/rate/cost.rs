//! The table of what an hour costs.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    act::{About, Recorded},
    id::{CostRateId, ProjectId, TenantId, TypedId, UserId},
    money::Currency,
};
use sea_orm::entity::prelude::*;

/// What an hour costs somewhere, from a day on.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_cost_rates")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CostRateId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Where it is written: a word of `RateLevel`.
    pub level: String,
    /// Its project.
    pub project_id: Option<ProjectId>,
    /// Its person.
    pub user_id: Option<UserId>,
    /// The first day it holds.
    pub since: NaiveDate,
    /// What an hour is worth, in minor units.
    pub amount_minor: i64,
    /// Currency of that.
    pub currency: Currency,
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
    const SUBJECT: &'static str = "CostRate";
    const EVENT: &'static str = "projects.cost_rate";

    fn about(model: &Model) -> About {
        About { person: model.user_id.map(|user| user.uuid()), project: model.project_id, account: None }
    }
}
