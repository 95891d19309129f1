//! How long the engine takes: 10 000 tasks with 20 000 links of all kinds on the calendars of 40 people.

use std::{collections::BTreeMap, num::NonZeroUsize, time::Instant};

use chrono::NaiveDate;
use rand_pcg::{
    Pcg64Mcg,
    rand_core::{Rng as _, SeedableRng as _},
};
use schedule::{
    Activity, Calendar, Hours, Kind, Link, Network, Pattern,
    forecast::{Estimate, Trial},
    level::{Demand, Resources},
};

const TASKS: usize = 10_000;
const LINKS: usize = 20_000;
const PEOPLE: usize = 40;

/// Places below a bound, each as likely as the other.
fn below(random: &mut Pcg64Mcg, bound: usize) -> usize {
    ((u128::from(random.next_u64()) * bound as u128) >> 64) as usize
}

fn calendars(first: NaiveDate) -> Vec<Calendar> {
    let zones = [chrono_tz::Europe::Paris, chrono_tz::America::New_York, chrono_tz::Asia::Kolkata];
    let calendar = |person: usize| {
        let hours = Hours::new([(540, 720), (780, 1_020 + 15 * (person % 5) as u16)]).unwrap_or_default();
        let days = if person.is_multiple_of(4) { 4 } else { 5 };
        let week = std::array::from_fn(|day| if day < days { hours.clone() } else { Hours::free() });
        let leave =
            (0..20).map(|day| (first + chrono::Days::new(30 + 7 * person as u64 + day), Hours::free()));
        let pattern = Pattern { zone: zones[person % 3], week, days: BTreeMap::from_iter(leave) };
        Calendar::new(&pattern, first, first + chrono::Days::new(3_650))
    };
    (0..PEOPLE).filter_map(|person| calendar(person).ok()).collect()
}

fn network(tasks: usize, links: usize) -> Option<Network> {
    let first = NaiveDate::from_ymd_opt(2026, 3, 2)?;
    let mut random = Pcg64Mcg::seed_from_u64(1);
    let activity = |random: &mut Pcg64Mcg| Activity {
        calendar: below(random, PEOPLE),
        duration: 60 * below(random, 60) as i64,
        ..Activity::default()
    };
    let activities = (0..tasks).map(|_| activity(&mut random)).collect();
    let kinds = [Kind::FinishToStart, Kind::StartToStart, Kind::FinishToFinish, Kind::StartToFinish];
    let link = |random: &mut Pcg64Mcg| {
        let predecessor = below(random, tasks - 1);
        let successor = (predecessor + 1 + below(random, 200)).min(tasks - 1);
        let kind = kinds[if below(random, 10) < 7 { 0 } else { below(random, 4) }];
        let lag = if below(random, 4) == 0 { 60 * below(random, 10) as i64 - 120 } else { 0 };
        Link { predecessor, successor, kind, lag }
    };
    let links = (0..links).map(|_| link(&mut random)).collect();
    let start = schedule::calendar::instant(chrono_tz::UTC, first, 0);
    Network::new(calendars(first), 0, start, start, activities, links).ok()
}

fn timed<T>(name: &str, times: usize, mut work: impl FnMut() -> T) {
    let mut took: Vec<f64> = (0..times)
        .map(|_| {
            let begin = Instant::now();
            std::hint::black_box(work());
            begin.elapsed().as_secs_f64() * 1_000.0
        })
        .collect();
    took.sort_by(f64::total_cmp);
    println!("{name}: median {:.1} ms, worst {:.1} ms of {times}", took[times / 2], took[times - 1]);
}

/// 2 000 tasks, each wholly or half for one of 40 people.
fn level() {
    let Some(network) = network(2_000, 3_000) else { return };
    let demand = |activity: usize| Demand {
        activity,
        resource: activity * 7 % PEOPLE,
        units: if activity.is_multiple_of(3) { 5_000 } else { 10_000 },
    };
    let resources = Resources {
        capacities: vec![10_000; PEOPLE],
        demands: (0..2_000).map(demand).collect(),
        priorities: (0..2_000).map(|at| at % 5).collect(),
        ..Resources::default()
    };
    timed("levelling of 2 000 tasks on 40 people", 5, || network.level(&resources));
}

fn main() {
    timed("calendars and layout", 5, || network(TASKS, LINKS));
    level();
    let Some(network) = network(TASKS, LINKS) else { return };
    timed("full pass (early, late, floats, path)", 50, || network.schedule());
    let estimate = |at: usize| match at % 3 {
        0 => Estimate::ThreePoint { optimistic: 120, likely: 480, pessimistic: 2_400 },
        _ => Estimate::History(0),
    };
    let estimates: Vec<Estimate> = (0..TASKS).map(estimate).collect();
    let history: Vec<f64> = (1..50).map(|at| 0.5 + f64::from(at) / 25.0).collect();
    for threads in [1, 2] {
        let Some((runs, threads)) = NonZeroUsize::new(1_000).zip(NonZeroUsize::new(threads)) else { return };
        let trial = Trial { runs, seed: 1, threads };
        timed(&format!("1 000 runs on {threads} threads"), 3, || {
            network.forecast(&estimates, std::slice::from_ref(&history), trial)
        });
    }
}
