//! Finished tasks and the time on them, read in a number of statements that does not grow with either.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    FieldError, Result, Text,
    db::Db,
    id::{ProjectId, TaskId, TypedId, UserId},
    policy::Guarded,
    viewer::Viewer,
};
use sea_orm::{
    ColumnTrait, QueryFilter, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait, SelectStatement},
};

use super::rules::Finished;
use crate::{
    policy::PERFORMANCE_READ,
    project::entity as project,
    task::{self, assignee, entity as tasks},
    time::entry::entity as time,
    words::{TaskStatus, TimeEntryStatus},
};

/// Most tasks that are looked at.
const MAX_TASKS: u64 = 20_000;

/// Too many tasks.
pub const TOO_MANY: Text = Text::new(
    "too_many_tasks",
    "More than {max} tasks were finished in these days. Ask for fewer days or projects.",
    "Plus de {max} tâches ont été terminées sur ces jours. Demandez moins de jours ou de projets.",
);

/// Which work is looked at.
#[derive(Clone, Debug)]
pub(super) struct Looked {
    /// From the beginning of the first day to the end of the last one, on the agency's clocks.
    pub(super) from: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
    /// The same in days, both included.
    pub(super) days: (NaiveDate, NaiveDate),
    /// Only of these projects.
    pub(super) projects: Option<Vec<ProjectId>>,
}

impl Looked {
    fn projects(&self, viewer: &Viewer) -> SelectStatement {
        let mut select = project::Entity::visible(viewer, PERFORMANCE_READ);
        if let Some(projects) = &self.projects {
            let ids = projects.iter().map(|project| project.uuid());
            select = select.filter(project::Column::Id.is_in(ids));
        }
        select.select_only().column(project::Column::Id).into_query()
    }

    fn tasks(&self, viewer: &Viewer) -> Select<tasks::Entity> {
        tasks::Entity::of_tenant(viewer.tenant_id())
            .filter(tasks::Column::ProjectId.in_subquery(self.projects(viewer)))
            .filter(tasks::Column::Status.eq(TaskStatus::Done.as_str()))
            .filter(tasks::Column::CompletedAt.gte(self.from))
            .filter(tasks::Column::CompletedAt.lt(self.until))
            // Reason: what is done of a task with parts is done in them.
            .filter(task::with_parts().not())
    }

    fn ids(&self, viewer: &Viewer) -> SelectStatement {
        self.tasks(viewer).select_only().column(tasks::Column::Id).into_query()
    }
}

/// The tasks that were finished in these days in projects whose people the viewer leads; three statements.
///
/// # Errors
/// INVALID for too many tasks.
pub(super) async fn finished(viewer: &Viewer, db: &Db, looked: &Looked) -> Result<Vec<Finished>> {
    use tasks::Column as Of;
    type Row = (TaskId, Option<i64>, Option<NaiveDate>, Option<DateTime<Utc>>);
    let rows = looked.tasks(viewer).select_only();
    let rows = rows.columns([Of::Id, Of::EstimateMinutes, Of::DueOn, Of::CompletedAt]).limit(MAX_TASKS + 1);
    let rows: Vec<Row> = rows.into_tuple().all(db).await?;
    if rows.len() as u64 > MAX_TASKS {
        return Err(FieldError::new("from", TOO_MANY.with("max", MAX_TASKS)).into());
    }
    let people: Vec<(TaskId, UserId)> = assignee::of_tenant(viewer.tenant_id())
        .filter(assignee::Column::TaskId.in_subquery(looked.ids(viewer)))
        .select_only()
        .columns([assignee::Column::TaskId, assignee::Column::UserId])
        .into_tuple()
        .all(db)
        .await?;
    let mut people_of: HashMap<TaskId, Vec<UserId>> = HashMap::with_capacity(rows.len());
    for (task, user) in people {
        people_of.entry(task).or_default().push(user);
    }
    let tracked: Vec<(TaskId, i64)> = time::Entity::of_tenant(viewer.tenant_id())
        .filter(time::Column::TaskId.in_subquery(looked.ids(viewer)))
        .filter(time::Column::Status.ne(TimeEntryStatus::Rejected.as_str()))
        .select_only()
        .column(time::Column::TaskId)
        .expr_as(Expr::col(time::Column::Minutes).sum().cast_as("bigint"), "minutes")
        .group_by(time::Column::TaskId)
        .into_tuple()
        .all(db)
        .await?;
    let tracked: HashMap<TaskId, i64> = tracked.into_iter().collect();
    let zone = viewer.tenant.time_zone;
    let task = |(id, estimate, due, completed): Row| {
        Some(Finished {
            people: people_of.remove(&id).unwrap_or_default(),
            estimate,
            tracked: tracked.get(&id).copied().unwrap_or_default(),
            due,
            done: completed?.with_timezone(&zone).date_naive(),
        })
    };
    Ok(rows.into_iter().filter_map(task).collect())
}

/// Minutes that each person worked in these days on projects whose people the viewer leads, without what was sent back;
/// one statement.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn worked(viewer: &Viewer, db: &Db, looked: &Looked) -> Result<HashMap<UserId, i64>> {
    use time::Column as Of;
    let rows: Vec<(UserId, i64)> = time::Entity::of_tenant(viewer.tenant_id())
        .filter(Of::ProjectId.in_subquery(looked.projects(viewer)))
        .filter(Of::UserId.is_not_null())
        .filter(Of::SpentOn.between(looked.days.0, looked.days.1))
        .filter(Of::Status.ne(TimeEntryStatus::Rejected.as_str()))
        .select_only()
        .column(Of::UserId)
        .expr_as(Expr::col(Of::Minutes).sum().cast_as("bigint"), "minutes")
        .group_by(Of::UserId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}
