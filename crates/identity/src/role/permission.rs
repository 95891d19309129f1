//! The table of what custom roles allow.

use kernel::{
    act::Recorded,
    id::{RoleId, TenantId},
};
use sea_orm::entity::prelude::*;

/// A permission of a custom role.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_role_permissions")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The role.
    pub role_id: RoleId,
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
    const SUBJECT: &'static str = "RolePermission";
}
