//! Working calendars: which minutes are worked, and the way between instants and working time.
//!
//! A calendar is a pattern of hours for each day of the week in a time zone, with other hours on single days (holidays,
//! leave, a worked Saturday). [`Calendar::new`] lays it out on the axis of instants once; after that every question is a
//! look into tables. Intervals are half open: `[09:00, 17:00)` has 480 minutes, and a day that ends at 24:00 touches the
//! next one. Hours are those of clocks on the wall: where a clock is set forward the minutes left out are not worked,
//! and where it is set back those that come twice are worked twice.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use std::collections::BTreeMap;

/// An instant, in minutes since the beginning of 1970 UTC.
pub type Instant = i64;

/// A length or a place on a calendar's own axis, in working minutes.
pub type Work = i64;

/// Minutes of a day.
const DAY: i64 = 24 * 60;

/// Minutes of a week.
const WEEK: i64 = 7 * DAY;

/// Hours of one day: half-open intervals of minutes after midnight, in order, apart from each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours(Vec<(u16, u16)>);

/// Why hours are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadHours;

impl Hours {
    /// Hours of the given intervals, `from` and `to` in minutes after midnight; `to` may be 1 440.
    ///
    /// # Errors
    /// If one is empty, leaves the day, or they are not in order.
    pub fn new(intervals: impl IntoIterator<Item = (u16, u16)>) -> Result<Self, BadHours> {
        let intervals: Vec<(u16, u16)> = intervals.into_iter().collect();
        let sound = intervals.iter().all(|(from, to)| from < to && i64::from(*to) <= DAY);
        let ordered = intervals.windows(2).all(|pair| pair[0].1 <= pair[1].0);
        if sound && ordered { Ok(Self(intervals)) } else { Err(BadHours) }
    }

    /// A day without work.
    #[must_use]
    pub fn free() -> Self {
        Self::default()
    }

    /// The intervals.
    #[must_use]
    pub fn intervals(&self) -> &[(u16, u16)] {
        &self.0
    }

    /// What of these hours lies in others.
    #[must_use]
    pub fn within(&self, others: &Self) -> Self {
        let both = |(from, to): &(u16, u16)| {
            let (from, to) = (*from, *to);
            others
                .0
                .iter()
                .map(move |other| (from.max(other.0), to.min(other.1)))
                .filter(|both| both.0 < both.1)
        };
        Self(self.0.iter().flat_map(both).collect())
    }

    /// How much is worked, in minutes by the clock on the wall.
    #[must_use]
    pub fn minutes(&self) -> Work {
        self.0.iter().map(|(from, to)| i64::from(to - from)).sum()
    }
}

/// When somebody works: hours of each day of the week and of single days, by the clocks of a time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Whose clocks.
    pub zone: Tz,
    /// Hours from Monday to Sunday.
    pub week: [Hours; 7],
    /// Days that have other hours than their day of the week.
    pub days: BTreeMap<NaiveDate, Hours>,
}

impl Pattern {
    /// The hours of a day.
    #[must_use]
    pub fn hours(&self, day: NaiveDate) -> &Hours {
        let weekday = || &self.week[day.weekday().num_days_from_monday() as usize];
        self.days.get(&day).unwrap_or_else(weekday)
    }

    /// Around the clock, every day.
    #[must_use]
    pub fn continuous() -> Self {
        let whole = Hours(vec![(0, 1_440)]);
        Self { zone: Tz::UTC, week: std::array::from_fn(|_| whole.clone()), days: BTreeMap::new() }
    }
}

/// No day of the week has a single hour: nothing would ever be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeverWorks;

/// A pattern laid out on the axis of instants.
///
/// Working time is counted from the first day laid out. Before the first and after the last day the calendar goes on
/// with its plain week in UTC, so that there is an answer for every instant; nobody plans that far to the minute.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// First instant laid out.
    from: Instant,
    /// The instant after the last one laid out.
    to: Instant,
    /// Intervals of work, in order: start, end, work before it.
    spans: Vec<Span>,
    /// For each day from `from`: the first span that ends after its beginning.
    by_day: Vec<u32>,
    /// For each [`WORK_STEP`] of work: the span in which it is done.
    by_work: Vec<u32>,
    /// All work laid out.
    total: Work,
    /// The plain week, from an instant that is a multiple of a week away from `from` and `to`.
    week: Box<[Span]>,
    /// Work of the plain week.
    weekly: Work,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start: Instant,
    end: Instant,
    before: Work,
}

impl Span {
    fn work(self) -> Work {
        self.end - self.start
    }
}

/// Work between entries of the table by work, in minutes.
const WORK_STEP: Work = 240;

impl Calendar {
    /// The calendar of a pattern, laid out to the day from `first` to the last day of whole weeks that contain `last`.
    ///
    /// # Errors
    /// If the pattern's week has no work at all.
    pub fn new(pattern: &Pattern, first: NaiveDate, last: NaiveDate) -> Result<Self, NeverWorks> {
        let weekly: Work = pattern.week.iter().map(Hours::minutes).sum();
        if weekly == 0 {
            return Err(NeverWorks);
        }
        let monday = first.week(chrono::Weekday::Mon).first_day();
        let weeks = ((last - monday).num_days().max(0) / 7 + 1) * 7;
        let mut spans: Vec<Span> = Vec::new();
        for day in monday.iter_days().take(usize::try_from(weeks).unwrap_or(7)) {
            for (from, to) in pattern.hours(day).intervals() {
                let start = instant(pattern.zone, day, *from);
                push(&mut spans, start, instant(pattern.zone, day, *to));
            }
        }
        let from = instant(pattern.zone, monday, 0);
        let to = from + weeks * DAY;
        // Reason: a zone's offset may differ at both ends; what reaches beyond the plain weeks is cut off there.
        spans.retain_mut(|span| {
            (span.start, span.end) = (span.start.max(from), span.end.min(to));
            span.start < span.end
        });
        let total = count(&mut spans);
        let mut week = Vec::new();
        for (place, hours) in (0..).zip(&pattern.week) {
            for (start, end) in hours.intervals() {
                push(&mut week, place * DAY + i64::from(*start), place * DAY + i64::from(*end));
            }
        }
        count(&mut week);
        let (by_day, by_work) = (by_day(&spans, from, weeks), by_work(&spans, total));
        Ok(Self { from, to, spans, by_day, by_work, total, week: week.into_boxed_slice(), weekly })
    }

    /// The working minutes before an instant, counted from the calendar's first day; negative before it.
    #[must_use]
    pub fn work_at(&self, instant: Instant) -> Work {
        if instant >= self.to {
            return self.total + self.in_weeks(instant - self.to);
        }
        if instant < self.from {
            return self.in_weeks(instant - self.from);
        }
        // Invariant: the table has an entry for each day laid out.
        let mut place = self.by_day[((instant - self.from) / DAY) as usize] as usize;
        while let Some(span) = self.spans.get(place) {
            if instant < span.end {
                return span.before + (instant - span.start).max(0);
            }
            place += 1;
        }
        self.total
    }

    /// The earliest instant at which so much work is done: where a piece of work ends that ends there.
    #[must_use]
    pub fn finish_of(&self, work: Work) -> Instant {
        if work > self.total || work <= 0 {
            return self.beyond(work, true);
        }
        let span = self.span_of(work - 1);
        span.start + (work - span.before)
    }

    /// The latest instant at which no more than so much work is done: where a piece of work begins that begins there.
    #[must_use]
    pub fn start_of(&self, work: Work) -> Instant {
        if work >= self.total || work < 0 {
            return self.beyond(work, false);
        }
        let span = self.span_of(work);
        span.start + (work - span.before)
    }

    /// The first working minute at or after an instant.
    #[must_use]
    pub fn next(&self, instant: Instant) -> Instant {
        self.start_of(self.work_at(instant))
    }

    /// Working minutes from one instant to another; negative if the other is earlier.
    #[must_use]
    pub fn between(&self, from: Instant, to: Instant) -> Work {
        self.work_at(to) - self.work_at(from)
    }

    /// The instant that lies so many working minutes after another, or before it: no work lies between it and the end
    /// of the last of them. The instant itself for none.
    #[must_use]
    pub fn shifted(&self, instant: Instant, by: Work) -> Instant {
        if by == 0 { instant } else { self.finish_of(self.work_at(instant).saturating_add(by)) }
    }

    /// The latest instant that [`Self::shifted`] brings no later than `to`.
    #[must_use]
    pub fn latest_shifted(&self, to: Instant, by: Work) -> Instant {
        if by == 0 { to } else { self.start_of(self.work_at(to).saturating_sub(by)) }
    }

    /// The span in which the minute of work with this number is done; `0 ≤ work < total`.
    fn span_of(&self, work: Work) -> Span {
        let mut place = self.by_work[(work / WORK_STEP) as usize] as usize;
        while self.spans[place].before + self.spans[place].work() <= work {
            place += 1;
        }
        self.spans[place]
    }

    /// Work of plain weeks from an instant that begins one.
    fn in_weeks(&self, minutes: i64) -> Work {
        let (weeks, rest) = (minutes.div_euclid(WEEK), minutes.rem_euclid(WEEK));
        let before = self.week.iter().rev().find(|span| span.start <= rest);
        let within = before.map_or(0, |span| span.before + (rest - span.start).min(span.work()));
        weeks.saturating_mul(self.weekly).saturating_add(within)
    }

    /// The instant of work outside of what is laid out.
    fn beyond(&self, work: Work, finish: bool) -> Instant {
        let (origin, work) = if work > self.total || work == self.total && !finish {
            (self.to, work - self.total)
        } else {
            (self.from, work)
        };
        // Reason: a finish is the end of the minute before it.
        let minute = if finish { work.saturating_sub(1) } else { work };
        let (weeks, rest) = (minute.div_euclid(self.weekly), minute.rem_euclid(self.weekly));
        let span = self.week.iter().rev().find(|span| span.before <= rest);
        let within = span.map_or(0, |span| span.start + (rest - span.before));
        origin.saturating_add(weeks.saturating_mul(WEEK)).saturating_add(within + i64::from(finish))
    }
}

/// Adds a span; one that touches the last becomes part of it, and what lies before its end is left out.
fn push(spans: &mut Vec<Span>, start: Instant, end: Instant) {
    let start = spans.last().map_or(start, |last| start.max(last.end));
    if start >= end {
        return;
    }
    match spans.last_mut() {
        Some(last) if last.end == start => last.end = end,
        _ => spans.push(Span { start, end, before: 0 }),
    }
}

/// Counts the work before each span, and all of it.
fn count(spans: &mut [Span]) -> Work {
    let mut total = 0;
    for span in spans {
        span.before = total;
        total += span.work();
    }
    total
}

fn by_day(spans: &[Span], from: Instant, days: i64) -> Vec<u32> {
    let mut place = 0;
    let first = |day: i64| {
        while spans.get(place).is_some_and(|span| span.end <= from + day * DAY) {
            place += 1;
        }
        u32::try_from(place).unwrap_or(u32::MAX)
    };
    (0..days).map(first).collect()
}

fn by_work(spans: &[Span], total: Work) -> Vec<u32> {
    let mut place = 0;
    let first = |step: i64| {
        while spans.get(place).is_some_and(|span| span.before + span.work() <= step * WORK_STEP) {
            place += 1;
        }
        u32::try_from(place).unwrap_or(u32::MAX)
    };
    (0..=total / WORK_STEP).map(first).collect()
}

/// The instant at which clocks of a zone show a minute of a day: the first of two, and where the clock jumps over it the
/// instant of the jump.
#[must_use]
pub fn instant(zone: Tz, day: NaiveDate, minute: u16) -> Instant {
    let midnight = day.and_time(NaiveTime::MIN);
    let local = midnight.checked_add_signed(chrono::TimeDelta::minutes(minute.into())).unwrap_or(midnight);
    let shown = |local: &chrono::NaiveDateTime| zone.from_local_datetime(local).earliest();
    if let Some(shown) = shown(&local) {
        return shown.timestamp().div_euclid(60);
    }
    // Reason: before a jump clocks show the time of an hour earlier without doubt; the jump is where the offset changes.
    let before = |step: i64| shown(&(local - chrono::TimeDelta::minutes(step)));
    let jump = (1..=DAY).find_map(|step| Some(before(step)?.timestamp().div_euclid(60) + 1));
    jump.unwrap_or_else(|| local.and_utc().timestamp().div_euclid(60))
}

/// The day that clocks of a zone show at an instant.
#[must_use]
pub fn day_of(zone: Tz, instant: Instant) -> NaiveDate {
    let shown = DateTime::<Utc>::from_timestamp(instant.saturating_mul(60), 0);
    shown.map_or(NaiveDate::MAX, |shown| shown.with_timezone(&zone).date_naive())
}

/// The day on which work that ends at an instant is finished: at midnight the day before.
#[must_use]
pub fn last_day_of(zone: Tz, finish: Instant) -> NaiveDate {
    day_of(zone, finish.saturating_sub(1))
}

/// The day after, or the last one there is.
#[must_use]
pub fn next_day(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(1)).unwrap_or(day)
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
