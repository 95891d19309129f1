//! Inputs of updates: a field left out changes nothing, a null empties what may be empty.

use async_graphql::MaybeUndefined;

use crate::error::{FieldError, Fields};
use crate::text::REQUIRED;

/// The new value of a field that may not be empty: a null is refused. None leaves the field as it is.
pub fn required<T>(sent: MaybeUndefined<T>, path: &str, fields: &mut Fields) -> Option<T> {
    match sent {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => {
            fields.add(path, REQUIRED);
            None
        }
        MaybeUndefined::Value(value) => Some(value),
    }
}

/// As [`required`], with a check of the value: `checked(value, path)`.
pub fn checked<T, U>(
    sent: MaybeUndefined<T>,
    path: &str,
    fields: &mut Fields,
    check: impl FnOnce(T, &str) -> Result<U, FieldError>,
) -> Option<U> {
    let value = required(sent, path, fields)?;
    fields.take(check(value, path))
}

/// The new value of a field that may be empty: `Some(None)` empties it, None leaves it as it is.
pub fn optional<T>(sent: MaybeUndefined<T>) -> Option<Option<T>> {
    sent.into()
}

/// As [`optional`], with a check of the value that may find it blank.
pub fn optional_checked<T, U>(
    sent: MaybeUndefined<T>,
    path: &str,
    fields: &mut Fields,
    check: impl FnOnce(T, &str) -> Result<Option<U>, FieldError>,
) -> Option<Option<U>> {
    match optional(sent)? {
        None => Some(None),
        Some(value) => fields.take(check(value, path)),
    }
}
