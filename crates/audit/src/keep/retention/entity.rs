//! The table of periods.

use chrono::{DateTime, Utc};
use kernel::{
    act::Recorded,
    id::TenantId,
    policy::{Guarded, Near, nothing},
    viewer::{Permission, Viewer},
};
use sea_orm::{Condition, entity::prelude::*};

use crate::policy::RETENTION_MANAGE;

/// How long a tenant keeps its trail.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_retention")]
pub struct Model {
    /// The tenant's id: it has one row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TenantId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Months for acts of `identity` and `audit`.
    pub security_months: i32,
    /// Months for acts of `finance`.
    pub finance_months: i32,
    /// Months for all others.
    pub other_months: i32,
    /// What was in force before the last change that made one shorter.
    pub earlier_security_months: Option<i32>,
    /// As above.
    pub earlier_finance_months: Option<i32>,
    /// As above.
    pub earlier_other_months: Option<i32>,
    /// Since when the shorter one is in force.
    pub effective_at: Option<DateTime<Utc>>,
    /// When they were first set.
    pub created_at: DateTime<Utc>,
    /// When they were last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts the changes.
    pub version: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "AuditRetention";
}

impl Guarded for Entity {
    type Id = TenantId;

    const READ: Permission = RETENTION_MANAGE;

    fn id_column() -> Column {
        Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(Column::TenantId.eq(tenant))
    }

    /// The periods are the whole agency's.
    fn within(_: &Viewer, _: Near<'_>) -> Condition {
        nothing()
    }
}
