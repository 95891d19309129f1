//! Who does a task: the difference between who does and who shall, written and recorded.

use std::collections::{HashMap, HashSet};

use kernel::{
    Error, Result,
    act::{Act, Event},
    id::{TaskId, TypedId, UserId},
    people::{check_staff, not_active},
    policy::Guarded,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use serde_json::{Value as Json, json};

use super::{
    assignee,
    entity::{Column, Entity, Model},
};
use crate::service::Projects;

/// Who comes to a task and who goes.
pub(crate) struct Staffing {
    task: Model,
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
            task: task.clone(),
            before: before.iter().map(|row| row.user_id).collect(),
            come: come.collect(),
            gone,
            after: wanted,
        }
    }

    fn changes(&self) -> bool {
        !self.gone.is_empty() || !self.come.is_empty()
    }

    /// Who did it and who does, for the trail.
    fn sides(&self) -> [Json; 2] {
        [json!(self.before), json!(self.after)]
    }

    fn note(&self, act: &mut Act) {
        let details = json!({ "assignees": self.sides() }).as_object().cloned().unwrap_or_default();
        let label = format!("#{} {}", self.task.number, self.task.title);
        act.note("Task", Some(self.task.id.uuid()), Some(label), details);
    }

    fn event(&self) -> Event {
        let users = |rows: &[assignee::Model]| rows.iter().map(|row| row.user_id).collect::<Vec<_>>();
        Event {
            kind: "projects.task.assigned",
            subject_type: "Task",
            subject_id: self.task.id.uuid(),
            payload: json!({ "added": users(&self.come), "removed": users(&self.gone),
                "project": self.task.project_id }),
        }
    }
}

/// The event that people do a new task.
pub(crate) fn assigned(task: &Model, people: &[UserId]) -> Event {
    Event {
        kind: "projects.task.assigned",
        subject_type: "Task",
        subject_id: task.id.uuid(),
        payload: json!({ "added": people, "removed": [], "project": task.project_id }),
    }
}

/// Writes who comes and goes, in few statements for any number of tasks; each task that changes gets an entry in its
/// trail and the event `projects.task.assigned`. Those that this act has not written yet (the others are in `written`)
/// get their next version, too; they are answered as they are now.
///
/// # Errors
/// CONFLICT if another act changed one of the tasks since it was read.
pub(crate) async fn write(
    act: &mut Act,
    staffings: Vec<Staffing>,
    written: &HashSet<TaskId>,
) -> Result<Vec<Model>> {
    let staffings: Vec<Staffing> = staffings.into_iter().filter(Staffing::changes).collect();
    let (noted, alone): (Vec<&Staffing>, Vec<&Staffing>) =
        staffings.iter().partition(|staffing| written.contains(&staffing.task.id));
    let alone = alone.into_iter().map(|one| (one.task.clone(), vec![("assignees", one.sides())]));
    // Race: counted before the people are written, so that of two acts the later one is told of the conflict.
    let touched = act.touch_all(alone.collect()).await?;
    noted.into_iter().for_each(|staffing| staffing.note(act));
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    for staffing in staffings {
        act.record(staffing.event());
        gone.extend(staffing.gone);
        come.extend(staffing.come);
    }
    act.delete_all(gone).await?;
    act.insert_all(come).await?;
    Ok(touched)
}

/// Checks the people that a new task names: assignees are active staff, a reporter takes part in the tenant.
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
    match not_active(projects.people.people(act, &[reporter]).await?.get(&reporter)) {
        Some(reason) => Err(Error::field("reporterId", reason)),
        None => Ok(()),
    }
}

/// Gives the tasks of `from`, as assignee and as reporter, to `to`, or to nobody; in few statements for any number of
/// tasks.
pub async fn reassign_user(act: &mut Act, from: UserId, to: Option<UserId>) -> Result<()> {
    let tenant = act.viewer().tenant_id();
    let reported =
        Entity::of_tenant(tenant).filter(Column::ReporterId.eq(from.uuid())).all(act.conn()).await?;
    let written = reported.iter().map(|task| task.id).collect();
    act.update_all(reported, |task| task.reporter_id = to).await?;
    let theirs = || assignee::tasks_of(tenant, &[from]);
    let tasks = Entity::of_tenant(tenant).filter(Column::Id.in_subquery(theirs())).all(act.conn()).await?;
    let rows = assignee::of_tenant(tenant).filter(assignee::Column::TaskId.in_subquery(theirs()));
    let mut on: HashMap<TaskId, Vec<assignee::Model>> = HashMap::with_capacity(tasks.len());
    for row in rows.order_by_asc(assignee::Column::Id).all(act.conn()).await? {
        on.entry(row.task_id).or_default().push(row);
    }
    let handed_over = |task: &Model| {
        let before = on.get(&task.id).map(Vec::as_slice).unwrap_or_default();
        let stay = before.iter().map(|row| row.user_id).filter(|user| *user != from && Some(*user) != to);
        Staffing::new(act, task, before, stay.chain(to).collect())
    };
    let staffings = tasks.iter().map(handed_over).collect();
    write(act, staffings, &written).await.map(drop)
}
