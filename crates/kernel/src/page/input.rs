//! What inputs of every list have in common: direction of an order, ranges of dates and instants.

use async_graphql::{Enum, InputObject};
use sea_orm::{ColumnTrait, Condition};

use crate::scalar::{Date, DateTime};

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
