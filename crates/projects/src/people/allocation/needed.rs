//! The table of what places on projects take.

use std::collections::HashMap;

use kernel::{
    Result,
    act::Recorded,
    id::{AllocationId, AssignmentId, SkillId, TenantId, TypedId},
    sql::one_of,
};
use sea_orm::{QueryOrder, entity::prelude::*};

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

/// What these places take, each in the order of the skills' ids; in one statement, and none for no place.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn of_places(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    places: impl IntoIterator<Item = AllocationId>,
) -> Result<HashMap<AllocationId, Vec<Model>>> {
    let mut found: HashMap<AllocationId, Vec<Model>> = HashMap::new();
    let places: Vec<Uuid> = places.into_iter().map(|place| place.uuid()).collect();
    if places.is_empty() {
        return Ok(found);
    }
    let rows = of_tenant(tenant).filter(one_of(conn.get_database_backend(), Column::AllocationId, places));
    for row in rows.order_by_asc(Column::SkillId).all(conn).await? {
        found.entry(row.allocation_id).or_default().push(row);
    }
    Ok(found)
}

impl Recorded for Entity {
    const SUBJECT: &'static str = "AllocationSkill";
}
