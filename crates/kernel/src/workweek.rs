//! The days of the week that a tenant works on.

use chrono::{Datelike, NaiveDate, Weekday};

/// Days of the week that are worked on, as bits; bit 0 is Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkingWeek(u8);

impl Default for WorkingWeek {
    /// Monday to Friday.
    fn default() -> Self {
        Self(0b001_1111)
    }
}

impl WorkingWeek {
    /// The week of stored bits; Monday to Friday for those of no day at all.
    pub fn from_bits(bits: i32) -> Self {
        match u8::try_from(bits & 0b111_1111) {
            Ok(0) | Err(_) => Self::default(),
            Ok(bits) => Self(bits),
        }
    }

    /// For each day of the week, Monday first, whether it is worked on.
    pub fn days(self) -> [bool; 7] {
        std::array::from_fn(|day| self.0 & (1 << day) != 0)
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
}
