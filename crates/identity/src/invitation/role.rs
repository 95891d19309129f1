//! The table of the roles that invitations give.

use kernel::{
    act::Recorded,
    id::{InvitationId, RoleId, TenantId},
};
use sea_orm::entity::prelude::*;

/// A role that an invitation gives.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_invitation_roles")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The invitation.
    pub invitation_id: InvitationId,
    /// The role.
    pub role_id: RoleId,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "InvitationRole";
}
