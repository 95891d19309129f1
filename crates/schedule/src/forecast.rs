//! When it will be done, with its odds: the network is laid out many times with durations drawn at random (Monte Carlo),
//! and the finishes are counted.
//!
//! Runs draw from streams of their own, chosen by the seed and the number of the run alone, so that a seed gives the same
//! forecast on any number of cores.

use std::num::NonZeroUsize;

use rand_distr::{Distribution as _, Pert};
use rand_pcg::{
    Pcg64Mcg,
    rand_core::{Rng as _, SeedableRng as _},
};

use crate::{
    calendar::{Instant, Work},
    network::{Network, NodeKind},
    pass::{OWN, Placing},
};

/// How long what is left of an activity takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Estimate {
    /// As long as its duration says.
    Fixed,
    /// Between a best and a worst case, in working minutes: the beta distribution of PERT with the mean
    /// `(optimistic + 4 likely + pessimistic) / 6` (D. G. Malcolm, J. H. Roseboom, C. E. Clark and W. Fazar,
    /// "Application of a technique for research and development program evaluation", 1959).
    ThreePoint {
        /// The best case.
        optimistic: Work,
        /// The most likely case.
        likely: Work,
        /// The worst case.
        pessimistic: Work,
    },
    /// Its duration times one of the ratios of actual to estimated time with this place in the list of histories, each
    /// as likely as the other (reference class forecasting by the team's own past).
    History(usize),
}

/// Why no forecast can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadEstimate {
    /// The estimate of this activity is not `0 ≤ optimistic ≤ likely ≤ pessimistic`.
    OutOfOrder(usize),
    /// The estimate of this activity names a history that is not there, is empty, or has a ratio that is no number above
    /// zero.
    BadHistory(usize),
    /// There are not as many estimates as activities.
    WrongCount,
}

/// How a forecast is made.
#[derive(Clone, Copy, Debug)]
pub struct Trial {
    /// How often the network is laid out.
    pub runs: NonZeroUsize,
    /// What the draws begin with.
    pub seed: u64,
    /// How many threads share the work; the answer is the same for any number.
    pub threads: NonZeroUsize,
}

/// The odds of finishing.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// The finish of each run, earliest first.
    pub finishes: Vec<Instant>,
    /// For each activity the share of runs, from 0 to 1, in which it drove the finish (criticality index).
    pub criticality: Vec<f64>,
}

impl Forecast {
    /// The instant by which so many percent of the runs were done, by the nearest rank. `percent` is from 0 to 100.
    #[must_use]
    pub fn percentile(&self, percent: f64) -> Option<Instant> {
        let rank = (percent / 100.0 * self.finishes.len() as f64).ceil() as usize;
        self.finishes.get(rank.clamp(1, self.finishes.len().max(1)) - 1).copied()
    }

    /// The share of runs, from 0 to 1, that were done by an instant.
    #[must_use]
    pub fn odds_by(&self, instant: Instant) -> f64 {
        let done = self.finishes.partition_point(|finish| *finish <= instant);
        done as f64 / self.finishes.len().max(1) as f64
    }
}

/// How the duration of a node is drawn.
enum Draw<'a> {
    Fixed(Work),
    Between(Pert<f64>),
    Scaled(f64, &'a [f64]),
}

impl Draw<'_> {
    fn once(&self, random: &mut Pcg64Mcg) -> Work {
        match self {
            Self::Fixed(duration) => *duration,
            // Reason: work that there is takes at least a minute; a milestone is never drawn.
            Self::Between(pert) => (pert.sample(random).round() as Work).max(1),
            Self::Scaled(duration, ratios) => {
                // Reason: the high half of 64 bits times the count is a place below it, as likely as any other.
                let place = (u128::from(random.next_u64()) * ratios.len() as u128) >> 64;
                ((duration * ratios[place as usize]).round() as Work).max(1)
            }
        }
    }
}

impl Network {
    /// Lays the network out with drawn durations. `estimates` has one entry an activity; what is finished, and
    /// milestones, take what they take.
    ///
    /// # Errors
    /// The estimate that is none.
    pub fn forecast(
        &self,
        estimates: &[Estimate],
        histories: &[Vec<f64>],
        trial: Trial,
    ) -> Result<Forecast, BadEstimate> {
        let draws = self.draws(estimates, histories)?;
        let (runs, threads) = (trial.runs.get(), trial.threads.get().min(trial.runs.get()));
        let share = runs.div_ceil(threads);
        let parts: Vec<(Vec<Instant>, Vec<u32>)> = std::thread::scope(|scope| {
            let draws = &draws;
            let part = |thread: usize| {
                let numbers = (thread * share)..runs.min((thread + 1) * share);
                scope.spawn(move || self.runs(draws, trial.seed, numbers))
            };
            let threads: Vec<_> = (0..threads).map(part).collect();
            threads.into_iter().map(|thread| thread.join().unwrap_or_default()).collect()
        });
        let mut finishes: Vec<Instant> = Vec::with_capacity(runs);
        let mut counts = vec![0_u32; self.len()];
        for (part, driven) in parts {
            finishes.extend(part);
            counts.iter_mut().zip(driven).for_each(|(count, more)| *count += more);
        }
        finishes.sort_unstable();
        let share = |count: &u32| f64::from(*count) / runs as f64;
        let criticality = self.place.iter().map(|at| share(&counts[*at as usize])).collect();
        Ok(Forecast { finishes, criticality })
    }

    fn runs(
        &self,
        draws: &[Draw<'_>],
        seed: u64,
        numbers: std::ops::Range<usize>,
    ) -> (Vec<Instant>, Vec<u32>) {
        let (mut durations, mut placing) = (vec![0; self.len()], Placing::new(self.len()));
        let (mut finishes, mut counts) = (Vec::with_capacity(numbers.len()), vec![0; self.len()]);
        for number in numbers {
            let mut random =
                Pcg64Mcg::seed_from_u64(seed ^ (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
            durations.iter_mut().zip(draws).for_each(|(duration, draw)| *duration = draw.once(&mut random));
            self.place(&durations, &mut placing);
            let ends = placing.finishes.iter().enumerate();
            let last = ends.rev().max_by_key(|(_, finish)| **finish).map(|(at, finish)| (*finish, at));
            let Some((finish, mut at)) = last else { break };
            finishes.push(finish);
            counts[at] += 1;
            while placing.drivers[at] != OWN {
                let link = &self.links[placing.drivers[at] as usize];
                at = self.place[link.predecessor] as usize;
                counts[at] += 1;
            }
        }
        (finishes, counts)
    }

    fn draws<'a>(
        &self,
        estimates: &[Estimate],
        histories: &'a [Vec<f64>],
    ) -> Result<Vec<Draw<'a>>, BadEstimate> {
        if estimates.len() != self.len() {
            return Err(BadEstimate::WrongCount);
        }
        let sound = |history: &&Vec<f64>| {
            !history.is_empty() && history.iter().all(|ratio| ratio.is_finite() && *ratio > 0.0)
        };
        let draw = |activity: &u32| {
            let activity = *activity as usize;
            let node = &self.nodes[self.place[activity] as usize];
            let moves = node.duration > 0 && !matches!(node.kind, NodeKind::Finished(..));
            match &estimates[activity] {
                Estimate::ThreePoint { optimistic, likely, pessimistic } if moves => {
                    between(*optimistic, *likely, *pessimistic).ok_or(BadEstimate::OutOfOrder(activity))
                }
                Estimate::History(place) if moves => {
                    let history =
                        histories.get(*place).filter(sound).ok_or(BadEstimate::BadHistory(activity))?;
                    Ok(Draw::Scaled(node.duration as f64, history))
                }
                _ => Ok(Draw::Fixed(node.duration)),
            }
        };
        self.order.iter().map(draw).collect()
    }
}

fn between<'a>(optimistic: Work, likely: Work, pessimistic: Work) -> Option<Draw<'a>> {
    if !(0 <= optimistic && optimistic <= likely && likely <= pessimistic) {
        return None;
    }
    if optimistic == pessimistic {
        return Some(Draw::Fixed(likely.max(1)));
    }
    let pert = Pert::new(optimistic as f64, pessimistic as f64).with_mode(likely as f64);
    pert.ok().map(Draw::Between)
}

#[cfg(test)]
#[path = "forecast_tests.rs"]
mod tests;
