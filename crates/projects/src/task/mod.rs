//! Tasks: what changes them, and the lists that other domains may ask for.

pub mod assignee;
pub mod bulk;
pub mod checklist;
pub mod entity;
pub mod filter;
pub mod graphql;
mod known;
pub mod mutation;
pub mod mywork;
pub mod people;
pub mod place;
pub mod recur;
pub mod rules;
pub mod series;
mod write;

#[cfg(test)]
mod tests;

pub use assignee::assignees;
pub(crate) use known::family_of;
pub use people::reassign_user;
pub use write::{archive, create, relocate, restore, tick, update, update_many};
pub(crate) use write::{blank, next_number};

use kernel::{
    Result,
    act::Act,
    ask::Ask,
    id::{MilestoneId, ProjectId, TaskColumnId, TaskId, TypedId, UserId},
    page::{ChildPage, Connection, Link, LinkedPage, PageArgs, children, linked},
    policy::Guarded,
    viewer::Viewer,
};
use sea_orm::{
    ColumnTrait, QueryFilter, Select,
    sea_query::{Alias, Expr, ExprTrait, Query, SelectStatement},
};
use uuid::Uuid;

use crate::{column, policy::TASKS_READ};
use entity::{Column, Entity, Model};
use filter::{TaskFilter, TaskOrder};
use graphql::Task;

/// A page of a project's tasks, in one statement with those of other projects; without an order, as on the board.
///
/// # Errors
/// FORBIDDEN without the permission to read tasks, INVALID for a wrong filter or page.
pub async fn of_project(
    ask: &Ask,
    project: ProjectId,
    filter: TaskFilter,
    order: Option<TaskOrder>,
    args: PageArgs,
) -> Result<Connection<Task>> {
    under(ask, Column::ProjectId, project.uuid(), filter, order, args).await
}

/// A page of the tasks that name `parent` in `column`, in one statement with those of other parents; without an order,
/// as on the board.
///
/// # Errors
/// As [`of_project`].
pub async fn under(
    ask: &Ask,
    column: Column,
    parent: Uuid,
    filter: TaskFilter,
    order: Option<TaskOrder>,
    args: PageArgs,
) -> Result<Connection<Task>> {
    ask.viewer.require(TASKS_READ)?;
    filter.check(&ask.viewer)?;
    let page = ChildPage {
        parent: column,
        order: order.unwrap_or_default().into(),
        args,
        fingerprint: format!("{filter:?}"),
        select: Box::new(move |viewer| filter.select(viewer)),
    };
    children(ask, parent, page).await
}

/// A page of the tasks that a person does in projects that are not archived, in one statement with those of other
/// people; without an order, what is due first comes first.
///
/// # Errors
/// FORBIDDEN without the permission to read tasks, INVALID for a wrong filter or page.
pub async fn of_user(
    ask: &Ask,
    user: UserId,
    filter: TaskFilter,
    order: Option<TaskOrder>,
    args: PageArgs,
) -> Result<Connection<Task>> {
    ask.viewer.require(TASKS_READ)?;
    filter.check(&ask.viewer)?;
    let page = LinkedPage {
        link: Link { pairs: Box::new(people_on_tasks) },
        order: order.unwrap_or_else(TaskOrder::by_due_date).into(),
        args,
        fingerprint: format!("{filter:?}"),
        select: Box::new(move |viewer| filter.select_across(viewer)),
    };
    linked(ask, user.uuid(), page).await
}

/// Pairs of a person and a task they do.
fn people_on_tasks(viewer: &Viewer) -> SelectStatement {
    let mut pairs = Query::select();
    pairs.from(assignee::Entity).and_where(assignee::Column::TenantId.eq(viewer.tenant_id()));
    pairs.expr_as(Expr::col(assignee::Column::UserId), Alias::new("parent"));
    pairs.expr_as(Expr::col(assignee::Column::TaskId), Alias::new("child"));
    pairs
}

/// Puts every task of a column into `target`, which may be the same column after it changed.
pub(crate) async fn follow_column(
    act: &mut Act,
    from: TaskColumnId,
    target: &column::entity::Model,
) -> Result<()> {
    let tasks = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::ColumnId.eq(from.uuid()));
    let tasks = tasks.all(act.conn()).await?;
    let (now, today) = (act.now(), crate::today(act.viewer(), act.now()));
    let mut following = Vec::new();
    let change = |before: Model| {
        let mut after = before.clone();
        rules::enter(&mut after, target, now);
        following.extend(series::due(&before, &mut after, today));
        (before, after)
    };
    let pairs = tasks.into_iter().map(change).collect();
    act.update_pairs(pairs).await?;
    series::go_on(act, following).await
}

/// Lets every task of a milestone be in none.
pub(crate) async fn leave_milestone(act: &mut Act, milestone: MilestoneId) -> Result<()> {
    let tasks = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::MilestoneId.eq(milestone.uuid()));
    let tasks = tasks.all(act.conn()).await?;
    act.update_all(tasks, |task| task.milestone_id = None).await
}

/// Tasks with these ids, whoever asks.
pub(crate) fn by_ids(act: &Act, ids: impl IntoIterator<Item = TaskId>) -> Select<Entity> {
    let ids: Vec<Uuid> = ids.into_iter().map(|id| id.uuid()).collect();
    Entity::of_tenant(act.viewer().tenant_id()).filter(Column::Id.is_in(ids))
}

/// That a task consists of others that are not archived.
pub(crate) fn with_parts() -> Expr {
    use entity::Column as Of;
    let of = |column| Expr::col((Alias::new("part"), column));
    let mut parts = Query::select();
    parts.expr(Expr::val(1)).from_as(entity::Entity, "part");
    parts.and_where(of(Of::TenantId).equals((entity::Entity, Of::TenantId)));
    parts.and_where(of(Of::ParentId).equals((entity::Entity, Of::Id)));
    Expr::exists(parts.and_where(of(Of::ArchivedAt).is_null()).take())
}
