//! What people have to do in other projects, and how much of tasks is done.

use std::collections::HashMap;

use chrono::NaiveDate;
use kernel::{
    Result,
    id::{ProjectId, TaskId, TypedId, UserId},
    policy::Guarded,
    sql::one_of,
    viewer::Viewer,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use crate::{
    project::under_way,
    task::{self, assignee, entity as tasks},
    time::entry::entity as entries,
    words::{TaskStatus, TimeEntryStatus},
};

/// An open task with a due date that people do in another project.
pub(super) struct Busy {
    pub(super) task: TaskId,
    pub(super) project: ProjectId,
    pub(super) start_on: Option<NaiveDate>,
    pub(super) due_on: NaiveDate,
    pub(super) estimate: Option<i64>,
    pub(super) remaining: Option<i64>,
    /// Who does it, whoever they are.
    pub(super) doers: Vec<UserId>,
}

/// How much of a task is still to be done, as far as somebody said how long it takes.
pub(super) fn left(remaining: Option<i64>, estimate: Option<i64>, tracked: Option<i64>) -> Option<i64> {
    let of_estimate = || Some(std::cmp::max(estimate? - tracked.unwrap_or_default(), 0));
    remaining.or_else(of_estimate)
}

/// The open tasks with a due date that consist of no others and that these people do in projects other than this one on
/// which work goes on; in two statements.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn elsewhere(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    people: &[UserId],
    project: ProjectId,
) -> Result<Vec<Busy>> {
    use tasks::Column as Of;
    type Row = (TaskId, ProjectId, Option<NaiveDate>, Option<NaiveDate>, Option<i64>, Option<i64>);
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let tenant = viewer.tenant_id();
    let rows = tasks::Entity::of_tenant(tenant)
        .filter(Of::Id.in_subquery(assignee::tasks_of(tenant, people)))
        .filter(Of::ProjectId.ne(project.uuid()))
        .filter(Of::ProjectId.in_subquery(under_way(tenant)))
        .filter(Of::ArchivedAt.is_null())
        .filter(Of::Status.ne(TaskStatus::Done.as_str()))
        .filter(Of::DueOn.is_not_null())
        // Reason: a task with parts is done by these.
        .filter(task::with_parts().not())
        .select_only()
        .columns([Of::Id, Of::ProjectId, Of::StartOn, Of::DueOn, Of::EstimateMinutes, Of::RemainingMinutes]);
    let rows: Vec<Row> = rows.into_tuple().all(conn).await?;
    let ids = rows.iter().map(|row| row.0.uuid()).collect();
    let mut doers = doers(conn, viewer, ids).await?;
    let busy = |(task, project, start_on, due_on, estimate, remaining): Row| {
        let doers = doers.remove(&task).unwrap_or_default();
        Some(Busy { task, project, start_on, due_on: due_on?, estimate, remaining, doers })
    };
    Ok(rows.into_iter().filter_map(busy).collect())
}

async fn doers(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    ids: Vec<Uuid>,
) -> Result<HashMap<TaskId, Vec<UserId>>> {
    let mut found: HashMap<TaskId, Vec<UserId>> = HashMap::with_capacity(ids.len());
    if ids.is_empty() {
        return Ok(found);
    }
    let of = one_of(conn.get_database_backend(), assignee::Column::TaskId, ids);
    let rows: Vec<(TaskId, UserId)> = assignee::of_tenant(viewer.tenant_id())
        .filter(of)
        .select_only()
        .columns([assignee::Column::TaskId, assignee::Column::UserId])
        .into_tuple()
        .all(conn)
        .await?;
    for (task, user) in rows {
        found.entry(task).or_default().push(user);
    }
    Ok(found)
}

/// Minutes that were written down on tasks and not sent back, in one statement.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn tracked(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    ids: Vec<Uuid>,
) -> Result<HashMap<TaskId, i64>> {
    use entries::Column as Spent;
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(TaskId, i64)> = entries::Entity::of_tenant(viewer.tenant_id())
        .filter(one_of(conn.get_database_backend(), Spent::TaskId, ids))
        .filter(Spent::Status.ne(TimeEntryStatus::Rejected.as_str()))
        .select_only()
        .column(Spent::TaskId)
        .expr_as(Expr::col(Spent::Minutes).sum().cast_as("bigint"), "minutes")
        .group_by(Spent::TaskId)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().collect())
}
