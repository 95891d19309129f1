//! Levelling: nobody shall be needed at two places at once. The reckoning is the serial scheme of the crate `schedule`;
//! here people become resources, and what it decides becomes sentences.
//!
//! A person has their whole time, by the calendar of the task. A task needs of each of its assignees the share of their
//! time that its estimate leaves within its duration, or all of it without an estimate.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Result,
    ask::Ask,
    db::Db,
    id::{ProjectId, TaskId, UserId},
    scalar::Date,
    viewer::Viewer,
};
use schedule::{
    Instant, Work,
    calendar::{day_of, instant, last_day_of},
    level::{Demand, Levelled, Move, Resources},
};

use super::{
    analysis::{Analysis, Item},
    apply::{self, Reckoned},
    effort::{Turn, reckon_now},
    level_graphql::{ApplyLevellingPayload, Levelling},
    load::{Source, doers},
    moves::Placed,
    network::Node,
    reach::{Short, reckoned},
    read::PLAN_READ,
    token::{self, to_the_minute},
};
use crate::{
    clone::source::open,
    policy::{TASKS_READ, TASKS_WRITE},
    service::Projects,
    words::{PlanConstraint, Priority, Scheduling, TaskStatus},
};

/// The whole time of a person.
const WHOLE: u32 = 10_000;

/// A plan levelled.
pub(super) struct Outcome {
    pub(super) plan: Analysis,
    pub(super) levelled: Levelled,
    pub(super) people: Vec<UserId>,
    /// What gets other days, with what the engine says about it, which is nothing of tasks with parts.
    pub(super) moves: Vec<(Placed, Option<Move>)>,
    pub(super) token: String,
}

/// What would move so that nobody is needed at two places at once; nothing is changed.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT as for the schedule itself.
pub(crate) async fn preview(
    ask: &Ask,
    projects: &Projects,
    id: ProjectId,
    within_float: bool,
) -> Result<Levelling> {
    let viewer = &ask.viewer;
    viewer.require(TASKS_READ)?;
    let project = open(&ask.db, viewer, id, &PLAN_READ).await?;
    let as_of = to_the_minute(viewer.now);
    let source = Source::load(&ask.db, viewer, project, as_of).await?;
    let (names, language) = (names(&ask.db, viewer, projects, &source.doers).await?, viewer.language());
    let work = move |source| Ok(level(source, as_of, within_float)?.told(&names, language));
    reckoned(&ask.db, viewer, source, Turn::Next, work).await
}

/// Moves tasks so that nobody is needed at two places at once, as one act.
///
/// # Errors
/// As [`preview`]; CONFLICT for a project that is archived or over, and if the plan is not the one of the token any more.
pub(crate) async fn apply(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    id: ProjectId,
    within_float: bool,
    token: String,
) -> Result<ApplyLevellingPayload> {
    viewer.require(TASKS_WRITE)?;
    // Reason: the act holds a connection, and names are read over another one; once it is over nothing is to fail.
    let names = names(db, viewer, projects, &doers(db, viewer, id).await?).await?;
    let (project, outcome) = viewer
        .act(db, "projects.task.level", async |act| {
            let reckon = move |source, as_of| level(source, as_of, within_float);
            apply::apply(act, id, &token, &[], reckon).await
        })
        .await?;
    let language = viewer.language();
    let told = reckon_now(move || Ok(outcome.told(&names, language))).await?;
    Ok(ApplyLevellingPayload::new(project, told))
}

/// What those who do tasks of a plan are called, as far as the viewer may see them.
async fn names(
    db: &Db,
    viewer: &Viewer,
    projects: &Projects,
    doers: &HashMap<TaskId, Vec<UserId>>,
) -> Result<HashMap<UserId, String>> {
    let people: BTreeSet<UserId> = doers.values().flatten().copied().collect();
    match people.is_empty() {
        true => Ok(HashMap::new()),
        false => projects.readers.names(db, viewer, &people.into_iter().collect::<Vec<_>>()).await,
    }
}

impl Reckoned for Outcome {
    fn token(&self) -> &str {
        &self.token
    }

    fn plan(&self) -> &Analysis {
        &self.plan
    }

    fn placed(&self) -> Vec<Placed> {
        self.moves.iter().map(|(placed, _)| placed.clone()).collect()
    }
}

pub(super) fn level(source: Source, as_of: DateTime<Utc>, within_float: bool) -> Result<Outcome, Short> {
    let token = token::token(&source, as_of, &format!("level {within_float}"));
    let plan = Analysis::new(source, as_of, None)?.within()?;
    let (mut resources, people) = resources(&plan, within_float);
    let mut levelled = plan.laid.network.level(&resources);
    // Reason: the constraints of a plan that was levelled take the float of what they hold, which would go first now. A
    // plan that keeps its days if everybody goes on as it says is left alone.
    resources.ranks = as_planned(&plan);
    let kept = plan.laid.network.level(&resources);
    if kept.overload_count <= levelled.overload_count && placed(&plan, &kept).is_empty() {
        levelled = kept;
    }
    levelled.finish = levelled.finish.filter(|_| plan.span().is_some());
    plan.check_finish(levelled.finish)?;
    if let Some(last) = plan.beyond(levelled.finish) {
        return Err(Short::beyond(plan.source, last));
    }
    let moves = placed(&plan, &levelled);
    Ok(Outcome { moves, plan, levelled, people, token })
}

/// The order in which a plan says that everything is done, by activity: by its early start, then by the day on which it is
/// to be done.
fn as_planned(plan: &Analysis) -> Vec<i64> {
    let day = |place: usize| plan.source.tasks[place].due_on.unwrap_or(plan.days(Item::Task(place)).1);
    let key = |(activity, node): (usize, &Node)| {
        let place = if let Node::Task(place) = node { Some(*place) } else { None };
        (plan.schedule.dates[activity].early_start, place.map(day))
    };
    let keys: Vec<_> = plan.laid.nodes.iter().enumerate().map(key).collect();
    let order: BTreeSet<_> = keys.iter().copied().collect();
    let ranks: HashMap<_, i64> = order.into_iter().zip(0..).collect();
    keys.iter().map(|key| ranks[key]).collect()
}

/// Who is needed for what, and how much.
fn resources(plan: &Analysis, within_float: bool) -> (Resources, Vec<UserId>) {
    let (mut people, mut places) = (Vec::new(), HashMap::new());
    let mut resources = Resources { within_float, ..Resources::default() };
    for (activity, node) in plan.laid.nodes.iter().enumerate() {
        let Node::Task(place) = node else {
            resources.priorities.push(0);
            continue;
        };
        let task = &plan.source.tasks[*place];
        resources.priorities.push(match Priority::parse(&task.priority).unwrap_or_default() {
            Priority::Low => -1,
            Priority::Normal => 0,
            Priority::High => 1,
            Priority::Urgent => 2,
        });
        if task.state() == TaskStatus::Done {
            continue;
        }
        let (doers, whole) = (plan.source.doers(task.id), plan.laid.durations[*place].unwrap_or(1).max(1));
        let units = units(task.estimate_minutes, doers.len(), whole);
        for user in doers {
            let resource = *places.entry(*user).or_insert_with(|| {
                people.push(*user);
                people.len() - 1
            });
            resources.demands.push(Demand { activity, resource, units });
        }
    }
    resources.capacities = vec![WHOLE; people.len()];
    (resources, people)
}

/// The share of a person's time that a task needs.
fn units(estimate: Option<i64>, doers: usize, whole: Work) -> u32 {
    let Some(estimate) = estimate.filter(|estimate| *estimate > 0) else { return WHOLE };
    let all = i128::from(whole) * doers.max(1) as i128;
    let share = (i128::from(estimate) * i128::from(WHOLE) + all - 1) / all;
    u32::try_from(share).unwrap_or(WHOLE).clamp(1, WHOLE)
}

/// What gets other days: tasks that move, in the order in which that was decided, then those that consist of them. What
/// stays on the days that it is planned for is left out.
fn placed(plan: &Analysis, levelled: &Levelled) -> Vec<(Placed, Option<Move>)> {
    let held = held(plan, levelled);
    let mut wholes = BTreeSet::new();
    let mut moves = Vec::with_capacity(levelled.moves.len());
    for moved in &levelled.moves {
        let Node::Task(place) = plan.laid.nodes[moved.activity] else { continue };
        let (first, last) = days(plan, levelled.dates[moved.activity]);
        moves.extend(
            changed(plan, place, (first, last), held.contains(&place)).zip(Some(Some(moved.clone()))),
        );
        let mut part = place;
        while let Some(whole) = plan.source.tasks[part].parent_id.and_then(|id| plan.laid.places.get(&id))
            && wholes.insert(*whole)
        {
            part = *whole;
        }
    }
    let whole = |place| Some((changed(plan, place, days(plan, hull(plan, levelled, place)), false)?, None));
    moves.extend(wholes.into_iter().filter_map(whole));
    moves
}

/// The new days of a task; none if it is on them already, and for what somebody puts by hand.
fn changed(
    plan: &Analysis,
    place: usize,
    (first, last): (NaiveDate, NaiveDate),
    held: bool,
) -> Option<Placed> {
    let task = &plan.source.tasks[place];
    let begun = task.state() == TaskStatus::Doing && plan.laid.parts[place].is_empty();
    let start_on = if begun { task.start_on } else { Some(first) };
    // Reason: what began later than it was planned to ends no earlier than it begins.
    let due_on = Some(start_on.map_or(last, |start| last.max(start)));
    let mut after = task.plan();
    if held {
        (after.constraint, after.constraint_on) = (Some(PlanConstraint::NotEarlier), Some(Date::from(first)));
    }
    let moves = (start_on, due_on) != (task.start_on, task.due_on);
    let changes = after.scheduling == Scheduling::Automatic && (moves || after != task.plan());
    after.duration_minutes = after.duration_minutes.or(plan.laid.durations[place]);
    changes.then_some(Placed { place, start_on, due_on, plan: after })
}

/// The tasks that are held by a constraint on their new day, for links alone would let them start on an earlier one:
/// who is needed elsewhere is no link, nor is that something is done later on a day. What must start on a day follows
/// its links alone.
fn held(plan: &Analysis, levelled: &Levelled) -> HashSet<usize> {
    let moved: HashSet<usize> = levelled.moves.iter().map(|moved| moved.activity).collect();
    let (zone, mut held) = (plan.laid.calendars[0].1.zone, HashSet::new());
    plan.laid.network.hold(|activity, start| {
        let Node::Task(place) = plan.laid.nodes[activity] else { return None };
        let task = plan.source.tasks[place].plan();
        let (first, _) = days(plan, levelled.dates[activity]);
        let free =
            task.scheduling == Scheduling::Automatic && task.constraint != Some(PlanConstraint::MustStart);
        let holds = free && moved.contains(&activity) && day_of(zone, start) < first;
        (holds && held.insert(place)).then(|| instant(zone, first, 0))
    });
    held
}

/// When a task is done by a levelled plan: of a task with parts, from the first to the last of them.
pub(super) fn hull(plan: &Analysis, levelled: &Levelled, place: usize) -> (Instant, Instant) {
    let dates = plan.leaves(place).map(|leaf| levelled.dates[plan.laid.ends[leaf].0]);
    let hull = dates.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
    // Invariant: a task with parts has a part without parts, for no task is part of itself.
    hull.unwrap_or_else(|| levelled.dates[plan.laid.ends[place].0])
}

/// The day of the first minute of a time, and that of the last.
pub(super) fn days(plan: &Analysis, (start, finish): (Instant, Instant)) -> (NaiveDate, NaiveDate) {
    let zone = plan.laid.calendars[0].1.zone;
    let first = day_of(zone, start);
    (first, last_day_of(zone, finish).max(first))
}

#[cfg(test)]
#[path = "level_tests.rs"]
mod tests;
