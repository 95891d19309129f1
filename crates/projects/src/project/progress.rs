//! How far projects have come: their tasks and milestones counted, for many projects at once.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use kernel::{
    Error, Result,
    ask::{Ask, FromAsk},
    db::Db,
    id::{ProjectId, TypedId},
    policy::Guarded,
    sql::one_of,
    viewer::Viewer,
};
use sea_orm::{
    ColumnTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait, Func},
};

use super::under_way;
use crate::{
    milestone, task,
    words::{MilestoneStatus, TaskStatus},
};

/// Tasks of a project that are not archived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskCounts {
    /// All of them.
    pub all: i64,
    /// Those that are done.
    pub done: i64,
    /// Those that are not done though their day is over.
    pub overdue: i64,
}

/// Loads [`TaskCounts`].
struct Tasks {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for Tasks {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

impl Loader<ProjectId> for Tasks {
    type Value = TaskCounts;
    type Error = Error;

    async fn load(&self, projects: &[ProjectId]) -> Result<HashMap<ProjectId, TaskCounts>> {
        use task::entity::{Column as Of, Entity as Rows};
        let today = crate::today(&self.viewer, self.viewer.now);
        let done = || Of::Status.eq(TaskStatus::Done.as_str());
        let goes_on = Of::ProjectId.in_subquery(under_way(self.viewer.tenant_id()));
        let late = Of::Status.ne(TaskStatus::Done.as_str()).and(Of::DueOn.lt(today)).and(goes_on);
        let one = |condition: Expr| Expr::expr(Expr::case(condition, 1).finally(0)).sum().cast_as("bigint");
        let counts: Vec<(ProjectId, i64, i64, i64)> = Rows::of_tenant(self.viewer.tenant_id())
            .filter(one_of(self.db.backend(), Of::ProjectId, projects.iter().map(|project| project.uuid())))
            .filter(Of::ArchivedAt.is_null())
            .select_only()
            .column(Of::ProjectId)
            .expr_as(Func::count(Expr::val(1)), "tasks")
            .expr_as(one(done()), "done")
            .expr_as(one(late), "late")
            .group_by(Of::ProjectId)
            .into_tuple()
            .all(&self.db)
            .await?;
        let counts =
            counts.into_iter().map(|(id, all, done, overdue)| (id, TaskCounts { all, done, overdue }));
        Ok(counts.collect())
    }
}

/// Loads the mean of the percentages of milestones, of projects that have some that are not waived.
struct Milestones {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for Milestones {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

impl Loader<ProjectId> for Milestones {
    type Value = i32;
    type Error = Error;

    async fn load(&self, projects: &[ProjectId]) -> Result<HashMap<ProjectId, i32>> {
        use milestone::entity::{Column as Of, Entity as Rows};
        let rows: Vec<(ProjectId, i32, i64)> = Rows::of_tenant(self.viewer.tenant_id())
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

/// The tasks of a project, counted in one statement for all projects of a request.
///
/// # Errors
/// If the database does not answer.
pub async fn tasks(ask: &Ask, project: ProjectId) -> Result<TaskCounts> {
    // Reason: how far a project has come is a fact about the project; whoever may see it may know, task by task or not.
    Ok(ask.load::<Tasks, _>(project).await?.unwrap_or_default())
}

/// How much of a project is done, in per cent: of its milestones that are not waived, or else of its tasks; 0 without
/// either. Two statements for all projects of a request.
///
/// # Errors
/// If the database does not answer.
pub async fn progress(ask: &Ask, project: ProjectId) -> Result<i32> {
    // Reason: both at once, so that all projects of a request ask for each together.
    let (counts, milestones) = futures::try_join!(tasks(ask, project), ask.load::<Milestones, _>(project))?;
    Ok(milestones.unwrap_or_else(|| percent(counts.done, counts.all)))
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
