//! Rules of the week: its days, and what has to be written so that its grid becomes what somebody typed. No database, no
//! clock.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use chrono::{Datelike, Days, NaiveDate};

/// The Monday of a date's week, by ISO 8601.
#[must_use]
pub fn start(date: NaiveDate) -> NaiveDate {
    let since = u64::from(date.weekday().num_days_from_monday());
    date.checked_sub_days(Days::new(since)).unwrap_or(date)
}

/// The seven days of a week that begins on `start`.
#[must_use]
pub fn days(start: NaiveDate) -> [NaiveDate; 7] {
    [0, 1, 2, 3, 4, 5, 6].map(|day| start.checked_add_days(Days::new(day)).unwrap_or(NaiveDate::MAX))
}

/// What somebody wants in a cell: so many minutes of a row's work on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted<K> {
    /// The row: what the time is spent on.
    pub row: K,
    /// The day.
    pub date: NaiveDate,
    /// The minutes; 0 empties the cell.
    pub minutes: i64,
}

/// An entry that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Present<K> {
    /// Its row.
    pub row: K,
    /// Its day.
    pub date: NaiveDate,
    /// Its minutes.
    pub minutes: i64,
    /// Whether it may change: it is not handed in.
    pub open: bool,
    /// Whether it has a beginning and an end, which a number of minutes would contradict.
    pub timed: bool,
}

/// What is to be done for a cell; places are those of the entries that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is as it was wanted.
    Keep,
    /// A new entry.
    Insert,
    /// This entry gets the wanted minutes.
    Update(usize),
    /// This entry goes.
    Delete(usize),
}

/// Why a cell cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellError {
    /// The day is not of the week.
    OtherWeek,
    /// Less than nothing, or more than any day has.
    BadMinutes,
    /// The cell was named before.
    Twice,
    /// Several entries make up the cell: which of them changes is not for the grid to say.
    Several,
    /// The entry has a beginning and an end.
    Timed,
    /// The entry is handed in or approved.
    Closed,
}

/// Most minutes of a cell: two days, for a day of 25 hours is judged with the person's time zone.
pub const CELL_MAX: i64 = 2 * 24 * 60;

/// What each wanted cell of the week that begins on `start` needs, in the order wanted.
pub fn plan<K: Copy + Eq + Hash>(
    start: NaiveDate,
    wanted: &[Wanted<K>],
    there: &[Present<K>],
) -> Vec<Result<Step, CellError>> {
    let mut cells: HashMap<(K, NaiveDate), Vec<usize>> = HashMap::with_capacity(there.len());
    for (place, entry) in there.iter().enumerate() {
        cells.entry((entry.row, entry.date)).or_default().push(place);
    }
    let week = days(start);
    let mut seen = HashSet::with_capacity(wanted.len());
    let step = |cell: &Wanted<K>| {
        if !week.contains(&cell.date) {
            return Err(CellError::OtherWeek);
        }
        if !(0..=CELL_MAX).contains(&cell.minutes) {
            return Err(CellError::BadMinutes);
        }
        if !seen.insert((cell.row, cell.date)) {
            return Err(CellError::Twice);
        }
        let places = cells.get(&(cell.row, cell.date)).map(Vec::as_slice).unwrap_or_default();
        let total: i64 = places.iter().map(|place| there[*place].minutes).sum();
        match places {
            _ if total == cell.minutes => Ok(Step::Keep),
            [] => Ok(Step::Insert),
            [one] if !there[*one].open => Err(CellError::Closed),
            [one] if cell.minutes == 0 => Ok(Step::Delete(*one)),
            [one] if there[*one].timed => Err(CellError::Timed),
            [one] => Ok(Step::Update(*one)),
            _ => Err(CellError::Several),
        }
    };
    wanted.iter().map(step).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn week_begins_on_monday() {
        for date in ["2026-03-02", "2026-03-05", "2026-03-08"] {
            assert_eq!(start(day(date)), day("2026-03-02"));
        }
        assert_eq!(start(day("2027-01-01")), day("2026-12-28"), "across the year");
        assert_eq!(days(day("2028-02-28"))[1], day("2028-02-29"), "a leap day");
    }

    const MONDAY: &str = "2026-03-02";

    fn there(row: u8, date: &str, minutes: i64) -> Present<u8> {
        Present { row, date: day(date), minutes, open: true, timed: false }
    }

    fn want(row: u8, date: &str, minutes: i64) -> Wanted<u8> {
        Wanted { row, date: day(date), minutes }
    }

    #[test]
    fn cell_is_made_changed_emptied_or_left() {
        let entries = [there(1, "2026-03-02", 60), there(2, "2026-03-03", 30), there(3, "2026-03-04", 10)];
        let cells = [
            want(1, "2026-03-02", 90),
            want(2, "2026-03-03", 0),
            want(3, "2026-03-04", 10),
            want(1, "2026-03-03", 15),
            want(4, "2026-03-03", 0),
        ];
        let steps = plan(day(MONDAY), &cells, &entries);
        let expected = [Step::Update(0), Step::Delete(1), Step::Keep, Step::Insert, Step::Keep];
        assert_eq!(steps, expected.map(Ok));
    }

    #[test]
    fn cell_that_cannot_be_written_says_why() {
        let closed = Present { open: false, ..there(1, "2026-03-02", 60) };
        let timed = Present { timed: true, ..there(2, "2026-03-02", 60) };
        let entries = [closed, timed, there(3, "2026-03-02", 10), there(3, "2026-03-02", 20)];
        let cells = [
            want(1, "2026-03-02", 30),
            want(2, "2026-03-02", 30),
            want(3, "2026-03-02", 10),
            want(3, "2026-03-03", 5),
            want(3, "2026-03-03", 6),
            want(4, "2026-03-09", 6),
            want(5, "2026-03-04", -1),
            want(5, "2026-03-05", CELL_MAX + 1),
        ];
        let found = plan(day(MONDAY), &cells, &entries);
        let expected = [
            Err(CellError::Closed),
            Err(CellError::Timed),
            Err(CellError::Several),
            Ok(Step::Insert),
            Err(CellError::Twice),
            Err(CellError::OtherWeek),
            Err(CellError::BadMinutes),
            Err(CellError::BadMinutes),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_as_wanted_is_kept_also_where_it_could_not_change() {
        let entries = [
            Present { open: false, ..there(1, "2026-03-02", 60) },
            there(3, "2026-03-02", 10),
            there(3, "2026-03-02", 20),
        ];
        let cells = [want(1, "2026-03-02", 60), want(3, "2026-03-02", 30)];
        assert_eq!(plan(day(MONDAY), &cells, &entries), [Ok(Step::Keep), Ok(Step::Keep)]);
    }

    proptest! {
        #[test]
        fn written_grid_is_the_wanted_one(
            before in prop::collection::btree_map((0..4_u8, 0..7_usize), 1..600_i64, 0..12),
            wanted in prop::collection::btree_map((0..4_u8, 0..7_usize), 0..600_i64, 0..12),
        ) {
            let week = days(day(MONDAY));
            let entries: Vec<Present<u8>> = before
                .iter()
                .map(|((row, at), minutes)| Present {
                    row: *row, date: week[*at], minutes: *minutes, open: true, timed: false,
                })
                .collect();
            let cells: Vec<Wanted<u8>> = wanted
                .iter()
                .map(|((row, at), minutes)| Wanted { row: *row, date: week[*at], minutes: *minutes })
                .collect();
            let mut after: HashMap<(u8, NaiveDate), i64> =
                entries.iter().map(|entry| ((entry.row, entry.date), entry.minutes)).collect();
            for (cell, step) in cells.iter().zip(plan(day(MONDAY), &cells, &entries)) {
                match step.unwrap() {
                    Step::Keep => {}
                    Step::Insert | Step::Update(_) => drop(after.insert((cell.row, cell.date), cell.minutes)),
                    Step::Delete(_) => drop(after.remove(&(cell.row, cell.date))),
                }
            }
            for cell in &cells {
                let found = after.get(&(cell.row, cell.date)).copied().unwrap_or_default();
                prop_assert_eq!(found, cell.minutes);
            }
        }
    }
}
