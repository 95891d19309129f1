//! The order of a list, and how the values of its column are compared.

use sea_orm::{
    EntityTrait, IdenStatic, Value,
    sea_query::{CaseStatement, Expr, ExprTrait},
};

use super::{cursor::Tag, input::Direction};
use crate::policy::Guarded;

/// How the values of an ordering column are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// As they are.
    #[default]
    Value,
    /// Words by their places in a list; others come behind.
    Words(&'static [&'static str]),
}

impl Sort {
    /// What is compared of a column.
    pub(super) fn key(self, column: Expr) -> Expr {
        match self {
            Self::Value => column,
            Self::Words(words) => {
                let places = words.iter().zip(0_i32..);
                let case = places.fold(CaseStatement::new(), |case, (word, place)| {
                    case.case(column.clone().eq(*word), Expr::val(place))
                });
                // Reason: what has no word has no place either, and comes last like every null.
                case.case(column.is_not_null(), Expr::val(behind(words))).into()
            }
        }
    }

    /// What the key of a column is compared with.
    pub(super) fn bound(self, value: Value) -> Expr {
        match self {
            Self::Value => Expr::val(value),
            Self::Words(words) => {
                let place = match &value {
                    Value::String(Some(word)) => words.iter().position(|known| known == word),
                    _ => None,
                };
                Expr::val(place.and_then(|place| i32::try_from(place).ok()).unwrap_or(behind(words)))
            }
        }
    }
}

fn behind(words: &[&str]) -> i32 {
    i32::try_from(words.len()).unwrap_or(i32::MAX)
}

/// The order of a list: one column, completed by the id so that it is total. Nulls come last in either direction.
#[derive(Clone, Copy, Debug)]
pub struct Order<E: EntityTrait> {
    /// The column.
    pub column: E::Column,
    /// Largest first.
    pub descending: bool,
    /// How its values are compared; the same wherever a list is ordered by the column.
    pub sort: Sort,
}

impl<E: Guarded> Order<E> {
    /// By `column`, smallest first.
    pub fn asc(column: E::Column) -> Self {
        Self { column, descending: false, sort: Sort::Value }
    }

    /// By `column`, largest first.
    pub fn desc(column: E::Column) -> Self {
        Self { descending: true, ..Self::asc(column) }
    }

    /// By `column` in a direction that a client chose.
    pub fn by(column: E::Column, direction: Direction) -> Self {
        Self { descending: direction == Direction::Desc, ..Self::asc(column) }
    }

    /// The same, with values compared otherwise.
    #[must_use]
    pub fn sorted(self, sort: Sort) -> Self {
        Self { sort, ..self }
    }

    pub(super) fn tag(&self) -> Tag {
        Tag { column: self.column.as_str(), descending: self.descending }
    }
}
