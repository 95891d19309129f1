//! Rules of rounding: how many minutes of those worked are billed. What was worked stays as it is. No database, no
//! clock.

use crate::words::{RoundingMode, RoundingScope};

/// How an agency rounds the minutes that it bills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rounding {
    /// Which way.
    pub mode: RoundingMode,
    /// To whole multiples of so many minutes, at least 1.
    pub step: i64,
    /// Each entry for itself, or all that somebody did on one day for one project together.
    pub scope: RoundingScope,
    /// No less than so many minutes for anything that was worked at all.
    pub minimum: i64,
}

impl Default for Rounding {
    fn default() -> Self {
        Self { mode: RoundingMode::None, step: 1, scope: RoundingScope::Entry, minimum: 0 }
    }
}

impl Rounding {
    /// The minutes billed for so many worked; nothing for nothing. Halves of a step are rounded up.
    #[must_use]
    pub fn round(self, minutes: i64) -> i64 {
        if minutes <= 0 {
            return 0;
        }
        let step = self.step.max(1);
        let below = minutes / step * step;
        let rest = minutes - below;
        let rounded = match self.mode {
            RoundingMode::None => minutes,
            RoundingMode::Down => below,
            RoundingMode::Up if rest == 0 => below,
            RoundingMode::Up => below + step,
            RoundingMode::Nearest if rest * 2 >= step => below + step,
            RoundingMode::Nearest => below,
        };
        rounded.max(self.minimum)
    }

    /// The minutes billed for each of a day's entries of one person and project, when `before` (worked and billed) of
    /// that day was billed already: in all never less than what was billed before.
    #[must_use]
    pub fn bill(self, before: (i64, i64), entries: &[i64]) -> Vec<i64> {
        match self.scope {
            RoundingScope::Entry => entries.iter().map(|minutes| self.round(*minutes)).collect(),
            RoundingScope::Day => {
                let worked: i64 = entries.iter().sum();
                let due = (self.round(before.0 + worked) - before.1).max(0);
                share(due, entries)
            }
        }
    }
}

/// Shares `total` by weights without losing a minute: each exact part cut down, the rest to the largest remainders, the
/// earlier first.
fn share(total: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i64 = weights.iter().sum();
    if sum <= 0 {
        return vec![0; weights.len()];
    }
    let mut shares: Vec<i64> = weights.iter().map(|weight| total * weight / sum).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|place| std::cmp::Reverse(total * weights[*place] % sum));
    let left = total - shares.iter().sum::<i64>();
    for place in order.into_iter().take(usize::try_from(left).unwrap_or_default()) {
        shares[place] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(mode: RoundingMode, step: i64) -> Rounding {
        Rounding { mode, step, ..Rounding::default() }
    }

    #[test]
    fn each_way_rounds_as_its_name_says() {
        let table = [
            (RoundingMode::None, [1, 7, 8, 15, 22, 23]),
            (RoundingMode::Down, [0, 0, 0, 15, 15, 15]),
            (RoundingMode::Up, [15, 15, 15, 15, 30, 30]),
            (RoundingMode::Nearest, [0, 0, 15, 15, 15, 30]),
        ];
        for (mode, expected) in table {
            assert_eq!([1, 7, 8, 15, 22, 23].map(|minutes| rule(mode, 15).round(minutes)), expected);
        }
        assert_eq!(rule(RoundingMode::Nearest, 30).round(15), 30, "halves go up");
    }

    #[test]
    fn least_time_is_billed_for_whatever_was_worked() {
        let least = Rounding { minimum: 30, ..rule(RoundingMode::Down, 15) };
        assert_eq!([0, 1, 29, 44, 46].map(|minutes| least.round(minutes)), [0, 30, 30, 30, 45]);
    }

    #[test]
    fn day_is_rounded_once_whenever_its_parts_are_billed() {
        let day = Rounding { scope: RoundingScope::Day, ..rule(RoundingMode::Up, 60) };
        assert_eq!(day.bill((0, 0), &[20, 20, 10]), [24, 24, 12]);
        assert_eq!(day.bill((50, 60), &[5]), [0], "the hour is billed already");
        assert_eq!(day.bill((50, 60), &[15]), [60], "the next hour has begun");
    }

    fn any_rule() -> impl Strategy<Value = Rounding> {
        let mode = prop::sample::select(RoundingMode::ALL);
        let scope = prop::sample::select(RoundingScope::ALL);
        (mode, 1..120_i64, scope, 0..120_i64).prop_map(|(mode, step, scope, minimum)| Rounding {
            mode,
            step,
            scope,
            minimum,
        })
    }

    proptest! {
        #[test]
        fn rounded_time_is_near_what_was_worked_and_never_shrinks_with_more(
            rule in any_rule(), minutes in 0..3_000_i64,
        ) {
            let rounded = rule.round(minutes);
            prop_assert!(rounded <= rule.round(minutes + 1));
            prop_assert!(rounded >= rule.minimum || minutes == 0);
            if rounded > rule.minimum {
                prop_assert!((rounded - minutes).abs() < rule.step.max(1));
                prop_assert!(rule.mode == RoundingMode::None || rounded % rule.step == 0);
            }
        }

        #[test]
        fn rounding_twice_is_rounding_once(rule in any_rule(), minutes in 0..3_000_i64) {
            let rule = Rounding { minimum: 0, ..rule };
            prop_assert_eq!(rule.round(rule.round(minutes)), rule.round(minutes));
        }

        #[test]
        fn day_billed_in_two_goes_is_billed_as_in_one(
            rule in any_rule(),
            first in prop::collection::vec(1..300_i64, 1..5),
            second in prop::collection::vec(1..300_i64, 1..5),
        ) {
            let rule = Rounding { scope: RoundingScope::Day, ..rule };
            let billed: i64 = rule.bill((0, 0), &first).iter().sum();
            let worked: i64 = first.iter().sum();
            let rest: i64 = rule.bill((worked, billed), &second).iter().sum();
            let whole = rule.round(worked + second.iter().sum::<i64>());
            prop_assert_eq!(billed + rest, whole);
        }
    }
}
