//! Levelling: nobody shall be needed at two places at once. The reckoning is the serial scheme of the crate `schedule`;
//! here people become resources, and what it decides becomes sentences.
//!
//! A person has their whole time, by the calendar of the task. A task needs of each of its assignees the share of their
//! time that its estimate leaves within its duration, or all of it without an estimate.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Result, Text,
    ask::Ask,
    db::Db,
    id::{ProjectId, UserId},
    locale::Language,
    scalar::Date,
    viewer::Viewer,
};
use schedule::{
    Instant, Progress, Work,
    calendar::{day_of, last_day_of},
    level::{Cause, Demand, Levelled, Move, Resources, Rule},
};

use super::{
    analysis::{Analysis, Item, label},
    apply::{self, Reckoned},
    effort::Turn,
    level_graphql::{
        ApplyLevellingPayload, Levelling, LevellingMove, LevellingOverload, LevellingRival, LevellingRule,
    },
    load::Source,
    moves::{self, MoveReason, Placed},
    network::Node,
    reach::{Short, reckoned},
    read::{PLAN_READ, plan_item},
    say,
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

const BUSY: Text = Text::new(
    "person_busy",
    "{person} is needed until then for {others}.",
    "{person} est pris jusque-là par {others}.",
);
const FOLLOWS: Text =
    Text::new("follows_moved", "It waits for {item}, which moves.", "Il attend {item}, qui se déplace.");
const OVERLOAD: Text = Text::new(
    "overload_left",
    "{person} is needed for {item} and elsewhere at once from {from} to {to}, and neither can move.",
    "{person} est nécessaire pour {item} et ailleurs en même temps du {from} au {to}, et rien ne peut bouger.",
);
const SOMEBODY: Text = Text::new("somebody", "Somebody", "Quelqu'un");

const RULES: [(Rule, LevellingRule, Text); 6] = [
    (
        Rule::Fixed,
        LevellingRule::Fixed,
        Text::new("went_fixed", "it has begun or stays where it is", "il a commencé ou reste en place"),
    ),
    (
        Rule::Ready,
        LevellingRule::Ready,
        Text::new("went_ready", "it was free to start sooner", "il pouvait commencer plus tôt"),
    ),
    (Rule::Float, LevellingRule::Float, Text::new("went_float", "it has less float", "il a moins de marge")),
    (
        Rule::Priority,
        LevellingRule::Priority,
        Text::new("went_priority", "it has a higher priority", "sa priorité est plus haute"),
    ),
    (
        Rule::Start,
        LevellingRule::Start,
        Text::new("went_start", "it can start earlier", "il peut commencer plus tôt"),
    ),
    (
        Rule::Order,
        LevellingRule::Order,
        Text::new("went_order", "it comes first on the board", "il vient d'abord sur le tableau"),
    ),
];

/// A plan levelled.
struct Outcome {
    plan: Analysis,
    levelled: Levelled,
    people: Vec<UserId>,
    /// What moves by whole days, with what the engine says about it.
    moves: Vec<(Placed, Move)>,
    token: String,
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
    let work = move |source| level(source, as_of, within_float);
    let outcome = reckoned(&ask.db, viewer, source, Turn::Next, work).await?;
    let names = names(&ask.db, viewer, projects, &outcome).await?;
    Ok(outcome.told(&names, viewer.language()))
}

/// Moves tasks so that nobody is needed at two places at once, as one act.
///
/// # Errors
/// As [`preview`]; CONFLICT for a project that is archived or over, and if the plan is not the one of the token any more.
pub(crate) async fn apply(
    viewer: &Viewer,
    db: &Db,
    id: ProjectId,
    within_float: bool,
    token: String,
) -> Result<ApplyLevellingPayload> {
    viewer.require(TASKS_WRITE)?;
    viewer
        .act(db, "projects.task.level", async |act| {
            let reckon = move |source, as_of| level(source, as_of, within_float);
            let (project, outcome) = apply::apply(act, id, &token, &[], reckon).await?;
            let language = viewer.language();
            let told = outcome.told(&HashMap::new(), language);
            let moves = told.moves.into_iter().map(|one| one.task).collect();
            Ok(ApplyLevellingPayload::new(project, moves, outcome.levelled.finish))
        })
        .await
}

/// What people in the way are called, as far as the viewer may see them.
async fn names(
    db: &Db,
    viewer: &Viewer,
    projects: &Projects,
    outcome: &Outcome,
) -> Result<HashMap<UserId, String>> {
    let busy = outcome.moves.iter().filter_map(|(_, moved)| match &moved.cause {
        Cause::Busy { resource, .. } => Some(*resource),
        Cause::Follows(_) => None,
    });
    let busy = busy.chain(outcome.levelled.overloads.iter().map(|one| one.resource));
    let people: BTreeSet<usize> = busy.collect();
    let people: Vec<UserId> = people.into_iter().map(|place| outcome.people[place]).collect();
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    projects.readers.names(db, viewer, &people).await
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

fn level(source: Source, as_of: DateTime<Utc>, within_float: bool) -> Result<Outcome, Short> {
    let token = token::token(&source, as_of, &format!("level {within_float}"));
    let plan = Analysis::new(source, as_of, None)?.within()?;
    let (resources, people) = resources(&plan, within_float);
    let mut levelled = plan.laid.network.level(&resources);
    levelled.finish = levelled.finish.filter(|_| plan.span().is_some());
    plan.check_finish(levelled.finish)?;
    if let Some(last) = plan.beyond(levelled.finish) {
        return Err(Short::beyond(plan.source, last));
    }
    let moves =
        levelled.moves.iter().filter_map(|moved| Some((placed(&plan, &levelled, moved)?, moved.clone())));
    let moves = moves.collect();
    Ok(Outcome { moves, plan, levelled, people, token })
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

/// The new days of a task that moves; none if it stays on its days, and for what is no task.
fn placed(plan: &Analysis, levelled: &Levelled, moved: &Move) -> Option<Placed> {
    let Node::Task(place) = plan.laid.nodes[moved.activity] else { return None };
    let task = &plan.source.tasks[place];
    let zone = plan.laid.calendars[0].1.zone;
    let (start, finish) = levelled.dates[moved.activity];
    let first = day_of(zone, start);
    let days = (first, last_day_of(zone, finish).max(first));
    let still = days == plan.days(Item::Task(place));
    let begun = plan.laid.network.activities()[moved.activity].progress != Progress::NotStarted;
    let mut after = task.plan();
    if still || begun || after.scheduling == Scheduling::Manual {
        return None;
    }
    after.duration_minutes = after.duration_minutes.or(plan.laid.durations[place]);
    // Reason: who is needed elsewhere is no link, so the day is held by a constraint. What must start on a day follows its
    // links alone.
    if matches!(moved.cause, Cause::Busy { .. }) {
        (after.constraint, after.constraint_on) = (Some(PlanConstraint::NotEarlier), Some(Date::from(first)));
    }
    Some(Placed { place, start_on: Some(days.0), due_on: Some(days.1), plan: after })
}

impl Outcome {
    fn told(&self, names: &HashMap<UserId, String>, language: Language) -> Levelling {
        let plan = &self.plan;
        let moves = self.moves.iter().map(|(placed, moved)| self.told_move(placed, moved, names, language));
        let overload = |one: &schedule::level::Overload| {
            let item: Item = plan.laid.nodes[one.activity].into();
            let person = self.people[one.resource];
            let message = OVERLOAD
                .with("person", name(names, person, language))
                .with("item", label(&plan.source, item))
                .with("from", self.days(one.from, one.to).0)
                .with("to", self.days(one.from, one.to).1);
            LevellingOverload {
                user_id: person,
                item: plan_item(plan, item),
                from: say::time(one.from),
                to: say::time(one.to),
                message: message.render(language),
            }
        };
        Levelling {
            moves: moves.collect(),
            overloads: self.levelled.overloads.iter().map(overload).collect(),
            finish_before: plan.span().map(|span| say::time(span.1)),
            finish: self.levelled.finish.map(say::time),
            token: self.token.clone(),
        }
    }

    /// The day of the first minute, and that of the last before the second instant.
    fn days(&self, from: Instant, to: Instant) -> (NaiveDate, NaiveDate) {
        let zone = self.plan.laid.calendars[0].1.zone;
        (day_of(zone, from), last_day_of(zone, to))
    }

    fn told_move(
        &self,
        placed: &Placed,
        moved: &Move,
        names: &HashMap<UserId, String>,
        language: Language,
    ) -> LevellingMove {
        let plan = &self.plan;
        let item = |activity: usize| -> Item { plan.laid.nodes[activity].into() };
        let (reason, message, user_id, rivals) = match &moved.cause {
            Cause::Follows(link) => {
                let before = item(plan.laid.network.links()[*link].predecessor);
                let message = FOLLOWS.with("item", label(&plan.source, before));
                (MoveReason::Link, message, None, Vec::new())
            }
            Cause::Busy { resource, others } => {
                let person = self.people[*resource];
                let told: Vec<String> = others
                    .iter()
                    .map(|(other, rule)| {
                        let why = RULES.iter().find(|known| known.0 == *rule).map(|known| known.2);
                        let why = why.map(|why| kernel::error::Said::from(why).render(language));
                        format!("{} ({})", label(&plan.source, item(*other)), why.unwrap_or_default())
                    })
                    .collect();
                let message =
                    BUSY.with("person", name(names, person, language)).with("others", told.join(", "));
                let rival = |(other, rule): &(usize, Rule)| {
                    let rule = RULES.iter().find(|known| known.0 == *rule);
                    LevellingRival {
                        item: plan_item(plan, item(*other)),
                        rule: rule.map_or(LevellingRule::Order, |known| known.1),
                    }
                };
                (MoveReason::Busy, message, Some(person), others.iter().map(rival).collect())
            }
        };
        let said = Some((reason, message.render(language)));
        let mut task = moves::told(plan, plan, placed, said, language);
        (task.dependency_id, task.driven_by) = (None, None);
        if let Cause::Follows(link) = &moved.cause {
            let dependency = plan.laid.sources[*link];
            task.dependency_id = dependency.map(|place| plan.source.links[place].id);
            task.driven_by =
                dependency.and_then(|place| plan.before(place)).map(|item| plan_item(plan, item));
        }
        LevellingMove {
            early_start: say::time(moved.from),
            start: say::time(moved.to),
            by_minutes: moved.by,
            user_id,
            rivals,
            task,
        }
    }
}

fn name(names: &HashMap<UserId, String>, person: UserId, language: Language) -> String {
    let somebody = || kernel::error::Said::from(SOMEBODY).render(language);
    names.get(&person).cloned().unwrap_or_else(somebody)
}
