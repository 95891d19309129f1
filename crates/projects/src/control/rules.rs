//! What tasks are worth, how much of them is done and when they are planned. No database, no clock.

use std::collections::HashSet;

use chrono::NaiveDate;
use chrono_tz::Tz;
use kernel::id::{ProjectId, TaskId};
use schedule::{
    Calendar,
    calendar::{instant, next_day},
    earned::{EarnedValue, Item, WHOLE, share},
};

use crate::words::TaskStatus;

/// How much of a task counts as done that was begun and of which nobody said more.
const BEGUN: u32 = WHOLE / 2;

/// What of a task counts here.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) project: ProjectId,
    pub(crate) id: TaskId,
    pub(crate) parent: Option<TaskId>,
    pub(crate) status: TaskStatus,
    /// Minutes.
    pub(crate) estimate: Option<i64>,
    /// Minutes.
    pub(crate) remaining: Option<i64>,
    /// What it is worth, in minutes: its estimate by the baseline that it is measured by, or as it is.
    pub(crate) budget: Option<i64>,
    /// When it is planned to begin, by that baseline or now.
    pub(crate) start: Option<NaiveDate>,
    /// When it is due, by that baseline or now.
    pub(crate) due: Option<NaiveDate>,
    /// Whether a baseline knows of it.
    pub(crate) baselined: bool,
    /// The day on which it was done, on the agency's clocks.
    pub(crate) done_on: Option<NaiveDate>,
}

/// What tasks of one project, or of several, amount to at a moment, without what they took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Planned {
    /// In minutes of their estimates.
    pub(crate) work: EarnedValue,
    /// In parts of tasks, [`WHOLE`] each, whatever their estimates.
    pub(crate) count: EarnedValue,
    /// How many there are.
    pub(crate) tasks: i64,
    /// How many of them have no estimate.
    pub(crate) unestimated: i64,
    /// How many of them nothing says when they are planned.
    pub(crate) undated: i64,
    /// How many of them no baseline knows of.
    pub(crate) added: i64,
    /// Minutes that all of them are thought to take now, whatever a baseline says.
    pub(crate) estimated: i64,
    /// Minutes of those that are not done.
    pub(crate) left: i64,
}

impl Planned {
    /// Both together.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            work: self.work.plus(other.work),
            count: self.count.plus(other.count),
            tasks: self.tasks + other.tasks,
            unestimated: self.unestimated + other.unestimated,
            undated: self.undated + other.undated,
            added: self.added + other.added,
            estimated: self.estimated.saturating_add(other.estimated),
            left: self.left.saturating_add(other.left),
        }
    }
}

impl Work {
    /// Measures it by what a baseline says; where that says no estimate or no days, those of now stand.
    pub(crate) fn measured_by(
        &mut self,
        estimate: Option<i64>,
        (start, due): (Option<NaiveDate>, Option<NaiveDate>),
    ) {
        self.baselined = true;
        self.budget = estimate.or(self.budget);
        if start.is_some() || due.is_some() {
            (self.start, self.due) = (start, due);
        }
    }

    /// How much of it is done, of [`WHOLE`].
    pub(crate) fn done(&self) -> u32 {
        let said = || {
            let (estimate, remaining) = self.estimate.zip(self.remaining).filter(|(all, _)| *all > 0)?;
            let done = i128::from((estimate - remaining).clamp(0, estimate)) * i128::from(WHOLE);
            u32::try_from(done / i128::from(estimate)).ok()
        };
        match self.status {
            TaskStatus::Done => WHOLE,
            TaskStatus::Doing => said().unwrap_or(BEGUN),
            TaskStatus::Todo => said().unwrap_or(0),
        }
    }

    /// The days on which it is planned, both included; none if nothing says when.
    pub(crate) fn span(
        &self,
        project: (Option<NaiveDate>, Option<NaiveDate>),
    ) -> Option<(NaiveDate, NaiveDate)> {
        let (first, last) = match (self.start, self.due) {
            (Some(start), Some(due)) => (start, due),
            (None, Some(due)) => (due, due),
            (Some(start), None) => (start, project.1.unwrap_or(start)),
            (None, None) => project.0.zip(project.1)?,
        };
        Some((first, last.max(first)))
    }

    /// It as an item that is worth `budget`. What is planned for no day is an item of no day: nothing of it is ever
    /// planned to be done.
    pub(crate) fn item<'a>(
        &self,
        calendar: &'a Calendar,
        zone: Tz,
        project: (Option<NaiveDate>, Option<NaiveDate>),
        budget: i64,
    ) -> Item<'a> {
        let instants = self
            .span(project)
            .map(|(first, last)| (instant(zone, first, 0), instant(zone, next_day(last), 0)));
        let (start, finish) = instants.unwrap_or((i64::MAX, i64::MAX));
        Item { calendar, start, finish, budget, done: self.done() }
    }
}

/// The tasks without those that others are part of.
pub(crate) fn leaves(tasks: &[Work]) -> impl Iterator<Item = &Work> {
    let parents: HashSet<TaskId> = tasks.iter().filter_map(|task| task.parent).collect();
    tasks.iter().filter(move |task| !parents.contains(&task.id))
}

/// What one leaf of the plan amounts to at an instant.
pub(crate) fn planned(
    task: &Work,
    calendar: &Calendar,
    zone: Tz,
    project: (Option<NaiveDate>, Option<NaiveDate>),
    by: schedule::Instant,
) -> Planned {
    let value = |budget: i64| EarnedValue::of([task.item(calendar, zone, project, budget)], by, 0);
    let estimated = task.estimate.unwrap_or_default();
    Planned {
        estimated,
        left: estimated - share(estimated, i64::from(task.done()), i64::from(WHOLE)),
        work: value(task.budget.unwrap_or_default()),
        count: value(i64::from(WHOLE)),
        tasks: 1,
        unestimated: i64::from(task.budget.is_none()),
        undated: i64::from(task.span(project).is_none()),
        added: i64::from(!task.baselined),
    }
}

#[cfg(test)]
mod tests {
    use kernel::id::TypedId;
    use uuid::Uuid;

    use super::*;

    fn work(status: TaskStatus, estimate: Option<i64>, remaining: Option<i64>) -> Work {
        Work {
            project: ProjectId::from_uuid(Uuid::nil()),
            id: TaskId::from_uuid(Uuid::nil()),
            parent: None,
            status,
            estimate,
            remaining,
            budget: estimate,
            start: None,
            due: None,
            baselined: false,
            done_on: None,
        }
    }

    #[test]
    fn done_is_what_does_not_remain() {
        use TaskStatus::{Doing, Done, Todo};
        for (task, done) in [
            (work(Done, None, None), 10_000),
            (work(Done, Some(60), Some(60)), 10_000),
            (work(Doing, None, None), 5_000),
            (work(Doing, Some(60), None), 5_000),
            (work(Doing, Some(60), Some(15)), 7_500),
            (work(Doing, Some(60), Some(90)), 0),
            (work(Doing, Some(0), Some(0)), 5_000),
            (work(Todo, Some(60), None), 0),
            (work(Todo, Some(60), Some(30)), 5_000),
            (work(Todo, Some(i64::MAX), Some(1)), 9_999),
        ] {
            assert_eq!(task.done(), done, "{task:?}");
        }
    }

    #[test]
    fn task_is_planned_by_its_own_dates_or_those_of_the_project() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let (first, last) = (day("2026-03-02"), day("2026-03-27"));
        let project = (Some(first), Some(last));
        let (start, due) = (day("2026-03-09"), day("2026-03-13"));
        let dated = |start, due| Work { start, due, ..work(TaskStatus::Todo, None, None) };
        assert_eq!(dated(Some(start), Some(due)).span(project), Some((start, due)));
        assert_eq!(dated(None, Some(due)).span(project), Some((due, due)));
        assert_eq!(dated(Some(start), None).span(project), Some((start, last)));
        assert_eq!(dated(Some(start), None).span((None, None)), Some((start, start)));
        assert_eq!(dated(None, None).span(project), Some((first, last)));
        assert_eq!(dated(None, None).span((Some(first), None)), None);
        let late = day("2026-04-01");
        assert_eq!(dated(Some(late), None).span(project), Some((late, late)), "begun after the end");
    }

    #[test]
    fn baseline_counts_where_it_says_something() {
        let day = |text: &str| text.parse::<NaiveDate>().ok();
        let (start, due) = (day("2026-03-09"), day("2026-03-13"));
        let mut task = Work { start, due, ..work(TaskStatus::Doing, Some(60), Some(15)) };
        task.measured_by(None, (None, None));
        assert_eq!((task.budget, task.start, task.due, task.baselined), (Some(60), start, due, true));
        task.measured_by(Some(600), (None, start));
        assert_eq!((task.budget, task.start, task.due), (Some(600), None, start));
        assert_eq!(task.done(), 7_500, "how much is done is a share of what it is thought to take now");
    }

    #[test]
    fn task_with_subtasks_counts_through_these() {
        let id = |number| TaskId::from_uuid(Uuid::from_u128(number));
        let task = |own, parent: Option<u128>| Work {
            id: id(own),
            parent: parent.map(id),
            ..work(TaskStatus::Todo, Some(60), None)
        };
        let tasks = [task(1, None), task(2, Some(1)), task(3, Some(2)), task(4, Some(1)), task(5, Some(9))];
        let left: Vec<TaskId> = leaves(&tasks).map(|task| task.id).collect();
        assert_eq!(left, [id(3), id(4), id(5)]);
    }
}
