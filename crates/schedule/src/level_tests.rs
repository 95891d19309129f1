//! Tests of levelling: what it must hold for any network, and why it says that things moved.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;
use crate::{
    calendar::{Calendar, Hours, Pattern},
    network::{Activity, Constraint, Kind, Link, Progress},
};

const START: Instant = 29_540_160;

fn office(work: &[(u16, u16)]) -> Calendar {
    let day = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
    let hours = Hours::new(work.iter().copied()).unwrap();
    let week = std::array::from_fn(|day| if day < 5 { hours.clone() } else { Hours::free() });
    Calendar::new(&Pattern { zone: chrono_tz::UTC, week, days: BTreeMap::new() }, day, day).unwrap()
}

fn task(duration: Work) -> Activity {
    Activity { duration, ..Activity::default() }
}

fn after(predecessor: usize, successor: usize) -> Link {
    Link { predecessor, successor, kind: Kind::FinishToStart, lag: 0 }
}

fn network(activities: Vec<Activity>, links: Vec<Link>) -> Network {
    let calendars = vec![office(&[(540, 1_020)]), office(&[(600, 960)])];
    Network::new(calendars, 0, START, START, activities, links).unwrap()
}

/// Everybody needs one person wholly.
fn one_person(count: usize) -> Resources {
    let demand = |activity| Demand { activity, resource: 0, units: 10_000 };
    Resources { capacities: vec![10_000], demands: (0..count).map(demand).collect(), ..Resources::default() }
}

fn at(day: i64, hour: i64) -> Instant {
    START + day * 1_440 + hour * 60
}

#[test]
fn less_float_goes_first_and_the_move_says_so() {
    // The first has a successor of two days, so that the second has two days of float.
    let plan = network(vec![task(480), task(480), task(960)], vec![after(0, 2)]);
    let mut resources = one_person(2);
    resources.priorities = vec![0, 9, 0];
    let levelled = plan.level(&resources);
    assert_eq!(levelled.dates[0].0, at(0, 9), "float goes before priority");
    assert_eq!(levelled.dates[1], (at(1, 9), at(1, 17)));
    let cause = Cause::Busy { resource: 0, others: vec![(0, Rule::Float)], count: 1 };
    assert_eq!(levelled.moves, [Move { activity: 1, from: at(0, 9), to: at(1, 9), by: 480, cause }]);
    assert_eq!((levelled.finish, levelled.overloads.len()), (Some(at(2, 17)), 0), "the project is no later");
}

#[test]
fn of_equal_float_the_higher_priority_goes_first_then_the_list() {
    let plan = network(vec![task(60), task(60), task(60)], vec![]);
    let mut resources = one_person(3);
    resources.priorities = vec![0, 0, 5];
    let levelled = plan.level(&resources);
    let starts: Vec<Instant> = levelled.dates.iter().map(|dates| dates.0).collect();
    assert_eq!(starts, [at(0, 10), at(0, 11), at(0, 9)]);
    let causes: Vec<&Cause> = levelled.moves.iter().map(|one| &one.cause).collect();
    assert_eq!(*causes[0], Cause::Busy { resource: 0, others: vec![(2, Rule::Priority)], count: 1 });
    let others = vec![(0, Rule::Order), (2, Rule::Priority)];
    assert_eq!(
        *causes[1],
        Cause::Busy { resource: 0, others, count: 2 },
        "the whole time without room is named"
    );
}

#[test]
fn who_follows_one_that_moved_is_told_so() {
    let plan = network(vec![task(480), task(480), task(60)], vec![after(1, 2)]);
    let mut resources = one_person(2);
    resources.priorities = vec![1, 0];
    let levelled = plan.level(&resources);
    let moved: Vec<(usize, &Cause)> = levelled.moves.iter().map(|one| (one.activity, &one.cause)).collect();
    // The second has less float than the first, whose priority does not help it.
    assert_eq!(moved, [(0, &Cause::Busy { resource: 0, others: vec![(1, Rule::Float)], count: 1 })]);
    let mut first = task(480);
    first.constraint = Constraint::Manual(at(0, 9));
    let plan = network(vec![first, task(480), task(60)], vec![after(1, 2)]);
    let levelled = plan.level(&resources);
    assert_eq!(
        levelled.moves[0].cause,
        Cause::Busy { resource: 0, others: vec![(0, Rule::Fixed)], count: 1 }
    );
    assert_eq!(levelled.moves[1].cause, Cause::Follows(0));
}

#[test]
fn half_a_person_can_do_two_things_at_once() {
    let plan = network(vec![task(480), task(480), task(480)], vec![]);
    let demand = |activity| Demand { activity, resource: 0, units: 5_000 };
    let resources =
        Resources { capacities: vec![10_000], demands: (0..3).map(demand).collect(), ..Default::default() };
    let levelled = plan.level(&resources);
    assert_eq!((levelled.dates[1].0, levelled.dates[2].0), (at(0, 9), at(1, 9)));
}

#[test]
fn what_cannot_be_resolved_is_told() {
    let plan = network(vec![task(480), task(480)], vec![]);
    let within = Resources { within_float: true, ..one_person(2) };
    let levelled = plan.level(&within);
    assert_eq!(levelled.finish, Some(at(0, 17)), "nothing moves beyond its float");
    assert_eq!(levelled.overloads, [Overload { resource: 0, activity: 1, from: at(0, 9), to: at(0, 17) }]);
    let never = Resources { capacities: vec![9_999], ..one_person(2) };
    let levelled = plan.level(&never);
    assert_eq!((levelled.overloads.len(), levelled.moves.len()), (2, 0));
    let mut fixed = vec![task(480); 2];
    fixed.iter_mut().for_each(|task| task.constraint = Constraint::Manual(at(0, 9)));
    assert_eq!(network(fixed, vec![]).level(&one_person(2)).overloads.len(), 1);
}

#[test]
fn what_must_start_then_starts_then_and_is_told() {
    let mut must = task(480);
    must.constraint = Constraint::MustStart(at(0, 9));
    // The other has no float: more waits for it.
    let plan = network(vec![task(480), must, task(960)], vec![after(0, 2)]);
    let levelled = plan.level(&Resources { priorities: vec![9, 0, 0], ..one_person(2) });
    assert_eq!([levelled.dates[0].0, levelled.dates[1].0], [at(0, 9); 2]);
    assert_eq!(levelled.overloads, [Overload { resource: 0, activity: 1, from: at(0, 9), to: at(0, 17) }]);
    assert!(levelled.moves.is_empty(), "{:?}", levelled.moves);
    let mut later = task(480);
    later.constraint = Constraint::MustStart(at(0, 9));
    let plan = network(vec![task(480), later, task(480)], vec![after(0, 1)]);
    let levelled = plan.level(&one_person(3));
    assert_eq!((levelled.dates[1].0, levelled.overloads.len()), (at(1, 9), 0), "links make it later");
    assert_eq!(levelled.dates[2].0, at(2, 9), "what may move does");
}

fn by_hand(duration: Work, day: i64) -> Activity {
    Activity { constraint: Constraint::Manual(at(day, 9)), ..task(duration) }
}

fn begun(duration: Work) -> Activity {
    Activity { progress: Progress::Started(START - 60), ..task(duration) }
}

fn overload(activity: usize, resource: usize, day: i64) -> Overload {
    Overload { resource, activity, from: at(day, 9), to: at(day, 17) }
}

#[test]
fn each_clash_is_told_of_the_place_that_is_kept_and_of_no_other() {
    // The last makes the project four days long, so that the one of two days starts on the third at the latest.
    let plan = |length| network(vec![by_hand(480, 0), by_hand(480, 2), task(length), task(1_920)], vec![]);
    let within = Resources { within_float: true, ..one_person(3) };
    let levelled = plan(960).level(&within);
    assert_eq!(
        levelled.dates[2],
        (at(0, 9), at(1, 17)),
        "the second day and the third were tried and given up"
    );
    assert_eq!((levelled.overloads, levelled.overload_count), (vec![overload(2, 0, 0)], 1));
    let longer = plan(1_920).level(&within);
    assert_eq!(longer.overloads, [overload(2, 0, 0), overload(2, 0, 2)]);
    let fixed = network(vec![by_hand(480, 0), by_hand(480, 2), by_hand(1_440, 0)], vec![]);
    let mut both = one_person(3);
    both.capacities.push(10_000);
    both.demands.extend([1, 2].map(|activity| Demand { activity, resource: 1, units: 10_000 }));
    let told = fixed.level(&both).overloads;
    assert_eq!(told, [overload(2, 0, 0), overload(2, 0, 2), overload(2, 1, 2)], "of everybody who is needed");
}

#[test]
fn what_has_begun_goes_on_behind_what_it_waits_for() {
    let [first, started, long, next] = [task(480), begun(480), task(1_440), task(60)];
    let plan = network(vec![first, started, long, next], vec![after(0, 1), after(1, 3)]);
    let demand = |activity, resource| Demand { activity, resource, units: 10_000 };
    let demands = vec![demand(0, 0), demand(1, 1), demand(2, 0), demand(3, 1)];
    let resources = Resources { capacities: vec![10_000; 2], demands, ..Resources::default() };
    let levelled = plan.level(&resources);
    assert_eq!(
        [levelled.dates[2].0, levelled.dates[0].0],
        [at(0, 9), at(3, 9)],
        "who has less float goes first"
    );
    assert_eq!(levelled.dates[1], (START - 60, at(4, 17)));
    assert_eq!((levelled.dates[3].0, levelled.finish), (at(7, 9), Some(at(7, 10))));
    let moved = levelled.moves.iter().find(|one| one.activity == 1).unwrap();
    assert_eq!((moved.from, moved.to, &moved.cause), (at(1, 9), at(4, 9), &Cause::Follows(0)));
}

#[test]
fn what_has_begun_waits_for_nobody() {
    let plan = network(vec![by_hand(480, 1), task(480), begun(480)], vec![after(1, 2)]);
    let resources = Resources { demands: vec![0, 2].into_iter().map(whole).collect(), ..one_person(0) };
    let levelled = plan.level(&resources);
    assert_eq!((levelled.dates[2].1, levelled.overloads), (at(1, 17), vec![overload(2, 0, 1)]));
}

fn whole(activity: usize) -> Demand {
    Demand { activity, resource: 0, units: 10_000 }
}

#[test]
fn those_in_the_way_and_overloads_are_capped_and_counted() {
    let mut activities = vec![task(60); 25];
    activities.push(task(60));
    activities[7].duration = 120;
    let demand = |activity| Demand { activity, resource: 0, units: if activity < 25 { 400 } else { 10_000 } };
    let resources =
        Resources { capacities: vec![10_000], demands: (0..26).map(demand).collect(), ..one_person(0) };
    let levelled = network(activities, vec![]).level(&resources);
    let Cause::Busy { others, count, .. } = &levelled.moves[0].cause else { panic!("{levelled:?}") };
    assert_eq!((others.len(), *count), (MAX_OTHERS, 25));
    assert_eq!(others[0], (7, Rule::Float), "who has it longest comes first");
    let fixed = network(vec![by_hand(480, 0); 150], vec![]).level(&one_person(150));
    assert_eq!((fixed.overloads.len(), fixed.overload_count), (MAX_OVERLOADS, 149));
}

#[test]
fn who_is_held_holds_those_behind() {
    let plan = network(
        vec![task(480), task(480), by_hand(60, 0), task(60)],
        vec![after(0, 1), after(1, 2), after(1, 3)],
    );
    let mut asked = Vec::new();
    plan.hold(|activity, start| {
        asked.push((activity, start));
        (activity == 0).then_some(at(1, 13))
    });
    assert_eq!(asked, [(0, at(0, 9)), (1, at(2, 13)), (3, at(3, 13))]);
}

#[test]
fn nothing_is_levelled_where_there_is_nothing() {
    let levelled = network(vec![], vec![]).level(&one_person(3));
    assert_eq!(
        (levelled.finish, levelled.dates.len()),
        (None, 0),
        "demands of what is not there are left out"
    );
}

proptest! {
    #![proptest_config(crate::cases(200))]

    #[test]
    fn links_and_capacities_are_kept(
        durations in prop::collection::vec((0_i64..900, 0_usize..2, 0_u8..6), 1..25),
        ends in prop::collection::vec((0_usize..25, 0_usize..25), 0..25),
        demands in prop::collection::vec((0_usize..25, 0_usize..3, 1_u32..10_000), 0..40),
        priorities in prop::collection::vec(-3_i32..3, 25),
    ) {
        let count = durations.len();
        let progress = |of: u8| match of {
            0 => Progress::Finished(START - 900, START - 600),
            1 => Progress::Started(START - 60),
            _ => Progress::NotStarted,
        };
        let activities: Vec<Activity> = durations.iter().map(|(duration, calendar, of)| Activity { calendar: *calendar, progress: progress(*of), ..task(*duration) }).collect();
        let (is_past, has_begun) = (|activity: usize| durations[activity].2 == 0, |activity: usize| durations[activity].2 == 1);
        let links: Vec<Link> = ends.iter().filter(|(from, to)| from < to && *to < count).map(|(from, to)| after(*from, *to)).collect();
        let mut demands: Vec<Demand> = demands.iter().map(|(activity, resource, units)| Demand { activity: *activity, resource: *resource, units: *units }).collect();
        demands.sort_by_key(|demand| (demand.activity, demand.resource));
        demands.dedup_by_key(|demand| (demand.activity, demand.resource));
        let network = network(activities, links.clone());
        let resources = Resources { capacities: vec![10_000; 3], demands: demands.clone(), priorities, ..Resources::default() };
        let levelled = network.level(&resources);
        prop_assert_eq!(&levelled, &network.level(&resources), "the same again");
        prop_assert!(levelled.overloads.iter().all(|one| has_begun(one.activity)), "others wait");
        let before = network.schedule();
        // What is left of it, from when to when.
        let span = |activity: usize| {
            let ((duration, calendar, _), (start, finish)) = (durations[activity], levelled.dates[activity]);
            let calendar = network.calendar(calendar).unwrap();
            (if has_begun(activity) { calendar.latest_shifted(finish, duration) } else { start }, finish)
        };
        for link in links.iter().filter(|link| !is_past(link.successor)) {
            prop_assert!(span(link.successor).0 >= levelled.dates[link.predecessor].1);
        }
        for (activity, dates) in before.dates.iter().enumerate() {
            let later = (levelled.dates[activity].0 - dates.early_start, levelled.dates[activity].1 - dates.early_finish);
            prop_assert!(later.0 >= 0 && later.1 >= 0);
            let moved = levelled.moves.iter().any(|one| one.activity == activity);
            let expected = if has_begun(activity) { later.1 > 0 } else { later.0 > 0 };
            prop_assert_eq!(moved, expected, "each move is explained, and nothing else");
        }
        for (resource, instant) in (0..count).flat_map(|activity| (0..3).map(move |resource| (resource, span(activity).0))) {
            let used = demands.iter().filter(|demand| demand.resource == resource && demand.activity < count && durations[demand.activity].0 > 0 && !is_past(demand.activity));
            let used = used.filter(|demand| (span(demand.activity).0..span(demand.activity).1).contains(&instant));
            let told = levelled.overloads.iter().any(|one| one.resource == resource && (one.from..one.to).contains(&instant));
            prop_assert!(told || used.map(|demand| demand.units).sum::<u32>() <= 10_000, "resource {resource}");
        }
        let none = Resources { demands: Vec::new(), ..resources };
        prop_assert_eq!(network.level(&none).finish, before.finish, "without demands nothing moves");
    }
}
