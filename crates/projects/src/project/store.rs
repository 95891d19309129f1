//! Lists of projects for other domains, and what is counted about projects.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use kernel::{
    Error, Result,
    ask::{Ask, FromAsk},
    assignment,
    db::Db,
    id::{AccountId, ProjectId, TypedId, UserId},
    page::{ChildPage, Connection, Link, LinkedPage, PageArgs, children, linked},
    policy::Guarded,
    sql::one_of,
    viewer::Viewer,
};
use sea_orm::{
    ColumnTrait, QueryFilter, QuerySelect,
    sea_query::{Alias, Condition, Expr, Func, Query, SelectStatement},
};

use super::{
    entity::Column,
    filter::{ProjectFilter, ProjectOrder},
    graphql::Project,
};
use crate::{
    milestone,
    policy::PROJECTS_READ,
    task,
    words::{MilestoneStatus, TaskStatus},
};

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
    filter.check()?;
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
    filter.check()?;
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
    filter.check()?;
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

/// Loads how much of projects is done.
struct Progress {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for Progress {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

impl Loader<ProjectId> for Progress {
    type Value = i32;
    type Error = Error;

    async fn load(&self, projects: &[ProjectId]) -> Result<HashMap<ProjectId, i32>> {
        // Reason: how far a project has come is a fact about the project; whoever may see it may know, task by task or
        // not, milestone by milestone or not.
        let mut progress = self.by_tasks(projects).await?;
        progress.extend(self.by_milestones(projects).await?);
        Ok(progress)
    }
}

impl Progress {
    /// The share of tasks that are done, of projects that have some.
    async fn by_tasks(&self, projects: &[ProjectId]) -> Result<HashMap<ProjectId, i32>> {
        use task::entity::{Column as Of, Entity as Tasks};
        let counts: Vec<(ProjectId, String, i64)> = Tasks::of_tenant(self.viewer.tenant_id())
            .filter(one_of(self.db.backend(), Of::ProjectId, projects.iter().map(|project| project.uuid())))
            .filter(Of::ArchivedAt.is_null())
            .select_only()
            .columns([Of::ProjectId, Of::Status])
            .expr_as(Func::count(Expr::val(1)), "tasks")
            .group_by(Of::ProjectId)
            .group_by(Of::Status)
            .into_tuple()
            .all(&self.db)
            .await?;
        let mut sums: HashMap<ProjectId, (i64, i64)> = HashMap::with_capacity(projects.len());
        for (project, status, tasks) in counts {
            let (done, all) = sums.entry(project).or_default();
            *all += tasks;
            if status == TaskStatus::Done.as_str() {
                *done += tasks;
            }
        }
        Ok(sums.into_iter().map(|(project, (done, all))| (project, percent(done, all))).collect())
    }

    /// The mean of the percentages of milestones, of projects that have some that are not waived.
    async fn by_milestones(&self, projects: &[ProjectId]) -> Result<HashMap<ProjectId, i32>> {
        use milestone::entity::{Column as Of, Entity as Milestones};
        let rows: Vec<(ProjectId, i32, i64)> = Milestones::of_tenant(self.viewer.tenant_id())
            .filter(one_of(self.db.backend(), Of::ProjectId, projects.iter().map(|project| project.uuid())))
            .filter(Of::Status.ne(MilestoneStatus::Waived.as_str()))
            .select_only()
            .columns([Of::ProjectId, Of::Percentage])
            .expr_as(Func::count(Expr::val(1)), "milestones")
            .group_by(Of::ProjectId)
            .group_by(Of::Percentage)
            .into_tuple()
            .all(&self.db)
            .await?;
        let mut sums: HashMap<ProjectId, (i64, i64)> = HashMap::with_capacity(projects.len());
        for (project, percentage, milestones) in rows {
            let (done, all) = sums.entry(project).or_default();
            *done += i64::from(percentage) * milestones;
            *all += 100 * milestones;
        }
        Ok(sums.into_iter().map(|(project, (done, all))| (project, percent(done, all))).collect())
    }
}

/// Done parts of all in whole per cent, cut down, so that only everything is 100.
fn percent(done: i64, all: i64) -> i32 {
    i32::try_from((done * 100).checked_div(all).unwrap_or_default()).unwrap_or_default()
}

/// How much of a project is done, in per cent: of its milestones that are not waived, or else of its tasks; 0 without
/// either. Two statements for all projects of a request.
pub async fn progress(ask: &Ask, project: ProjectId) -> Result<i32> {
    Ok(ask.load::<Progress, _>(project).await?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn only_everything_done_is_a_hundred_per_cent() {
        assert_eq!((percent(0, 0), percent(0, 3), percent(2, 3), percent(999, 1_000)), (0, 0, 66, 99));
        assert_eq!(percent(1_000, 1_000), 100);
    }
}
