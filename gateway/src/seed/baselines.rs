//! How tasks of made-up projects are planned beyond their dates, and what their plans said at the beginning. Without
//! chance, so that it changes nothing of what is there.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use projects::{
    plan::baseline::{
        entity as baseline,
        stored::{self, Kept},
    },
    project::entity as project,
    task::entity as task,
    words::{ProjectStatus as Status, Scheduling, TaskStatus as State},
};
use serde_json::json;

use super::maker::Maker;

/// A baseline and what it says.
pub type Baseline = (baseline::Model, stored::Model);

/// When a day's work begins and ends, in hours of the day in UTC.
const HOURS: (u32, u32) = (8, 16);

/// How many working days before its due date a task was once thought to be done.
const SLIP: u64 = 3;

/// Says how a task is scheduled: some have a best and a worst case, one in nine is put by hand, one in seven has a
/// deadline, which some miss.
pub(super) fn schedule(task: &mut task::Model, place: usize, state: State) {
    let estimate = task.estimate_minutes.unwrap_or(480).max(30);
    if place % 4 == 1 {
        task.duration_minutes = Some(estimate);
    }
    if place % 4 == 2 {
        task.duration_minutes = Some(estimate);
        task.optimistic_minutes = Some(estimate / 2);
        task.pessimistic_minutes = Some(estimate * 5 / 2);
    }
    if place % 7 == 3 {
        task.deadline_on =
            task.due_on.map(|due| due - Days::new(if place.is_multiple_of(2) { 10 } else { 0 }));
    }
    if place % 9 == 4 && state == State::Todo && task.start_on.is_some() {
        task.scheduling = Scheduling::Manual.as_str().to_owned();
    }
}

/// What the plan of a project that is under way said when it began: its tasks were to be done some days sooner.
pub(super) fn of_project(maker: &Maker, project: &project::Model, tasks: &[task::Model]) -> Option<Baseline> {
    if project.status != Status::InProgress.as_str() || tasks.is_empty() {
        return None;
    }
    let kept: Vec<Kept> = tasks.iter().filter_map(kept).collect();
    let finish = kept.iter().map(|one| one.finish).max();
    let model = baseline::Model {
        id: maker.id(),
        tenant_id: maker.tenant,
        project_id: project.id,
        name: "As agreed at the start".to_owned(),
        note: String::new(),
        as_of: project.created_at,
        finish_at: finish.and_then(|minute| DateTime::<Utc>::from_timestamp(minute * 60, 0)),
        task_count: i32::try_from(kept.len()).unwrap_or(i32::MAX),
        created_by: project.manager_id.or(project.created_by),
        created_at: project.created_at,
        updated_at: project.created_at,
        version: 1,
    };
    let plan = stored::Model { id: model.id, tenant_id: maker.tenant, plan: json!(kept) };
    Some((model, plan))
}

fn kept(task: &task::Model) -> Option<Kept> {
    let start = task.start_on?;
    let due = task.due_on.unwrap_or(start).max(start);
    let sooner = (due - Days::new(SLIP)).max(start);
    Some(Kept {
        task: task.id,
        number: task.number,
        title: task.title.clone(),
        start: minute(start, HOURS.0),
        finish: minute(sooner, HOURS.1),
        duration: task.duration_minutes,
        estimate: task.estimate_minutes,
        start_on: Some(start),
        due_on: Some(sooner),
    })
}

/// An hour of a day, in minutes since 1970.
fn minute(day: NaiveDate, hour: u32) -> i64 {
    let at = day.and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default());
    at.and_utc().timestamp().div_euclid(60)
}
