//! Reading the schedule of a project, as far as the viewer may see it.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use kernel::{
    Error, Result,
    ask::Ask,
    graph::Graph,
    id::{BaselineId, MilestoneId, ProjectId, TaskId, TypedId, UserId},
    locale::Language,
    policy::Guarded,
    viewer::Viewer,
};
use schedule::{Hours, Pattern, calendar::day_of};

use super::{
    analysis::{Analysis, Cause, Conflict, Item, Wished},
    baseline::{self, stored, stored::Kept},
    effort::Turn,
    graphql::{
        BaselineDates, PlanItem, ProjectSchedule, ScheduleBar, ScheduleCalendar, ScheduleConflict,
        ScheduleDay, ScheduleDriver, ScheduleException, ScheduleMark, ScheduleWish, ScheduledDates,
    },
    load::Source,
    reach::reckoned,
    say,
    whose::Whose,
};
use crate::{
    clone::source::open,
    gantt::{self, GanttBar, GanttLink, GanttMark},
    policy::{
        INTERNAL_READ, MILESTONES_READ, PROJECTS_READ, TASKS_READ,
        people::{PEOPLE_READ, may_of},
    },
    project::entity as project,
    words::{DependencyKind, MilestoneStatus},
};

/// What reading a plan needs on its project.
pub(crate) const PLAN_READ: [kernel::viewer::Permission; 4] =
    [PROJECTS_READ, TASKS_READ, MILESTONES_READ, INTERNAL_READ];

/// The schedule of a project.
///
/// # Errors
/// NOT_FOUND, also for a baseline of another project, FORBIDDEN without the permission to read tasks, CONFLICT for too large
/// a project or one that waits for itself.
pub async fn schedule(
    ask: &Ask,
    id: ProjectId,
    wanted: Option<Option<BaselineId>>,
) -> Result<ProjectSchedule> {
    let viewer = &ask.viewer;
    viewer.require(TASKS_READ)?;
    if viewer.is_client() || !viewer.holds(INTERNAL_READ) || !viewer.holds(MILESTONES_READ) {
        return planned(ask, id).await;
    }
    let project = match open(&ask.db, viewer, id, &PLAN_READ).await {
        Err(Error::Forbidden(_)) => {
            // Reason: who may read more elsewhere sees as much here as who may read it nowhere.
            open(&ask.db, viewer, id, &[PROJECTS_READ, TASKS_READ]).await?;
            return planned(ask, id).await;
        }
        opened => opened?,
    };
    let base = match wanted {
        Some(which) => base(ask, id, which).await?,
        None => None,
    };
    let source = Source::load(&ask.db, viewer, project, viewer.now).await?;
    let as_of = viewer.now;
    let owned = viewer.clone();
    let work = move |source| Ok(shown(Analysis::new(source, as_of, None)?.within()?, base.as_ref(), &owned));
    reckoned(&ask.db, viewer, source, Turn::Next, work).await
}

/// What a baseline says about tasks.
type Base = (BaselineId, Vec<Kept>);

/// What the baseline with this id, or the newest one, of a project says; in two statements.
async fn base(ask: &Ask, project: ProjectId, which: Option<BaselineId>) -> Result<Option<Base>> {
    let (viewer, db) = (&ask.viewer, &ask.db);
    let id = match which {
        Some(id) => {
            let row = baseline::entity::Entity::fetch(db, viewer, INTERNAL_READ, id).await?;
            let own = Some(row).filter(|row| row.project_id == project);
            Some(own.ok_or_else(|| Error::not_found(BaselineId::TYPE, id))?.id)
        }
        None => baseline::newest(db, viewer, &[project]).await?.remove(&project),
    };
    let Some(id) = id else { return Ok(None) };
    Ok(Some((id, stored::read(db, viewer.tenant_id(), id).await?)))
}

/// Tasks and milestones as they are planned, for who may not see what follows from that.
async fn planned(ask: &Ask, id: ProjectId) -> Result<ProjectSchedule> {
    let viewer = &ask.viewer;
    let project = project::Entity::fetch(&ask.db, viewer, PROJECTS_READ, id).await?;
    let bars = gantt::bars(ask, id).await?;
    let marks = if viewer.holds(MILESTONES_READ) { gantt::marks(ask, &project).await? } else { Vec::new() };
    let there: HashSet<TaskId> = bars.iter().map(|bar| bar.id).collect();
    let seen: HashSet<MilestoneId> = marks.iter().map(|mark| mark.id).collect();
    let parents: HashSet<TaskId> = bars.iter().filter_map(|bar| bar.parent_id).collect();
    let bar =
        |GanttBar { id, number, title, status, start_on, due_on, parent_id, milestone_id }| ScheduleBar {
            id,
            number,
            title,
            status,
            parent_id: parent_id.filter(|parent| there.contains(parent)),
            milestone_id: milestone_id.filter(|milestone| seen.contains(milestone)),
            start_on,
            due_on,
            plan: None,
            duration_minutes: None,
            calendar_user_id: None,
            has_parts: parents.contains(&id),
            dates: None,
            baseline: None,
        };
    let mark = |GanttMark { id, name, due_on, status, percentage, overdue: _ }| ScheduleMark {
        id,
        name,
        status,
        percentage,
        due_on,
        dates: None,
    };
    Ok(ProjectSchedule {
        project: Graph(project.into()),
        as_of: viewer.now.into(),
        baseline_id: None,
        start: None,
        finish: None,
        critical_path: Vec::new(),
        bars: bars.into_iter().map(bar).collect(),
        marks: marks.into_iter().map(mark).collect(),
        links: Vec::new(),
        calendars: Vec::new(),
        conflicts: Vec::new(),
        conflict_count: 0,
    })
}

/// A schedule with everything that follows.
fn shown(plan: Analysis, base: Option<&Base>, viewer: &Viewer) -> ProjectSchedule {
    let span = plan.span();
    let kept = base.map(|(_, kept)| stored::by_task(kept)).unwrap_or_default();
    let bars = (0..plan.source.tasks.len()).map(|place| bar(&plan, place, &kept)).collect();
    let marks = (0..plan.source.milestones.len()).map(|place| mark(&plan, place)).collect();
    let critical_path = plan.critical_path().into_iter().map(|item| plan_item(&plan, item)).collect();
    let (conflicts, conflict_count) = conflicts(&plan, viewer.language());
    ProjectSchedule {
        as_of: viewer.now.into(),
        baseline_id: base.map(|(id, _)| *id),
        start: span.map(|span| say::time(span.0)),
        finish: span.map(|span| say::time(span.1)),
        critical_path,
        bars,
        marks,
        links: plan.source.links.iter().map(link).collect(),
        calendars: calendars(&plan, viewer),
        conflicts,
        conflict_count,
        project: Graph(plan.source.project.into()),
    }
}

fn bar(plan: &Analysis, place: usize, kept: &HashMap<TaskId, &Kept>) -> ScheduleBar {
    let task = &plan.source.tasks[place];
    let said = |kept: &&Kept| BaselineDates { start: say::time(kept.start), finish: say::time(kept.finish) };
    ScheduleBar {
        id: task.id,
        number: task.number,
        title: task.title.clone(),
        status: task.state(),
        parent_id: task.parent_id.filter(|parent| plan.laid.places.contains_key(parent)),
        milestone_id: task.milestone_id,
        start_on: task.start_on.map(Into::into),
        due_on: task.due_on.map(Into::into),
        plan: Some(task.plan()),
        duration_minutes: plan.laid.durations[place],
        calendar_user_id: match plan.laid.calendars[plan.laid.by_calendar[place]].0 {
            Whose::Person(user) => Some(user),
            Whose::Agency | Whose::Several => None,
        },
        has_parts: !plan.laid.parts[place].is_empty(),
        dates: Some(dates(plan, Item::Task(place))),
        baseline: kept.get(&task.id).map(said),
    }
}

fn mark(plan: &Analysis, place: usize) -> ScheduleMark {
    let row = &plan.source.milestones[place];
    let status = MilestoneStatus::parse(&row.status).unwrap_or_default();
    ScheduleMark {
        id: row.id,
        name: row.name.clone(),
        status,
        percentage: row.percentage,
        due_on: row.due_on.map(Into::into),
        dates: (status != MilestoneStatus::Waived).then(|| dates(plan, Item::Milestone(place))),
    }
}

/// The dates of a task or milestone.
fn dates(plan: &Analysis, item: Item) -> ScheduledDates {
    let dates = plan.dates(item);
    let (driver, dependency, driven_by) = match plan.cause(dates.driver) {
        Cause::Project => (ScheduleDriver::Project, None, None),
        Cause::Constraint => (ScheduleDriver::Constraint, None, None),
        Cause::Actual => (ScheduleDriver::Actual, None, None),
        Cause::Work(item) => (ScheduleDriver::Work, None, Some(plan_item(plan, item))),
        Cause::Link(link) => {
            let row = &plan.source.links[link];
            let before = PlanItem { task_id: row.pred_task_id, milestone_id: row.pred_milestone_id };
            (ScheduleDriver::Link, Some(row.id), Some(before))
        }
    };
    ScheduledDates {
        early_start: say::time(dates.early_start),
        early_finish: say::time(dates.early_finish),
        late_start: say::time(dates.late_start),
        late_finish: say::time(dates.late_finish),
        total_float_minutes: dates.total_float,
        free_float_minutes: dates.free_float,
        critical: dates.critical,
        driver,
        driver_dependency_id: dependency,
        driven_by,
    }
}

/// A task or milestone by its id.
pub(crate) fn plan_item(plan: &Analysis, item: Item) -> PlanItem {
    match item {
        Item::Task(place) => PlanItem { task_id: Some(plan.source.tasks[place].id), milestone_id: None },
        Item::Milestone(place) => {
            PlanItem { task_id: None, milestone_id: Some(plan.source.milestones[place].id) }
        }
    }
}

fn link(row: &crate::link::entity::Model) -> GanttLink {
    GanttLink {
        id: row.id,
        kind: DependencyKind::parse(&row.kind).unwrap_or_default(),
        lag_minutes: row.lag_minutes,
        predecessor_task_id: row.pred_task_id,
        predecessor_milestone_id: row.pred_milestone_id,
        successor_task_id: row.succ_task_id,
        successor_milestone_id: row.succ_milestone_id,
    }
}

/// The wishes that cannot be kept, as far as they are told, and how many there are.
pub(crate) fn conflicts(plan: &Analysis, language: Language) -> (Vec<ScheduleConflict>, i32) {
    let (conflicts, count) = plan.conflicts();
    (conflicts.iter().map(|conflict| told(plan, conflict, language)).collect(), number(count))
}

/// A number of things in the graph.
pub(crate) fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn told(plan: &Analysis, conflict: &Conflict, language: Language) -> ScheduleConflict {
    let zone = plan.laid.calendars[0].1.zone;
    let dependency = |place: usize| Some(plan.source.links[place].id);
    let (wish, wished_on, dependency_id) = match conflict.wish {
        Wished::MustStart(at) | Wished::Begun(at) => (ScheduleWish::MustStart, Some(day_of(zone, at)), None),
        Wished::Deadline(at) => (ScheduleWish::Deadline, Some(day_of(zone, at - 1)), None),
        Wished::Link(place) => (ScheduleWish::Link, None, dependency(place)),
        Wished::Loop(place) => (ScheduleWish::Loop, None, dependency(place)),
    };
    ScheduleConflict {
        item: plan_item(plan, conflict.item),
        wish,
        wished_on: wished_on.map(Into::into),
        dependency_id,
        by_minutes: conflict.by,
        path: conflict.path.iter().map(|item| plan_item(plan, *item)).collect(),
        path_count: number(conflict.path.len() + conflict.more),
        message: say::conflict(plan, conflict, language),
    }
}

/// The calendars of a plan that the viewer may see: when somebody is away is in theirs.
fn calendars(plan: &Analysis, viewer: &Viewer) -> Vec<ScheduleCalendar> {
    let zone = plan.laid.calendars[0].1.zone;
    let days = plan.span().map(|span| (day_of(zone, span.0), day_of(zone, span.1)));
    let told = plan.laid.calendars.iter().filter_map(|(whose, pattern)| match whose {
        Whose::Agency => Some(calendar(None, pattern, days)),
        Whose::Person(user) if may_of(viewer, PEOPLE_READ, *user) => {
            Some(calendar(Some(*user), pattern, days))
        }
        Whose::Person(_) => None,
        // Reason: it follows from those of the agency and of its people.
        Whose::Several => None,
    });
    told.collect()
}

fn calendar(
    user: Option<UserId>,
    pattern: &Pattern,
    days: Option<(NaiveDate, NaiveDate)>,
) -> ScheduleCalendar {
    let exceptions = days.map(|(first, last)| pattern.days.range(first..=last)).into_iter().flatten();
    ScheduleCalendar {
        user_id: user,
        time_zone: pattern.zone.name().to_owned(),
        week: pattern
            .week
            .iter()
            .map(|hours| ScheduleDay { minutes: hours.minutes(), hours: told_hours(hours) })
            .collect(),
        exceptions: exceptions
            .map(|(on, hours)| ScheduleException {
                on: (*on).into(),
                minutes: hours.minutes(),
                hours: told_hours(hours),
            })
            .collect(),
    }
}

/// Hours as people write them.
fn told_hours(hours: &Hours) -> Vec<String> {
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    hours.intervals().iter().map(|(from, to)| format!("{}–{}", clock(*from), clock(*to))).collect()
}
