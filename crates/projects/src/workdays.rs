//! The rule by which dates are counted and shifted in working days. No database, no clock.
//!
//! Which days are worked is the caller's question: a function from a day to yes or no. The agency's working week is the
//! plain one; holidays, persons and exceptions come in as another function, not as another rule.

use chrono::{Datelike, Days, NaiveDate};
use kernel::Text;

/// The way to a day is too long, or the calendar has no working day there.
pub const NO_WORKDAY: Text = Text::new(
    "no_workday",
    "This date leads too far: no working day is within reach.",
    "Cette date mène trop loin : aucun jour ouvré n'est à portée.",
);

/// The last year that dates are written in, in four digits.
const LAST_YEAR: i32 = 9_999;

/// Longest way that is counted, in calendar days: some hundred years.
const REACH: u32 = 36_600;

/// How many working days lie from `origin` up to `day`, which is not counted itself; before the origin they count
/// negatively. The origin and every free day right before it are both 0. None beyond some hundred years.
#[must_use]
pub fn offset(origin: NaiveDate, day: NaiveDate, works: impl Fn(NaiveDate) -> bool) -> Option<i32> {
    let (from, to, sign) = if day < origin { (day, origin, -1) } else { (origin, day, 1) };
    let length = u32::try_from((to - from).num_days()).ok().filter(|length| *length <= REACH)?;
    let days = from.iter_days().take(usize::try_from(length).ok()?);
    Some(sign * i32::try_from(days.filter(|day| works(*day)).count()).ok()?)
}

/// The working day with this [`offset`] from `origin`: for 0 the origin itself, or the first working day after it. None
/// if none is within reach.
#[must_use]
pub fn at(origin: NaiveDate, offset: i32, works: impl Fn(NaiveDate) -> bool) -> Option<NaiveDate> {
    let mut left = offset.unsigned_abs();
    let mut day = origin;
    for _ in 0..=REACH {
        if offset >= 0 {
            if works(day) && left == 0 {
                return Some(day).filter(|day| day.year() <= LAST_YEAR);
            }
            left -= u32::from(works(day));
            day = day.checked_add_days(Days::new(1))?;
        } else {
            day = day.checked_sub_days(Days::new(1))?;
            left -= u32::from(works(day));
            if works(day) && left == 0 {
                return Some(day);
            }
        }
    }
    None
}

/// The day that lies from `to` as `day` lies from `from`, in working days. A free day becomes the working day after it.
/// None if none is within reach.
#[must_use]
pub fn shift(
    day: NaiveDate,
    from: NaiveDate,
    to: NaiveDate,
    works: impl Fn(NaiveDate) -> bool + Copy,
) -> Option<NaiveDate> {
    at(to, offset(from, day, works)?, works)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn weekdays(day: NaiveDate) -> bool {
        kernel::workweek::WorkingWeek::default().works(day)
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn weekends_are_stepped_over_both_ways() {
        let friday = day("2026-03-06");
        assert_eq!(at(friday, 1, weekdays), Some(day("2026-03-09")));
        assert_eq!(at(friday, 0, weekdays), Some(friday));
        assert_eq!(
            at(day("2026-03-07"), 0, weekdays),
            Some(day("2026-03-09")),
            "a Saturday begins on Monday"
        );
        assert_eq!(at(day("2026-03-09"), -1, weekdays), Some(friday));
        assert_eq!(offset(friday, day("2026-03-09"), weekdays), Some(1));
        assert_eq!(offset(day("2026-03-09"), friday, weekdays), Some(-1));
    }

    #[test]
    fn leap_day_is_a_day_like_others() {
        // 2028-02-29 is a Tuesday.
        assert_eq!(at(day("2028-02-28"), 1, weekdays), Some(day("2028-02-29")));
        assert_eq!(at(day("2028-02-28"), 2, weekdays), Some(day("2028-03-01")));
        assert_eq!(at(day("2027-02-26"), 1, weekdays), Some(day("2027-03-01")), "no leap year");
    }

    #[test]
    fn holidays_come_in_as_another_function() {
        let easter =
            |date: NaiveDate| weekdays(date) && date != day("2026-04-03") && date != day("2026-04-06");
        assert_eq!(at(day("2026-04-02"), 1, easter), Some(day("2026-04-07")));
    }

    #[test]
    fn calendar_without_working_days_ends() {
        assert_eq!(at(day("2026-01-01"), 3, |_| false), None);
        assert_eq!(offset(day("0001-01-01"), day("2026-01-01"), weekdays), None);
        assert_eq!(at(NaiveDate::MAX, 1, weekdays), None);
        assert_eq!(at(NaiveDate::MIN, -1, weekdays), None);
    }

    fn any_day() -> impl Strategy<Value = NaiveDate> {
        (0_i64..40_000).prop_map(|days| day("1990-01-01") + chrono::TimeDelta::days(days))
    }

    proptest! {
        #[test]
        fn working_day_is_found_again_from_its_offset(origin in any_day(), away in -2_000_i32..2_000) {
            let found = at(origin, away, weekdays).unwrap();
            prop_assert!(weekdays(found));
            prop_assert_eq!(offset(origin, found, weekdays), Some(away));
        }

        #[test]
        fn shifting_keeps_order_and_distance(
            from in any_day(), to in any_day(), first in -500_i64..500, more in 0_i64..500,
        ) {
            let first = from + chrono::TimeDelta::days(first);
            let second = first + chrono::TimeDelta::days(more);
            let (one, other) =
                (shift(first, from, to, weekdays).unwrap(), shift(second, from, to, weekdays).unwrap());
            prop_assert!(one <= other, "{one} {other}");
            prop_assert!(weekdays(one) && weekdays(other));
            let apart = offset(first, second, weekdays).unwrap();
            prop_assert_eq!(offset(one, other, weekdays).unwrap(), apart);
        }

        #[test]
        fn shifting_there_and_back_is_where_it_was(from in any_day(), to in any_day(), away in -500_i32..500) {
            let there = at(from, away, weekdays).unwrap();
            let moved = shift(there, from, to, weekdays).unwrap();
            prop_assert_eq!(shift(moved, to, from, weekdays), Some(there));
        }

        #[test]
        fn week_is_seven_days_and_five_working_days(origin in any_day(), weeks in 0_i32..200) {
            let origin = at(origin, 0, weekdays).unwrap();
            let later = at(origin, 5 * weeks, weekdays).unwrap();
            prop_assert_eq!((later - origin).num_days(), i64::from(7 * weeks));
        }
    }
}
