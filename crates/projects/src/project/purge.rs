//! What goes with a project that is removed for good.

use kernel::{
    Result,
    act::Act,
    db::Db,
    id::{ProjectId, TypedId},
    policy::Guarded,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter};

use super::{
    entity::{Column, Entity},
    rules, write,
};
use crate::{
    column, family::Family, import, label, link, member, milestone, policy::PROJECTS_PURGE, register, task,
    time,
};

/// Removes a project that has been archived for 30 days, with its team, board and tasks, for good. The audit trail
/// keeps what happened to it.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT if it is not archived long enough.
pub async fn purge(viewer: &Viewer, db: &Db, id: ProjectId) -> Result<()> {
    viewer.require(PROJECTS_PURGE)?;
    viewer
        .act(db, "projects.project.purge", async |act| {
            let project = write::open(act, PROJECTS_PURGE, id).await?;
            rules::check_purgeable(&project, act.now())?;
            time::people::forget_project(act, id).await?;
            crate::people::forget::project(act, id).await?;
            remove_parts(act, id).await?;
            act.delete(project).await
        })
        .await
}

/// Removes everything that hangs on a project. Projects that are part of it stand on their own from then on.
async fn remove_parts(act: &mut Act, id: ProjectId) -> Result<()> {
    let tenant = act.viewer().tenant_id();
    let parts = Entity::of_tenant(tenant).filter(Column::ParentId.eq(id.uuid()));
    let parts = parts.all(act.conn()).await?;
    act.update_all(parts, |part| part.parent_id = None).await?;
    let links = link::all_of(act, id).await?;
    let tasks = task::entity::Entity::of_tenant(tenant);
    let mut tasks = tasks.filter(task::entity::Column::ProjectId.eq(id.uuid())).all(act.conn()).await?;
    let family: Family<_> = tasks.iter().filter_map(|task| Some((task.id, task.parent_id?))).collect();
    // Invariant: parts go before what they are part of, in whichever statement.
    tasks.sort_by_cached_key(|task| std::cmp::Reverse(family.depth(task.id)));
    let columns = column::of_project(act, id).await?;
    let members = member::entity::Entity::of_tenant(tenant);
    let members = members.filter(member::entity::Column::ProjectId.eq(id.uuid())).all(act.conn()).await?;
    let labels = label::entity::Entity::of_tenant(tenant);
    let labels = labels.filter(label::entity::Column::ProjectId.eq(id.uuid())).all(act.conn()).await?;
    let milestones = milestone::all_of(act, id).await?;
    register::remove(act, id).await?;
    // Invariant: the order of the foreign keys; assignees, comments and assignments go with their task and project.
    import::forget::project(act, id).await?;
    act.delete_all(links).await?;
    act.delete_all(tasks).await?;
    act.delete_all(milestones).await?;
    act.delete_all(labels).await?;
    act.delete_all(columns).await?;
    act.delete_all(members).await
}
