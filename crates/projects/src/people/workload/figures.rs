//! The rules by which a week's capacity and load are counted. No database, no clock.
//!
//! A person has so much time in a week as their hours leave after public holidays, exceptions and leave; where their
//! profile says how much they can do in a plain week, as large a part of that as their hours leave of the plain week.
//! An allocation of minutes a week takes them of a week whose days it covers all, and of others as large a part as its
//! days have of a plain week's hours: holidays cost nothing, leave does not make it less. An allocation of a share takes
//! that share of what the person has on its days. All are rounded down to whole minutes.

use chrono::{Datelike, Days, NaiveDate};

/// Minutes of the days of a week, without leave and with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Minutes {
    /// By the hours, holidays and exceptions.
    pub planned: i64,
    /// What leave leaves of them.
    pub worked: i64,
}

/// A week of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Week {
    /// Its Monday.
    pub monday: NaiveDate,
    /// Its days.
    pub days: [Minutes; 7],
    /// Minutes of their plain week.
    pub plain: i64,
    /// What they can do in a plain week, if it is not what their hours have.
    pub limit: Option<i64>,
}

/// How much an allocation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// So many minutes a week.
    Minutes(i64),
    /// So many hundredths of what the person has.
    Percent(i32),
}

/// An allocation, as far as it takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The first day.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
    /// How much.
    pub amount: Amount,
}

impl Week {
    /// What the person has: hours that are left after leave.
    #[must_use]
    pub fn capacity(&self) -> i64 {
        self.scaled(self.sum(|day| day.worked, |_| true), 1, 1)
    }

    /// What leave takes of what they would have.
    #[must_use]
    pub fn leave(&self) -> i64 {
        self.scaled(self.sum(|day| day.planned, |_| true), 1, 1) - self.capacity()
    }

    /// What an allocation takes of the week.
    #[must_use]
    pub fn taken(&self, demand: &Demand) -> i64 {
        self.share_of(demand, |day| day.worked)
    }

    /// What an allocation would take of the week if nobody were on leave.
    #[must_use]
    pub fn asked(&self, demand: &Demand) -> i64 {
        self.share_of(demand, |day| day.planned)
    }

    fn share_of(&self, demand: &Demand, of: impl Fn(&Minutes) -> i64) -> i64 {
        let covered = |day: NaiveDate| (demand.first..=demand.last).contains(&day);
        match demand.amount {
            Amount::Percent(percent) => self.scaled(self.sum(of, covered), i64::from(percent), 100),
            Amount::Minutes(minutes) if self.plain == 0 => {
                if self.dates().any(covered) {
                    minutes
                } else {
                    0
                }
            }
            Amount::Minutes(minutes) => {
                let part = self.sum(|day| day.planned, covered).min(self.plain);
                share(minutes, part, self.plain)
            }
        }
    }

    fn dates(&self) -> impl Iterator<Item = NaiveDate> {
        self.monday.iter_days().take(7)
    }

    fn sum(&self, of: impl Fn(&Minutes) -> i64, covered: impl Fn(NaiveDate) -> bool) -> i64 {
        let days = self.dates().zip(&self.days).filter(|(date, _)| covered(*date));
        days.map(|(_, day)| of(day)).sum()
    }

    /// As large a part of minutes by the hours as the person can do, times a ratio.
    fn scaled(&self, minutes: i64, numerator: i64, denominator: i64) -> i64 {
        match self.limit {
            Some(limit) if self.plain > 0 => share(minutes * numerator, limit, self.plain * denominator),
            // Reason: who has no hours and a limit works whenever they like; leave cannot be told.
            Some(limit) => share(limit, numerator, denominator),
            None => share(minutes, numerator, denominator),
        }
    }
}

/// `whole × part ÷ of`, rounded down.
fn share(whole: i64, part: i64, of: i64) -> i64 {
    let exact = i128::from(whole) * i128::from(part) / i128::from(of.max(1));
    i64::try_from(exact).unwrap_or(i64::MAX)
}

/// The Monday of a day's week.
#[must_use]
pub fn monday(day: NaiveDate) -> NaiveDate {
    day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into())).unwrap_or(day)
}

/// The Mondays of the weeks from one day to another.
#[must_use]
pub fn mondays(first: NaiveDate, last: NaiveDate) -> Vec<NaiveDate> {
    let weeks = monday(first).iter_weeks();
    weeks.take_while(|monday| *monday <= last).collect()
}

/// The share of `part` in `whole` in basis points, rounded half up; none of nothing.
#[must_use]
pub fn basis_points(part: i64, whole: i64) -> Option<i32> {
    (whole > 0).then(|| {
        let points = (i128::from(part) * 20_000 / i128::from(whole) + 1).div_euclid(2);
        i32::try_from(points).unwrap_or(i32::MAX)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// The week of 2 March 2026, eight hours from Monday to Friday.
    fn week() -> Week {
        let mut days = [Minutes { planned: 480, worked: 480 }; 7];
        (days[5], days[6]) = (Minutes::default(), Minutes::default());
        Week { monday: day("2026-03-02"), days, plain: 2_400, limit: None }
    }

    fn demand(first: &str, last: &str, amount: Amount) -> Demand {
        Demand { first: day(first), last: day(last), amount }
    }

    #[test]
    fn capacity_is_what_leave_leaves() {
        let mut week = week();
        (week.days[0].worked, week.days[1].worked) = (0, 240);
        assert_eq!((week.capacity(), week.leave()), (1_680, 720));
        week.limit = Some(1_200);
        assert_eq!((week.capacity(), week.leave()), (840, 360), "half of it");
        week.limit = Some(0);
        assert_eq!((week.capacity(), week.leave()), (0, 0));
    }

    #[test]
    fn minutes_are_taken_by_the_days_that_are_covered_and_worked() {
        let all = demand("2026-01-01", "2026-12-31", Amount::Minutes(1_000));
        assert_eq!(week().taken(&all), 1_000);
        let two = demand("2026-03-05", "2026-03-08", Amount::Minutes(1_000));
        assert_eq!(week().taken(&two), 400);
        let (mut holiday, mut away) = (week(), week());
        holiday.days[0] = Minutes::default();
        away.days[0].worked = 0;
        assert_eq!((holiday.taken(&all), away.taken(&all)), (800, 1_000), "leave is no holiday");
        let mut more = week();
        more.days[5] = Minutes { planned: 480, worked: 480 };
        assert_eq!(more.taken(&all), 1_000, "a worked Saturday makes no allocation longer");
        let none = demand("2026-03-09", "2026-03-09", Amount::Minutes(1_000));
        assert_eq!(week().taken(&none), 0);
    }

    #[test]
    fn share_is_one_of_what_there_is() {
        let mut week = week();
        week.days[0].worked = 0;
        let half = demand("2026-03-02", "2026-03-03", Amount::Percent(50));
        assert_eq!(week.taken(&half), 240);
        week.limit = Some(1_200);
        assert_eq!(week.taken(&half), 120);
    }

    #[test]
    fn somebody_without_hours_takes_it_all() {
        let nothing = Week { days: [Minutes::default(); 7], plain: 0, ..week() };
        let any = demand("2026-03-08", "2026-03-08", Amount::Minutes(60));
        assert_eq!((nothing.capacity(), nothing.taken(&any)), (0, 60));
        assert_eq!(mondays(day("2026-03-08"), day("2026-03-09")), [day("2026-03-02"), day("2026-03-09")]);
        assert_eq!(
            (basis_points(1, 3), basis_points(2, 3), basis_points(1, 0)),
            (Some(3_333), Some(6_667), None)
        );
    }

    proptest! {
        #[test]
        fn shares_of_the_whole_are_never_more_than_the_whole(
            worked in prop::collection::vec(0_i64..=1_440, 7), limit in prop::option::of(0_i64..10_080),
            parts in prop::collection::vec(1_i32..50, 1..6),
        ) {
            let mut week = week();
            for (day, minutes) in week.days.iter_mut().zip(worked) {
                *day = Minutes { planned: 1_440, worked: minutes };
            }
            (week.plain, week.limit) = (10_080, limit);
            let (mut left, mut taken) = (100, 0);
            for part in parts.into_iter().take_while(|part| { left -= part; left >= 0 }) {
                taken += week.taken(&demand("2026-01-01", "2026-12-31", Amount::Percent(part)));
            }
            prop_assert!(taken <= week.capacity());
            prop_assert!(week.leave() >= 0);
        }
    }
}
