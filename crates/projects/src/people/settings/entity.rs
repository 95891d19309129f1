//! The table of how agencies plan.

use chrono::{DateTime, Utc};
use kernel::{act::Recorded, id::TenantId};
use sea_orm::entity::prelude::*;

/// How an agency plans: one row a tenant, with the tenant's id; none until something is set.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_plan_settings")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TenantId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// A word of `OverAllocation`.
    pub over_allocation: String,
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

/// The rows of a tenant, whoever asks; what they may see is decided by what the rows belong to.
#[expect(clippy::disallowed_methods, reason = "limited to the tenant right here")]
pub fn of_tenant(tenant: TenantId) -> Select<Entity> {
    Entity::find().filter(Column::TenantId.eq(tenant))
}

impl Recorded for Entity {
    const SUBJECT: &'static str = "PlanSettings";
    const EVENT: &'static str = "projects.plan_settings";
}
