//! Projects: what changes them, and the lists that other domains may ask for.

mod changed;
pub mod counter;
pub mod entity;
pub mod filter;
pub mod graphql;
pub mod mutation;
mod prepare;
pub mod progress;
mod purge;
pub mod rules;
mod shared;
pub(crate) mod staff;
pub mod store;
mod tree;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use prepare::{joining, maker, prepare, require_create};
pub use purge::purge;
pub use store::{of_account, of_user, parts_of};
pub use write::{archive, create, restore, transition, update};

use kernel::{
    Error, Result,
    act::Act,
    assignment::{Source, hand_over},
    id::{ProjectId, TenantId, TypedId, UserId},
    policy::Guarded,
};
use sea_orm::{
    ColumnTrait, QueryFilter, QuerySelect,
    sea_query::{LockType, Query, SelectStatement},
};

use crate::words::ProjectStatus;
use entity::{Column, Entity};

/// Keeps a project from changing, and its tasks from being numbered, by others until the act ends.
///
/// Race: PostgreSQL locks the row; on SQLite an act is alone with its database anyway.
pub async fn lock(act: &Act, id: ProjectId) -> Result<()> {
    let row = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::Id.eq(id.uuid()));
    let row = row.select_only().column(Column::Id).lock(LockType::NoKeyUpdate);
    let found: Option<ProjectId> = row.into_tuple().one(act.conn()).await?;
    found.map(drop).ok_or_else(|| Error::not_found(ProjectId::TYPE, id))
}

/// Ids of the projects of a tenant on which work goes on: neither archived nor over.
pub(crate) fn under_way(tenant: TenantId) -> SelectStatement {
    let over = [ProjectStatus::Completed, ProjectStatus::Cancelled].map(ProjectStatus::as_str);
    let mut open = Query::select();
    open.column(Column::Id).from(Entity).and_where(Column::TenantId.eq(tenant));
    open.and_where(Column::ArchivedAt.is_null()).and_where(Column::Status.is_not_in(over)).take()
}

/// Gives the projects that `from` manages to `to`, or to nobody.
pub async fn reassign_user(act: &mut Act, from: UserId, to: Option<UserId>) -> Result<()> {
    let managed = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::ManagerId.eq(from.uuid()));
    let managed = managed.all(act.conn()).await?;
    hand_over(act, from, to, false, Source::Manager).await?;
    act.update_all(managed, |project| project.manager_id = to).await
}
