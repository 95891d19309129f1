//! What is measured of a project for its score: pure, from what is known of it at a moment.

use chrono::NaiveDate;
use schedule::{earned::EarnedValue, health::Measures};

use crate::control::Planned;

/// What is known of a project.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// What its tasks amount to.
    pub(super) planned: Planned,
    /// Minutes that were worked.
    pub(super) minutes: i64,
    /// Its budget in money and what of it billable time has used, in minor units of one currency.
    pub(super) money: Option<(i64, i64)>,
    /// Its budget in minutes.
    pub(super) budget_minutes: Option<i64>,
    /// The days that it is planned for, and the present one.
    pub(super) start: Option<NaiveDate>,
    pub(super) end: Option<NaiveDate>,
    pub(super) today: NaiveDate,
    /// `probability × impact` of each open risk; none if none was ever registered.
    pub(super) risks: Option<Vec<u32>>,
    /// What its client answered, 0 to 100 each.
    pub(super) answers: Vec<u32>,
}

impl Facts {
    /// What the score is made of. Each is such that more work done, less time spent, a milder or closed risk and a better
    /// answer never make it worse.
    pub(super) fn measures(&self) -> Measures {
        Measures {
            delay: self.delay(),
            overrun: self.overrun(),
            growth: self.growth(),
            risks: self.risks.clone(),
            answers: Some(self.answers.clone()).filter(|answers| !answers.is_empty()),
        }
    }

    /// The share of all work that ought to be done and is not, (PV − EV) ÷ BAC, or the share of its planned length by
    /// which its end has passed, whichever is greater. Without estimates each task counts alike.
    fn delay(&self) -> Option<f64> {
        let value = if self.planned.work.budget > 0 { &self.planned.work } else { &self.planned.count };
        let dated = self.planned.undated < self.planned.tasks;
        let behind = Some(ratio(value.planned - value.earned, value.budget)).filter(|_| dated);
        let late = self.end.map(|end| {
            let length = self.start.map_or(1, |start| (end - start).num_days() + 1);
            ratio(Ord::max((self.today - end).num_days(), 0), Ord::max(length, 1))
        });
        greater(behind, late)
    }

    /// The share of its budget by which it ends above it if the rest takes what it is thought to take: in hours (AC + what
    /// is left of all estimates − budget) ÷ budget, or without budgeted hours (AC − EV) ÷ BAC; in money (AC − what of the
    /// budget is earned) ÷ budget, where the budget is spread over the estimated work, and where nothing is estimated
    /// (AC − budget) ÷ budget. The greater one of both: money says nothing about work that nobody bills.
    fn overrun(&self) -> Option<f64> {
        let EarnedValue { budget: all, earned, .. } = self.planned.work;
        let money = self.money.map(|(budget, used)| {
            let done = if all > 0 { budget as f64 * earned as f64 / all as f64 } else { budget as f64 };
            share(used as f64 - done, budget)
        });
        let left = self.planned.left;
        let hours = self.budget_minutes.map(|budget| share((self.minutes + left - budget) as f64, budget));
        let own = || (all > 0).then(|| ratio(self.minutes - earned, all));
        greater(money, hours.or_else(own))
    }

    /// The share by which the estimated work is more than the budgeted hours.
    fn growth(&self) -> Option<f64> {
        let all = self.planned.estimated;
        self.budget_minutes.filter(|_| all > 0).map(|budget| share((all - budget) as f64, budget))
    }
}

/// A share of a budget; of a budget of nothing, all that is above it is too much.
fn share(above: f64, budget: i64) -> f64 {
    match budget {
        0 if above > 0.0 => 1.0,
        0 => 0.0,
        _ => above / budget as f64,
    }
}

fn ratio(part: i64, whole: i64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn greater(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(f64::max(one, other)),
        (one, other) => one.or(other),
    }
}

/// An answer of a client from 0 to 100.
pub(super) fn answer(kind: crate::words::FeedbackKind, score: i32) -> u32 {
    use crate::words::FeedbackKind::{Csat, Nps};
    let of_hundred = match kind {
        Csat => (score - 1) * 25,
        Nps => score * 10,
    };
    u32::try_from(of_hundred.clamp(0, 100)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use schedule::health::{Health, Weights};

    use super::*;
    use crate::words::FeedbackKind;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Ten days of work planned for March, half of which ought to be done on the 16th.
    fn facts() -> Facts {
        let work = EarnedValue { budget: 4_800, planned: 2_400, earned: 1_920, actual: 0 };
        let count = EarnedValue { budget: 10 * 10_000, planned: 50_000, earned: 20_000, actual: 0 };
        Facts {
            planned: Planned { work, count, tasks: 10, estimated: 4_800, left: 2_880, ..Planned::default() },
            minutes: 2_400,
            start: Some(day("2026-03-02")),
            end: Some(day("2026-03-31")),
            today: day("2026-03-16"),
            ..Facts::default()
        }
    }

    #[test]
    fn measures_follow_their_formulas() {
        let close = |found: Option<f64>, expected: f64| {
            assert!((found.unwrap() - expected).abs() < 1e-9, "{found:?} {expected}");
        };
        let plain = facts().measures();
        close(plain.delay, 0.1);
        close(plain.overrun, 0.1);
        assert_eq!((plain.growth, plain.risks, plain.answers), (None, None, None));
        let budget =
            Facts { budget_minutes: Some(4_000), money: Some((100_000, 60_000)), ..facts() }.measures();
        close(budget.growth, 0.2);
        // Hours: 2 400 + 2 880 − 4 000 of 4 000. Money: 60 000 − 40 000 of 100 000.
        close(budget.overrun, 0.32);
        let money = Facts { money: Some((100_000, 60_000)), ..facts() }.measures();
        close(money.overrun, 0.2);
        let unbilled = Facts { money: Some((100_000, 0)), ..facts() }.measures();
        close(unbilled.overrun, 0.1);
        let late = Facts { today: day("2026-04-15"), ..facts() }.measures();
        close(late.delay, 0.5);
        let mut bare = facts();
        bare.planned = Planned { work: EarnedValue::default(), estimated: 0, left: 0, ..bare.planned };
        close(bare.measures().delay, 0.3);
        assert_eq!(bare.measures().overrun, None, "nothing says what it should take");
        for (used, overrun) in [(50_000, -0.5), (200_000, 1.0)] {
            close(Facts { money: Some((100_000, used)), ..bare.clone() }.measures().overrun, overrun);
        }
        let blank = Facts::default().measures();
        assert_eq!((blank.delay, blank.overrun, blank.growth), (None, None, None));
    }

    #[test]
    fn budget_of_nothing_is_used_up_by_anything() {
        let none = Facts { budget_minutes: Some(0), ..Facts::default() };
        assert_eq!(none.measures().overrun, Some(0.0));
        assert_eq!(Facts { minutes: 1, ..none }.measures().overrun, Some(1.0));
    }

    #[test]
    fn answers_of_both_kinds_lie_between_nothing_and_a_hundred() {
        let answers =
            |kind, scores: &[i32]| scores.iter().map(|score| answer(kind, *score)).collect::<Vec<_>>();
        assert_eq!(answers(FeedbackKind::Csat, &[1, 2, 3, 5]), [0, 25, 50, 100]);
        assert_eq!(answers(FeedbackKind::Nps, &[0, 6, 10]), [0, 60, 100]);
    }

    prop_compose! {
        fn any_facts()(
            tasks in prop::collection::vec((0_i64..5_000, 0_i64..=10_000, 0_i64..=10_000), 1..8),
            minutes in 0_i64..30_000,
            money in prop::option::of((0_i64..1_000_000, 0_i64..2_000_000)),
            budget_minutes in prop::option::of(0_i64..20_000),
            (length, today) in (0_i64..200, -50_i64..400),
            risks in prop::collection::vec(1_u32..=25, 1..6),
            answers in prop::collection::vec(0_u32..=100, 1..6),
        ) -> Facts {
            let start = day("2026-01-01");
            let after = |days| start + chrono::TimeDelta::days(days);
            let mut planned = Planned::default();
            for (estimate, share, done) in tasks {
                let value = |budget: i64| EarnedValue {
                    budget,
                    planned: budget * share / 10_000,
                    earned: budget * done / 10_000,
                    actual: 0,
                };
                let one = Planned {
                    work: value(estimate),
                    count: value(10_000),
                    tasks: 1,
                    estimated: estimate,
                    left: estimate - estimate * done / 10_000,
                    ..Planned::default()
                };
                planned = planned.plus(one);
            }
            Facts {
                planned, minutes, money, budget_minutes, risks: Some(risks), answers,
                start: Some(start), end: Some(after(length)), today: after(today),
            }
        }
    }

    proptest! {
        #[test]
        fn no_single_improvement_lowers_the_score(
            before in any_facts(),
            weights in prop::array::uniform5(0_u32..=100),
            (which, by) in (0_usize..8, 1_i64..5_000),
        ) {
            let [schedule, budget, scope, risk, sentiment] = weights;
            let weights = Weights { schedule, budget, scope, risk, sentiment };
            let mut after = before.clone();
            match which {
                0 => {
                    let work = &mut after.planned.work;
                    work.earned = Ord::min(work.earned + by, work.budget);
                    after.planned.left = Ord::max(after.planned.left - by, 0);
                }
                1 => {
                    let count = &mut after.planned.count;
                    count.earned = Ord::min(count.earned + by, count.budget);
                }
                2 => after.minutes = Ord::max(after.minutes - by, 0),
                3 => after.money = after.money.map(|(budget, used)| (budget, Ord::max(used - by, 0))),
                4 => after.end = after.end.map(|end| end + chrono::TimeDelta::days(by)),
                5 => drop(after.risks.as_mut().unwrap().pop()),
                6 => after.risks.as_mut().unwrap()[0] -= 1,
                _ => after.answers[0] = Ord::min(after.answers[0] + 1, 100),
            }
            let score = |facts: &Facts| Health::of(&facts.measures(), weights).score;
            prop_assert!(score(&after) >= score(&before), "{:?} {:?}", score(&before), score(&after));
        }
    }
}
