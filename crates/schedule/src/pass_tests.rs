//! Tests of the passes against a reference that is slow and plain: it steps minute by minute, asks for each whether it is
//! worked, and repeats until nothing changes.

use std::{collections::BTreeMap, sync::LazyLock};

use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;
use crate::{
    calendar::{Calendar, Hours, Pattern},
    network::{Activity, Kind, Link},
};

/// The first minute of the plans, a Monday's midnight.
const START: Instant = 29_540_160;

fn day(number: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 2).unwrap() + chrono::Days::new(number)
}

/// Minutes of a day.
const DAY: i64 = 1_440;

/// Days on either side of the start that the reference knows. Networks of these tests have eight activities of at most
/// 90 minutes and seven lags of at most 60 in a row; the least calendar works 210 minutes a week, and 140 in the first
/// two: with a week lost at each of them no date is further away than 22 weeks.
const KNOWN: i64 = 26 * 7;

/// A calendar and, for the reference, what its pattern works: `works[n]` is minute `n` after [`KNOWN`] days before the
/// start.
struct Plain {
    calendar: Calendar,
    works: Vec<bool>,
}

impl Plain {
    fn new(pattern: &Pattern) -> Self {
        let works = |at: i64| {
            let hours = pattern.hours(day(0) + chrono::TimeDelta::days(at)).intervals();
            (0..1_440).map(|minute| hours.iter().any(|(from, to)| (*from..*to).contains(&minute)))
        };
        Self {
            calendar: Calendar::new(pattern, day(0), day(14)).unwrap(),
            works: (-KNOWN..KNOWN).flat_map(works).collect(),
        }
    }

    fn works(&self, minute: Instant) -> bool {
        self.works[usize::try_from(minute - START + KNOWN * DAY).unwrap()]
    }

    fn shifted(&self, mut at: Instant, by: Work) -> Instant {
        let mut left = by.abs();
        while left > 0 {
            if by > 0 {
                left -= i64::from(self.works(at));
                at += 1;
            } else {
                at -= 1;
                left -= i64::from(self.works(at));
            }
        }
        // Reason: an instant after which there was no work is the end of the work before it.
        while by != 0 && !self.works(at - 1) {
            at -= 1;
        }
        at
    }

    /// When work that begins at the instant is done.
    fn finish(&self, start: Instant, duration: Work) -> Instant {
        if duration == 0 { start } else { self.shifted(start, duration) }
    }
}

/// Whether two activities at these starts keep a link.
fn kept(plan: &[Plain], lags: usize, all: &[Activity], link: &Link, pred: Instant, succ: Instant) -> bool {
    let of = |activity: usize| (&plan[all[activity].calendar], all[activity].duration);
    let ((pred_plan, pred_work), (succ_plan, succ_work)) = (of(link.predecessor), of(link.successor));
    let source = match link.kind {
        Kind::FinishToStart | Kind::FinishToFinish => pred_plan.finish(pred, pred_work),
        Kind::StartToStart => pred,
        // Reason: who must finish after a start has until that work begins: the end of the work before it counts.
        Kind::StartToFinish => {
            (0..).map(|back| pred - back).find(|at| pred_work == 0 || pred_plan.works(at - 1)).unwrap()
        }
    };
    let target = plan[lags].shifted(source, link.lag);
    let reached = if link.kind.holds_finish() { succ_plan.finish(succ, succ_work) } else { succ };
    reached >= target
}

/// The next start of an activity after an instant, or at it: a working minute, or any for a milestone.
fn start_from(plan: &Plain, activity: &Activity, mut at: Instant, step: i64) -> Instant {
    while activity.duration > 0 && !plan.works(at) {
        at += step;
    }
    at
}

struct Reference {
    early: Vec<Instant>,
    late: Vec<Instant>,
    finish: Instant,
}

fn reference(plan: &[Plain], lags: usize, all: &[Activity], links: &[Link]) -> Reference {
    let floor = |activity: &Activity| match activity.constraint {
        Constraint::NotEarlier(at) | Constraint::MustStart(at) => at.max(START),
        Constraint::Manual(at) => at,
        Constraint::None => START,
    };
    let plan_of = |activity: usize| &plan[all[activity].calendar];
    let mut early: Vec<Instant> = all
        .iter()
        .map(|activity| start_from(&plan[activity.calendar], activity, floor(activity), 1))
        .collect();
    let mut changed = true;
    while std::mem::take(&mut changed) {
        for link in links {
            let succ = link.successor;
            if matches!(all[succ].constraint, Constraint::Manual(_)) {
                continue;
            }
            while !kept(plan, lags, all, link, early[link.predecessor], early[succ]) {
                early[succ] = start_from(plan_of(succ), &all[succ], early[succ] + 1, 1);
                changed = true;
            }
        }
    }
    let finish_of = |activity: usize, start| plan_of(activity).finish(start, all[activity].duration);
    let finish = (0..all.len()).map(|activity| finish_of(activity, early[activity])).max().unwrap();
    let mut late: Vec<Instant> = (0..all.len())
        .map(|activity| {
            let end = all[activity].deadline.map_or(finish, |deadline| deadline.min(finish));
            let mut at = start_from(plan_of(activity), &all[activity], end, -1);
            while finish_of(activity, at) > end {
                at = start_from(plan_of(activity), &all[activity], at - 1, -1);
            }
            match all[activity].constraint {
                Constraint::MustStart(wish) | Constraint::Manual(wish) => {
                    at.min(start_from(plan_of(activity), &all[activity], wish, 1))
                }
                _ => at,
            }
        })
        .collect();
    let mut changed = true;
    while std::mem::take(&mut changed) {
        for link in links {
            let pred = link.predecessor;
            while !kept(plan, lags, all, link, late[pred], late[link.successor]) {
                late[pred] = start_from(plan_of(pred), &all[pred], late[pred] - 1, -1);
                changed = true;
            }
        }
    }
    Reference { early, late, finish }
}

fn patterns() -> Vec<Pattern> {
    let hours = |intervals: &[(u16, u16)]| Hours::new(intervals.iter().copied()).unwrap();
    let week = |work: &Hours, days: usize| {
        std::array::from_fn(|day| if day < days { work.clone() } else { Hours::free() })
    };
    let zone = chrono_tz::UTC;
    let office = Pattern { zone, week: week(&hours(&[(540, 560), (600, 630)]), 5), days: BTreeMap::new() };
    let days = BTreeMap::from([(day(2), Hours::free()), (day(5), hours(&[(0, 15)]))]);
    let part = Pattern { zone, week: week(&hours(&[(560, 610), (1_420, 1_440)]), 3), days };
    vec![office, part, Pattern::continuous()]
}

/// Calendars of the tests: an office, a part of the week with nights, around the clock.
fn plan() -> &'static [Plain] {
    static PLAN: LazyLock<Vec<Plain>> = LazyLock::new(|| patterns().iter().map(Plain::new).collect());
    &PLAN
}

fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(vec![
        Kind::FinishToStart,
        Kind::StartToStart,
        Kind::FinishToFinish,
        Kind::StartToFinish,
    ])
}

/// Activities and links that go from earlier places to later ones, which is every network without cycles.
fn any_network(
    constraint: impl Strategy<Value = Constraint> + Clone + 'static,
) -> impl Strategy<Value = (Vec<Activity>, Vec<Link>)> {
    let activity = (0_usize..3, 0_i64..90, constraint).prop_map(|(calendar, duration, constraint)| {
        Activity { calendar, duration, constraint, ..Activity::default() }
    });
    (2_usize..9).prop_flat_map(move |count| {
        // Reason: the second of two different places, counted among those that are left.
        let places = (0..count, 0..count - 1).prop_map(|(one, other)| {
            let other = other + usize::from(other >= one);
            (one.min(other), one.max(other))
        });
        let link = (places, kind(), -60_i64..60).prop_map(|((predecessor, successor), kind, lag)| {
            let lag = if lag % 3 == 0 { lag } else { 0 };
            Link { predecessor, successor, kind, lag }
        });
        (prop::collection::vec(activity.clone(), count), prop::collection::vec(link, 0..14))
    })
}

fn any_constraint() -> impl Strategy<Value = Constraint> + Clone {
    prop_oneof![
        4 => Just(Constraint::None),
        1 => (0_i64..6_000).prop_map(|at| Constraint::NotEarlier(START + at)),
        1 => (0_i64..6_000).prop_map(|at| Constraint::MustStart(START + at)),
        1 => (0_i64..6_000).prop_map(|at| Constraint::Manual(START + at)),
    ]
}

fn schedule(plan: &[Plain], all: &[Activity], links: &[Link]) -> Schedule {
    let calendars = plan.iter().map(|plain| plain.calendar.clone()).collect();
    Network::new(calendars, 0, START, START, all.to_vec(), links.to_vec()).unwrap().schedule()
}

#[test]
fn conflicts_of_a_long_chain_are_few_bytes_and_explained_when_asked() {
    let late = Activity { duration: 1, deadline: Some(START), ..Activity::default() };
    let link = |at| Link { predecessor: at, successor: at + 1, kind: Kind::FinishToStart, lag: 0 };
    let links: Vec<Link> = (0..9_999).map(link).collect();
    let mut all = vec![late; 10_000];
    all[9_999].constraint = Constraint::Manual(START + 9 * 60);
    let network = Network::new(vec![plan()[0].calendar.clone()], 0, START, START, all, links).unwrap();
    let schedule = network.schedule();
    let [first, .., broken, deadline] = &schedule.conflicts[..] else { panic!() };
    assert_eq!(schedule.conflicts.len(), 10_001, "one of each, and the link of what was put by hand");
    assert_eq!(network.behind(&schedule.dates, first).collect::<Vec<_>>(), [0]);
    assert_eq!(network.behind(&schedule.dates, broken).take(3).collect::<Vec<_>>(), [9_999, 9_998, 9_997]);
    assert_eq!((broken.wish, deadline.wish), (Wish::Link(9_998), Wish::Deadline(START)));
}

proptest! {
    #![proptest_config(crate::cases(150))]

    #[test]
    fn dates_are_those_of_the_reference((all, links) in any_network(any_constraint()), lags in 0_usize..3) {
        let plan = plan();
        let told = reference(plan, lags, &all, &links);
        let calendars = plan.iter().map(|plain| plain.calendar.clone()).collect();
        let network = Network::new(calendars, lags, START, START, all.clone(), links.clone()).unwrap();
        let schedule = network.schedule();
        prop_assert_eq!(schedule.finish, Some(told.finish));
        for (activity, dates) in schedule.dates.iter().enumerate() {
            prop_assert_eq!(dates.early_start, told.early[activity], "early start of {}", activity);
            prop_assert_eq!(dates.late_start, told.late[activity], "late start of {}", activity);
        }
    }

    #[test]
    fn what_nothing_contradicts_has_no_float_below_zero((all, links) in any_network(Just(Constraint::None))) {
        let plan = plan();
        let schedule = schedule(plan, &all, &links);
        prop_assert!(schedule.conflicts.is_empty());
        for dates in &schedule.dates {
            prop_assert!(dates.total_float >= dates.free_float && dates.free_float >= 0, "{dates:?}");
            prop_assert!(dates.early_start <= dates.late_start && dates.early_finish <= dates.late_finish);
        }
    }

    #[test]
    fn free_float_moves_nobody_and_total_float_not_the_end((all, links) in any_network(Just(Constraint::None)), chosen in 0_usize..9) {
        let plan = plan();
        let before = schedule(plan, &all, &links);
        let chosen = chosen % all.len();
        let own = &plan[if all[chosen].duration == 0 { 0 } else { all[chosen].calendar }].calendar;
        for (float, what) in [(before.dates[chosen].free_float, "free"), (before.dates[chosen].total_float, "total")] {
            let mut later = all.clone();
            later[chosen].constraint = Constraint::NotEarlier(own.shifted(before.dates[chosen].early_start, float));
            let after = schedule(plan, &later, &links);
            prop_assert_eq!(after.finish, before.finish, "{}", what);
            if what == "free" {
                let others = |schedule: &Schedule| schedule.dates.iter().enumerate().filter(|(activity, _)| *activity != chosen).map(|(_, dates)| dates.early_start).collect::<Vec<_>>();
                prop_assert_eq!(others(&after), others(&before));
            }
        }
    }

    #[test]
    fn critical_path_is_as_long_as_the_project((mut all, links) in any_network(Just(Constraint::None))) {
        // Reason: on one calendar each driving link leaves no working time in between but its lag.
        all.iter_mut().for_each(|activity| (activity.calendar, activity.duration) = (0, activity.duration + 1));
        let plan = plan();
        let schedule = schedule(plan, &all, &links);
        prop_assert!(schedule.critical_path.iter().all(|activity| schedule.dates[*activity].critical));
        let calendar = &plan[0].calendar;
        let path = &schedule.critical_path;
        let mut length = all[*path.last().unwrap()].duration;
        for pair in path.windows(2) {
            let Driver::Link(link) = schedule.dates[pair[1]].driver else { panic!("{schedule:?}") };
            let link = &links[link];
            prop_assert_eq!((link.predecessor, link.successor), (pair[0], pair[1]));
            length += link.lag;
            length += if link.kind.waits_for_start() { 0 } else { all[pair[0]].duration };
            length -= if link.kind.holds_finish() { all[pair[1]].duration } else { 0 };
        }
        prop_assert_eq!(calendar.between(START, schedule.finish.unwrap()), length);
    }
}
