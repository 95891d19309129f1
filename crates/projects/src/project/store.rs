//! Lists of projects for other domains.

use kernel::{
    Result,
    ask::Ask,
    assignment,
    id::{AccountId, ProjectId, TypedId, UserId},
    page::{ChildPage, Connection, Link, LinkedPage, PageArgs, children, linked},
    viewer::Viewer,
};
use sea_orm::{
    ColumnTrait,
    sea_query::{Alias, Condition, Expr, Query, SelectStatement},
};

use super::{
    entity::Column,
    filter::{ProjectFilter, ProjectOrder},
    graphql::Project,
};
use crate::policy::PROJECTS_READ;

/// A page of an account's projects, in one statement with those of other accounts.
///
/// # Errors
/// FORBIDDEN without the permission to read projects, INVALID for a wrong filter or page.
pub async fn of_account(
    ask: &Ask,
    account: AccountId,
    filter: ProjectFilter,
    order: Option<ProjectOrder>,
    args: PageArgs,
) -> Result<Connection<Project>> {
    ask.viewer.require(PROJECTS_READ)?;
    filter.check(&ask.viewer, order)?;
    let backend = ask.db.backend();
    let page = ChildPage {
        parent: Column::AccountId,
        order: order.unwrap_or_default().into(),
        args,
        fingerprint: format!("{filter:?}"),
        select: Box::new(move |viewer| filter.select(viewer, backend)),
    };
    children(ask, account.uuid(), page).await
}

/// A page of the projects that are part of one, in one statement with those of other projects.
///
/// # Errors
/// INVALID for a wrong filter or page.
pub async fn parts_of(
    ask: &Ask,
    project: ProjectId,
    filter: ProjectFilter,
    order: Option<ProjectOrder>,
    args: PageArgs,
) -> Result<Connection<Project>> {
    filter.check(&ask.viewer, order)?;
    let backend = ask.db.backend();
    let page = ChildPage {
        parent: Column::ParentId,
        order: order.unwrap_or_default().into(),
        args,
        fingerprint: format!("{filter:?}"),
        select: Box::new(move |viewer| filter.select(viewer, backend)),
    };
    children(ask, project.uuid(), page).await
}

/// A page of the projects that a person manages or is on the team of, in one statement with those of other people.
///
/// # Errors
/// FORBIDDEN without the permission to read projects, INVALID for a wrong filter or page.
pub async fn of_user(
    ask: &Ask,
    user: UserId,
    filter: ProjectFilter,
    order: Option<ProjectOrder>,
    args: PageArgs,
) -> Result<Connection<Project>> {
    ask.viewer.require(PROJECTS_READ)?;
    filter.check(&ask.viewer, order)?;
    let backend = ask.db.backend();
    let page = LinkedPage {
        link: Link { pairs: Box::new(people_on_projects) },
        order: order.unwrap_or_default().into(),
        args,
        fingerprint: format!("{filter:?}"),
        select: Box::new(move |viewer| filter.select(viewer, backend)),
    };
    linked(ask, user.uuid(), page).await
}

/// Pairs of a person and a project they are on, whatever put them there.
fn people_on_projects(viewer: &Viewer) -> SelectStatement {
    use assignment::{Column as On, Entity as Assignments};
    let mut pairs = Query::select();
    pairs.distinct().from(Assignments);
    pairs.expr_as(Expr::col(On::UserId), Alias::new("parent"));
    pairs.expr_as(Expr::col(On::ProjectId), Alias::new("child"));
    pairs.and_where(On::TenantId.eq(viewer.tenant_id())).and_where(On::Kind.eq("project"));
    pairs.cond_where(Condition::any().add(On::ExpiresAt.is_null()).add(On::ExpiresAt.gt(viewer.now)));
    pairs
}
