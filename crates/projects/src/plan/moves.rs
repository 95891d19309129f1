//! What moves when a plan is applied: new days of tasks, by how much, and why.

use async_graphql::{Enum, SimpleObject};
use chrono::NaiveDate;
use kernel::{
    Result, Text,
    act::Act,
    id::{DependencyId, TaskId, TypedId},
    locale::Language,
    policy::Guarded,
    scalar::Date,
};
use schedule::calendar::instant;
use sea_orm::{ColumnTrait, QueryFilter};

use super::{
    analysis::{Analysis, Cause, Item, label},
    fields::TaskPlan,
    graphql::PlanItem,
    read::plan_item,
};
use crate::{
    task::entity::{Column, Entity, Model},
    words::{Scheduling, TaskStatus},
    workdays,
};

/// Why a task moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum MoveReason {
    /// Nothing holds it before that: the start of the project, or today.
    Project,
    /// Its constraint, or the day it was put on.
    Constraint,
    /// It waits for something else by a dependency.
    Link,
    /// Its parts move.
    Parts,
    /// It has begun, and this is when what is left of it is done.
    Progress,
    /// A person who does it is needed elsewhere until then.
    Busy,
}

/// A task that moves.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct TaskMove {
    /// Id of the task.
    pub task_id: TaskId,
    /// Its number in the project.
    pub number: i64,
    /// What is to be done, in a line.
    pub title: String,
    /// When work on it was to begin.
    pub from_start_on: Option<Date>,
    /// When it was to be done.
    pub from_due_on: Option<Date>,
    /// When work on it is to begin now.
    pub to_start_on: Option<Date>,
    /// When it is to be done now.
    pub to_due_on: Option<Date>,
    /// By how many working days of its calendar it begins later; negative for earlier. Null without a day before.
    pub start_by_days: Option<i32>,
    /// By how many working days of its calendar it is done later; negative for earlier. Null without a day before.
    pub due_by_days: Option<i32>,
    /// By how many working minutes of its calendar it begins later than at the beginning of the day it was to begin on.
    pub start_by_minutes: Option<i64>,
    /// What makes it move.
    pub reason: MoveReason,
    /// The dependency that does, if one does.
    pub dependency_id: Option<DependencyId>,
    /// What it waits for by that.
    pub driven_by: Option<PlanItem>,
    /// The reason in a sentence, in the language of the request.
    pub message: String,
}

/// New days of a task, and how it is scheduled with them.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    /// Its place in the source.
    pub(crate) place: usize,
    pub(crate) start_on: Option<NaiveDate>,
    pub(crate) due_on: Option<NaiveDate>,
    pub(crate) plan: TaskPlan,
}

const PROJECT: Text =
    Text::new("nothing_before", "Nothing holds it before that.", "Rien ne le retient avant cette date.");
const CONSTRAINT: Text = Text::new(
    "by_constraint",
    "Its constraint, or the day it was put on, says so.",
    "Sa contrainte ou le jour choisi le veut.",
);
const LINK: Text = Text::new("waits_for", "It waits for {item}.", "Il attend {item}.");
const PARTS: Text = Text::new("its_parts", "Its parts move.", "Ses parties se déplacent.");
const PROGRESS: Text = Text::new(
    "what_is_left",
    "It has begun, and what is left of it takes until then.",
    "Il a commencé, et le reste dure jusque-là.",
);

/// Where tasks go that are scheduled automatically, beside those that somebody puts elsewhere (`put`, by place): what is
/// done never moves, nor what was put somewhere by hand. `before` is the plan without what somebody wants; tasks keep the
/// durations that they were placed with.
pub(crate) fn placed(before: &Analysis, plan: &Analysis, put: &[usize]) -> Vec<Placed> {
    let placed = (0..plan.source.tasks.len()).filter_map(|place| {
        let (task, was) = (&plan.source.tasks[place], &before.source.tasks[place]);
        let manual = task.plan().scheduling == Scheduling::Manual;
        let asked = put.contains(&place);
        if plan.is_done(place) || manual && !asked {
            return None;
        }
        let (first, last) = plan.days(Item::Task(place));
        let begun = task.state() == TaskStatus::Doing && plan.laid.parts[place].is_empty();
        let start_on = if begun || manual { task.start_on } else { Some(first) };
        // Reason: what began later than it was planned to ends no earlier than it begins.
        let due_on = Some(start_on.map_or(last, |start| last.max(start)));
        let mut after = task.plan();
        let moves = (start_on, due_on) != (was.start_on, was.due_on);
        if moves && after.duration_minutes.is_none() {
            // Reason: its days say no more how long it takes once they follow from that.
            after.duration_minutes = plan.laid.durations[place];
        }
        let changes = moves || after != was.plan();
        changes.then_some(Placed { place, start_on, due_on, plan: after })
    });
    placed.collect()
}

/// A task that moves, as it is told.
pub(crate) fn told(
    before: &Analysis,
    plan: &Analysis,
    placed: &Placed,
    reason: Option<(MoveReason, String)>,
    language: Language,
) -> TaskMove {
    let (task, was) = (&plan.source.tasks[placed.place], &before.source.tasks[placed.place]);
    let (why, dependency_id, driven_by, message) = cause(plan, placed.place, language);
    let (why, message) = reason.unwrap_or((why, message));
    let pattern = &plan.laid.calendars[plan.laid.by_calendar[placed.place]].1;
    let works = |day: NaiveDate| pattern.hours(day).minutes() > 0;
    let days = |from: Option<NaiveDate>, to: Option<NaiveDate>| workdays::offset(from?, to?, works);
    let calendar = plan.laid.network.calendar(plan.laid.by_calendar[placed.place]);
    let start_by_minutes = was.start_on.zip(calendar).map(|(day, calendar)| {
        calendar.between(instant(pattern.zone, day, 0), plan.dates(Item::Task(placed.place)).early_start)
    });
    TaskMove {
        task_id: task.id,
        number: task.number,
        title: task.title.clone(),
        from_start_on: was.start_on.map(Into::into),
        from_due_on: was.due_on.map(Into::into),
        to_start_on: placed.start_on.map(Into::into),
        to_due_on: placed.due_on.map(Into::into),
        start_by_days: days(was.start_on, placed.start_on),
        due_by_days: days(was.due_on, placed.due_on),
        start_by_minutes,
        reason: why,
        dependency_id,
        driven_by,
        message,
    }
}

type Why = (MoveReason, Option<DependencyId>, Option<PlanItem>, String);

fn cause(plan: &Analysis, place: usize, language: Language) -> Why {
    let said = |reason, text: Text| (reason, None, None, kernel::error::Said::from(text).render(language));
    if !plan.laid.parts[place].is_empty() {
        return said(MoveReason::Parts, PARTS);
    }
    if plan.source.tasks[place].state() == TaskStatus::Doing {
        return said(MoveReason::Progress, PROGRESS);
    }
    let dates = plan.dates(Item::Task(place));
    match plan.cause(dates.driver) {
        Cause::Constraint => said(MoveReason::Constraint, CONSTRAINT),
        Cause::Link(link) => {
            let row = &plan.source.links[link];
            let before = plan.before(link);
            let name = before.map_or_else(String::new, |item| label(&plan.source, item));
            let message = LINK.with("item", name).render(language);
            (MoveReason::Link, Some(row.id), before.map(|item| plan_item(plan, item)), message)
        }
        Cause::Project | Cause::Actual | Cause::Work(_) => said(MoveReason::Project, PROJECT),
    }
}

/// Writes new days of tasks, as one round.
pub(crate) async fn write(act: &mut Act, plan: &Analysis, placed: &[Placed]) -> Result<Vec<Model>> {
    let ids = placed.iter().map(|one| plan.source.tasks[one.place].id.uuid());
    let rows = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::Id.is_in(ids));
    let mut rows: std::collections::HashMap<TaskId, Model> =
        rows.all(act.conn()).await?.into_iter().map(|row| (row.id, row)).collect();
    let pairs = placed.iter().filter_map(|one| {
        let before = rows.remove(&plan.source.tasks[one.place].id)?;
        let mut after = Model { start_on: one.start_on, due_on: one.due_on, ..before.clone() };
        one.plan.put(&mut after);
        Some((before, after))
    });
    act.update_pairs(pairs.collect()).await
}
