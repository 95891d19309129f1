//! Feedback: what clients were asked, what they answered, and what many answers amount to.

pub mod entity;
pub mod filter;
pub mod graphql;
pub mod mutation;
pub mod rules;
mod store;
pub mod tell;
mod write;

pub use store::{of_account, of_project};
pub use write::{answer, remind, request, withdraw};

use kernel::{
    Result,
    act::Act,
    ask::Ask,
    id::{MilestoneId, ProjectId, TypedId, UserId},
    page::{ChildPage, Connection, PageArgs, children},
    policy::Guarded,
};
use sea_orm::{ColumnTrait, QueryFilter};

use crate::policy::registers::FEEDBACK_READ;
use entity::{Column, Entity};
use filter::{FeedbackFilter, FeedbackOrder};
use graphql::FeedbackRequest;

/// A page of the questions about a project, in one statement with those about other projects; without an order, the
/// newest first.
///
/// # Errors
/// FORBIDDEN without the permission to read feedback, INVALID for a wrong filter or page.
pub async fn requests_of(
    ask: &Ask,
    project: ProjectId,
    filter: FeedbackFilter,
    order: Option<FeedbackOrder>,
    args: PageArgs,
) -> Result<Connection<FeedbackRequest>> {
    ask.viewer.require(FEEDBACK_READ)?;
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

/// Lets the questions about a milestone that goes be about its project.
pub(crate) async fn leave_milestone(act: &mut Act, milestone: MilestoneId) -> Result<()> {
    let about = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::MilestoneId.eq(milestone.uuid()));
    let about = about.all(act.conn()).await?;
    act.update_all(about, |request| request.milestone_id = None).await
}

/// Forgets what a person was asked and said: numbers stay without them, questions they have not answered go.
pub(crate) async fn erase_user(act: &mut Act, user: UserId) -> Result<()> {
    let asked = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::UserId.eq(user));
    let (answered, open): (Vec<_>, Vec<_>) =
        asked.all(act.conn()).await?.into_iter().partition(|request| request.answered_at.is_some());
    act.delete_all(open).await?;
    act.update_all(answered, |request| (request.user_id, request.comment) = (None, None)).await
}
