//! Change requests: what is to change about a project, who agreed, and that it was done once.

pub mod entity;
pub mod filter;
pub mod graphql;
pub mod line;
pub mod mutation;
pub mod rules;
mod write;

pub use write::{apply, create, decide, delete, submit, update};

use kernel::{
    Result,
    act::Act,
    ask::Ask,
    id::{ProjectId, TenantId, TypedId, UserId},
    page::{ChildPage, Connection, PageArgs, children},
    policy::Guarded,
};
use sea_orm::{ColumnTrait, Condition, QueryFilter, Select};

use crate::policy::registers::CHANGES_READ;
use entity::Column;
use filter::{ChangeRequestFilter, ChangeRequestOrder};
use graphql::ChangeRequest;

/// A page of a project's change requests, in one statement with those of other projects; without an order, the newest
/// first.
///
/// # Errors
/// FORBIDDEN without the permission to read change requests, INVALID for a wrong filter or page.
pub async fn of_project(
    ask: &Ask,
    project: ProjectId,
    filter: ChangeRequestFilter,
    order: Option<ChangeRequestOrder>,
    args: PageArgs,
) -> Result<Connection<ChangeRequest>> {
    ask.viewer.require(CHANGES_READ)?;
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

/// Change requests that a person wrote, handed on or answered.
pub(crate) fn of_person(tenant: TenantId, user: UserId) -> Select<entity::Entity> {
    use entity::Column as Of;
    let near = [Of::CreatedBy, Of::SubmittedBy, Of::StaffBy, Of::ClientBy, Of::AppliedBy];
    let near = near.into_iter().fold(Condition::any(), |any, column| any.add(column.eq(user.uuid())));
    entity::Entity::of_tenant(tenant).filter(near)
}

/// Takes a person out of the change requests that they wrote, handed on or answered, for somebody who is erased; what
/// they said goes, and how they answered stays.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn erase_user(act: &mut Act, user: UserId) -> Result<()> {
    let theirs = of_person(act.viewer().tenant_id(), user).all(act.conn()).await?;
    act.update_all(theirs, |change| {
        if change.staff_by == Some(user) {
            change.staff_comment = None;
        }
        if change.client_by == Some(user) {
            change.client_comment = None;
        }
        let places = [
            &mut change.created_by,
            &mut change.submitted_by,
            &mut change.staff_by,
            &mut change.client_by,
            &mut change.applied_by,
        ];
        for place in places {
            *place = place.filter(|by| *by != user);
        }
    })
    .await
}
