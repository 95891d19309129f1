//! Recurrence by days: the part of RFC 5545 (section 3.3.10, `RRULE`) that has no time of day.
//!
//! `FREQ` is `DAILY`, `WEEKLY`, `MONTHLY` or `YEARLY`; `INTERVAL`, `COUNT`, `UNTIL` (a date), `BYMONTH`, `BYMONTHDAY`,
//! `BYDAY` (with a number in months and years), `BYSETPOS` and `WKST` are understood; everything else is refused. A day
//! that a month or year does not have, such as 29 February, is left out there, as the standard says. Days are days of
//! the calendar: changes of clocks do not move them.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};
use kernel::{Said, Text};

use Freq::{Daily, Monthly, Weekly, Yearly};

/// The text is no rule that we understand.
pub const BAD_RULE: Text = Text::new(
    "bad_recurrence",
    "This is not a rule such as FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH (RFC 5545, without times): {part}.",
    "Ce n'est pas une règle comme FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH (RFC 5545, sans heures) : {part}.",
);

/// Longest rule, in bytes.
const RULE_MAX: usize = 500;

/// Largest interval, and most occurrences counted.
const NUMBER_MAX: u32 = 1_000;

/// How many years ahead an occurrence is looked for.
const YEARS_AHEAD: u32 = 100;

/// How many periods are looked through for one: a series that is counted from long ago is over.
const PERIODS_MAX: u32 = 40_000;

/// The last year that dates of the API are written in.
const LAST_YEAR: i32 = 9_999;

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Freq {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A rule by which days recur.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    freq: Freq,
    interval: u32,
    count: Option<u32>,
    until: Option<NaiveDate>,
    by_month: Vec<i32>,
    by_month_day: Vec<i32>,
    by_day: Vec<(Option<i32>, Weekday)>,
    by_set_pos: Vec<i32>,
    week_start: Weekday,
}

impl Rule {
    /// The rule of a text, with or without `RRULE:` before it.
    ///
    /// # Errors
    /// The part that is wrong.
    pub fn parse(text: &str) -> Result<Self, Said> {
        let bad = |part: &str| BAD_RULE.with("part", part.chars().take(40).collect::<String>());
        if text.len() > RULE_MAX {
            return Err(bad(text));
        }
        let text = normal(text);
        let mut rule = Self {
            freq: Daily,
            interval: 1,
            count: None,
            until: None,
            by_month: Vec::new(),
            by_month_day: Vec::new(),
            by_day: Vec::new(),
            by_set_pos: Vec::new(),
            week_start: Weekday::Mon,
        };
        let mut seen: Vec<&str> = Vec::new();
        for part in text.split(';') {
            let (name, value) = part.split_once('=').ok_or_else(|| bad(part))?;
            if seen.contains(&name) {
                return Err(bad(part));
            }
            seen.push(name);
            rule.read(name, value).ok_or_else(|| bad(part))?;
        }
        if !seen.contains(&"FREQ") { Err(bad(&text)) } else { rule.sound().ok_or_else(|| bad(&text)) }
    }

    fn read(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "FREQ" => {
                self.freq = match value {
                    "DAILY" => Daily,
                    "WEEKLY" => Weekly,
                    "MONTHLY" => Monthly,
                    "YEARLY" => Yearly,
                    _ => return None,
                }
            }
            "INTERVAL" => self.interval = positive(value)?,
            "COUNT" => self.count = Some(positive(value)?),
            "UNTIL" => self.until = Some(NaiveDate::parse_from_str(value, "%Y%m%d").ok()?),
            "BYMONTH" => self.by_month = numbers(value, 12).filter(|all| all.iter().all(|one| *one > 0))?,
            "BYMONTHDAY" => self.by_month_day = numbers(value, 31)?,
            "BYSETPOS" => self.by_set_pos = numbers(value, 366)?,
            "BYDAY" => self.by_day = days(value)?,
            "WKST" => self.week_start = weekday(value)?,
            _ => return None,
        }
        Some(())
    }

    /// The rule, if its parts fit each other.
    fn sound(self) -> Option<Self> {
        let numbered = self.by_day.iter().any(|(number, _)| number.is_some());
        let wrong = (self.count.is_some() && self.until.is_some())
            || (numbered && matches!(self.freq, Daily | Weekly))
            || (!self.by_month_day.is_empty() && self.freq == Weekly)
            || (!self.by_set_pos.is_empty()
                && self.by_day.is_empty()
                && self.by_month_day.is_empty()
                && self.by_month.is_empty());
        (!wrong).then_some(self)
    }

    /// The first day of the series from `start` that is after `after` and not before `earliest`; none if the series is
    /// over. `COUNT` counts from `start`.
    pub fn next(&self, start: NaiveDate, after: NaiveDate, earliest: NaiveDate) -> Option<NaiveDate> {
        let horizon = after.max(earliest).checked_add_months(Months::new(12 * YEARS_AHEAD))?;
        let horizon = self.until.map_or(horizon, |until| until.min(horizon));
        let mut counted = 0;
        let near = if self.count.is_some() { 0 } else { self.period_before(start, after.max(earliest)) };
        for period in near..near.saturating_add(PERIODS_MAX) {
            let first = self.period(start, period)?;
            if first > horizon || first.year() > LAST_YEAR {
                return None;
            }
            for day in self.days(start, first) {
                if day < start || self.until.is_some_and(|until| day > until) {
                    continue;
                }
                counted += 1;
                if self.count.is_some_and(|count| counted > count) {
                    return None;
                }
                if day > after && day >= earliest {
                    return Some(day);
                }
            }
        }
        None
    }

    /// Whether a series from `start` has any day.
    pub fn has_days(&self, start: NaiveDate) -> bool {
        let before = start.pred_opt().unwrap_or(start);
        self.next(start, before, start).is_some()
    }

    /// The number of a period that begins before the day, and not long before; 0 if none does.
    fn period_before(&self, start: NaiveDate, day: NaiveDate) -> u32 {
        let days = (day - start).num_days();
        // Reason: the shortest months and years, so that a period is rather too early than too late.
        let length = match self.freq {
            Daily => 1,
            Weekly => 7,
            Monthly => 31,
            Yearly => 366,
        };
        let steps = days / length / i64::from(self.interval) - 1;
        u32::try_from(steps).unwrap_or(0)
    }

    /// The first day of the period with this number.
    fn period(&self, start: NaiveDate, number: u32) -> Option<NaiveDate> {
        let steps = number.checked_mul(self.interval)?;
        match self.freq {
            Daily => start.checked_add_days(Days::new(steps.into())),
            Weekly => {
                start.week(self.week_start).first_day().checked_add_days(Days::new(u64::from(steps) * 7))
            }
            Monthly => start.with_day(1)?.checked_add_months(Months::new(steps)),
            Yearly => NaiveDate::from_ymd_opt(start.year().checked_add(i32::try_from(steps).ok()?)?, 1, 1),
        }
    }

    /// The days of the period that begins with `first`, in order.
    fn days(&self, start: NaiveDate, first: NaiveDate) -> Vec<NaiveDate> {
        let mut days = match self.freq {
            Daily => self.limited(vec![first]),
            Weekly => self.in_week(start, first),
            Monthly => self.in_month(start, first),
            Yearly => self.in_year(start, first),
        };
        days.retain(|day| self.by_month.is_empty() || self.by_month.contains(&number(day.month())));
        days.sort_unstable();
        days.dedup();
        if self.by_set_pos.is_empty() {
            return days;
        }
        let mut chosen: Vec<NaiveDate> =
            self.by_set_pos.iter().filter_map(|position| at(&days, *position)).collect();
        chosen.sort_unstable();
        chosen.dedup();
        chosen
    }

    /// Those of the days that are of the rule's weekdays and days of the month.
    fn limited(&self, mut days: Vec<NaiveDate>) -> Vec<NaiveDate> {
        days.retain(|day| {
            let weekday = self.by_day.is_empty() || self.by_day.iter().any(|(_, one)| *one == day.weekday());
            let month_day = self.by_month_day.is_empty() || is_month_day(*day, &self.by_month_day);
            weekday && month_day
        });
        days
    }

    fn in_week(&self, start: NaiveDate, first: NaiveDate) -> Vec<NaiveDate> {
        let week = first.iter_days().take(7);
        let wanted = |day: &NaiveDate| match self.by_day.is_empty() {
            true => day.weekday() == start.weekday(),
            false => self.by_day.iter().any(|(_, one)| *one == day.weekday()),
        };
        week.filter(wanted).collect()
    }

    fn in_month(&self, start: NaiveDate, first: NaiveDate) -> Vec<NaiveDate> {
        let month: Vec<NaiveDate> =
            first.iter_days().take_while(|day| day.month() == first.month()).collect();
        if self.by_day.is_empty() && self.by_month_day.is_empty() {
            return month.into_iter().filter(|day| day.day() == start.day()).collect();
        }
        self.chosen(&month)
    }

    fn in_year(&self, start: NaiveDate, first: NaiveDate) -> Vec<NaiveDate> {
        let months = (1..=12).filter_map(|month| first.with_month(month));
        if !self.by_month.is_empty() || !self.by_month_day.is_empty() {
            let wanted = |month: &NaiveDate| {
                self.by_month.is_empty() || self.by_month.contains(&number(month.month()))
            };
            return months.filter(wanted).flat_map(|month| self.in_month(start, month)).collect();
        }
        if self.by_day.is_empty() {
            let same = NaiveDate::from_ymd_opt(first.year(), start.month(), start.day());
            return same.into_iter().collect();
        }
        let year: Vec<NaiveDate> = first.iter_days().take_while(|day| day.year() == first.year()).collect();
        self.chosen(&year)
    }

    /// The days of a span that are of the rule's days of the month and numbered weekdays.
    fn chosen(&self, span: &[NaiveDate]) -> Vec<NaiveDate> {
        let weekday = |index: usize, day: NaiveDate| {
            // Reason: a weekday comes every seven days, so that its places from both ends follow from the day's.
            let (from_start, from_end) = (index / 7 + 1, (span.len() - 1 - index) / 7 + 1);
            let fits = |position: i32| {
                let place = if position > 0 { from_start } else { from_end };
                usize::try_from(position.unsigned_abs()) == Ok(place)
            };
            let is_one = |(position, weekday): &(Option<i32>, Weekday)| {
                *weekday == day.weekday() && position.is_none_or(fits)
            };
            self.by_day.is_empty() || self.by_day.iter().any(is_one)
        };
        let month_day = |day| self.by_month_day.is_empty() || is_month_day(day, &self.by_month_day);
        let days = span.iter().copied().enumerate();
        days.filter(|(index, day)| weekday(*index, *day) && month_day(*day)).map(|(_, day)| day).collect()
    }
}

/// A rule as it is stored: in capitals, without `RRULE:` and blanks.
pub fn normal(text: &str) -> String {
    let text: String = text.to_uppercase().split_whitespace().collect();
    text.strip_prefix("RRULE:").unwrap_or(&text).trim_end_matches(';').to_owned()
}

/// The entry at a position from 1, or from the end for a negative one.
fn at(days: &[NaiveDate], position: i32) -> Option<NaiveDate> {
    let place = usize::try_from(position.unsigned_abs()).ok()?;
    match position > 0 {
        true => days.get(place.checked_sub(1)?),
        false => days.get(days.len().checked_sub(place)?),
    }
    .copied()
}

fn is_month_day(day: NaiveDate, wanted: &[i32]) -> bool {
    let next = day.with_day(1).and_then(|first| first.checked_add_months(Months::new(1)));
    let length = next.and_then(|next| next.pred_opt()).map_or(31, |last| number(last.day()));
    wanted
        .iter()
        .any(|one| if *one > 0 { *one == number(day.day()) } else { length + 1 + one == number(day.day()) })
}

fn number(part: u32) -> i32 {
    i32::try_from(part).unwrap_or_default()
}

fn positive(value: &str) -> Option<u32> {
    value.parse().ok().filter(|number| (1..=NUMBER_MAX).contains(number))
}

/// Numbers from 1 to `most`, or from the end.
fn numbers(value: &str, most: i32) -> Option<Vec<i32>> {
    let one =
        |text: &str| text.parse().ok().filter(|number: &i32| *number != 0 && (-most..=most).contains(number));
    let mut all: Vec<i32> = value.split(',').map(one).collect::<Option<_>>()?;
    all.sort_unstable();
    all.dedup();
    Some(all)
}

fn days(value: &str) -> Option<Vec<(Option<i32>, Weekday)>> {
    let mut all: Vec<(Option<i32>, Weekday)> = value.split(',').map(numbered_day).collect::<Option<_>>()?;
    all.sort_unstable_by_key(|(position, weekday)| (weekday.num_days_from_monday(), *position));
    all.dedup();
    Some(all)
}

fn numbered_day(text: &str) -> Option<(Option<i32>, Weekday)> {
    let split = text.len().checked_sub(2).filter(|place| text.is_char_boundary(*place))?;
    let (position, day) = text.split_at(split);
    let position = match position {
        "" => None,
        position => Some(numbers(position, 53)?.first().copied()?),
    };
    Some((position, weekday(day)?))
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    })
}

#[cfg(test)]
#[path = "recur_tests.rs"]
mod tests;
