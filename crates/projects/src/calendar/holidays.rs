//! Public holidays of countries.
//!
//! They come from the data of the crate `opening-hours`: those that are free in the whole country, from 2000 to 2076 for
//! most, without their names. Regional ones are an agency's own exceptions.

use chrono::{Datelike, NaiveDate};
use kernel::{FieldError, Result, Text};
use opening_hours::localization::Country;

/// Nothing is known of the country.
pub const UNKNOWN_COUNTRY: Text = Text::new(
    "unknown_country",
    "No public holidays are known of this country; name it by two letters of ISO 3166-1, such as DE.",
    "Aucun jour férié n'est connu pour ce pays ; indiquez ses deux lettres ISO 3166-1, comme FR.",
);

/// A country with its public holidays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holidays(Country);

impl Holidays {
    /// The holidays of a country by its ISO 3166-1 alpha-2 code; none if nothing is known of it.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        let country: Country = code.parse().ok()?;
        (country.holidays().get_public().count() > 0).then_some(Self(country))
    }

    /// Whether a day is one.
    #[must_use]
    pub fn has(self, day: NaiveDate) -> bool {
        self.0.holidays().get_public().contains(day)
    }

    /// Those from one day to another, both included.
    #[must_use]
    pub fn between(self, first: NaiveDate, last: NaiveDate) -> Vec<NaiveDate> {
        let holidays = self.0.holidays();
        let mut found = Vec::new();
        let mut next = holidays.get_public().contains(first).then_some(first);
        next = next.or_else(|| holidays.get_public().first_after(first));
        while let Some(day) = next.filter(|day| *day <= last) {
            found.push(day);
            next = holidays.get_public().first_after(day);
        }
        found
    }

    /// Those of a year.
    #[must_use]
    pub fn of_year(self, year: i32) -> Vec<NaiveDate> {
        let ends = (NaiveDate::from_ymd_opt(year, 1, 1), NaiveDate::from_ymd_opt(year, 12, 31));
        let (Some(first), Some(last)) = ends else { return Vec::new() };
        self.between(first, last).into_iter().filter(|day| day.year() == year).collect()
    }
}

/// A country's code as it is stored.
///
/// # Errors
/// If nothing is known of the country.
pub fn country(code: &str, path: &str) -> Result<String, FieldError> {
    let code = code.trim().to_ascii_uppercase();
    Holidays::of(&code).map(|_| code).ok_or_else(|| FieldError::new(path, UNKNOWN_COUNTRY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_holidays_of_a_year_are_those_of_the_whole_country() {
        let days = Holidays::of("DE").unwrap().of_year(2026);
        let expected = [(1, 1), (4, 3), (4, 6), (5, 1), (5, 14), (5, 25), (10, 3), (12, 25), (12, 26)];
        let expected = expected.map(|(month, day)| NaiveDate::from_ymd_opt(2026, month, day).unwrap());
        assert_eq!(days, expected);
        assert_eq!(Holidays::of("FR").unwrap().of_year(2030).len(), 11);
        assert_eq!(Holidays::of("DE").unwrap().of_year(1900), []);
    }

    #[test]
    fn country_is_known_by_two_letters() {
        assert_eq!(country(" de ", "country").unwrap(), "DE");
        for unknown in ["", "D", "XX", "DEU", "ﬁ"] {
            assert_eq!(country(unknown, "country").unwrap_err().code(), "unknown_country", "{unknown}");
        }
    }
}
