//! Tests of forecasts against cases that can be worked out.

use chrono::NaiveDate;

use super::*;
use crate::{
    calendar::{Calendar, Pattern},
    network::{Activity, Kind, Link},
};

const START: Instant = 29_540_160;

fn network(durations: &[Work], links: &[(usize, usize)]) -> Network {
    let day = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
    let calendar = Calendar::new(&Pattern::continuous(), day, day).unwrap();
    let activity = |duration: &Work| Activity { duration: *duration, ..Activity::default() };
    let link = |(predecessor, successor): &(usize, usize)| Link {
        predecessor: *predecessor,
        successor: *successor,
        kind: Kind::FinishToStart,
        lag: 0,
    };
    let activities = durations.iter().map(activity).collect();
    Network::new(vec![calendar], 0, START, START, activities, links.iter().map(link).collect()).unwrap()
}

fn trial(runs: usize, threads: usize) -> Trial {
    Trial { runs: NonZeroUsize::new(runs).unwrap(), seed: 7, threads: NonZeroUsize::new(threads).unwrap() }
}

/// The distribution function of the beta distribution with both shapes 3, which is PERT's where the likely case is in the
/// middle: `x³ (10 - 15 x + 6 x²)`.
fn middle(x: f64) -> f64 {
    x.powi(3) * (10.0 - 15.0 * x + 6.0 * x * x)
}

/// Where an increasing function of 0 to 1 reaches a value.
fn inverse(function: impl Fn(f64) -> f64, value: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let half = (low + high) / 2.0;
        if function(half) < value { low = half } else { high = half }
    }
    low
}

fn spread() -> Estimate {
    Estimate::ThreePoint { optimistic: 10_000, likely: 20_000, pessimistic: 30_000 }
}

fn close(told: Instant, expected: f64, within: f64) {
    let told = (told - START) as f64;
    assert!((told - expected).abs() < within, "{told} instead of {expected}");
}

#[test]
fn one_activity_finishes_by_its_distribution() {
    let forecast = network(&[20_000], &[]).forecast(&[spread()], &[], trial(40_000, 2)).unwrap();
    for percent in [5.0, 20.0, 50.0, 80.0, 95.0] {
        let expected = 10_000.0 + 20_000.0 * inverse(middle, percent / 100.0);
        close(forecast.percentile(percent).unwrap(), expected, 120.0);
    }
    assert!((forecast.odds_by(START + 20_000) - 0.5).abs() < 0.01);
    assert_eq!(forecast.criticality, [1.0]);
}

#[test]
fn later_of_two_that_go_at_once_finishes_by_the_square() {
    let forecast =
        network(&[20_000, 20_000], &[]).forecast(&[spread(), spread()], &[], trial(40_000, 2)).unwrap();
    for percent in [20.0, 50.0, 80.0, 95.0] {
        let expected = 10_000.0 + 20_000.0 * inverse(|x| middle(x).powi(2), percent / 100.0);
        close(forecast.percentile(percent).unwrap(), expected, 120.0);
    }
    assert!(forecast.criticality.iter().all(|share| (share - 0.5).abs() < 0.01), "merge bias is shared");
}

#[test]
fn chain_has_the_sum_of_means_and_variances() {
    let links: Vec<(usize, usize)> = (1..50).map(|at| (at - 1, at)).collect();
    let skewed = Estimate::ThreePoint { optimistic: 1_000, likely: 2_000, pessimistic: 6_000 };
    let forecast = network(&[2_000; 50], &links).forecast(&vec![skewed; 50], &[], trial(20_000, 2)).unwrap();
    // PERT's shapes are 1 + 4 (likely - optimistic) / range and 1 + 4 (pessimistic - likely) / range.
    let (one, other) = (1.0 + 4.0 * 0.2, 1.0 + 4.0 * 0.8);
    let mean = 1_000.0 + 5_000.0 * one / (one + other);
    assert!((mean - 2_500.0_f64).abs() < 1e-9, "(1 + 4 × 2 + 6) / 6");
    let variance = 5_000.0_f64.powi(2) * one * other / ((one + other).powi(2) * (one + other + 1.0));
    let deviation = (50.0 * variance).sqrt();
    close(forecast.percentile(50.0).unwrap(), 50.0 * mean, 0.05 * deviation + 60.0);
    // By the central limit theorem; 1.645 deviations are below the mean of a chain this long by chance of 5 %.
    close(forecast.percentile(95.0).unwrap(), 50.0 * mean + 1.645 * deviation, 0.08 * deviation);
}

#[test]
fn history_repeats_itself() {
    let estimates = [Estimate::History(0)];
    let histories = [vec![0.5, 1.0, 1.0, 2.0]];
    let forecast = network(&[1_000], &[]).forecast(&estimates, &histories, trial(20_000, 2)).unwrap();
    for (by, odds) in [(499, 0.0), (500, 0.25), (1_000, 0.75), (1_999, 0.75), (2_000, 1.0)] {
        assert!((forecast.odds_by(START + by) - odds).abs() < 0.015, "by {by}");
    }
    assert_eq!(forecast.percentile(50.0), Some(START + 1_000));
}

#[test]
fn seed_gives_the_same_again_on_any_number_of_threads() {
    let network = network(&[20_000, 20_000, 5_000], &[(0, 2), (1, 2)]);
    let estimates = [spread(), spread(), Estimate::Fixed];
    let of = |runs, threads| network.forecast(&estimates, &[], trial(runs, threads)).unwrap();
    assert_eq!(of(101, 1), of(101, 7));
    assert_eq!(of(1, 4).finishes.len(), 1);
    let other = Trial { seed: 8, ..trial(101, 1) };
    assert_ne!(network.forecast(&estimates, &[], other).unwrap(), of(101, 1));
}

#[test]
fn what_is_certain_is_certain() {
    let network = network(&[20_000, 0], &[(0, 1)]);
    let certain = Estimate::ThreePoint { optimistic: 5, likely: 5, pessimistic: 5 };
    let forecast = network.forecast(&[certain, spread()], &[], trial(10, 2)).unwrap();
    assert_eq!(forecast.finishes, [START + 5; 10], "a milestone takes no time, whatever is said of it");
}

#[test]
fn estimates_that_are_none_are_refused() {
    let network = network(&[10], &[]);
    let of = |estimate| {
        network.forecast(&[estimate], &[vec![], vec![f64::NAN], vec![0.0]], trial(10, 1)).unwrap_err()
    };
    let points = |optimistic, likely, pessimistic| Estimate::ThreePoint { optimistic, likely, pessimistic };
    for wrong in [points(3, 2, 4), points(1, 5, 4), points(-1, 2, 3)] {
        assert_eq!(of(wrong), BadEstimate::OutOfOrder(0));
    }
    for place in 0..4 {
        assert_eq!(of(Estimate::History(place)), BadEstimate::BadHistory(0));
    }
    assert_eq!(network.forecast(&[], &[], trial(1, 1)).unwrap_err(), BadEstimate::WrongCount);
}
