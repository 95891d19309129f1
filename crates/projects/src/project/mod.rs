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
    ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{LockType, Query, SelectStatement},
};

use crate::{people::allocation::entity as allocation, words::ProjectStatus};
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

/// Locks every project that somebody leads or is planned for, as [`lock`] locks one; in one statement.
///
/// # Errors
/// If the database does not answer.
pub async fn lock_of(act: &Act, user: UserId) -> Result<()> {
    let tenant = act.viewer().tenant_id();
    let mut planned = Query::select();
    planned.column(allocation::Column::ProjectId).from(allocation::Entity);
    planned.and_where(allocation::Column::TenantId.eq(tenant)).and_where(allocation::Column::UserId.eq(user));
    let theirs = Condition::any().add(Column::ManagerId.eq(user)).add(Column::Id.in_subquery(planned));
    // Race: in the order of ids, so that no two acts wait for each other.
    let rows = Entity::of_tenant(tenant).filter(theirs).order_by_asc(Column::Id);
    let rows = rows.select_only().column(Column::Id).lock(LockType::NoKeyUpdate);
    rows.into_tuple::<ProjectId>().all(act.conn()).await?;
    Ok(())
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
