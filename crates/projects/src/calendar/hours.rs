//! Hours of days as people write them, as they are stored, and as the schedule takes them.

use async_graphql::{InputObject, SimpleObject};
use kernel::{Error, FieldError, Fields, Result, Text};
use schedule::Hours;
use serde_json::{Value as Json, json};

/// The time is none.
pub const BAD_TIME: Text = Text::new(
    "bad_time",
    "This is not a time of the day, such as 09:30; a day ends at 24:00.",
    "Ce n'est pas une heure, comme 09:30 ; la journée se termine à 24:00.",
);

/// The hours are not one after the other.
pub const BAD_HOURS: Text = Text::new(
    "bad_hours",
    "The hours of a day begin before they end and follow each other.",
    "Les heures d'une journée commencent avant de finir et se suivent.",
);

/// A week has other days.
pub const BAD_WEEK: Text = Text::new(
    "bad_week",
    "A week has the hours of seven days, Monday first.",
    "Une semaine comprend les heures de sept jours, à partir du lundi.",
);

/// Nothing is worked.
pub const NEVER_WORKS: Text =
    Text::new("never_works", "No day of the week has any hours.", "Aucun jour de la semaine n'a d'heures.");

/// Most intervals of a day.
const SPANS_MAX: usize = 10;

/// From one time of a day to another.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct TimeSpan {
    /// When it begins, as HH:MM on clocks on the wall.
    pub from: String,
    /// When it ends, as HH:MM; 24:00 is the end of the day.
    pub to: String,
}

/// From one time of a day to another.
#[derive(Clone, Debug, PartialEq, Eq, InputObject)]
pub struct TimeSpanInput {
    /// When it begins, as HH:MM on clocks on the wall.
    pub from: String,
    /// When it ends, as HH:MM; 24:00 is the end of the day.
    pub to: String,
}

/// The hours of a day of the week.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct DayHours {
    /// When it is worked; none: it is free.
    pub hours: Vec<TimeSpan>,
    /// How much that is, in minutes.
    pub minutes: i64,
}

/// The hours of a day of the week.
#[derive(Clone, Debug, PartialEq, Eq, InputObject)]
pub struct DayHoursInput {
    /// When it is worked, at most ten times a day; none: it is free.
    pub hours: Vec<TimeSpanInput>,
}

/// The hours of a day as the graph has them.
#[must_use]
pub fn spans(hours: &Hours) -> Vec<TimeSpan> {
    let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    hours.intervals().iter().map(|(from, to)| TimeSpan { from: time(*from), to: time(*to) }).collect()
}

/// The hours of a week as the graph has them, Monday first.
#[must_use]
pub fn week_spans(week: &[Hours; 7]) -> Vec<DayHours> {
    week.iter().map(|hours| DayHours { hours: spans(hours), minutes: hours.minutes() }).collect()
}

/// The minutes after midnight of a time of a day.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |text: &str| text.parse::<u16>().ok().filter(|_| text.len() == 2 && !text.starts_with('+'));
    let (hour, minute) = (number(hour)?, number(minute)?);
    (hour < 24 && minute < 60 || (hour, minute) == (24, 0)).then_some(hour * 60 + minute)
}

/// The hours of a day as somebody wrote them.
///
/// # Errors
/// A time that is none, or hours out of order.
pub fn day(written: &[TimeSpanInput], path: &str) -> Result<Hours, FieldError> {
    let mut intervals = Vec::with_capacity(written.len());
    for (place, span) in written.iter().enumerate().take(SPANS_MAX + 1) {
        let time = |text: &str, end: &str| {
            minute(text).ok_or_else(|| FieldError::new(format!("{path}.{place}.{end}"), BAD_TIME))
        };
        intervals.push((time(&span.from, "from")?, time(&span.to, "to")?));
    }
    let hours = Hours::new(intervals).ok().filter(|hours| hours.intervals().len() <= SPANS_MAX);
    hours.ok_or_else(|| FieldError::new(path, BAD_HOURS))
}

/// The hours of a week as somebody wrote them; something is worked in it.
///
/// # Errors
/// INVALID with every day that is wrong.
pub fn week(written: &[DayHoursInput], path: &str) -> Result<[Hours; 7]> {
    if written.len() != 7 {
        return Err(Error::field(path, BAD_WEEK));
    }
    let mut fields = Fields::new();
    let mut week: [Hours; 7] = std::array::from_fn(|_| Hours::free());
    for (place, (written, hours)) in written.iter().zip(&mut week).enumerate() {
        *hours = fields.take(day(&written.hours, &format!("{path}.{place}.hours"))).unwrap_or_default();
    }
    fields.check()?;
    match week.iter().any(|hours| hours.minutes() > 0) {
        true => Ok(week),
        false => Err(Error::field(path, NEVER_WORKS)),
    }
}

/// The hours of a day as they are stored.
#[must_use]
pub fn stored(hours: &Hours) -> Json {
    json!(hours.intervals())
}

/// The hours of a week as they are stored.
#[must_use]
pub fn stored_week(week: &[Hours; 7]) -> Json {
    Json::Array(week.iter().map(stored).collect())
}

/// Hours of a day that are stored.
#[must_use]
pub fn read(stored: &Json) -> Hours {
    let intervals: Vec<(u16, u16)> = serde_json::from_value(stored.clone()).unwrap_or_default();
    // Invariant: what is stored was checked.
    Hours::new(intervals).unwrap_or_default()
}

/// Hours of a week that are stored; none for an empty list.
#[must_use]
pub fn read_week(stored: &Json) -> Option<[Hours; 7]> {
    let days = stored.as_array().filter(|days| days.len() == 7)?;
    Some(std::array::from_fn(|place| days.get(place).map(read).unwrap_or_default()))
}

/// Minutes of a plain week.
#[must_use]
pub fn week_minutes(week: &[Hours; 7]) -> i64 {
    week.iter().map(Hours::minutes).sum()
}

/// The last `minutes` of a day's hours are cut off.
#[must_use]
pub fn without_last(hours: &Hours, minutes: i64) -> Hours {
    let mut left = hours.minutes() - minutes;
    let mut kept = Vec::new();
    for (from, to) in hours.intervals() {
        let length = i64::from(to - from).min(left);
        if length <= 0 {
            break;
        }
        left -= length;
        kept.push((*from, from + u16::try_from(length).unwrap_or_default()));
    }
    // Invariant: parts of hours in order are in order.
    Hours::new(kept).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use kernel::locale::Language;

    use super::*;

    fn code(error: Error) -> Vec<(String, String)> {
        match error {
            Error::Invalid(fields) => fields
                .into_iter()
                .map(|field| (field.path.clone(), field.message.render(Language::En)))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn span(from: &str, to: &str) -> TimeSpanInput {
        TimeSpanInput { from: from.to_owned(), to: to.to_owned() }
    }

    #[test]
    fn hours_are_read_as_they_are_written() {
        let hours = day(&[span("09:00", "13:00"), span("14:00", "24:00")], "hours").unwrap();
        assert_eq!(hours.intervals(), [(540, 780), (840, 1_440)]);
        assert_eq!(spans(&hours)[1], TimeSpan { from: "14:00".to_owned(), to: "24:00".to_owned() });
        assert_eq!(read(&stored(&hours)), hours);
        assert_eq!(day(&[], "hours").unwrap(), Hours::free());
        for (from, to) in
            [("9:00", "13:00"), ("09:60", "13:00"), ("24:01", "24:00"), ("+9:00", "13:00"), ("", "")]
        {
            assert_eq!(day(&[span(from, to)], "h").unwrap_err().code(), "bad_time", "{from}");
        }
        for wrong in [vec![span("13:00", "09:00")], vec![span("09:00", "12:00"), span("11:00", "13:00")]] {
            assert_eq!(day(&wrong, "h").unwrap_err().code(), "bad_hours");
        }
    }

    #[test]
    fn week_has_seven_days_and_some_work() {
        assert!(code(week(&[], "w").unwrap_err())[0].1.contains("seven"));
        let free = vec![DayHoursInput { hours: Vec::new() }; 7];
        assert!(code(week(&free, "w").unwrap_err())[0].1.contains("any hours"));
        let mut wrong = free.clone();
        (wrong[1].hours, wrong[6].hours) = (vec![span("x", "y")], vec![span("10:00", "09:00")]);
        let paths: Vec<String> =
            code(week(&wrong, "w").unwrap_err()).into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["w.1.hours.0.from", "w.6.hours"]);
        let mut some = free;
        some[0].hours = vec![span("00:00", "24:00")];
        let read = read_week(&stored_week(&week(&some, "w").unwrap())).unwrap();
        assert_eq!((week_minutes(&read), read_week(&json!([]))), (1_440, None));
    }

    #[test]
    fn part_of_a_day_is_cut_from_its_end() {
        let hours = Hours::new([(540, 780), (840, 1_080)]).unwrap();
        assert_eq!(without_last(&hours, 0), hours);
        assert_eq!(without_last(&hours, 60).intervals(), [(540, 780), (840, 1_020)]);
        assert_eq!(without_last(&hours, 300).intervals(), [(540, 720)]);
        assert_eq!(without_last(&hours, 480), Hours::free());
        assert_eq!(without_last(&hours, 9_999), Hours::free());
    }
}
