//! Tests of calendars: changes of clocks, and the tables against counting minute by minute.

use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> Instant {
    format!("{text}:00Z").parse::<DateTime<Utc>>().unwrap().timestamp() / 60
}

fn hours(intervals: &[(u16, u16)]) -> Hours {
    Hours::new(intervals.iter().copied()).unwrap()
}

fn office(zone: Tz) -> Pattern {
    let full = hours(&[(9 * 60, 12 * 60), (13 * 60, 18 * 60)]);
    let week = std::array::from_fn(|day| if day < 5 { full.clone() } else { Hours::free() });
    Pattern { zone, week, days: BTreeMap::new() }
}

fn calendar(pattern: &Pattern) -> Calendar {
    Calendar::new(pattern, day("2026-03-02"), day("2026-12-31")).unwrap()
}

#[test]
fn hours_are_in_order_and_within_a_day() {
    assert!(Hours::new([(0, 1_440)]).is_ok() && Hours::new([(0, 60), (60, 90)]).is_ok());
    for wrong in
        [vec![(60, 60)], vec![(90, 60)], vec![(0, 1_441)], vec![(60, 90), (0, 30)], vec![(0, 60), (59, 70)]]
    {
        assert_eq!(Hours::new(wrong.clone()), Err(BadHours), "{wrong:?}");
    }
}

#[test]
fn pattern_without_work_is_refused() {
    let mut pattern = office(Tz::UTC);
    pattern.week = Default::default();
    pattern.days.insert(day("2026-03-02"), hours(&[(0, 60)]));
    assert!(Calendar::new(&pattern, day("2026-03-02"), day("2026-03-09")).is_err());
}

#[test]
fn work_goes_on_on_the_next_working_day() {
    let calendar = calendar(&office(Tz::UTC));
    let friday = at("2026-03-06T17:00");
    assert_eq!(calendar.shifted(friday, 60), at("2026-03-06T18:00"), "work ends with the day");
    assert_eq!(calendar.shifted(friday, 61), at("2026-03-09T09:01"));
    assert_eq!(calendar.shifted(friday, -300), at("2026-03-06T11:00"), "lunch is no work");
    assert_eq!(calendar.next(at("2026-03-07T10:00")), at("2026-03-09T09:00"));
    assert_eq!(calendar.next(at("2026-03-09T12:00")), at("2026-03-09T13:00"));
    assert_eq!(calendar.between(at("2026-03-06T00:00"), at("2026-03-09T10:00")), 540);
}

#[test]
fn holidays_are_free_and_a_worked_saturday_is_not() {
    let mut pattern = office(Tz::UTC);
    pattern.days.insert(day("2026-04-03"), Hours::free());
    pattern.days.insert(day("2026-04-04"), hours(&[(600, 660)]));
    let calendar = calendar(&pattern);
    assert_eq!(calendar.shifted(at("2026-04-02T18:00"), 30), at("2026-04-04T10:30"));
    assert_eq!(calendar.shifted(at("2026-04-02T18:00"), 61), at("2026-04-06T09:01"));
}

#[test]
fn clocks_that_change_keep_the_hours_of_the_wall() {
    let paris = calendar(&office(Tz::Europe__Paris));
    assert_eq!(paris.next(at("2026-03-27T20:00")), at("2026-03-30T07:00"), "nine o'clock is an hour earlier");
    assert_eq!(paris.next(at("2026-10-24T20:00")), at("2026-10-26T08:00"));
    let night = Pattern {
        zone: Tz::Europe__Paris,
        week: std::array::from_fn(|_| hours(&[(0, 360)])),
        days: BTreeMap::new(),
    };
    let night = calendar(&night);
    let worked = |date: &str| {
        let date = day(date);
        night.between(instant(Tz::Europe__Paris, date, 0), instant(Tz::Europe__Paris, next_day(date), 0))
    };
    assert_eq!((worked("2026-03-28"), worked("2026-03-29"), worked("2026-10-25")), (360, 300, 420));
    assert_eq!(instant(Tz::Europe__Paris, day("2026-03-29"), 150), at("2026-03-29T01:00"), "the jump itself");
    assert_eq!(
        instant(Tz::Europe__Paris, day("2026-10-25"), 150),
        at("2026-10-25T00:30"),
        "the first of two"
    );
    // Clocks of Samoa left out a whole day.
    assert_eq!(instant(Tz::Pacific__Apia, day("2011-12-30"), 600), at("2011-12-30T10:00"));
}

#[test]
fn leap_day_is_a_day() {
    let calendar = Calendar::new(&office(Tz::UTC), day("2028-02-01"), day("2028-04-01")).unwrap();
    assert_eq!(calendar.shifted(at("2028-02-28T18:00"), 480), at("2028-02-29T18:00"));
}

#[test]
fn days_of_a_zone_are_its_own() {
    assert_eq!(day_of(Tz::Asia__Kathmandu, at("2026-03-02T18:15")), day("2026-03-03"));
    assert_eq!(last_day_of(Tz::UTC, at("2026-03-03T00:00")), day("2026-03-02"));
}

#[test]
fn far_away_the_plain_week_goes_on() {
    let calendar = calendar(&office(Tz::Europe__Paris));
    for instant in [at("1990-03-05T10:00"), at("2100-03-05T10:00"), at("2026-12-31T17:00")] {
        let work = calendar.work_at(instant);
        assert!(calendar.finish_of(work) <= instant && instant <= calendar.start_of(work), "{instant}");
        assert_eq!(calendar.work_at(calendar.shifted(instant, 100_000)), work + 100_000);
        assert_eq!(calendar.work_at(calendar.shifted(instant, -100_000)), work - 100_000);
    }
}

fn any_hours() -> impl Strategy<Value = Hours> {
    prop::collection::btree_set(0_u16..=1_440, 0..6).prop_map(|edges| {
        let edges: Vec<u16> = edges.into_iter().collect();
        hours(&edges.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>())
    })
}

fn any_pattern() -> impl Strategy<Value = Pattern> {
    let zone =
        prop::sample::select(vec![Tz::UTC, Tz::Europe__Paris, Tz::America__New_York, Tz::Asia__Kathmandu]);
    let days = prop::collection::btree_map(
        (0_u64..60).prop_map(|n| day("2026-03-01") + Days::new(n)),
        any_hours(),
        0..5,
    );
    (zone, prop::array::uniform7(any_hours()), days)
        .prop_map(|(zone, week, days)| Pattern { zone, week, days })
        .prop_filter("works at some time", |pattern| pattern.week.iter().any(|hours| hours.minutes() > 0))
}

proptest! {
    #![proptest_config(crate::cases(64))]

    #[test]
    fn tables_answer_what_counting_answers(pattern in any_pattern(), from in 0_i64..60_000, minutes in 1_i64..4_000) {
        let calendar = Calendar::new(&pattern, day("2026-03-01"), day("2026-04-20")).unwrap();
        let from = at("2026-03-02T00:00") + from;
        let works = |minute: Instant| {
            let local = DateTime::<Utc>::from_timestamp(minute * 60, 0).unwrap().with_timezone(&pattern.zone);
            let clock = u16::try_from((local.time() - NaiveTime::MIN).num_minutes()).unwrap();
            pattern.hours(local.date_naive()).intervals().iter().any(|(from, to)| (*from..*to).contains(&clock))
        };
        // Reason: of minutes that come twice, hours that end or begin within them are worked once; no pattern here is.
        let changed = |minute: Instant| [at("2026-03-08T06:00"), at("2026-03-29T00:00")].iter().any(|change| (minute - change).abs() < 240);
        prop_assume!(!(from..from + minutes).any(changed));
        let counted = (from..from + minutes).filter(|minute| works(*minute)).count();
        let (begin, end) = (calendar.work_at(from), calendar.work_at(from + minutes));
        prop_assert_eq!(end - begin, i64::try_from(counted).unwrap());
        prop_assert_eq!(works(from), calendar.next(from) == from);
    }

    #[test]
    fn start_and_finish_are_the_ends_of_what_lies_between(pattern in any_pattern(), work in -20_000_i64..60_000) {
        let calendar = Calendar::new(&pattern, day("2026-03-01"), day("2026-04-20")).unwrap();
        let (finish, start) = (calendar.finish_of(work), calendar.start_of(work));
        prop_assert!(finish <= start);
        prop_assert_eq!((calendar.work_at(finish), calendar.work_at(start)), (work, work));
        prop_assert_eq!(calendar.work_at(finish - 1), work - 1, "nobody finishes earlier");
        prop_assert_eq!(calendar.work_at(start + 1), work + 1, "nobody begins later");
    }

    #[test]
    fn latest_shifted_is_the_counterpart_of_shifted(pattern in any_pattern(), to in 0_i64..60_000, by in -2_000_i64..2_000) {
        let calendar = Calendar::new(&pattern, day("2026-03-01"), day("2026-04-20")).unwrap();
        let to = at("2026-03-02T00:00") + to;
        let latest = calendar.latest_shifted(to, by);
        prop_assert!(calendar.shifted(latest, by) <= to);
        prop_assert!(calendar.shifted(latest + 1, by) > to);
    }
}
