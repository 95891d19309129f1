//! How a task is scheduled, as inputs say it and the graph shows it.

use async_graphql::{InputObject, MaybeUndefined, SimpleObject};
use kernel::{Fields, Text, patch, scalar::Date};

use crate::{
    project::rules::check_minutes,
    task::entity::Model,
    words::{PlanConstraint, Scheduling},
};

/// A constraint has no day, or a day has no constraint.
pub const CONSTRAINT_DAY: Text = Text::new(
    "constraint_day",
    "A constraint and its day are set together.",
    "Une contrainte et son jour se définissent ensemble.",
);

/// The best case takes longer than the worst.
pub const OUT_OF_ORDER: Text = Text::new(
    "estimates_out_of_order",
    "The best case takes no longer than the likely one, and the worst one no less.",
    "Le cas favorable ne dure pas plus que le cas probable, et le pire pas moins.",
);

/// Only one of two cases is named.
pub const BOTH_CASES: Text = Text::new(
    "both_cases",
    "Name the best and the worst case, or neither.",
    "Indiquez le meilleur et le pire cas, ou aucun des deux.",
);

/// A duration that follows from something else: no less than at best, and no more than at worst.
pub(crate) fn likely(follows: i64, best: Option<i64>, worst: Option<i64>) -> i64 {
    follows.max(best.unwrap_or(follows)).min(worst.unwrap_or(i64::MAX))
}

/// How a task is scheduled: what is left out stays.
#[derive(Clone, Debug, Default, InputObject)]
pub struct TaskPlanInput {
    /// Who says when it is done: the schedule, or somebody.
    pub scheduling: MaybeUndefined<Scheduling>,
    /// How long it takes, in working minutes by the calendar of who does it. Null: as long as from its start to its due
    /// date, else as its estimate says, shared by its assignees, else a working day; then no less than at best and no more
    /// than at worst.
    pub duration_minutes: MaybeUndefined<i64>,
    /// What holds its start beside its links; null for nothing. Set together with `constraintOn`.
    pub constraint: MaybeUndefined<PlanConstraint>,
    /// The day of the constraint.
    pub constraint_on: MaybeUndefined<Date>,
    /// By when it ought to be finished at the latest: it moves nothing, but missing it is told.
    pub deadline_on: MaybeUndefined<Date>,
    /// How long it takes at best, in working minutes; set together with `pessimisticMinutes`. What is most likely is its
    /// duration.
    pub optimistic_minutes: MaybeUndefined<i64>,
    /// How long it takes at worst, in working minutes; not less than at best.
    pub pessimistic_minutes: MaybeUndefined<i64>,
}

/// How a task is scheduled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, SimpleObject)]
pub struct TaskPlan {
    /// Who says when it is done: the schedule, or somebody.
    pub scheduling: Scheduling,
    /// How long it takes, in working minutes; null if that follows from its dates or its estimate.
    pub duration_minutes: Option<i64>,
    /// What holds its start beside its links.
    pub constraint: Option<PlanConstraint>,
    /// The day of the constraint.
    pub constraint_on: Option<Date>,
    /// By when it ought to be finished at the latest.
    pub deadline_on: Option<Date>,
    /// How long it takes at best, in working minutes.
    pub optimistic_minutes: Option<i64>,
    /// How long it takes at worst, in working minutes.
    pub pessimistic_minutes: Option<i64>,
}

impl TaskPlan {
    /// As the task says.
    #[must_use]
    pub fn of(task: &Model) -> Self {
        Self {
            scheduling: Scheduling::parse(&task.scheduling).unwrap_or_default(),
            duration_minutes: task.duration_minutes,
            constraint: task.constraint_kind.as_deref().and_then(PlanConstraint::parse),
            constraint_on: task.constraint_on.map(Into::into),
            deadline_on: task.deadline_on.map(Into::into),
            optimistic_minutes: task.optimistic_minutes,
            pessimistic_minutes: task.pessimistic_minutes,
        }
    }
}

impl TaskPlan {
    /// Puts it into a task.
    pub(crate) fn put(self, task: &mut Model) {
        let Self {
            scheduling,
            duration_minutes,
            constraint,
            constraint_on,
            deadline_on,
            optimistic_minutes,
            pessimistic_minutes,
        } = self;
        task.scheduling = scheduling.as_str().to_owned();
        task.duration_minutes = duration_minutes;
        task.constraint_kind = constraint.map(|constraint| constraint.as_str().to_owned());
        task.constraint_on = constraint_on.map(Date::naive);
        task.deadline_on = deadline_on.map(Date::naive);
        task.optimistic_minutes = optimistic_minutes;
        task.pessimistic_minutes = pessimistic_minutes;
    }

    /// As an input at `path` changes it; adds what is wrong with that.
    pub(crate) fn changed(mut self, input: &TaskPlanInput, path: &str, fields: &mut Fields) -> Self {
        let scheduling = patch::required(input.scheduling, &format!("{path}.scheduling"), fields);
        self.scheduling = scheduling.unwrap_or(self.scheduling);
        if let Some(constraint) = patch::optional(input.constraint) {
            self.constraint = constraint;
            // Reason: who takes the constraint away means its day as well.
            self.constraint_on = self.constraint_on.filter(|_| constraint.is_some());
        }
        self.constraint_on = patch::optional(input.constraint_on).unwrap_or(self.constraint_on);
        self.deadline_on = patch::optional(input.deadline_on).unwrap_or(self.deadline_on);
        let minutes = |sent, before| patch::optional(sent).unwrap_or(before);
        self.duration_minutes = minutes(input.duration_minutes, self.duration_minutes);
        self.optimistic_minutes = minutes(input.optimistic_minutes, self.optimistic_minutes);
        self.pessimistic_minutes = minutes(input.pessimistic_minutes, self.pessimistic_minutes);
        self.check(path, fields);
        self
    }

    /// Adds what is wrong with it, at `path`.
    pub(crate) fn check(&self, path: &str, fields: &mut Fields) {
        let at = |name: &str| format!("{path}.{name}");
        check_minutes(self.duration_minutes, &at("durationMinutes"), fields);
        check_minutes(self.optimistic_minutes, &at("optimisticMinutes"), fields);
        check_minutes(self.pessimistic_minutes, &at("pessimisticMinutes"), fields);
        let together = self.constraint.is_some() == self.constraint_on.is_some();
        fields.require(together, &at("constraintOn"), CONSTRAINT_DAY);
        let likely = self.duration_minutes;
        match (self.optimistic_minutes, self.pessimistic_minutes) {
            (Some(best), Some(worst)) => {
                let low = best <= likely.unwrap_or(worst).min(worst);
                fields.require(low, &at("optimisticMinutes"), OUT_OF_ORDER);
                let high = likely.is_none_or(|likely| likely <= worst);
                fields.require(high, &at("pessimisticMinutes"), OUT_OF_ORDER);
            }
            (None, None) => {}
            (Some(_), None) => fields.add(at("pessimisticMinutes"), BOTH_CASES),
            (None, Some(_)) => fields.add(at("optimisticMinutes"), BOTH_CASES),
        }
    }
}

/// Puts an input at `path` into a task, and adds what is wrong with it.
pub(crate) fn apply(input: Option<&TaskPlanInput>, task: &mut Model, path: &str, fields: &mut Fields) {
    if let Some(input) = input {
        TaskPlan::of(task).changed(input, path, fields).put(task);
    }
}
