//! The table of what API keys allow.

use kernel::{
    act::Recorded,
    id::{ApiKeyId, TenantId},
};
use sea_orm::entity::prelude::*;

/// A permission of an API key.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_api_key_scopes")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The key.
    pub api_key_id: ApiKeyId,
    /// Name of the permission.
    pub permission: String,
    /// `own`, `assigned`, `account` or `tenant`.
    pub reach: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "ApiKeyScope";
}
