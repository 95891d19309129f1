//! The table of claims: approved time that was taken for billing together.

use chrono::{DateTime, Utc};
use kernel::{
    act::Recorded,
    id::{TenantId, TimeClaimId, UserId},
};
use sea_orm::entity::prelude::*;

/// Approved time that was taken for billing; an entry is in one at most.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_time_claims")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TimeClaimId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Who claimed.
    pub created_by: Option<UserId>,
    /// When the time was given back.
    pub released_at: Option<DateTime<Utc>>,
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
    const SUBJECT: &'static str = "TimeClaim";
    const EVENT: &'static str = "projects.time_claim";
}
