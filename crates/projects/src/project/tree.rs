//! Projects within projects.

use kernel::{
    Error, Result, Text,
    act::Act,
    id::{ProjectId, TypedId},
    policy::{Guarded, can_in},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::LockType};

use super::{
    counter,
    entity::{Column, Entity},
};
use crate::{family::Family, policy::PROJECTS_READ};

/// There is no such project to be part of.
pub const NO_PARENT: Text = Text::new(
    "no_such_parent",
    "There is no such project to be part of.",
    "Il n'y a pas de tel projet dont il puisse faire partie.",
);

/// Checks that a project may be part of another one.
///
/// Race: the tenant's row of numbers is locked, so that two acts cannot put projects into each other together.
///
/// # Errors
/// INVALID at `parentId` for a project that the viewer does not see or that is archived, and for one that would be
/// within itself or too deep.
pub(super) async fn check(act: &Act, project: ProjectId, parent: Option<ProjectId>) -> Result<()> {
    let Some(parent) = parent else { return Ok(()) };
    let viewer = act.viewer();
    lock(act).await?;
    let seen = can_in::<Entity, _>(act.conn(), viewer, PROJECTS_READ, parent.uuid()).await?;
    let rows = Entity::of_tenant(viewer.tenant_id()).filter(Column::Id.eq(parent.uuid()));
    let usable = rows.filter(Column::ArchivedAt.is_null()).one(act.conn()).await?;
    if !seen || usable.is_none() {
        return Err(Error::field("parentId", NO_PARENT));
    }
    let rows = Entity::of_tenant(viewer.tenant_id()).filter(Column::ParentId.is_not_null()).select_only();
    let rows: Vec<(ProjectId, ProjectId)> =
        rows.columns([Column::Id, Column::ParentId]).into_tuple().all(act.conn()).await?;
    let mut family: Family<ProjectId> = rows.into_iter().collect();
    family.adopt(project, Some(parent)).map_err(|reason| Error::field("parentId", reason))
}

#[expect(clippy::disallowed_methods, reason = "limited to the tenant right here")]
async fn lock(act: &Act) -> Result<()> {
    let row = counter::Entity::find().filter(counter::Column::TenantId.eq(act.viewer().tenant_id()));
    row.lock(LockType::NoKeyUpdate).one(act.conn()).await?;
    Ok(())
}
