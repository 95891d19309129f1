//! Values of files: dates, durations, priorities and words for states, as people and trackers write them. No database.

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use kernel::Text;

use super::words::{ImportDates, ImportUnit};
use crate::{
    project::rules::MINUTES_MAX,
    words::{Priority, TaskStatus},
};

/// A text is no date.
pub const BAD_DATE: Text = Text::new(
    "bad_date",
    "This is not a date in the form that was chosen.",
    "Ce n'est pas une date dans la forme choisie.",
);

/// A text is no duration.
pub const BAD_DURATION: Text = Text::new(
    "bad_duration",
    "This is not a duration such as 1.5, 1h 30m or 1:30.",
    "Ce n'est pas une durée comme 1,5, 1h 30m ou 1:30.",
);

/// A number is too large for the unit that was taken for granted.
pub const ESTIMATE_TOO_LARGE: Text = Text::new(
    "estimate_too_large",
    "That would be more than {max} hours. Say whether the file counts hours, minutes or seconds.",
    "Cela ferait plus de {max} heures. Indiquez si le fichier compte des heures, des minutes ou des secondes.",
);

/// A text is no priority.
pub const BAD_PRIORITY: Text = Text::new(
    "bad_priority",
    "This is no priority: low, normal, high or urgent, or the words of a tracker for them.",
    "Ce n'est pas une priorité : basse, normale, haute ou urgente, ou les mots d'un outil.",
);

/// A text says nothing of how a task is scheduled.
pub const BAD_SCHEDULING: Text = Text::new(
    "bad_scheduling",
    "This is neither automatic nor manual.",
    "Ce n'est ni « automatic » ni « manual ».",
);

/// A text is no constraint.
pub const BAD_CONSTRAINT: Text = Text::new(
    "bad_constraint",
    "This is neither not_earlier nor must_start.",
    "Ce n'est ni « not_earlier » ni « must_start ».",
);

/// Most hours of an estimate whose unit nobody said.
pub const GUESSED_HOURS_MAX: i64 = 1_000;

/// Minutes of a working day, as trackers reckon them.
const DAY: i64 = 8 * 60;
/// Minutes of a working week, of five days.
const WEEK: i64 = 5 * DAY;

/// A date in one of the forms.
pub fn date(text: &str, form: ImportDates) -> Option<NaiveDate> {
    let day = match form {
        // Reason: a date of this form may have spaces in it, and a time behind them.
        ImportDates::MonthName => text.to_owned(),
        _ => text.split(['T', ' ']).next().unwrap_or_default().to_owned(),
    };
    let mut parts = day.split(['-', '/', '.', ' ', ',']).filter(|part| !part.is_empty());
    let (one, two, three) = (parts.next()?, parts.next()?, parts.next()?);
    if form != ImportDates::MonthName && parts.next().is_some() {
        return None;
    }
    let (year, month, day) = match form {
        ImportDates::YearFirst => (one, two.parse().ok()?, three),
        ImportDates::DayFirst => (three, two.parse().ok()?, one),
        ImportDates::MonthFirst => (three, one.parse().ok()?, two),
        ImportDates::MonthName => (three, month(two)?, one),
    };
    NaiveDate::from_ymd_opt(self::year(year)?, month, day.parse().ok()?)
}

/// When something was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// At an instant.
    At(DateTime<Utc>),
    /// On a day.
    On(NaiveDate),
}

impl Done {
    /// An instant with its offset (RFC 3339), or a date in one of the forms; none for other texts.
    pub fn read(text: &str, form: ImportDates) -> Option<Self> {
        let instant = DateTime::parse_from_rfc3339(text).ok();
        let instant = instant.map(|instant| Self::At(instant.with_timezone(&Utc)));
        instant.or_else(|| date(text, form).map(Self::On))
    }

    /// The instant; noon of the day in a time zone.
    pub fn instant<Z: TimeZone>(self, zone: &Z) -> Option<DateTime<Utc>> {
        match self {
            Self::At(instant) => Some(instant),
            Self::On(day) => {
                let noon = day.and_hms_opt(12, 0, 0)?.and_local_timezone(zone.clone());
                noon.earliest().map(|noon| noon.with_timezone(&Utc))
            }
        }
    }
}

/// A year of four digits, or of two in this century.
fn year(text: &str) -> Option<i32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match (text.len(), digits) {
        (4, true) => text.parse().ok(),
        (2, true) => text.parse::<i32>().ok().map(|year| 2000 + year),
        _ => None,
    }
}

fn month(name: &str) -> Option<u32> {
    const NAMES: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let name = name.to_lowercase();
    let place = NAMES.iter().position(|known| name.starts_with(known))?;
    u32::try_from(place + 1).ok()
}

/// A duration in minutes: a plain number of the unit, `1h 30m`, `2d`, `1w` (of eight hours a day, five days a week), or
/// `1:30`. Parts of a minute count as a whole one.
pub fn minutes(text: &str, unit: ImportUnit) -> Option<i64> {
    let text = text.trim().to_lowercase();
    let minutes = if let Some((hours, minutes)) = text.split_once(':') {
        let minutes = minutes.parse::<i64>().ok().filter(|minutes| (0..60).contains(minutes))?;
        hours.parse::<i64>().ok().filter(|hours| *hours >= 0)?.checked_mul(60)?.checked_add(minutes)?
    } else if let Some(hundredths) = hundredths(&text) {
        let minutes = match unit {
            ImportUnit::Hours => hundredths.checked_mul(60)?,
            ImportUnit::Minutes => hundredths,
            ImportUnit::Seconds => hundredths.checked_add(59)? / 60,
        };
        minutes.checked_add(99)? / 100
    } else {
        parts(&text)?
    };
    (minutes <= MINUTES_MAX).then_some(minutes)
}

/// A number that is not negative, in hundredths; of more digits behind the point the rest is cut off.
fn hundredths(text: &str) -> Option<i64> {
    let (whole, rest) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(rest) {
        return None;
    }
    let rest: i64 = format!("{rest:0<2}").get(..2)?.parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(rest)
}

/// `1w 2d 3h 30m`.
fn parts(text: &str) -> Option<i64> {
    let (mut sum, mut any) = (0_i64, false);
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = rest.find(|letter: char| letter.is_alphabetic())?;
        let number = hundredths(rest.get(..end)?.trim())?;
        let word_end = rest.get(end..)?.find(|letter: char| !letter.is_alphabetic()).map(|at| end + at);
        let word = rest.get(end..word_end.unwrap_or(rest.len()))?;
        let each = match word {
            "w" | "week" | "weeks" => WEEK,
            "d" | "day" | "days" => DAY,
            "h" | "hr" | "hrs" | "hour" | "hours" => 60,
            "m" | "min" | "mins" | "minute" | "minutes" => 1,
            _ => return None,
        };
        sum = sum.checked_add(number.checked_mul(each)?.checked_add(99)? / 100)?;
        any = true;
        rest = word_end.and_then(|at| rest.get(at..)).unwrap_or_default().trim_start_matches([' ', ',']);
    }
    any.then_some(sum)
}

/// A priority by the words of the usual trackers.
pub fn priority(text: &str) -> Option<Priority> {
    Some(match text.to_lowercase().as_str() {
        "highest" | "urgent" | "critical" | "blocker" | "p0" => Priority::Urgent,
        "high" | "major" | "p1" => Priority::High,
        "medium" | "normal" | "none" | "p2" => Priority::Normal,
        "low" | "lowest" | "minor" | "trivial" | "p3" | "p4" => Priority::Low,
        _ => return None,
    })
}

/// What a common word for a state says.
pub fn state(text: &str) -> Option<TaskStatus> {
    Some(match text.to_lowercase().as_str() {
        "to do" | "todo" | "open" | "backlog" | "new" | "not started" | "selected for development" => {
            TaskStatus::Todo
        }
        "in progress" | "doing" | "started" | "in review" | "review" | "testing" => TaskStatus::Doing,
        "done" | "closed" | "resolved" | "complete" | "completed" | "finished" => TaskStatus::Done,
        _ => return None,
    })
}

/// Whether a cell says yes: anything but nothing and the words for no.
pub fn yes(text: &str) -> bool {
    !matches!(text.to_lowercase().as_str(), "" | "no" | "false" | "0" | "n")
}

/// The parts of a list of words, without empty ones.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';']).map(str::trim).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_are_read_in_the_chosen_form_alone() {
        use ImportDates::{DayFirst, MonthFirst, MonthName, YearFirst};
        let day = NaiveDate::from_ymd_opt(2026, 3, 31);
        for (text, form) in [
            ("2026-03-31", YearFirst),
            ("2026-03-31T23:59:00Z", YearFirst),
            ("2026/3/31 09:00", YearFirst),
            ("31/03/2026", DayFirst),
            ("31.03.26", DayFirst),
            ("03/31/2026", MonthFirst),
            ("31/Mar/26 9:15 AM", MonthName),
            ("31 March 2026", MonthName),
        ] {
            assert_eq!(date(text, form), day, "{text}");
        }
        for (text, form) in [
            ("31/03/2026", MonthFirst),
            ("03/31/2026", DayFirst),
            ("2026-03-31", DayFirst),
            ("31.03.2026", YearFirst),
            ("2027-02-29", YearFirst),
            ("tomorrow", YearFirst),
            ("", YearFirst),
            ("1/2/3/4", DayFirst),
        ] {
            assert_eq!(date(text, form), None, "{text}");
        }
        assert!(date("29.02.2028", DayFirst).is_some(), "a leap day");
    }

    #[test]
    fn durations_are_numbers_or_parts() {
        use ImportUnit::{Hours, Minutes, Seconds};
        for (text, unit, expected) in [
            ("1.5", Hours, 90),
            ("1,25", Hours, 75),
            ("90", Minutes, 90),
            ("5400", Seconds, 90),
            ("1", Seconds, 1),
            ("1h 30m", Minutes, 90),
            ("1h30", Hours, -1),
            ("1:30", Hours, 90),
            ("2d", Hours, 960),
            ("1w 1d", Hours, 2_880),
            ("1.5 hours", Hours, 90),
            ("0", Hours, 0),
            ("-1", Hours, -1),
            ("h", Hours, -1),
            ("1 fortnight", Hours, -1),
            ("99999999999999999999", Hours, -1),
            ("1:75", Hours, -1),
        ] {
            assert_eq!(minutes(text, unit), Some(expected).filter(|minutes| *minutes >= 0), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_people_write_panics(text in ".{0,40}") {
            for form in [ImportDates::YearFirst, ImportDates::MonthName] {
                let _ = date(&text, form);
            }
            let _ = minutes(&text, ImportUnit::Hours);
            prop_assert!(words(&text).all(|word| !word.is_empty()));
        }

        #[test]
        fn written_hours_and_minutes_are_read_back(hours in 0_i64..1_000, rest in 0_i64..60) {
            let expected = Some(hours * 60 + rest);
            prop_assert_eq!(minutes(&format!("{hours}h {rest}m"), ImportUnit::Hours), expected);
            prop_assert_eq!(minutes(&format!("{hours}:{rest:02}"), ImportUnit::Hours), expected);
        }
    }
}
