//! How a project fares, as one number from 0 to 100 with its parts.
//!
//! Each part is a number from 0 (as bad as counts) to 100 (nothing to complain of); the score is their mean by weights.
//! A part that nothing is known of, such as the opinion of a client who was never asked, is left out, and its weight with
//! it. A better value of any single measure never lowers the score.

/// How far beyond its plan something may go before its part is 0: by half of it.
const WORST: f64 = 0.5;

/// The sum of `probability × impact` of open risks at which the risk part is 50: two of the worst kind.
const RISKY: f64 = 50.0;

/// What is measured of a project. Ratios are shares of the plan: 0.1 is a tenth too much.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measures {
    /// By what share of its planned length the project is expected to end late; zero or less if it is not.
    pub delay: Option<f64>,
    /// By what share of its budget the estimate at completion is above it.
    pub overrun: Option<f64>,
    /// By what share the planned work has grown since the baseline.
    pub growth: Option<f64>,
    /// `probability × impact`, from 1 to 25, of each open risk. An empty list is a project without risks; none is one
    /// whose risks nobody looks at.
    pub risks: Option<Vec<u32>>,
    /// What clients answered lately, each from 0 to 100.
    pub answers: Option<Vec<u32>>,
}

/// How much each part counts; only their proportions matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights {
    /// Of being in time.
    pub schedule: u32,
    /// Of staying within the budget.
    pub budget: u32,
    /// Of doing what was agreed.
    pub scope: u32,
    /// Of open risks.
    pub risk: u32,
    /// Of what clients say.
    pub sentiment: u32,
}

impl Default for Weights {
    fn default() -> Self {
        Self { schedule: 30, budget: 25, scope: 15, risk: 15, sentiment: 15 }
    }
}

/// The score and its parts, each from 0 to 100.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// The mean of the parts by their weights; none if nothing is known, or nothing that is known has a weight.
    pub score: Option<u32>,
    /// `100 × (1 − delay ÷ 0.5)`.
    pub schedule: Option<u32>,
    /// `100 × (1 − overrun ÷ 0.5)`.
    pub budget: Option<u32>,
    /// `100 × (1 − growth ÷ 0.5)`.
    pub scope: Option<u32>,
    /// `100 × 50 ÷ (50 + sum of probability × impact)`.
    pub risk: Option<u32>,
    /// The mean of the answers.
    pub sentiment: Option<u32>,
}

impl Health {
    /// The health of what is measured.
    #[must_use]
    pub fn of(measures: &Measures, weights: Weights) -> Self {
        let within = |share: Option<f64>| {
            share.filter(|share| !share.is_nan()).map(|share| 100.0 * (1.0 - share.clamp(0.0, WORST) / WORST))
        };
        let risk = measures.risks.as_ref().map(|risks| {
            let sum: f64 = risks.iter().copied().map(f64::from).sum();
            100.0 * RISKY / (RISKY + sum)
        });
        let answers = measures.answers.as_deref().filter(|answers| !answers.is_empty());
        let sentiment = answers.map(|answers| {
            let sum: f64 = answers.iter().map(|answer| f64::from(*answer.min(&100))).sum();
            sum / answers.len() as f64
        });
        let parts =
            [within(measures.delay), within(measures.overrun), within(measures.growth), risk, sentiment];
        let weights = [weights.schedule, weights.budget, weights.scope, weights.risk, weights.sentiment];
        let known =
            parts.iter().zip(weights).filter_map(|(part, weight)| Some(((*part)?, f64::from(weight))));
        let (sum, weight) =
            known.fold((0.0, 0.0), |(sum, all), (part, weight)| (sum + part * weight, all + weight));
        let whole = |part: f64| part.round() as u32;
        let [schedule, budget, scope, risk, sentiment] = parts.map(|part| part.map(whole));
        let score = (weight > 0.0).then(|| whole(sum / weight));
        Self { score, schedule, budget, scope, risk, sentiment }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn measures() -> Measures {
        Measures {
            delay: Some(0.1),
            overrun: Some(-0.2),
            growth: Some(0.25),
            risks: Some(vec![25, 25]),
            answers: Some(vec![80, 60]),
        }
    }

    #[test]
    fn score_is_the_weighted_mean_of_the_parts() {
        let health = Health::of(&measures(), Weights::default());
        let parts = (health.schedule, health.budget, health.scope, health.risk, health.sentiment);
        assert_eq!(parts, (Some(80), Some(100), Some(50), Some(50), Some(70)));
        // (80 × 30 + 100 × 25 + 50 × 15 + 50 × 15 + 70 × 15) ÷ 100
        assert_eq!(health.score, Some(75));
        let only = Weights { schedule: 0, budget: 0, scope: 0, risk: 7, sentiment: 0 };
        assert_eq!(Health::of(&measures(), only).score, Some(50));
    }

    #[test]
    fn what_nobody_knows_does_not_count() {
        let unasked = Measures { answers: Some(vec![]), ..measures() };
        let health = Health::of(&unasked, Weights::default());
        assert_eq!((health.sentiment, health.score), (None, Some(75)), "6 400 ÷ 85");
        assert_eq!(Health::of(&Measures::default(), Weights::default()), Health::default());
        let none = Weights { schedule: 0, budget: 0, scope: 0, risk: 0, sentiment: 0 };
        assert_eq!(Health::of(&measures(), none).score, None);
        let quiet = Measures { risks: Some(vec![]), delay: Some(f64::NAN), ..Measures::default() };
        assert_eq!(Health::of(&quiet, Weights::default()).score, Some(100));
    }

    #[test]
    fn worst_is_zero_and_not_below() {
        let worst = Measures {
            delay: Some(9.0),
            overrun: Some(f64::INFINITY),
            growth: Some(0.5),
            ..Measures::default()
        };
        assert_eq!(Health::of(&worst, Weights::default()).score, Some(0));
    }

    proptest! {
        #[test]
        fn no_single_improvement_lowers_the_score(
            shares in prop::array::uniform3(-1.0_f64..1.0),
            risks in prop::collection::vec(1_u32..=25, 1..8),
            answers in prop::collection::vec(0_u32..=100, 1..8),
            weights in prop::array::uniform5(0_u32..100),
            (which, better) in (0_usize..6, 0.0_f64..1.0),
        ) {
            let [schedule, budget, scope, risk, sentiment] = weights;
            let weights = Weights { schedule, budget, scope, risk, sentiment };
            let [delay, overrun, growth] = shares.map(Some);
            let before = Measures { delay, overrun, growth, risks: Some(risks), answers: Some(answers) };
            let mut after = before.clone();
            let less = |share: Option<f64>| share.map(|share| share - better);
            match which {
                0 => after.delay = less(after.delay),
                1 => after.overrun = less(after.overrun),
                2 => after.growth = less(after.growth),
                3 => after.risks.as_mut().unwrap()[0] -= 1,
                4 => drop(after.risks.as_mut().unwrap().pop()),
                _ => after.answers.as_mut().unwrap()[0] += 1,
            }
            let (before, after) = (Health::of(&before, weights).score, Health::of(&after, weights).score);
            prop_assert!(after >= before, "{before:?} {after:?}");
            prop_assert!(after.is_none_or(|score| score <= 100));
        }
    }
}
