//! What inputs of every list have in common: direction of an order, ranges of dates and instants.

use async_graphql::{Enum, InputObject};
use sea_orm::{ColumnTrait, Condition};

use crate::{
    error::{Fields, Text},
    scalar::{Date, DateTime},
    text::TOO_LONG,
};

/// Most values in a list of a filter.
pub const MAX_LISTED: usize = 500;

/// Longest text to search for, in characters.
pub const MAX_SEARCH: usize = 200;

/// The list in a filter is too long.
pub const TOO_MANY_LISTED: Text = Text::new(
    "too_many",
    "At most {max} values are allowed here.",
    "{max} valeurs au plus sont autorisées ici.",
);

/// Checks the length of a list in a filter.
pub fn check_listed<T>(list: Option<&Vec<T>>, path: &str, fields: &mut Fields) {
    let fits = list.is_none_or(|list| list.len() <= MAX_LISTED);
    fields.require(fits, path, TOO_MANY_LISTED.with("max", MAX_LISTED));
}

/// Checks the length of a text to search for, and gives it trimmed; none if it is blank.
pub fn check_search<'a>(text: Option<&'a str>, path: &str, fields: &mut Fields) -> Option<&'a str> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    fields.require(text.chars().count() <= MAX_SEARCH, path, TOO_LONG.with("max", MAX_SEARCH));
    Some(text)
}

/// Direction of an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Enum)]
#[graphql(name = "OrderDirection")]
pub enum Direction {
    /// Smallest, earliest or first in the alphabet first.
    #[default]
    Asc,
    /// Largest, latest or last in the alphabet first.
    Desc,
}

/// Dates from one to before another; an end left out is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, InputObject)]
pub struct DateRange {
    /// This date or later.
    pub gte: Option<Date>,
    /// Before this date.
    pub lt: Option<Date>,
}

impl DateRange {
    /// Rows whose `column` is in the range; a null is in none but the one open at both ends.
    pub fn of(&self, column: impl ColumnTrait) -> Condition {
        between(column, self.gte.map(Date::naive), self.lt.map(Date::naive))
    }
}

/// Instants from one to before another; an end left out is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, InputObject)]
pub struct DateTimeRange {
    /// This instant or later.
    pub gte: Option<DateTime>,
    /// Before this instant.
    pub lt: Option<DateTime>,
}

impl DateTimeRange {
    /// Rows whose `column` is in the range; a null is in none but the one open at both ends.
    pub fn of(&self, column: impl ColumnTrait) -> Condition {
        between(column, self.gte.map(DateTime::utc), self.lt.map(DateTime::utc))
    }
}

fn between<V: Into<sea_orm::Value>>(column: impl ColumnTrait, from: Option<V>, to: Option<V>) -> Condition {
    Condition::all().add_option(from.map(|from| column.gte(from))).add_option(to.map(|to| column.lt(to)))
}
