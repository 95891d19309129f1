//! Milestones: what changes them, and the lists that other concepts may ask for.

mod changed;
pub mod entity;
pub mod filter;
pub mod graphql;
pub mod mutation;
pub mod rules;
mod write;

pub(crate) use write::{blank, by_ids};
pub use write::{create, decide, delete, relocate, request, transition, update};

use kernel::{
    Error, Result,
    act::Act,
    ask::Ask,
    id::{ProjectId, TenantId, TypedId, UserId},
    page::{ChildPage, Connection, PageArgs, children},
    policy::Guarded,
};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, Select};

use crate::policy::MILESTONES_READ;
use entity::{Column, Entity, Model};
use filter::{MilestoneFilter, MilestoneOrder};
use graphql::Milestone;

/// A page of a project's milestones, in one statement with those of other projects; without an order, as they are
/// arranged.
///
/// # Errors
/// FORBIDDEN without the permission to read milestones, INVALID for a wrong filter or page.
pub async fn of_project(
    ask: &Ask,
    project: ProjectId,
    filter: MilestoneFilter,
    order: Option<MilestoneOrder>,
    args: PageArgs,
) -> Result<Connection<Milestone>> {
    ask.viewer.require(MILESTONES_READ)?;
    filter.check()?;
    let page = ChildPage {
        parent: Column::ProjectId,
        order: order.unwrap_or_default().into(),
        args,
        fingerprint: format!("{filter:?}"),
        select: Box::new(move |viewer| filter.select(viewer)),
    };
    children(ask, project.uuid(), page).await
}

/// The milestones of a project in their order, whoever asks.
pub(crate) async fn all_of(act: &Act, project: ProjectId) -> Result<Vec<Model>> {
    let rows = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::ProjectId.eq(project.uuid()));
    Ok(rows.order_by_asc(Column::Rank).order_by_asc(Column::Id).all(act.conn()).await?)
}

/// Checks that the project may go to review, or be completed.
///
/// # Errors
/// CONFLICT naming the milestones that are neither reached nor waived.
pub(crate) async fn check_settled(act: &Act, project: ProjectId) -> Result<()> {
    let open = all_of(act, project).await?;
    let open: Vec<String> =
        open.into_iter().filter(|row| !rules::is_settled(row)).map(|row| row.name).collect();
    match open.is_empty() {
        true => Ok(()),
        false => Err(Error::conflict(crate::project::rules::open_milestones(&open))),
    }
}

/// Milestones that a person answers for, asked a client about, or answered about.
pub(crate) fn of_person(tenant: TenantId, user: UserId) -> Select<Entity> {
    let near = [Column::AssigneeId, Column::ApprovalRequestedBy, Column::ApprovalDecidedBy];
    let near = near.into_iter().fold(Condition::any(), |any, column| any.add(column.eq(user.uuid())));
    Entity::of_tenant(tenant).filter(near)
}

/// Takes a person out of the approvals that they asked for or gave, for somebody who is erased; what they said goes, and
/// how they answered stays.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn erase_user(act: &mut Act, user: UserId) -> Result<()> {
    let theirs = of_person(act.viewer().tenant_id(), user).all(act.conn()).await?;
    act.update_all(theirs, |row| {
        if row.approval_decided_by == Some(user) {
            row.approval_comment = None;
        }
        for place in [&mut row.approval_requested_by, &mut row.approval_decided_by] {
            *place = place.filter(|by| *by != user);
        }
    })
    .await
}

/// Gives the milestones that `from` answers for to `to`, or to nobody.
pub(crate) async fn reassign_user(act: &mut Act, from: UserId, to: Option<UserId>) -> Result<()> {
    let theirs = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::AssigneeId.eq(from.uuid()));
    let theirs = theirs.all(act.conn()).await?;
    act.update_all(theirs, |milestone| milestone.assignee_id = to).await
}
