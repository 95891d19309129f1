//! Imports that go with their project, and people who are forgotten.

use kernel::{
    Result,
    act::Act,
    id::{ProjectId, TenantId, TypedId, UserId},
    policy::Guarded,
};
use sea_orm::{ColumnTrait, QueryFilter, Select};

use super::entity::{Column, Entity};

/// Removes the imports of a project that goes for good; their files go with them.
pub(crate) async fn project(act: &mut Act, project: ProjectId) -> Result<()> {
    let rows = Entity::of_tenant(act.viewer().tenant_id());
    let rows = rows.filter(Column::ProjectId.eq(project.uuid())).all(act.conn()).await?;
    act.delete_all(rows).await
}

/// The imports that a person began.
pub(crate) fn of_person(tenant: TenantId, user: UserId) -> Select<Entity> {
    Entity::of_tenant(tenant).filter(Column::CreatedBy.eq(user))
}

/// Lets the imports of a person stand without their name.
pub(crate) async fn person(act: &mut Act, user: UserId) -> Result<()> {
    let rows = of_person(act.viewer().tenant_id(), user).all(act.conn()).await?;
    act.update_all(rows, |row| row.created_by = None).await
}
