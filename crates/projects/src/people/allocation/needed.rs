//! The table of what places on projects take.

use kernel::{
    act::Recorded,
    id::{AllocationId, AssignmentId, SkillId, TenantId},
};
use sea_orm::entity::prelude::*;

/// A skill that a place takes.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_allocation_skills")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AssignmentId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The place.
    pub allocation_id: AllocationId,
    /// The skill.
    pub skill_id: SkillId,
    /// How well, 1 to 5, or better.
    pub level: i32,
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
    const SUBJECT: &'static str = "AllocationSkill";
}
