//! How far the plan of a project has slipped from a baseline.

use std::collections::HashSet;

use async_graphql::{Enum, SimpleObject};
use chrono::NaiveDate;
use chrono_tz::Tz;
use kernel::{
    Result,
    ask::Ask,
    graph::Graph,
    id::{BaselineId, TaskId},
    policy::Guarded,
    scalar::DateTime,
};
use schedule::{
    Calendar, Instant, Pattern,
    calendar::{day_of, last_day_of},
};

use super::{
    entity::{Entity, Model},
    graphql::Baseline,
    stored::{self, Kept},
};
use crate::{
    clone::source::open,
    plan::{
        analysis::{Analysis, Item},
        effort::Turn,
        load::Source,
        reach::reckoned,
        read::PLAN_READ,
        say,
    },
    policy::INTERNAL_READ,
    workdays,
};

/// How the plan of a project differs from a baseline.
#[derive(SimpleObject)]
pub struct BaselineComparison {
    /// The baseline.
    pub baseline: Graph<Baseline>,
    /// The instant that the plan was reckoned as of.
    pub as_of: DateTime,
    /// When the project was finished by the baseline.
    pub finish_then: Option<DateTime>,
    /// When it is finished now.
    pub finish_now: Option<DateTime>,
    /// By how many working minutes of the agency the project is finished later: working time from the finish then to the
    /// finish now. Negative for earlier; null if one of them is not there.
    pub finish_slip_minutes: Option<i64>,
    /// The same in working days of the agency.
    pub finish_slip_days: Option<i32>,
    /// How many tasks are finished later than by the baseline.
    pub later_count: i32,
    /// How many are finished earlier.
    pub earlier_count: i32,
    /// How many came since.
    pub added_count: i32,
    /// How many are gone or put away since.
    pub removed_count: i32,
    /// Each task of the baseline or the plan: those of the plan in the order of the board, then those that are gone.
    pub slips: Vec<TaskSlip>,
}

/// How a task differs from a baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum SlipKind {
    /// It is finished when the baseline said.
    Kept,
    /// It is finished later.
    Later,
    /// It is finished earlier.
    Earlier,
    /// It is not in the baseline.
    Added,
    /// It is not in the plan any more.
    Removed,
}

/// By how much a task slipped.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct TaskSlip {
    /// Id of the task.
    pub task_id: TaskId,
    /// Its number in the project.
    pub number: i64,
    /// What is to be done, in a line.
    pub title: String,
    /// How it differs.
    pub kind: SlipKind,
    /// When it started by the baseline.
    pub start_then: Option<DateTime>,
    /// When it was finished by the baseline.
    pub finish_then: Option<DateTime>,
    /// When it starts now.
    pub start_now: Option<DateTime>,
    /// When it is finished now.
    pub finish_now: Option<DateTime>,
    /// By how many working minutes of its calendar it starts later; negative for earlier.
    pub start_slip_minutes: Option<i64>,
    /// By how many working minutes of its calendar it is finished later; negative for earlier.
    pub finish_slip_minutes: Option<i64>,
    /// By how many working days of its calendar it starts later; negative for earlier.
    pub start_slip_days: Option<i32>,
    /// By how many working days of its calendar it is finished later; negative for earlier.
    pub finish_slip_days: Option<i32>,
    /// How much longer it takes now, in working minutes; negative for shorter.
    pub duration_change_minutes: Option<i64>,
    /// How much more it is thought to take now, in minutes; negative for less.
    pub estimate_change_minutes: Option<i64>,
}

/// Holds the plan of a project against a baseline.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT as for the schedule itself.
pub async fn compare(ask: &Ask, id: BaselineId) -> Result<BaselineComparison> {
    let viewer = &ask.viewer;
    viewer.require(INTERNAL_READ)?;
    let baseline = Entity::fetch(&ask.db, viewer, INTERNAL_READ, id).await?;
    let project = open(&ask.db, viewer, baseline.project_id, &PLAN_READ).await?;
    let kept = stored::read(&ask.db, viewer.tenant_id(), id).await?;
    let then = then(&baseline, &kept, viewer.tenant.time_zone);
    let source = Source::load_around(&ask.db, viewer, project, viewer.now, &then).await?;
    let as_of = viewer.now;
    let work = move |source| {
        let plan = Analysis::new(source, as_of, None)?.within()?;
        Ok(compared(baseline.clone(), &kept, &plan, as_of))
    };
    reckoned(&ask.db, viewer, source, Turn::Next, work).await
}

/// The first and the last day of what a baseline says: slips are counted from there.
fn then(baseline: &Model, kept: &[Kept], zone: Tz) -> Vec<NaiveDate> {
    let finish = baseline.finish_at.map(|at| at.timestamp().div_euclid(60));
    let first = kept.iter().map(|one| one.start).chain(finish).min();
    let last = kept.iter().map(|one| one.finish).chain(finish).max();
    first.into_iter().chain(last).map(|at| day_of(zone, at)).collect()
}

/// The axis on which slips are counted.
struct Axis<'a> {
    pattern: &'a Pattern,
    calendar: Option<&'a Calendar>,
}

impl Axis<'_> {
    fn minutes(&self, from: Instant, to: Instant) -> Option<i64> {
        self.calendar.map(|calendar| calendar.between(from, to))
    }

    fn days(&self, from: NaiveDate, to: NaiveDate) -> Option<i32> {
        workdays::offset(from, to, |day| self.pattern.hours(day).minutes() > 0)
    }
}

fn compared(
    baseline: Model,
    kept: &[Kept],
    plan: &Analysis,
    as_of: chrono::DateTime<chrono::Utc>,
) -> BaselineComparison {
    let known = stored::by_task(kept);
    let here: HashSet<TaskId> = plan.source.tasks.iter().map(|task| task.id).collect();
    let there = (0..plan.source.tasks.len()).map(|place| {
        let then = known.get(&plan.source.tasks[place].id).copied();
        slip(plan, place, then)
    });
    let gone = kept.iter().filter(|one| !here.contains(&one.task)).map(removed);
    let slips: Vec<TaskSlip> = there.chain(gone).collect();
    let count =
        |kind| i32::try_from(slips.iter().filter(|slip| slip.kind == kind).count()).unwrap_or(i32::MAX);
    let axis = axis(plan, 0);
    let then = baseline.finish_at.map(|at| at.timestamp().div_euclid(60));
    let now = plan.span().map(|span| span.1);
    let zone = axis.pattern.zone;
    let both = then.zip(now);
    BaselineComparison {
        as_of: as_of.into(),
        finish_then: baseline.finish_at.map(Into::into),
        finish_now: now.map(say::time),
        finish_slip_minutes: both.and_then(|(then, now)| axis.minutes(then, now)),
        finish_slip_days: both
            .and_then(|(then, now)| axis.days(last_day_of(zone, then), last_day_of(zone, now))),
        later_count: count(SlipKind::Later),
        earlier_count: count(SlipKind::Earlier),
        added_count: count(SlipKind::Added),
        removed_count: count(SlipKind::Removed),
        slips,
        baseline: Graph(baseline.into()),
    }
}

fn axis(plan: &Analysis, calendar: usize) -> Axis<'_> {
    Axis { pattern: &plan.laid.calendars[calendar].1, calendar: plan.laid.network.calendar(calendar) }
}

fn slip(plan: &Analysis, place: usize, then: Option<&Kept>) -> TaskSlip {
    let (task, now) = (&plan.source.tasks[place], plan.dates(Item::Task(place)));
    let axis = axis(plan, plan.laid.by_calendar[place]);
    let zone = axis.pattern.zone;
    let start = |one: &Kept| (day_of(zone, one.start), day_of(zone, now.early_start));
    let finish = |one: &Kept| (last_day_of(zone, one.finish), last_day_of(zone, now.early_finish));
    let kind = match then {
        None => SlipKind::Added,
        Some(then) if now.early_finish > then.finish => SlipKind::Later,
        Some(then) if now.early_finish < then.finish => SlipKind::Earlier,
        Some(_) => SlipKind::Kept,
    };
    let differs = |now: Option<i64>, then: Option<i64>| Some(now? - then?);
    TaskSlip {
        task_id: task.id,
        number: task.number,
        title: task.title.clone(),
        kind,
        start_then: then.map(|one| say::time(one.start)),
        finish_then: then.map(|one| say::time(one.finish)),
        start_now: Some(say::time(now.early_start)),
        finish_now: Some(say::time(now.early_finish)),
        start_slip_minutes: then.and_then(|one| axis.minutes(one.start, now.early_start)),
        finish_slip_minutes: then.and_then(|one| axis.minutes(one.finish, now.early_finish)),
        start_slip_days: then.map(start).and_then(|(then, now)| axis.days(then, now)),
        finish_slip_days: then.map(finish).and_then(|(then, now)| axis.days(then, now)),
        duration_change_minutes: then.and_then(|one| differs(plan.laid.durations[place], one.duration)),
        estimate_change_minutes: then.and_then(|one| differs(task.estimate_minutes, one.estimate)),
    }
}

fn removed(then: &Kept) -> TaskSlip {
    TaskSlip {
        task_id: then.task,
        number: then.number,
        title: then.title.clone(),
        kind: SlipKind::Removed,
        start_then: Some(say::time(then.start)),
        finish_then: Some(say::time(then.finish)),
        start_now: None,
        finish_now: None,
        start_slip_minutes: None,
        finish_slip_minutes: None,
        start_slip_days: None,
        finish_slip_days: None,
        duration_change_minutes: None,
        estimate_change_minutes: None,
    }
}
