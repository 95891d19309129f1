//! What finished tasks say about the work of people. No database, no clock.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use kernel::id::UserId;

use crate::time::week;

/// A task that was finished.
#[derive(Clone, Debug)]
pub(super) struct Finished {
    /// Who was assigned to it.
    pub(super) people: Vec<UserId>,
    /// Minutes it was thought to take.
    pub(super) estimate: Option<i64>,
    /// Minutes that everybody worked on it, without what was sent back.
    pub(super) tracked: i64,
    /// When it was to be done.
    pub(super) due: Option<NaiveDate>,
    /// When it was done, on the agency's clocks.
    pub(super) done: NaiveDate,
}

/// What finished tasks amount to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) done: i64,
    /// How many of them had a due date, and how many of these were done by then.
    pub(super) due: i64,
    pub(super) on_time: i64,
    /// How many of them had both an estimate and time on them; what was estimated, what was worked, and by how much the
    /// two differ, task by task, in minutes.
    pub(super) compared: i64,
    pub(super) estimated: i64,
    pub(super) tracked: i64,
    pub(super) apart: i64,
    /// How many were done in each week, by its Monday.
    pub(super) weeks: BTreeMap<NaiveDate, i64>,
}

impl Tally {
    /// Adds a task.
    pub(super) fn add(&mut self, task: &Finished) {
        self.done += 1;
        if let Some(due) = task.due {
            self.due += 1;
            self.on_time += i64::from(task.done <= due);
        }
        // Reason: nobody knows how long a task took that nobody wrote time on.
        if let Some(estimate) = task.estimate.filter(|estimate| *estimate > 0 && task.tracked > 0) {
            self.compared += 1;
            self.estimated = self.estimated.saturating_add(estimate);
            self.tracked = self.tracked.saturating_add(task.tracked);
            self.apart = self.apart.saturating_add((task.tracked - estimate).abs());
        }
        *self.weeks.entry(week::start(task.done)).or_default() += 1;
    }

    /// Tasks in time of those with a due date, in basis points, rounded down.
    pub(super) fn on_time_rate(&self) -> Option<i32> {
        i32::try_from((self.on_time * 10_000).checked_div(self.due)?).ok()
    }

    /// What was worked ÷ what was estimated.
    pub(super) fn ratio(&self) -> Option<f64> {
        (self.estimated > 0).then(|| self.tracked as f64 / self.estimated as f64)
    }

    /// 1 − Σ|worked − estimated| ÷ Σ estimated, at least 0: one less the weighted absolute percentage error (S. Kolassa and
    /// W. Schütz, "Advantages of the MAD/Mean Ratio over the MAPE", 2007).
    pub(super) fn accuracy(&self) -> Option<f64> {
        (self.estimated > 0).then(|| (1.0 - self.apart as f64 / self.estimated as f64).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn tasks_are_compared_where_there_is_something_to_compare() {
        let task = |estimate, tracked, due: Option<&str>, done: &str| Finished {
            people: Vec::new(),
            estimate,
            tracked,
            due: due.map(day),
            done: day(done),
        };
        let mut tally = Tally::default();
        assert_eq!((tally.on_time_rate(), tally.ratio(), tally.accuracy()), (None, None, None));
        for task in [
            task(Some(60), 90, Some("2026-03-02"), "2026-03-02"),
            task(Some(120), 60, Some("2026-03-01"), "2026-03-02"),
            task(Some(120), 0, Some("2026-03-09"), "2026-03-08"),
            task(None, 500, None, "2026-03-09"),
            task(Some(0), 500, None, "2026-03-09"),
        ] {
            tally.add(&task);
        }
        assert_eq!((tally.done, tally.due, tally.on_time, tally.on_time_rate()), (5, 3, 2, Some(6_666)));
        assert_eq!((tally.compared, tally.estimated, tally.tracked, tally.apart), (2, 180, 150, 90));
        assert_eq!((tally.ratio(), tally.accuracy()), (Some(150.0 / 180.0), Some(0.5)));
        let weeks: Vec<_> = tally.weeks.iter().map(|(monday, tasks)| (monday.to_string(), *tasks)).collect();
        assert_eq!(weeks, [("2026-03-02".to_owned(), 3), ("2026-03-09".to_owned(), 2)]);
    }

    #[test]
    fn estimate_that_is_far_off_has_no_accuracy_and_not_less() {
        let mut tally = Tally::default();
        tally.add(&Finished {
            people: Vec::new(),
            estimate: Some(1),
            tracked: 1_000,
            due: None,
            done: day("2028-02-29"),
        });
        assert_eq!((tally.accuracy(), tally.ratio()), (Some(0.0), Some(1_000.0)));
    }
}
