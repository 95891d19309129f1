//! Who does a task: the difference between who does and who shall, written and recorded.

use kernel::{
    Error, Result,
    act::{Act, Event},
    id::{TaskId, TypedId, UserId},
    people::check_staff,
    policy::Guarded,
};
use sea_orm::{ColumnTrait, QueryFilter};
use serde_json::json;

use super::{
    assignee,
    entity::{Column, Entity, Model},
};
use crate::service::Projects;

/// Who comes to a task and who goes.
pub(crate) struct Staffing {
    task: TaskId,
    label: String,
    before: Vec<UserId>,
    after: Vec<UserId>,
    gone: Vec<assignee::Model>,
    come: Vec<assignee::Model>,
}

impl Staffing {
    /// The difference between the rows of a task and the people wanted on it.
    pub(crate) fn new(act: &Act, task: &Model, before: &[assignee::Model], wanted: Vec<UserId>) -> Self {
        let gone = before.iter().filter(|row| !wanted.contains(&row.user_id)).cloned().collect();
        let come = wanted.iter().filter(|user| !before.iter().any(|row| row.user_id == **user));
        let come = come.map(|user| assignee::Model {
            id: act.new_id(),
            tenant_id: task.tenant_id,
            task_id: task.id,
            user_id: *user,
        });
        Self {
            task: task.id,
            label: format!("#{} {}", task.number, task.title),
            before: before.iter().map(|row| row.user_id).collect(),
            come: come.collect(),
            gone,
            after: wanted,
        }
    }

    fn changes(&self) -> bool {
        !self.gone.is_empty() || !self.come.is_empty()
    }
}

/// Writes who comes and goes, in two statements for any number of tasks; each task that changes gets an entry in its
/// trail and the event `projects.task.assigned`.
pub(crate) async fn write(act: &mut Act, staffings: Vec<Staffing>) -> Result<()> {
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    for staffing in staffings.into_iter().filter(Staffing::changes) {
        let id = staffing.task.uuid();
        let details = json!({ "assignees": [staffing.before, staffing.after] });
        let details = details.as_object().cloned().unwrap_or_default();
        act.note("Task", Some(id), Some(staffing.label), details);
        let added: Vec<UserId> = staffing.come.iter().map(|row| row.user_id).collect();
        let removed: Vec<UserId> = staffing.gone.iter().map(|row| row.user_id).collect();
        act.record(Event {
            kind: "projects.task.assigned",
            subject_type: "Task",
            subject_id: id,
            payload: json!({ "added": added, "removed": removed }),
        });
        gone.extend(staffing.gone);
        come.extend(staffing.come);
    }
    act.delete_all(gone).await?;
    act.insert_all(come).await.map(drop)
}

/// Checks the people that a new task names: assignees are active staff, a reporter is in the tenant.
///
/// # Errors
/// INVALID at `assigneeIds.<n>` or `reporterId`.
pub(crate) async fn check(
    act: &Act,
    projects: &Projects,
    assignees: &[UserId],
    reporter: Option<UserId>,
) -> Result<()> {
    let wanted = assignees.iter().enumerate().map(|(index, user)| (*user, format!("assigneeIds.{index}")));
    check_staff(&*projects.people, act, &wanted.collect::<Vec<_>>()).await?;
    let Some(reporter) = reporter else { return Ok(()) };
    if projects.people.people(act, &[reporter]).await?.contains_key(&reporter) {
        Ok(())
    } else {
        Err(Error::field("reporterId", kernel::people::NOT_IN_TENANT))
    }
}

/// Gives the tasks of `from`, as assignee and as reporter, to `to`, or to nobody.
pub async fn reassign_user(act: &mut Act, from: UserId, to: Option<UserId>) -> Result<()> {
    let tenant = act.viewer().tenant_id();
    let reported =
        Entity::of_tenant(tenant).filter(Column::ReporterId.eq(from.uuid())).all(act.conn()).await?;
    act.update_all(reported, |task| task.reporter_id = to).await?;
    let people: Vec<_> = [Some(from), to].into_iter().flatten().map(|user| user.uuid()).collect();
    let rows =
        assignee::of_tenant(tenant).filter(assignee::Column::UserId.is_in(people)).all(act.conn()).await?;
    let (theirs, taken): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.user_id == from);
    let has = |task: TaskId| taken.iter().any(|row: &assignee::Model| row.task_id == task);
    let (gone, moved): (Vec<_>, Vec<_>) =
        theirs.into_iter().partition(|row| to.is_none() || has(row.task_id));
    act.delete_all(gone).await?;
    act.update_all(moved, |row| row.user_id = to.unwrap_or(from)).await
}
