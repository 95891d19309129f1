//! Curves over time: burn-down and burn-up, and the S-curves of earned value.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, Months, NaiveDate};
use chrono_tz::Tz;
use kernel::{FieldError, Result, Text, ask::Ask, scalar::Date};
use schedule::{
    Calendar,
    calendar::{instant, next_day},
    earned::{Item, share},
};

use super::{
    Subject,
    course::{self, Course},
    graphql::{BurnPoint, CurveStep, EarnedValuePoint},
    rules::Work,
};

/// Most points of a curve.
const MAX_POINTS: usize = 400;

/// A curve that ends before it begins.
pub const ENDS_BEFORE: Text = Text::new(
    "end_before_start",
    "The last day lies before the first.",
    "Le dernier jour précède le premier.",
);

/// A curve of too many points.
pub const TOO_LONG: Text = Text::new(
    "too_many_points",
    "These are more than {max} points. Ask for fewer days or a longer step.",
    "Cela fait plus de {max} points. Demandez moins de jours ou un pas plus long.",
);

/// Which points of a curve are asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) step: CurveStep,
    pub(super) from: Option<Date>,
    pub(super) to: Option<Date>,
}

/// A task as curves count it, on the agency's clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaf {
    /// Minutes.
    pub(super) estimate: i64,
    /// The day it was made.
    pub(super) made: NaiveDate,
    /// The day it was done.
    pub(super) done: Option<NaiveDate>,
    /// The day it was archived.
    pub(super) gone: Option<NaiveDate>,
}

/// How much there was to do and how much was done, by day.
///
/// # Errors
/// INVALID at `from` or `to` for days that are none or too many.
pub(super) async fn burn(ask: &Ask, project: &Subject, wanted: Wanted) -> Result<Vec<BurnPoint>> {
    let (viewer, today) = (&ask.viewer, crate::today(&ask.viewer, ask.viewer.now));
    let (course, calendar) =
        futures::try_join!(course::course(ask, project.id), course::calendar(ask, today))?;
    let Course { first, counts } = &*course;
    let days = wanted.days(project, *first, today)?;
    let span = (project.start.or(*first), project.end);
    let ideal = Ideal::new(viewer.tenant.time_zone, &calendar, span);
    let known = counts.at(today).minutes.0;
    let point = |day: NaiveDate| {
        let count = (day <= today).then(|| counts.at(day));
        BurnPoint {
            on: day.into(),
            scope_tasks: count.map(|count| count.tasks.0),
            done_tasks: count.map(|count| count.tasks.1),
            remaining_tasks: count.map(|count| count.tasks.0 - count.tasks.1),
            scope_minutes: count.map(|count| count.minutes.0),
            done_minutes: count.map(|count| count.minutes.1),
            remaining_minutes: count.map(|count| count.minutes.0 - count.minutes.1),
            ideal_minutes: ideal.remaining(day, known),
        }
    };
    Ok(days.into_iter().map(point).collect())
}

/// Earned value, by day.
///
/// # Errors
/// INVALID at `from` or `to` for days that are none or too many.
pub(super) async fn earned(ask: &Ask, project: &Subject, wanted: Wanted) -> Result<Vec<EarnedValuePoint>> {
    let (viewer, today) = (&ask.viewer, crate::today(&ask.viewer, ask.viewer.now));
    let (work, course, worked, calendar) = futures::try_join!(
        course::work(ask, project.id),
        course::course(ask, project.id),
        course::worked_by_day(ask, project.id),
        course::calendar(ask, today),
    )?;
    let days = wanted.days(project, course.first, today)?;
    let mut done: BTreeMap<NaiveDate, i64> = BTreeMap::new();
    for task in work.iter() {
        if let Some(day) = task.done_on {
            *done.entry(day).or_default() += task.budget.unwrap_or_default();
        }
    }
    let (zone, dates) = (viewer.tenant.time_zone, (project.start, project.end));
    let item = |task: &Work| task.item(&calendar, zone, dates, task.budget.unwrap_or_default());
    let items: Vec<_> = work.iter().map(item).collect();
    let earned_today: i64 = items.iter().map(Item::earned).sum();
    let now = viewer.now.timestamp().div_euclid(60);
    let point = |day: NaiveDate| {
        let by = if day == today { now } else { instant(zone, next_day(day), 0) };
        // Reason: today tells of now, as the earned value of the project does.
        let before = || done.range(..=day).map(|(_, minutes)| minutes).sum();
        let earned = if day == today { earned_today } else { before() };
        EarnedValuePoint {
            on: day.into(),
            planned_value: items.iter().map(|item| item.planned(by)).sum(),
            earned_value: (day <= today).then_some(earned),
            actual_cost: (day <= today).then(|| worked.range(..=day).map(|(_, minutes)| minutes).sum()),
        }
    };
    Ok(days.into_iter().map(point).collect())
}

impl Wanted {
    /// The days of the points, by the dates of the project and the day its first task was made.
    fn days(&self, project: &Subject, made: Option<NaiveDate>, today: NaiveDate) -> Result<Vec<NaiveDate>> {
        // Reason: what is over has no more to tell after its end.
        let end = project.ended.or_else(|| project.end.map(|end| Ord::max(end, today)));
        self.between(project.start.or(made), end, today)
    }

    /// The last day of each step, the first and the last day of all, and today if it is between them.
    fn between(
        &self,
        first: Option<NaiveDate>,
        end: Option<NaiveDate>,
        today: NaiveDate,
    ) -> Result<Vec<NaiveDate>> {
        let first = self.from.map(Date::naive).or(first).unwrap_or(today);
        let last = self.to.map(Date::naive).unwrap_or_else(|| Ord::max(end.unwrap_or(today), first));
        if last < first {
            return Err(FieldError::new("to", ENDS_BEFORE).into());
        }
        let all = std::iter::successors(Some(first), |day| {
            day.checked_add_days(Days::new(1)).filter(|next| *next <= last)
        });
        let wanted = |day: &NaiveDate| {
            let ends = match self.step {
                CurveStep::Day => true,
                CurveStep::Week => day.weekday() == chrono::Weekday::Sun,
                CurveStep::Month => month_end(*day) == Some(*day),
            };
            ends || [first, last, today].contains(day)
        };
        let days: Vec<NaiveDate> = all.filter(wanted).take(MAX_POINTS + 1).collect();
        if days.len() > MAX_POINTS {
            return Err(FieldError::new("from", TOO_LONG.with("max", MAX_POINTS)).into());
        }
        Ok(days)
    }
}

fn month_end(day: NaiveDate) -> Option<NaiveDate> {
    day.with_day(1)?.checked_add_months(Months::new(1))?.pred_opt()
}

/// The line from all of the work at the beginning to nothing of it at the end, by working time.
struct Ideal<'a> {
    calendar: &'a Calendar,
    zone: Tz,
    span: Option<(i64, i64)>,
}

impl<'a> Ideal<'a> {
    fn new(zone: Tz, calendar: &'a Calendar, span: (Option<NaiveDate>, Option<NaiveDate>)) -> Self {
        let ends = |(first, last)| (instant(zone, first, 0), instant(zone, next_day(last), 0));
        Self { calendar, zone, span: span.0.zip(span.1).filter(|(first, last)| first <= last).map(ends) }
    }

    fn remaining(&self, day: NaiveDate, scope: i64) -> Option<i64> {
        let (start, end) = self.span?;
        let whole = self.calendar.between(start, end);
        let by = instant(self.zone, next_day(day), 0).clamp(start, end);
        let left = self.calendar.between(by, end);
        Some(if whole > 0 { share(scope, left, whole) } else { 0 })
    }
}

/// What there is and what is done, in tasks and minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    tasks: (i64, i64),
    minutes: (i64, i64),
}

/// Counts by day.
#[derive(Debug, Default)]
pub(super) struct Counts {
    changes: BTreeMap<NaiveDate, Count>,
}

impl Counts {
    /// Counts a task as well.
    pub(super) fn add(&mut self, task: Leaf) {
        let done = task.done.map(|day| day.max(task.made));
        self.change(task.made, 1, 0, task.estimate);
        if let Some(done) = done {
            self.change(done, 0, 1, task.estimate);
        }
        if let Some(gone) = task.gone {
            let gone = gone.max(task.made);
            self.change(gone, -1, -i64::from(done.is_some_and(|done| done <= gone)), task.estimate);
            if let Some(done) = done.filter(|done| *done > gone) {
                self.change(done, 0, -1, task.estimate);
            }
        }
    }

    fn change(&mut self, day: NaiveDate, there: i64, done: i64, estimate: i64) {
        let count = self.changes.entry(day).or_default();
        count.tasks = (count.tasks.0 + there, count.tasks.1 + done);
        count.minutes = (count.minutes.0 + there * estimate, count.minutes.1 + done * estimate);
    }

    fn at(&self, day: NaiveDate) -> Count {
        self.changes.range(..=day).fold(Count::default(), |sum, (_, count)| Count {
            tasks: (sum.tasks.0 + count.tasks.0, sum.tasks.1 + count.tasks.1),
            minutes: (sum.minutes.0 + count.minutes.0, sum.minutes.1 + count.minutes.1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn leaf(estimate: i64, made: &str, done: Option<&str>, gone: Option<&str>) -> Leaf {
        Leaf { estimate, made: day(made), done: done.map(day), gone: gone.map(day) }
    }

    #[test]
    fn tasks_count_from_the_day_they_are_made_until_they_are_archived() {
        let tasks = [
            leaf(60, "2026-03-02", Some("2026-03-04"), None),
            leaf(30, "2026-03-03", None, Some("2026-03-05")),
            leaf(15, "2026-03-03", Some("2026-03-03"), Some("2026-03-05")),
            leaf(5, "2026-03-04", Some("2026-03-09"), Some("2026-03-06")),
        ];
        let mut counts = Counts::default();
        tasks.into_iter().for_each(|task| counts.add(task));
        for (on, all, done, minutes, done_minutes) in [
            ("2026-03-01", 0, 0, 0, 0),
            ("2026-03-02", 1, 0, 60, 0),
            ("2026-03-03", 3, 1, 105, 15),
            ("2026-03-04", 4, 2, 110, 75),
            ("2026-03-05", 2, 1, 65, 60),
            ("2026-03-06", 1, 1, 60, 60),
            ("2026-03-31", 1, 1, 60, 60),
        ] {
            let expected = Count { tasks: (all, done), minutes: (minutes, done_minutes) };
            assert_eq!(counts.at(day(on)), expected, "{on}");
        }
    }

    #[test]
    fn points_are_ends_of_steps_with_first_last_and_present_day() {
        let wanted = |step, from: &str, to: &str| {
            let (from, to) = (Some(day(from).into()), Some(day(to).into()));
            Wanted { step, from, to }.between(None, None, day("2026-03-04"))
        };
        let days = |days: Vec<NaiveDate>| days.iter().map(ToString::to_string).collect::<Vec<_>>();
        let weeks = days(wanted(CurveStep::Week, "2026-02-26", "2026-03-16").unwrap());
        assert_eq!(
            weeks,
            ["2026-02-26", "2026-03-01", "2026-03-04", "2026-03-08", "2026-03-15", "2026-03-16"]
        );
        let months = days(wanted(CurveStep::Month, "2028-01-31", "2028-03-30").unwrap());
        assert_eq!(months, ["2028-01-31", "2028-02-29", "2028-03-30"], "February of a leap year");
        assert_eq!(wanted(CurveStep::Day, "2026-01-01", "2027-02-04").unwrap().len(), 400);
        for (from, to) in
            [("2026-01-01", "2027-02-05"), ("0001-01-01", "9999-12-31"), ("2026-03-02", "2026-03-01")]
        {
            assert!(wanted(CurveStep::Day, from, to).is_err(), "{from} {to}");
        }
    }
}
