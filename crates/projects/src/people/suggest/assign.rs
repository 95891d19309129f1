//! Looking at people who are suggested for tasks, and assigning these, as one act.

use std::collections::{BTreeSet, HashMap, HashSet};

use kernel::{
    Error, Result,
    act::Act,
    db::Db,
    id::{ProjectId, TaskId, UserId},
    people::not_staff,
    viewer::Viewer,
};

use super::{
    assign_graphql::{AutoAssignPreview, AutoAssignTasksInput},
    choose::Outcome,
    crew,
    mark::{SUGGESTION_CHANGED, looked_at},
    tasks::{Brief, Question},
};
use crate::{
    clone::source::open,
    plan::{
        apply::writable,
        effort::{self, Turn},
        read::PLAN_READ,
        token::to_the_minute,
    },
    policy::{
        TASKS_WRITE,
        people::{ALLOCATIONS_READ, PEOPLE_READ},
    },
    project::entity::Model as Project,
    service::{Projects, Staff},
    task::{
        self,
        entity::Model as Task,
        people::{self, Staffing},
    },
};

/// The people who are suggested for tasks of a project.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, INVALID at `taskIds.<n>` for tasks of other projects and such as nobody is looked for for,
/// CONFLICT as for the schedule itself.
pub(super) async fn preview(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    id: ProjectId,
    named: Option<Vec<TaskId>>,
) -> Result<AutoAssignPreview> {
    require(viewer)?;
    let mut wanted = PLAN_READ.to_vec();
    wanted.push(TASKS_WRITE);
    let project = open(db, viewer, id, &wanted).await?;
    let staff = crew::staff(viewer, db, projects).await?;
    let as_of = to_the_minute(viewer.now);
    let asked = Brief::read(db, viewer, (project, named), as_of).await?;
    if let Some(refused) = asked.refused {
        return Err(refused);
    }
    let question = Question::load(db, viewer, staff, asked, Turn::Next).await?;
    let outcome = effort::reckon(move || Ok(question.reckon())).await?;
    Ok(AutoAssignPreview::new(&outcome, viewer.language()))
}

/// Who is busy when is told to those alone who see all allocations.
fn require(viewer: &Viewer) -> Result<()> {
    viewer.require(TASKS_WRITE)?;
    viewer.require_tenant(ALLOCATIONS_READ)?;
    viewer.require_tenant(PEOPLE_READ)
}

/// Assigns tasks to those who are suggested for them; in a number of statements that does not grow with the tasks.
///
/// # Errors
/// As [`preview`]; CONFLICT for a project that is archived or over, and if the same is not suggested any more.
pub(super) async fn apply(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: AutoAssignTasksInput,
) -> Result<(Project, Vec<Task>)> {
    require(viewer)?;
    let staff = crew::staff(viewer, db, projects).await?;
    viewer
        .act(db, "projects.task.auto_assign", async |act| {
            let AutoAssignTasksInput { project_id, token, task_ids } = input;
            let project = writable(act, project_id).await?;
            // Reason: tasks of others are refused as such, whatever the token says.
            let looked_at = looked_at(&token, act.now());
            let at = looked_at.as_ref().map_or_else(|_| to_the_minute(act.now()), |at| *at);
            let of = (project.clone(), task_ids);
            let asked = Brief::read(act.conn(), viewer, of.clone(), at).await?;
            looked_at?;
            let chosen = fresh(act, staff.clone(), asked, &token).await?;
            if chosen.is_empty() {
                return Ok((project, Vec::new()));
            }
            hold(act, projects, &chosen).await?;
            // Race: of two who assign tasks of different projects to the same person at once, the later one sees what the
            // earlier one assigned.
            let asked = Brief::read(act.conn(), viewer, of, at).await?;
            let chosen = fresh(act, staff, asked, &token).await?;
            let tasks = assign(act, projects, &chosen).await?;
            Ok((project, tasks))
        })
        .await
}

/// Which task is for whom as it is suggested now, if that is still what the token stands for.
async fn fresh(act: &Act, staff: Vec<Staff>, asked: Brief, token: &str) -> Result<Vec<(TaskId, UserId)>> {
    if asked.refused.is_some() {
        return Err(Error::conflict(SUGGESTION_CHANGED));
    }
    let question = Question::load(act.conn(), act.viewer(), staff, asked, Turn::Now).await?;
    let outcome = effort::reckon_now(move || Ok(question.reckon())).await?;
    if outcome.token == token { Ok(chosen(&outcome)) } else { Err(Error::conflict(SUGGESTION_CHANGED)) }
}

/// Holds those who tasks are for, in the order in which everybody holds people.
async fn hold(act: &Act, projects: &Projects, chosen: &[(TaskId, UserId)]) -> Result<()> {
    let people: BTreeSet<UserId> = chosen.iter().map(|(_, user)| *user).collect();
    let people: Vec<UserId> = people.into_iter().collect();
    projects.clocks.hold_all(act, &people).await
}

/// Which task is for whom.
fn chosen(outcome: &Outcome) -> Vec<(TaskId, UserId)> {
    let question = &outcome.question;
    let chosen = outcome.decisions.iter().filter_map(|one| {
        let best = one.candidates.first()?;
        Some((question.source().tasks[one.place].id, question.crew.people[best.person].user))
    });
    chosen.collect()
}

/// Invariant: the project is locked, so the tasks are still those that nobody does.
async fn assign(act: &mut Act, projects: &Projects, chosen: &[(TaskId, UserId)]) -> Result<Vec<Task>> {
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let people: HashSet<UserId> = chosen.iter().map(|(_, user)| *user).collect();
    let people: Vec<UserId> = people.into_iter().collect();
    let known = projects.people.people(act, &people).await?;
    // Race: who left the agency since staff was read is suggested for nothing any more.
    if people.iter().any(|user| not_staff(known.get(user)).is_some()) {
        return Err(Error::conflict(SUGGESTION_CHANGED));
    }
    let rows = task::by_ids(act, chosen.iter().map(|(task, _)| *task)).all(act.conn()).await?;
    let rows: HashMap<TaskId, Task> = rows.into_iter().map(|row| (row.id, row)).collect();
    let staffing =
        |(task, user): &(TaskId, UserId)| rows.get(task).map(|row| Staffing::new(act, row, &[], vec![*user]));
    let staffings: Vec<Staffing> = chosen.iter().filter_map(staffing).collect();
    people::write(act, staffings, &HashSet::new()).await
}
