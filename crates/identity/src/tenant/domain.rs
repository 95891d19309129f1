//! The table of the tenants' own domain names.

use chrono::{DateTime, Utc};
use kernel::{
    act::Recorded,
    id::{DomainId, TenantId},
};
use sea_orm::entity::prelude::*;

/// A domain name that a tenant says is its own.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_domains")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DomainId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The name in lower-case ASCII.
    pub domain: String,
    /// What the DNS record must say.
    pub token: String,
    /// When the record was seen.
    pub verified_at: Option<DateTime<Utc>>,
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
    const SUBJECT: &'static str = "TenantDomain";
    const EVENT: &'static str = "identity.domain";

    fn label(model: &Model) -> Option<String> {
        Some(model.domain.clone())
    }
}
