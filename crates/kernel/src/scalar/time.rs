//! Instants and calendar dates.

use std::fmt::{self, Display};
use std::str::FromStr;

use chrono::{Datelike, NaiveDate, SecondsFormat, Timelike, Utc};

use super::{ScalarError, text_scalar};
use crate::clock::truncate_micros;
use crate::error::Text;

/// The text is no instant.
pub const BAD_DATE_TIME: Text = Text::new(
    "bad_date_time",
    "This is not a date and time with an offset, such as 2026-03-31T09:30:00Z.",
    "Ce n'est pas une date et heure avec décalage, comme 2026-03-31T09:30:00Z.",
);

/// The text is no date.
pub const BAD_DATE: Text = Text::new(
    "bad_date",
    "This is not a calendar date, such as 2026-03-31.",
    "Ce n'est pas une date, comme 2026-03-31.",
);

/// An instant in UTC, in whole microseconds, in the years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sea_orm::DeriveValueType)]
pub struct DateTime(chrono::DateTime<Utc>);

impl DateTime {
    /// The instant for calculations.
    #[must_use]
    pub fn utc(self) -> chrono::DateTime<Utc> {
        self.0
    }
}

impl From<chrono::DateTime<Utc>> for DateTime {
    fn from(time: chrono::DateTime<Utc>) -> Self {
        Self(truncate_micros(time))
    }
}

impl From<DateTime> for chrono::DateTime<Utc> {
    fn from(time: DateTime) -> Self {
        time.0
    }
}

impl FromStr for DateTime {
    type Err = ScalarError;

    /// RFC 3339 with any offset. Leap seconds are refused: the databases have no room for them.
    fn from_str(text: &str) -> Result<Self, ScalarError> {
        let time = chrono::DateTime::parse_from_rfc3339(text.trim())
            .map_err(|_| ScalarError::from(BAD_DATE_TIME))?
            .with_timezone(&Utc);
        if (1..=9999).contains(&time.year()) && time.nanosecond() < 1_000_000_000 {
            Ok(time.into())
        } else {
            Err(BAD_DATE_TIME.into())
        }
    }
}

impl Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

text_scalar! {
    /// An instant by RFC 3339, answered in UTC with up to six decimals of a second, such as `2026-03-31T09:30:00Z`;
    /// accepted with any offset.
    DateTime, "DateTime", "https://www.rfc-editor.org/rfc/rfc3339"
}

/// A calendar date, in the time zone of the tenant or person it is about, in the years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sea_orm::DeriveValueType)]
pub struct Date(NaiveDate);

impl Date {
    /// The date for calculations.
    #[must_use]
    pub fn naive(self) -> NaiveDate {
        self.0
    }
}

impl From<NaiveDate> for Date {
    fn from(date: NaiveDate) -> Self {
        Self(date)
    }
}

impl From<Date> for NaiveDate {
    fn from(date: Date) -> Self {
        date.0
    }
}

impl FromStr for Date {
    type Err = ScalarError;

    /// Exactly `YYYY-MM-DD`.
    fn from_str(text: &str) -> Result<Self, ScalarError> {
        let text = text.trim();
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        // Reason: chrono also reads `2026-3-1` and `+2026-03-01`; one spelling a date keeps clients honest.
        date.filter(|date| (1..=9999).contains(&date.year()) && date.to_string() == text)
            .map(Self)
            .ok_or_else(|| BAD_DATE.into())
    }
}

impl Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

text_scalar! {
    /// A calendar date without a time, such as `2026-03-31`.
    Date, "Date", "https://www.rfc-editor.org/rfc/rfc3339#section-5.6"
}
