//! What a single task is in the network of a plan: how long it takes, what holds it, and how far it has come.

use schedule::{Activity, Constraint, Instant, Progress, Work};

use super::{Builder, minutes, shared};
use crate::{
    plan::{fields::likely, load::TaskRow},
    project::rules::MINUTES_MAX,
    words::{PlanConstraint, Scheduling, TaskStatus},
};

/// A task without parts: the place of its calendar, how long it takes as a whole, and what it is in the network.
pub(super) type Leaf = (usize, Work, Activity);

impl Builder<'_> {
    /// What a task is, if it has no parts.
    pub(super) fn leaf(&mut self, place: usize) -> Option<Leaf> {
        let task = self.parts[place].is_empty().then(|| &self.source.tasks[place])?;
        let calendar = self.calendar(task);
        let whole = self.duration(task, calendar);
        Some((calendar, whole, self.activity(task, calendar, whole)))
    }

    /// When the first part of a task began, and when the last one was done if all are.
    pub(super) fn course(&self, place: usize, leaves: &[Option<Leaf>]) -> (Option<Instant>, Option<Instant>) {
        let (mut begun, mut ended): (Option<Instant>, Option<Instant>) = (None, None);
        let (mut all, mut waiting) = (true, self.parts[place].clone());
        while let Some(part) = waiting.pop() {
            waiting.extend(&self.parts[part]);
            let Some((.., leaf)) = &leaves[part] else { continue };
            let (began, finished) = match leaf.progress {
                Progress::Finished(began, finished) => (Some(began), Some(finished)),
                Progress::Started(began) => (Some(began), None),
                Progress::NotStarted => (None, None),
            };
            begun = begun.into_iter().chain(began).min();
            ended = ended.max(finished);
            all &= finished.is_some();
        }
        (begun, ended.filter(|_| all))
    }

    /// What somebody wishes of the start of a task.
    pub(super) fn wish(&self, task: &TaskRow) -> Constraint {
        // Reason: what must start today is not late while today is not over.
        let today = |day| (self.begin_of(day)..self.end_of(day)).contains(&self.as_of);
        let must = |day| if today(day) { self.as_of } else { self.begin_of(day) };
        let wish = task.constraint_kind.as_deref().and_then(PlanConstraint::parse);
        match wish.zip(task.constraint_on) {
            Some((PlanConstraint::NotEarlier, day)) => Constraint::NotEarlier(self.begin_of(day)),
            Some((PlanConstraint::MustStart, day)) => Constraint::MustStart(must(day)),
            None => Constraint::None,
        }
    }

    /// How long a task takes as a whole.
    fn duration(&self, task: &TaskRow, calendar: usize) -> Work {
        let doers = self.source.doers(task.id).len().max(1) as Work;
        let span = || {
            let (start, due) = (task.start_on?, task.due_on?);
            let work = self.laid_out[calendar].between(self.begin_of(start), self.end_of(due));
            (work > 0).then_some(work)
        };
        let estimated = || task.estimate_minutes.map(|estimate| shared(estimate, doers));
        let follows = || {
            let follows = span().or_else(estimated).unwrap_or(self.day);
            // Reason: what follows once stays when the task is moved, and a likely case lies between the others.
            likely(follows, task.optimistic_minutes, task.pessimistic_minutes)
        };
        task.duration_minutes.unwrap_or_else(follows)
    }

    fn activity(&self, task: &TaskRow, calendar: usize, whole: Work) -> Activity {
        let start = task.start_on.map(|day| self.laid_out[calendar].next(self.begin_of(day)));
        let created = minutes(task.created_at);
        let (progress, duration) = match task.state() {
            TaskStatus::Done => {
                let finish = task.completed_at.map_or(self.as_of, minutes);
                let began = start.filter(|start| *start <= finish).unwrap_or(created).min(finish);
                (Progress::Finished(began, finish), whole)
            }
            TaskStatus::Doing => {
                let began = start.filter(|start| *start <= self.as_of).unwrap_or(created).min(self.as_of);
                (Progress::Started(began), self.left(task, calendar, whole, began))
            }
            TaskStatus::Todo => (Progress::NotStarted, whole),
        };
        let manual = Scheduling::parse(&task.scheduling) == Some(Scheduling::Manual);
        // Reason: what has not begun cannot have begun before now, whoever put it there.
        let by_hand = start.filter(|_| manual).map(|start| Constraint::Manual(start.max(self.as_of)));
        let constraint = by_hand.unwrap_or_else(|| self.wish(task));
        let deadline = task.deadline_on.map(|day| self.end_of(day));
        Activity { calendar, duration, constraint, deadline, progress }
    }

    /// When a task that was put on a day by hand ought to have begun, if that day is over and it has not.
    pub(super) fn overdue(&self, task: &TaskRow, calendar: usize) -> Option<Instant> {
        let day = task.start_on.filter(|_| task.state() == TaskStatus::Todo)?;
        let start = self.laid_out[calendar].next(self.begin_of(day));
        (start.max(self.end_of(day)) <= self.as_of).then_some(start)
    }

    /// What is left of a task that has begun: the share of it that what somebody says is left has of what was estimated,
    /// which is more than all of it where that is more, or else what has not gone by yet, but an hour.
    fn left(&self, task: &TaskRow, calendar: usize, whole: Work, began: Instant) -> Work {
        let doers = self.source.doers(task.id).len().max(1) as Work;
        match (task.remaining_minutes, task.estimate_minutes.filter(|estimate| *estimate > 0)) {
            (Some(remaining), Some(estimate)) => {
                let share = i128::from(whole) * i128::from(remaining) / i128::from(estimate);
                Work::try_from(share).unwrap_or(Work::MAX).clamp(1, MINUTES_MAX)
            }
            (Some(remaining), _) => shared(remaining, doers),
            (None, _) => {
                let gone = self.laid_out[calendar].between(began, self.as_of);
                (whole - gone).max(whole.clamp(1, 60))
            }
        }
    }
}
