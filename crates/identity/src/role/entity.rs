//! The table of roles.

use chrono::{DateTime, Utc};
use kernel::{
    act::Recorded,
    id::{RoleId, TenantId},
};
use sea_orm::entity::prelude::*;

/// A role. What a system role allows is said by the catalogue, not by rows.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_roles")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RoleId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Its key; unique in the tenant.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it is one of the platform's, which nobody can change.
    pub system: bool,
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
    const SUBJECT: &'static str = "Role";
    const EVENT: &'static str = "identity.role";

    fn label(model: &Model) -> Option<String> {
        Some(model.name.clone())
    }
}
