//! The table of what people can do, and how well.

use kernel::{
    act::{About, Recorded},
    id::{AssignmentId, SkillId, TenantId, UserId},
};
use sea_orm::entity::prelude::*;

/// A skill of a person.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_profile_skills")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AssignmentId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The person.
    pub user_id: UserId,
    /// The skill.
    pub skill_id: SkillId,
    /// How well, 1 to 5.
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
    const SUBJECT: &'static str = "ProfileSkill";
    fn about(model: &Model) -> About {
        About::person(model.user_id)
    }
}
