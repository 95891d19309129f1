//! Rules of days: which days of a person a stretch of time falls on, and how long such a day is. No database, no clock.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use kernel::locale::TimeZone;

/// The part of a stretch of time that is on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The day, in the person's time zone.
    pub date: NaiveDate,
    /// When it begins.
    pub start: DateTime<Utc>,
    /// When it ends.
    pub end: DateTime<Utc>,
    /// Its whole minutes; those of all pieces add up to the whole minutes of the stretch.
    pub minutes: i64,
}

/// Cuts the time from `start` to before `end` at each midnight of a time zone. Nothing for an end that is not after
/// the start; pieces without a whole minute are left out, but a stretch of seconds counts as one minute.
#[must_use]
pub fn split(start: DateTime<Utc>, end: DateTime<Utc>, zone: TimeZone) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut from = start;
    while from < end {
        let date = zone.date_at(from);
        let (_, midnight) = zone.day(date);
        // Reason: where the clocks of a zone repeat an hour around midnight, a day ends before it goes on.
        let until = if midnight > from { midnight } else { from + TimeDelta::hours(1) };
        let until = until.min(end);
        // Invariant: cut down from the start of the whole, so that no minute is lost at midnight.
        let minutes = (until - start).num_minutes() - (from - start).num_minutes();
        pieces.push(Piece { date, start: from, end: until, minutes });
        from = until;
    }
    let is_short = pieces.iter().all(|piece| piece.minutes == 0);
    if let Some(last) = pieces.last_mut().filter(|_| is_short) {
        last.minutes = 1;
    }
    pieces.retain(|piece| piece.minutes > 0);
    pieces
}

/// How many minutes a day of a time zone has: 1440, or 1380 and 1500 where clocks change by an hour; none for a day
/// that the zone skipped.
#[must_use]
pub fn day_minutes(date: NaiveDate, zone: TimeZone) -> i64 {
    let (start, end) = zone.day(date);
    (end - start).num_minutes()
}

/// Whether two stretches of time have a moment in common.
#[must_use]
pub fn overlap(one: (DateTime<Utc>, DateTime<Utc>), other: (DateTime<Utc>, DateTime<Utc>)) -> bool {
    one.0 < other.1 && other.0 < one.1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> TimeZone {
        name.parse().unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn parts(start: &str, end: &str, name: &str) -> Vec<(String, i64)> {
        let pieces = split(at(start), at(end), zone(name));
        pieces.into_iter().map(|piece| (piece.date.to_string(), piece.minutes)).collect()
    }

    #[test]
    fn time_within_a_day_is_one_piece() {
        let found = parts("2026-03-02T09:00:00Z", "2026-03-02T10:30:59Z", "Europe/Berlin");
        assert_eq!(found, [("2026-03-02".to_owned(), 90)]);
    }

    #[test]
    fn time_across_midnight_is_cut_where_the_person_has_midnight() {
        let found = parts("2026-03-02T22:30:00Z", "2026-03-03T01:00:00Z", "Europe/Berlin");
        assert_eq!(found, [("2026-03-02".to_owned(), 30), ("2026-03-03".to_owned(), 120)]);
        let found = parts("2026-03-02T22:30:00Z", "2026-03-03T01:00:00Z", "America/New_York");
        assert_eq!(found, [("2026-03-02".to_owned(), 150)]);
    }

    #[test]
    fn days_on_which_clocks_change_have_their_true_length() {
        let berlin = zone("Europe/Berlin");
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(day_minutes(day("2026-03-29"), berlin), 23 * 60);
        assert_eq!(day_minutes(day("2026-10-25"), berlin), 25 * 60);
        assert_eq!(day_minutes(day("2028-02-29"), berlin), 24 * 60);
        assert_eq!(day_minutes(day("2011-12-30"), zone("Pacific/Apia")), 0);
        // Reason: in the night of the change an hour between one and four is missing, or is there twice.
        assert_eq!(
            parts("2026-03-29T00:30:00Z", "2026-03-29T02:30:00Z", "Europe/Berlin"),
            [("2026-03-29".to_owned(), 120)]
        );
    }

    #[test]
    fn clocks_that_change_at_midnight_lose_nothing() {
        // Reason: there, midnight itself is skipped in September and repeated in April.
        for (start, end, total) in [
            ("2026-09-05T12:00:00Z", "2026-09-07T12:00:00Z", 48 * 60),
            ("2026-04-04T12:00:00Z", "2026-04-06T12:00:00Z", 48 * 60),
        ] {
            let found = parts(start, end, "America/Santiago");
            assert_eq!(found.iter().map(|(_, minutes)| minutes).sum::<i64>(), total, "{found:?}");
        }
    }

    #[test]
    fn seconds_count_as_a_minute_and_nothing_as_nothing() {
        let found = parts("2026-03-02T22:59:50Z", "2026-03-02T23:00:10Z", "Europe/Berlin");
        assert_eq!(found, [("2026-03-03".to_owned(), 1)]);
        assert_eq!(parts("2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z", "UTC"), []);
        assert_eq!(parts("2026-03-02T09:00:00Z", "2026-03-02T08:00:00Z", "UTC"), []);
    }

    #[test]
    fn stretches_that_touch_do_not_overlap() {
        let [a, b, c] = ["2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z"].map(at);
        assert!(!overlap((a, b), (b, c)));
        assert!(overlap((a, c), (b, c)));
    }

    const ZONES: &[&str] =
        &["UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "Asia/Kathmandu", "Pacific/Apia"];

    proptest! {
        #[test]
        fn pieces_cover_the_stretch_without_gap_or_overlap(
            start in 1_200_000_000_i64..1_900_000_000,
            length in 60_i64..400_000,
            place in 0..ZONES.len(),
        ) {
            let zone = zone(ZONES[place]);
            let start = DateTime::from_timestamp(start, 0).unwrap();
            let end = start + TimeDelta::seconds(length);
            let pieces = split(start, end, zone);
            prop_assert_eq!(pieces.iter().map(|piece| piece.minutes).sum::<i64>(), length / 60);
            for piece in &pieces {
                prop_assert!(piece.start < piece.end && piece.minutes > 0);
                prop_assert_eq!(zone.date_at(piece.start), piece.date);
            }
            for pair in pieces.windows(2) {
                prop_assert!(pair[0].end <= pair[1].start && pair[0].date <= pair[1].date);
            }
        }
    }
}
