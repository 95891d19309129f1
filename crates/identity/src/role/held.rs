//! The table of the roles that memberships hold.

use chrono::{DateTime, Utc};
use kernel::{
    act::Recorded,
    id::{MembershipId, RoleId, TenantId, UserId},
};
use sea_orm::entity::prelude::*;

/// A role that somebody holds in the tenant.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_membership_roles")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Who holds it.
    pub membership_id: MembershipId,
    /// The role.
    pub role_id: RoleId,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// Who gave it.
    pub granted_by: Option<UserId>,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "MembershipRole";
    const EVENT: &'static str = "identity.membership_role";
}
