//! Tests of recurrence, with the examples of RFC 5545 (section 3.8.5.3) that have no time of day.

use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The first days of a series, the start included if it fits.
fn series(rule: &str, start: &str, most: usize) -> Vec<String> {
    let (rule, start) = (Rule::parse(rule).unwrap(), day(start));
    let mut after = start.pred_opt().unwrap();
    let mut days = Vec::new();
    while let Some(next) = rule.next(start, after, start).filter(|_| days.len() < most) {
        days.push(next.to_string());
        after = next;
    }
    days
}

#[test]
fn examples_of_the_standard() {
    for (rule, start, days) in [
        ("FREQ=DAILY;COUNT=3", "1997-09-02", vec!["1997-09-02", "1997-09-03", "1997-09-04"]),
        ("FREQ=DAILY;UNTIL=19970904;INTERVAL=2", "1997-09-02", vec!["1997-09-02", "1997-09-04"]),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,TH",
            "1997-09-02",
            vec!["1997-09-02", "1997-09-04", "1997-09-16", "1997-09-18"],
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
            "1997-08-05",
            vec!["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"],
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
            "1997-08-05",
            vec!["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"],
        ),
        ("FREQ=MONTHLY;COUNT=3;BYDAY=1FR", "1997-09-05", vec!["1997-09-05", "1997-10-03", "1997-11-07"]),
        ("FREQ=MONTHLY;COUNT=3;BYDAY=-2MO", "1997-09-22", vec!["1997-09-22", "1997-10-20", "1997-11-17"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-3;COUNT=3", "1997-09-28", vec!["1997-09-28", "1997-10-29", "1997-11-28"]),
        (
            "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=3",
            "1997-09-02",
            vec!["1998-02-13", "1998-03-13", "1998-11-13"],
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2;COUNT=3",
            "1997-09-29",
            vec!["1997-09-29", "1997-10-30", "1997-11-27"],
        ),
        (
            "FREQ=YEARLY;COUNT=4;BYMONTH=6,7",
            "1997-06-10",
            vec!["1997-06-10", "1997-07-10", "1998-06-10", "1998-07-10"],
        ),
        ("FREQ=YEARLY;BYDAY=20MO;COUNT=3", "1997-05-19", vec!["1997-05-19", "1998-05-18", "1999-05-17"]),
        (
            "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;COUNT=3",
            "1996-11-05",
            vec!["1996-11-05", "2000-11-07", "2004-11-02"],
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
            "2007-01-15",
            vec!["2007-01-15", "2007-01-30", "2007-02-15", "2007-03-15", "2007-03-30"],
        ),
    ] {
        assert_eq!(series(rule, start, 10), days, "{rule}");
    }
}

#[test]
fn day_that_a_month_or_year_has_not_is_left_out() {
    assert_eq!(series("FREQ=YEARLY", "2024-02-29", 3), ["2024-02-29", "2028-02-29", "2032-02-29"]);
    assert_eq!(series("FREQ=YEARLY", "2096-02-29", 2), ["2096-02-29", "2104-02-29"], "2100 is no leap year");
    assert_eq!(series("FREQ=MONTHLY", "2026-01-31", 3), ["2026-01-31", "2026-03-31", "2026-05-31"]);
    assert_eq!(series("FREQ=MONTHLY;BYMONTHDAY=-1", "2028-01-31", 2), ["2028-01-31", "2028-02-29"]);
    assert_eq!(series("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "2026-02-01", 1), Vec::<String>::new());
}

#[test]
fn what_was_missed_is_left_out_but_counted() {
    let rule = Rule::parse("FREQ=WEEKLY;COUNT=4").unwrap();
    let next = |after, earliest| rule.next(day("2026-03-02"), day(after), day(earliest));
    assert_eq!(next("2026-03-02", "2026-03-01"), Some(day("2026-03-09")), "done too early");
    assert_eq!(next("2026-03-02", "2026-03-20"), Some(day("2026-03-23")), "done too late");
    assert_eq!(next("2026-03-23", "2026-03-23"), None);
    assert_eq!(next("2026-03-02", "2026-04-20"), None);
}

#[test]
fn rule_without_days_is_known_as_one() {
    for (rule, days) in [
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", false),
        ("FREQ=DAILY;UNTIL=20260228", false),
        ("FREQ=YEARLY;BYDAY=MO;BYSETPOS=60", false),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", true),
        ("FREQ=DAILY;UNTIL=20260301", true),
    ] {
        assert_eq!(Rule::parse(rule).unwrap().has_days(day("2026-03-01")), days, "{rule}");
    }
}

#[test]
fn series_from_long_ago_is_looked_for_near_the_day_that_is_asked() {
    let many = vec!["53MO"; 90].join(",");
    let rule = Rule::parse(&format!("FREQ=YEARLY;BYDAY={many};BYSETPOS=366")).unwrap();
    assert_eq!(rule.by_day, [(Some(53), Weekday::Mon)], "once is enough");
    assert_eq!(rule.next(day("0001-01-01"), day("2026-03-01"), day("2026-03-01")), None);
    let daily = Rule::parse("FREQ=DAILY;INTERVAL=1000").unwrap();
    let next = daily.next(day("0001-01-01"), day("2026-03-01"), day("2026-03-01")).unwrap();
    assert_eq!((next - day("0001-01-01")).num_days() % 1_000, 0);
    assert_eq!(
        Rule::parse("FREQ=DAILY").unwrap().next(day("9999-12-31"), day("9999-12-31"), day("9999-12-31")),
        None
    );
}

#[test]
fn rule_is_stored_in_one_spelling() {
    assert_eq!(normal(" rrule:freq=daily; interval=2; "), "FREQ=DAILY;INTERVAL=2");
    assert!(Rule::parse("rrule:freq=daily;interval=2;").is_ok());
}

#[test]
fn rule_that_is_none_is_refused() {
    for wrong in [
        "",
        "every day",
        "INTERVAL=2",
        "FREQ=HOURLY",
        "FREQ=DAILY;FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;INTERVAL=99999999999",
        "FREQ=DAILY;COUNT=2;UNTIL=20260101",
        "FREQ=DAILY;UNTIL=20260230",
        "FREQ=DAILY;UNTIL=20260101T000000Z",
        "FREQ=DAILY;BYHOUR=9",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=WEEKLY;BYMONTHDAY=1",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=é",
        "FREQ=MONTHLY;BYDAY=0MO",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=-2147483648",
        "FREQ=YEARLY;BYMONTH=-1",
        "FREQ=MONTHLY;BYSETPOS=1",
    ] {
        assert!(Rule::parse(wrong).is_err(), "{wrong}");
    }
    assert!(Rule::parse(&format!("FREQ=DAILY;{}", "X".repeat(600))).is_err());
}

proptest! {
    #[test]
    fn next_is_later_than_what_was_and_on_a_wanted_day(
        freq in prop::sample::select(vec!["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
        interval in 1_u32..20,
        start in 0_i64..40_000,
        later in 0_i64..4_000,
    ) {
        let rule = Rule::parse(&format!("FREQ={freq};INTERVAL={interval};BYDAY=MO,WE")).unwrap();
        let start = day("1990-01-01") + chrono::Duration::days(start);
        let after = start + chrono::Duration::days(later);
        let Some(next) = rule.next(start, after, start) else {
            // Reason: every seventh day is the same day of the week.
            prop_assert!(freq == "DAILY" && interval % 7 == 0, "{freq} {interval}");
            return Ok(());
        };
        prop_assert!(next > after);
        prop_assert!(matches!(next.weekday(), Weekday::Mon | Weekday::Wed));
        prop_assert!(rule.next(start, after, next) == Some(next), "nothing is between");
    }

    /// Against the days told one by one from the start, which is slow but plain.
    #[test]
    fn next_is_the_first_of_the_series_after_a_day(
        rule in prop::sample::select(vec![
            "FREQ=DAILY;INTERVAL=3", "FREQ=DAILY;BYMONTH=2", "FREQ=WEEKLY;INTERVAL=5;BYDAY=SU,MO;WKST=SU",
            "FREQ=MONTHLY;INTERVAL=7;BYMONTHDAY=-1,31", "FREQ=MONTHLY;BYDAY=-1FR,2TU", "FREQ=YEARLY;INTERVAL=2",
            "FREQ=YEARLY;BYDAY=53TH,-1SU", "FREQ=YEARLY;BYMONTH=3,12;BYDAY=1SA;BYSETPOS=-1",
        ]),
        start in 0_i64..4_000,
        later in 0_i64..6_000,
    ) {
        let counted = Rule::parse(&format!("{rule};COUNT=1000")).unwrap();
        let start = day("2020-01-01") + chrono::Duration::days(start);
        let after = start + chrono::Duration::days(later);
        let slow = counted.next(start, after, start);
        let quick = Rule::parse(rule).unwrap().next(start, after, start);
        // Reason: a counted series is walked from its start; it may end before the day.
        prop_assert!(slow.is_none() || quick == slow, "{rule} from {start} after {after}: {quick:?}, {slow:?}");
    }

    #[test]
    fn no_text_breaks_the_reader(text in "(FREQ|COUNT|BYDAY|UNTIL|INTERVAL|=|;|,|-|MO|[0-9]|é){0,20}") {
        let _ = Rule::parse(&text).map(|rule| rule.next(day("2026-03-01"), day("2026-03-01"), day("2026-03-01")));
    }
}
