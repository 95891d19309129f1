//! Cursors: where a page ended, opaque to clients. They hold the value of the ordering column and the id of the row,
//! and say which list and order they are of, so that a foreign one is refused instead of answering nonsense.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use sea_orm::{ColumnTrait, EntityTrait, ModelTrait, Value, sea_query::ArrayType};
use serde_json::Value as Json;
use uuid::Uuid;

use super::Order;
use crate::{
    db::json_of,
    error::{Error, Text},
    policy::Guarded,
};

const FOREIGN: Text = Text::new(
    "foreign_cursor",
    "This cursor is not of this list in this order.",
    "Ce curseur n'appartient pas à cette liste dans cet ordre.",
);

/// Longest text that is read as a cursor; the texts that lists are ordered by are names, far below.
const MAX_LENGTH: usize = 16_384;

/// Years that both databases keep and order alike.
const YEARS: std::ops::RangeInclusive<i32> = 0..=9_999;

/// The error of a cursor that is not of this list.
pub(super) fn foreign(field: &str) -> Error {
    Error::field(field, FOREIGN)
}

/// A place in a list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cursor {
    /// Value of the ordering column; none for null.
    pub(super) value: Option<Value>,
    /// Id of the row.
    pub(super) id: Uuid,
}

impl Cursor {
    pub(super) fn of<E>(row: &E::Model, order: &Order<E>) -> Self
    where
        E: Guarded,
        E::Model: ModelTrait<Entity = E>,
    {
        let id = match row.get(E::id_column()) {
            Value::Uuid(Some(id)) => id,
            _ => Uuid::nil(),
        };
        let value = row.get(order.column);
        Self { value: (value != value.as_null()).then_some(value), id }
    }

    pub(super) fn decode<E>(text: &str, list: &str, order: &Order<E>) -> Option<Self>
    where
        E: Guarded,
        E::Model: ModelTrait<Entity = E>,
    {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (of, tag, value, id): (String, String, Json, Uuid) = serde_json::from_slice(&bytes).ok()?;
        if of != list || tag != order.tag().to_string() {
            return None;
        }
        let value = match value {
            Json::Null if order.column.def().is_null() => None,
            value => Some(typed::<E>(order.column, value)?),
        };
        Some(Self { value, id })
    }
}

/// What an order is called in cursors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) column: &'static str,
    pub(super) descending: bool,
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.column, if self.descending { "-" } else { "+" })
    }
}

/// Where a row stands in a list.
///
/// Reason: most pages are read without their cursors, so they are written when somebody asks.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) cursor: Cursor,
    pub(super) list: &'static str,
    pub(super) order: Tag,
}

impl Place {
    /// The cursor as clients get it.
    pub(super) fn text(&self) -> String {
        let value = self.cursor.value.as_ref().map_or(Json::Null, json_of);
        let parts = serde_json::json!([self.list, self.order.to_string(), value, self.cursor.id]);
        URL_SAFE_NO_PAD.encode(parts.to_string())
    }
}

/// A JSON value as the column's own type; none if it is of another.
fn typed<E>(column: E::Column, value: Json) -> Option<Value>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    let value = match (E::Model::get_value_type(column), value) {
        (ArrayType::String, Json::String(text)) if !text.contains('\0') => text.into(),
        (ArrayType::Bool, Json::Bool(is)) => is.into(),
        (ArrayType::BigInt, number) => number.as_i64()?.into(),
        (ArrayType::Int, number) => i32::try_from(number.as_i64()?).ok()?.into(),
        (ArrayType::Uuid, Json::String(text)) => Uuid::parse_str(&text).ok()?.into(),
        (ArrayType::ChronoDate, Json::String(text)) => {
            text.parse::<NaiveDate>().ok().filter(|date| YEARS.contains(&date.year()))?.into()
        }
        (ArrayType::ChronoDateTimeUtc, Json::String(text)) => {
            let time = DateTime::parse_from_rfc3339(&text).ok()?.with_timezone(&Utc);
            Some(time).filter(|time| YEARS.contains(&time.year()))?.into()
        }
        _ => return None,
    };
    Some(value)
}
