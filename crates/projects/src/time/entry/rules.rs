//! Rules of entries: how long they are, and who may still change them. No database, no clock.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{Error, Fields, Result, Text, id::UserId, text};

use super::entity::Model;
use crate::{project::rules::TOO_LARGE, words::TimeEntryStatus};

/// Neither minutes nor a beginning and an end.
pub const NO_DURATION: Text = Text::new(
    "no_duration",
    "Give either minutes, or when it began and ended.",
    "Indiquez soit des minutes, soit le début et la fin.",
);

/// Both minutes and a beginning or an end.
pub const TWO_DURATIONS: Text = Text::new(
    "two_durations",
    "Give either minutes, or when it began and ended, not both.",
    "Indiquez soit des minutes, soit le début et la fin, pas les deux.",
);

/// Less than a minute.
pub const TOO_SHORT: Text =
    Text::new("too_short", "This must be at least one minute.", "Il faut au moins une minute.");

/// It ends before it begins.
pub const END_BEFORE_START: Text = Text::new(
    "end_before_start",
    "The end cannot be before the start.",
    "La fin ne peut pas précéder le début.",
);

/// It ends in future.
pub const ENDS_IN_FUTURE: Text =
    Text::new("ends_in_future", "The end is still to come.", "La fin est encore à venir.");

/// It is too long.
pub const STRETCH_TOO_LONG: Text = Text::new(
    "stretch_too_long",
    "From start to end there may be at most {hours} hours.",
    "Il peut y avoir au plus {hours} heures du début à la fin.",
);

/// An entry is on one day.
pub const TWO_DAYS: Text = Text::new(
    "two_days",
    "This goes across midnight. Make an entry for each day.",
    "Ceci passe minuit. Créez une entrée par jour.",
);

/// It is somebody else's.
pub const NOT_YOURS: Text = Text::new(
    "not_yours",
    "Only who worked the time may change it.",
    "Seule la personne qui a travaillé ce temps peut le modifier.",
);

/// It is handed in or approved.
pub const CLOSED: Text = Text::new(
    "entry_closed",
    "This time is {status}. It changes again when somebody sends it back.",
    "Ce temps est {status}. Il pourra changer si quelqu'un le renvoie.",
);

/// Longest stretch of time that is written down at once, in hours.
pub const STRETCH_HOURS: i64 = 72;

/// Most minutes of an entry: two days, for a day of 25 hours is judged with the person's time zone.
pub const MINUTES_MAX: i64 = 2 * 24 * 60;

/// Longest description, in bytes.
pub const DESCRIPTION_MAX: usize = 2_000;

/// How long something took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// So many minutes of a day.
    Minutes(NaiveDate, i64),
    /// From one instant to before another.
    Stretch(DateTime<Utc>, DateTime<Utc>),
}

/// What an input says of how long something took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Said {
    /// On which day.
    pub spent_on: Option<NaiveDate>,
    /// How many minutes.
    pub minutes: Option<i64>,
    /// From when.
    pub started_at: Option<DateTime<Utc>>,
    /// Until when.
    pub ended_at: Option<DateTime<Utc>>,
}

/// How long something took; none, with errors added, if what is said makes no sense.
pub fn span(said: Said, today: NaiveDate, now: DateTime<Utc>, fields: &mut Fields) -> Option<Span> {
    let Said { spent_on, minutes, started_at, ended_at } = said;
    match (minutes, started_at, ended_at) {
        (None, None, None) => {
            fields.add("minutes", NO_DURATION);
            None
        }
        (Some(minutes), None, None) => {
            fields.require(minutes >= 1, "minutes", TOO_SHORT);
            fields.require(minutes <= MINUTES_MAX, "minutes", TOO_LARGE.with("max", MINUTES_MAX));
            (1..=MINUTES_MAX).contains(&minutes).then_some(Span::Minutes(spent_on.unwrap_or(today), minutes))
        }
        (None, Some(start), Some(end)) => {
            let long = (end - start).num_hours() >= STRETCH_HOURS;
            fields.require(end >= start, "endedAt", END_BEFORE_START);
            fields.require(end != start, "endedAt", TOO_SHORT);
            fields.require(end <= now, "endedAt", ENDS_IN_FUTURE);
            fields.require(!long || end > now, "endedAt", STRETCH_TOO_LONG.with("hours", STRETCH_HOURS));
            (end > start && !long).then_some(Span::Stretch(start, end))
        }
        (None, Some(_), None) => {
            fields.add("endedAt", NO_DURATION);
            None
        }
        (None, None, Some(_)) => {
            fields.add("startedAt", NO_DURATION);
            None
        }
        (Some(_), _, _) => {
            fields.add("minutes", TWO_DURATIONS);
            None
        }
    }
}

/// Where an entry stands.
#[must_use]
pub fn status(entry: &Model) -> TimeEntryStatus {
    TimeEntryStatus::parse(&entry.status).unwrap_or_default()
}

/// Whether the owner may change an entry, as far as it goes by the entry alone.
#[must_use]
pub fn is_open(entry: &Model) -> bool {
    matches!(status(entry), TimeEntryStatus::Draft | TimeEntryStatus::Rejected)
}

/// # Errors
/// FORBIDDEN if the entry is somebody else's, CONFLICT if it is handed in or approved.
pub fn check_changeable(entry: &Model, user: UserId) -> Result<()> {
    if entry.user_id != Some(user) {
        return Err(Error::Forbidden(NOT_YOURS.into()));
    }
    if !is_open(entry) {
        return Err(Error::conflict(CLOSED.with("status", status(entry).name())));
    }
    Ok(())
}

/// What was done, in Markdown.
pub fn description(text: &str, path: &str, fields: &mut Fields) -> String {
    fields.take(text::markdown(text, path, DESCRIPTION_MAX)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn told(said: Said) -> (Option<Span>, Vec<(String, &'static str)>) {
        let mut fields = Fields::new();
        let now = at("2026-03-02T12:00:00Z");
        let span = span(said, now.date_naive(), now, &mut fields);
        let errors = match fields.check() {
            Err(Error::Invalid(errors)) => errors,
            _ => Vec::new(),
        };
        (span, errors.into_iter().map(|error| (error.path.clone(), error.code())).collect())
    }

    #[test]
    fn either_minutes_or_both_ends_are_said() {
        let (start, end) = (Some(at("2026-03-02T09:00:00Z")), Some(at("2026-03-02T10:00:00Z")));
        let day = at("2026-03-02T12:00:00Z").date_naive();
        let minutes = Said { minutes: Some(5), ..Said::default() };
        assert_eq!(told(minutes).0, Some(Span::Minutes(day, 5)), "today without a day");
        let ends = Said { started_at: start, ended_at: end, ..Said::default() };
        assert_eq!(told(ends).0, start.zip(end).map(|(start, end)| Span::Stretch(start, end)));
        let wrong = [
            (Said::default(), "minutes", "no_duration"),
            (Said { started_at: start, ..Said::default() }, "endedAt", "no_duration"),
            (Said { ended_at: end, ..Said::default() }, "startedAt", "no_duration"),
            (Said { minutes: Some(1), started_at: start, ..Said::default() }, "minutes", "two_durations"),
            (Said { minutes: Some(0), ..Said::default() }, "minutes", "too_short"),
            (Said { minutes: Some(i64::MIN), ..Said::default() }, "minutes", "too_short"),
            (Said { minutes: Some(MINUTES_MAX + 1), ..Said::default() }, "minutes", "too_large"),
            (Said { minutes: Some(i64::MAX), ..Said::default() }, "minutes", "too_large"),
            (Said { started_at: end, ended_at: start, ..Said::default() }, "endedAt", "end_before_start"),
            (Said { started_at: start, ended_at: start, ..Said::default() }, "endedAt", "too_short"),
        ];
        for (said, path, code) in wrong {
            assert_eq!(told(said).1, [(path.to_owned(), code)], "{said:?}");
        }
    }

    #[test]
    fn stretch_ends_by_now_and_is_no_week() {
        let late = Said {
            started_at: Some(at("2026-03-02T11:00:00Z")),
            ended_at: Some(at("2026-03-02T12:00:01Z")),
            ..Said::default()
        };
        assert_eq!(told(late).1, [("endedAt".to_owned(), "ends_in_future")]);
        let long = Said {
            started_at: Some(at("2026-02-27T12:00:00Z")),
            ended_at: Some(at("2026-03-02T12:00:00Z")),
            ..Said::default()
        };
        assert_eq!(told(long), (None, vec![("endedAt".to_owned(), "stretch_too_long")]));
    }
}
