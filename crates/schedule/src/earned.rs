//! Earned value: what ought to be done, what is done and what it took, in one unit (money or minutes).
//!
//! Formulas and names are those of Project Management Institute, "The Standard for Earned Value Management", 2019 (also
//! ANSI/EIA-748). All amounts are whole: minor units of a currency or minutes. A share of an amount is rounded half to even
//! for each item alone, so that the sum over projects is the sum over their items.

use crate::calendar::{Calendar, Instant};

/// Whole of a share: 10 000 is all.
pub const WHOLE: u32 = 10_000;

/// A planned piece of work, as its baseline says.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// The calendar that it was planned by.
    pub calendar: &'a Calendar,
    /// Planned start.
    pub start: Instant,
    /// Planned finish.
    pub finish: Instant,
    /// What it is worth: its planned cost or work.
    pub budget: i64,
    /// How much of it is done, of [`WHOLE`].
    pub done: u32,
}

impl Item<'_> {
    /// What ought to be done of it by an instant: the budget in proportion to the planned working time that has passed.
    #[must_use]
    pub fn planned(&self, by: Instant) -> i64 {
        let whole = self.calendar.between(self.start, self.finish);
        if by >= self.finish {
            return self.budget;
        }
        // Reason: a milestone is worth nothing before its instant, and all of it from then on.
        if by <= self.start || whole <= 0 {
            return 0;
        }
        share(self.budget, self.calendar.between(self.start, by), whole)
    }

    /// What is done of it.
    #[must_use]
    pub fn earned(&self) -> i64 {
        share(self.budget, i64::from(self.done.min(WHOLE)), i64::from(WHOLE))
    }
}

/// Earned value at a status date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EarnedValue {
    /// Budget at completion (BAC).
    pub budget: i64,
    /// Planned value (PV).
    pub planned: i64,
    /// Earned value (EV).
    pub earned: i64,
    /// Actual cost (AC).
    pub actual: i64,
}

impl EarnedValue {
    /// The earned value of items at an instant, with what they took so far.
    pub fn of<'a>(items: impl IntoIterator<Item = Item<'a>>, by: Instant, actual: i64) -> Self {
        let none = Self { actual, ..Self::default() };
        items.into_iter().fold(none, |sum, item| Self {
            budget: sum.budget.saturating_add(item.budget),
            planned: sum.planned.saturating_add(item.planned(by)),
            earned: sum.earned.saturating_add(item.earned()),
            actual,
        })
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            budget: self.budget.saturating_add(other.budget),
            planned: self.planned.saturating_add(other.planned),
            earned: self.earned.saturating_add(other.earned),
            actual: self.actual.saturating_add(other.actual),
        }
    }

    /// Schedule variance: SV = EV − PV. Below zero it is behind.
    #[must_use]
    pub fn schedule_variance(&self) -> i64 {
        self.earned - self.planned
    }

    /// Cost variance: CV = EV − AC. Below zero it takes more than planned.
    #[must_use]
    pub fn cost_variance(&self) -> i64 {
        self.earned - self.actual
    }

    /// Schedule performance index: SPI = EV ÷ PV. None while nothing was planned to be done.
    #[must_use]
    pub fn spi(&self) -> Option<f64> {
        ratio(self.earned, self.planned)
    }

    /// Cost performance index: CPI = EV ÷ AC. None while nothing was spent.
    #[must_use]
    pub fn cpi(&self) -> Option<f64> {
        ratio(self.earned, self.actual)
    }

    /// Estimate to complete: what the rest takes if it goes as so far, ETC = (BAC − EV) ÷ CPI; while nothing is earned
    /// or spent, as planned: BAC − EV.
    #[must_use]
    pub fn to_complete(&self) -> i64 {
        let rest = self.budget - self.earned;
        if self.earned > 0 && self.actual > 0 { share(rest, self.actual, self.earned) } else { rest }
    }

    /// Estimate at completion: EAC = AC + ETC.
    #[must_use]
    pub fn at_completion(&self) -> i64 {
        self.actual.saturating_add(self.to_complete())
    }

    /// Variance at completion: VAC = BAC − EAC. Below zero it will take more than planned.
    #[must_use]
    pub fn variance_at_completion(&self) -> i64 {
        self.budget.saturating_sub(self.at_completion())
    }

    /// To-complete performance index: how well the rest must go to end within the budget, TCPI = (BAC − EV) ÷ (BAC − AC).
    /// None if nothing of the budget is left.
    #[must_use]
    pub fn tcpi(&self) -> Option<f64> {
        let left = self.budget - self.actual;
        if left > 0 { ratio(self.budget - self.earned, left) } else { None }
    }
}

fn ratio(one: i64, other: i64) -> Option<f64> {
    (other != 0).then(|| one as f64 / other as f64)
}

/// `amount × part ÷ whole`, rounded half to even; `whole` is above zero. Cut off at what an `i64` can hold.
#[must_use]
pub fn share(amount: i64, part: i64, whole: i64) -> i64 {
    let (product, whole) = (i128::from(amount) * i128::from(part), i128::from(whole));
    let (quotient, rest) = (product.div_euclid(whole), product.rem_euclid(whole));
    let up = 2 * rest > whole || (2 * rest == whole && quotient % 2 != 0);
    let rounded = quotient + i128::from(up);
    i64::try_from(rounded).unwrap_or(if rounded < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use proptest::prelude::*;

    use super::*;
    use crate::calendar::{Hours, Pattern, instant};

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, number).unwrap()
    }

    fn office() -> Calendar {
        let hours = Hours::new([(540, 1_020)]).unwrap();
        let week = std::array::from_fn(|day| if day < 5 { hours.clone() } else { Hours::free() });
        Calendar::new(&Pattern { zone: chrono_tz::UTC, week, days: Default::default() }, day(2), day(31))
            .unwrap()
    }

    fn at(number: u32, hour: u16) -> Instant {
        instant(chrono_tz::UTC, day(number), hour * 60)
    }

    #[test]
    fn planned_value_grows_with_working_time() {
        let calendar = office();
        // Monday to the Friday of the next week: ten working days.
        let item =
            Item { calendar: &calendar, start: at(2, 9), finish: at(13, 17), budget: 1_000, done: 4_000 };
        for (by, planned) in [
            (at(2, 9), 0),
            (at(2, 13), 50),
            (at(6, 17), 500),
            (at(8, 12), 500),
            (at(9, 17), 600),
            (at(30, 0), 1_000),
        ] {
            assert_eq!(item.planned(by), planned);
        }
        assert_eq!(item.earned(), 400);
        let milestone = Item { start: at(6, 17), finish: at(6, 17), ..item };
        assert_eq!((milestone.planned(at(6, 16)), milestone.planned(at(6, 17))), (0, 1_000));
    }

    /// A worked example: a third of the work was planned by now, a quarter is done, for more than it is worth.
    #[test]
    fn indices_are_those_of_a_worked_example() {
        let value = EarnedValue { budget: 120_000, planned: 40_000, earned: 30_000, actual: 50_000 };
        assert_eq!((value.schedule_variance(), value.cost_variance()), (-10_000, -20_000));
        assert_eq!((value.spi(), value.cpi()), (Some(0.75), Some(0.6)));
        assert_eq!((value.to_complete(), value.at_completion()), (150_000, 200_000), "120 000 ÷ 0.6");
        assert_eq!(value.variance_at_completion(), -80_000);
        assert_eq!(value.tcpi(), Some(90_000.0 / 70_000.0));
    }

    #[test]
    fn nothing_begun_has_no_indices() {
        let value = EarnedValue { budget: 500, ..EarnedValue::default() };
        assert_eq!((value.spi(), value.cpi(), value.at_completion()), (None, None, 500));
        let spent = EarnedValue { budget: 500, actual: 600, ..EarnedValue::default() };
        assert_eq!((spent.cpi(), spent.at_completion(), spent.tcpi()), (Some(0.0), 1_100, None));
    }

    proptest! {
        #[test]
        fn sums_agree_whatever_is_summed_first(
            items in prop::collection::vec((0_i64..600, 0_i64..4_000, -1_000_000_i64..1_000_000, 0_u32..=10_000), 0..12),
            by in 0_i64..40_000,
            cut in 0_usize..12,
        ) {
            let calendar = office();
            let items: Vec<Item<'_>> = items.iter().map(|(start, length, budget, done)| {
                let start = at(2, 9) + start * 10;
                Item { calendar: &calendar, start, finish: start + length, budget: *budget, done: *done }
            }).collect();
            let (one, other) = items.split_at(cut.min(items.len()));
            let by = at(2, 0) + by;
            let whole = EarnedValue::of(items.iter().copied(), by, 7);
            let parts = EarnedValue::of(one.iter().copied(), by, 3).plus(EarnedValue::of(other.iter().copied(), by, 4));
            prop_assert_eq!(whole, parts, "a portfolio is the sum of its projects");
        }

        #[test]
        fn share_is_rounded_half_to_even(amount in -10_000_i64..10_000, part in 0_i64..1_000, whole in 1_i64..1_000) {
            let exact = amount as f64 * part as f64 / whole as f64;
            prop_assert!((share(amount, part, whole) as f64 - exact).abs() <= 0.5 + 1e-9);
            prop_assert_eq!(share(-amount, part, whole), -share(amount, part, whole));
            prop_assert_eq!((share(1, 1, 2), share(3, 1, 2), share(5, 1, 2), share(-3, 1, 2)), (0, 2, 2, -2));
        }
    }
}
