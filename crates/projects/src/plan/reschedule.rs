//! Rescheduling: what moves if tasks are put elsewhere, and doing it as one act.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Fields, Result, Text,
    ask::Ask,
    bulk::DUPLICATE_ITEM,
    db::Db,
    id::{ProjectId, TaskId},
    locale::Language,
    patch,
    scalar::Date,
    viewer::Viewer,
};

use async_graphql::MaybeUndefined;

use super::{
    analysis::Analysis,
    apply::{self, Reckoned},
    effort::Turn,
    fields::likely,
    load::Source,
    moves::{self, Placed, TaskMove},
    mutation::{ApplyReschedulePayload, RescheduleChangeInput, ReschedulePreview},
    reach::{Short, reckoned},
    read::{self, PLAN_READ},
    say, token,
};
use crate::{
    clone::source::open,
    link::OTHER_PROJECT,
    policy::{TASKS_READ, TASKS_WRITE},
    words::{PlanConstraint, Scheduling, TaskStatus},
};

/// The task is done.
pub const TASK_DONE: Text = Text::new(
    "task_done",
    "This task is done: it does not move any more.",
    "Cette tâche est terminée : elle ne bouge plus.",
);

/// The task has begun.
pub const TASK_BEGUN: Text = Text::new(
    "task_begun",
    "This task has begun: its start is past.",
    "Cette tâche a commencé : son début est passé.",
);

/// The task consists of others.
pub const HAS_PARTS: Text = Text::new(
    "has_parts",
    "This task is where its parts are. Move those.",
    "Cette tâche se trouve là où sont ses parties. Déplacez-les.",
);

/// Too many changes at once.
pub const TOO_MANY_CHANGES: Text =
    Text::new("too_many", "At most {max} changes at once.", "Au plus {max} changements à la fois.");

/// Most changes at once.
const MAX_CHANGES: usize = 500;

/// What somebody wants of a plan.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Which tasks go elsewhere.
    pub(crate) changes: Vec<RescheduleChangeInput>,
    /// From when on what is not begun is done.
    pub(crate) from: Option<NaiveDate>,
}

impl Wanted {
    /// The days that it names.
    fn days(&self) -> Vec<NaiveDate> {
        let of = |change: &RescheduleChangeInput| {
            let plan = change.plan.as_ref();
            let constraint = plan.and_then(|plan| patch::optional(plan.constraint_on).flatten());
            let deadline = plan.and_then(|plan| patch::optional(plan.deadline_on).flatten());
            [change.start_on, constraint, deadline].into_iter().flatten().map(Date::naive)
        };
        self.changes.iter().flat_map(of).chain(self.from).collect()
    }
}

/// A plan before and after.
struct Proposal {
    before: Analysis,
    after: Analysis,
    placed: Vec<Placed>,
    moves: Vec<TaskMove>,
    token: String,
}

/// What moves if tasks are put elsewhere; nothing is changed.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, INVALID for wrong changes, CONFLICT as for the schedule itself.
pub(crate) async fn preview(ask: &Ask, id: ProjectId, wanted: Wanted) -> Result<ReschedulePreview> {
    let viewer = ask.viewer.clone();
    viewer.require(TASKS_READ)?;
    let project = open(&ask.db, &viewer, id, &PLAN_READ).await?;
    let as_of = token::to_the_minute(viewer.now);
    let source = Source::load_around(&ask.db, &viewer, project, as_of, &wanted.days()).await?;
    let language = viewer.language();
    let work = move |source| {
        let proposed = propose(source, as_of, &wanted, language)?;
        let Proposal { before, after, moves, token, .. } = proposed;
        let (conflicts, conflict_count) = read::conflicts(&after, language);
        Ok(ReschedulePreview {
            moves,
            finish_before: before.span().map(|span| say::time(span.1)),
            finish: after.span().map(|span| say::time(span.1)),
            conflicts,
            conflict_count,
            token,
        })
    };
    reckoned(&ask.db, &viewer, source, Turn::Next, work).await
}

/// Puts tasks elsewhere, and all that follows from that, as one act.
///
/// # Errors
/// As [`preview`]; CONFLICT for a project that is archived or over, and if the plan is not the one of the token any more.
pub(crate) async fn apply(
    viewer: &Viewer,
    db: &Db,
    id: ProjectId,
    wanted: Wanted,
    token: String,
) -> Result<ApplyReschedulePayload> {
    viewer.require(TASKS_WRITE)?;
    viewer
        .act(db, "projects.task.reschedule", async |act| {
            let (wanted, days, language) = (wanted.clone(), wanted.days(), viewer.language());
            let reckon = move |source, as_of| propose(source, as_of, &wanted, language);
            let (project, Proposal { after, moves, .. }) =
                apply::apply(act, id, &token, &days, reckon).await?;
            Ok(ApplyReschedulePayload::new(project, moves, after.span().map(|span| span.1)))
        })
        .await
}

impl Reckoned for Proposal {
    fn token(&self) -> &str {
        &self.token
    }

    fn plan(&self) -> &Analysis {
        &self.after
    }

    fn placed(&self) -> Vec<Placed> {
        self.placed.clone()
    }
}

fn propose(
    source: Source,
    as_of: DateTime<Utc>,
    wanted: &Wanted,
    language: Language,
) -> Result<Proposal, Short> {
    let token = token::token(&source, as_of, &format!("{wanted:?}"));
    let mut changed = source.clone();
    let before = Analysis::new(source, as_of, None)?.within()?;
    let put = change(&before, &mut changed, &wanted.changes)?;
    let after = Analysis::new(changed, as_of, wanted.from)?;
    if let Some(last) = after.beyond(after.schedule.finish) {
        return Err(Short::beyond(before.source, last));
    }
    let placed = moves::placed(&before, &after, &put);
    let moves = placed.iter().map(|placed| moves::told(&before, &after, placed, None, language)).collect();
    Ok(Proposal { before, after, placed, moves, token })
}

/// Puts tasks elsewhere; answers their places.
fn change(before: &Analysis, source: &mut Source, changes: &[RescheduleChangeInput]) -> Result<Vec<usize>> {
    let mut fields = Fields::new();
    fields.require(changes.len() <= MAX_CHANGES, "changes", TOO_MANY_CHANGES.with("max", MAX_CHANGES));
    let places: HashMap<TaskId, usize> = before.laid.places.clone();
    let (mut put, mut seen) = (Vec::with_capacity(changes.len()), HashSet::new());
    for (index, change) in changes.iter().take(MAX_CHANGES).enumerate() {
        let at = format!("changes.{index}");
        let Some(place) = places.get(&change.task_id).copied() else {
            fields.add(format!("{at}.taskId"), OTHER_PROJECT);
            continue;
        };
        fields.require(seen.insert(place), &format!("{at}.taskId"), DUPLICATE_ITEM);
        fields.require(!before.is_done(place), &format!("{at}.taskId"), TASK_DONE);
        let task = &mut source.tasks[place];
        let mut plan = task.plan();
        if let Some(input) = &change.plan {
            plan = plan.changed(input, &format!("{at}.plan"), &mut fields);
        }
        if let Some(start) = change.start_on {
            let parts = !before.laid.parts[place].is_empty();
            fields.require(!parts, &format!("{at}.startOn"), HAS_PARTS);
            fields.require(task.state() != TaskStatus::Doing, &format!("{at}.startOn"), TASK_BEGUN);
            let constrained = change
                .plan
                .as_ref()
                .is_some_and(|plan| !matches!(plan.constraint, MaybeUndefined::Undefined));
            match plan.scheduling {
                Scheduling::Manual => {
                    let named = change.plan.as_ref().map(|plan| plan.duration_minutes);
                    // Reason: it goes as a whole; its due date would otherwise say that it takes longer or shorter.
                    if named == Some(MaybeUndefined::Null) {
                        task.due_on = None;
                    } else if let Some(whole) = before.laid.durations[place] {
                        let (best, worst) = (plan.optimistic_minutes, plan.pessimistic_minutes);
                        plan.duration_minutes.get_or_insert_with(|| likely(whole, best, worst));
                    }
                    task.start_on = Some(start.naive());
                }
                Scheduling::Automatic if !constrained => {
                    (plan.constraint, plan.constraint_on) = (Some(PlanConstraint::NotEarlier), Some(start));
                }
                Scheduling::Automatic => {}
            }
        }
        task.set_plan(plan);
        put.push(place);
    }
    fields.check()?;
    Ok(put)
}
