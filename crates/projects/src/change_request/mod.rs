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
    ask::Ask,
    id::{ProjectId, TypedId},
    page::{ChildPage, Connection, PageArgs, children},
};

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
