//! The days of the week that a tenant works on.

use chrono::{Datelike, NaiveDate, Weekday};

/// Work of a day unless a tenant says otherwise, in minutes.
const DAY_MINUTES: u16 = 8 * 60;

/// Days of the week that are worked on, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkingWeek {
    /// As bits; bit 0 is Monday.
    days: u8,
    minutes: u16,
}

impl Default for WorkingWeek {
    /// Monday to Friday, eight hours each.
    fn default() -> Self {
        Self { days: 0b001_1111, minutes: DAY_MINUTES }
    }
}

impl WorkingWeek {
    /// The week of stored bits, eight hours a day; Monday to Friday for those of no day at all.
    pub fn from_bits(bits: i32) -> Self {
        match u8::try_from(bits & 0b111_1111) {
            Ok(0) | Err(_) => Self::default(),
            Ok(days) => Self { days, ..Self::default() },
        }
    }

    /// The same days with so many minutes of work each, 1 to 1 440; as it was for any other number.
    #[must_use]
    pub fn of_minutes(self, minutes: i32) -> Self {
        let minutes = u16::try_from(minutes).ok().filter(|minutes| (1..=24 * 60).contains(minutes));
        Self { minutes: minutes.unwrap_or(self.minutes), ..self }
    }

    /// Work of each day that is worked on, in minutes.
    pub fn day_minutes(self) -> u16 {
        self.minutes
    }

    /// For each day of the week, Monday first, whether it is worked on.
    pub fn days(self) -> [bool; 7] {
        std::array::from_fn(|day| self.days & (1 << day) != 0)
    }

    /// Whether this day of the week is worked on.
    pub fn has(self, day: Weekday) -> bool {
        self.days()[day.num_days_from_monday() as usize]
    }

    /// Whether this day is worked on.
    pub fn works(self, day: NaiveDate) -> bool {
        self.has(day.weekday())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_days_from_monday() {
        let week = WorkingWeek::from_bits(0b100_0001);
        assert!(week.has(Weekday::Mon) && week.has(Weekday::Sun) && !week.has(Weekday::Tue));
        assert!(week.works("2026-03-01".parse().unwrap()), "a Sunday");
        assert_eq!(WorkingWeek::from_bits(0), WorkingWeek::default(), "no week is without a day");
        assert_eq!(WorkingWeek::from_bits(31), WorkingWeek::default());
    }

    #[test]
    fn day_has_minutes_that_a_day_can_have() {
        let week = WorkingWeek::default();
        assert_eq!(week.day_minutes(), 480);
        assert_eq!(week.of_minutes(450).day_minutes(), 450);
        assert_eq!(week.of_minutes(450).days(), week.days());
        for none in [-1, 0, 1_441, i32::MAX] {
            assert_eq!(week.of_minutes(none), week, "{none}");
        }
    }
}
