//! Scalars of the API that are no thing of their own module: dates, instants, addresses, large integers.

use std::fmt::{self, Display};

use async_graphql::{InputType, InputValueError, InputValueResult};

use crate::error::{FieldError, Said, Text};
use crate::locale::Language;

pub use email::{BAD_EMAIL, EMAIL_LOOKS_LIKE_ANOTHER, EmailAddress};
pub use time::{BAD_DATE, BAD_DATE_TIME, Date, DateTime};
pub use url::{BAD_URL, Url};

mod email;
mod time;
mod url;

/// Why a text is not the scalar it was taken for. Its words are meant for people, so it may be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScalarError(Said);

impl ScalarError {
    /// The error as one of the input field at `path`.
    pub fn at(self, path: impl Into<String>) -> FieldError {
        FieldError::new(path, self.0)
    }

    /// The stable machine-readable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code()
    }
}

impl Display for ScalarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.render(Language::En))
    }
}

impl std::error::Error for ScalarError {}

impl From<Text> for ScalarError {
    fn from(text: Text) -> Self {
        Self(text.into())
    }
}

impl From<Said> for ScalarError {
    fn from(said: Said) -> Self {
        Self(said)
    }
}

/// A scalar's refusal of an input value, with the code `INVALID`. The gateway says it in the request's language: an
/// input error can carry no more than texts, so the machine's word and the other language travel as extensions.
pub(crate) fn refuse<T: InputType>(error: &ScalarError) -> InputValueError<T> {
    InputValueError::custom(error)
        .with_extension("code", "INVALID")
        .with_extension("reason", error.code())
        .with_extension("fr", error.0.render(Language::Fr))
}

/// A scalar's refusal of a value that is not even of the right JSON type, with the code `INVALID`.
pub(crate) fn wrong_type<T: InputType>(value: async_graphql::Value) -> InputValueError<T> {
    InputValueError::expected_type(value)
        .with_extension("code", "INVALID")
        .with_extension("reason", "wrong_type")
}

/// Reads a scalar that is written as a string.
pub(crate) fn parse_text<T>(value: async_graphql::Value) -> InputValueResult<T>
where
    T: InputType + std::str::FromStr<Err = ScalarError>,
{
    match value {
        async_graphql::Value::String(text) => text.parse().map_err(|error| refuse(&error)),
        other => Err(wrong_type(other)),
    }
}

/// Makes a type with `FromStr<Err = ScalarError>` and `Display` a GraphQL scalar and a serde string.
macro_rules! text_scalar {
    ($(#[$doc:meta])* $type:ident, $name:literal, $url:literal) => {
        #[async_graphql::Scalar(name = $name, specified_by_url = $url)]
        $(#[$doc])*
        impl async_graphql::ScalarType for $type {
            fn parse(value: async_graphql::Value) -> async_graphql::InputValueResult<Self> {
                $crate::scalar::parse_text(value)
            }

            fn to_value(&self) -> async_graphql::Value {
                async_graphql::Value::String(self.to_string())
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use text_scalar;

/// The value is no whole number of 64 bits.
pub const BAD_INT64: Text = Text::new(
    "bad_integer",
    "This is not a whole number of at most 64 bits.",
    "Ce n'est pas un nombre entier d'au plus 64 bits.",
);

/// A whole number of 64 bits, written as a string where JavaScript would lose digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Int64(pub i64);

impl std::str::FromStr for Int64 {
    type Err = ScalarError;

    /// An optional `-` and digits; no `+`, no spaces.
    fn from_str(text: &str) -> Result<Self, ScalarError> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.starts_with('+') {
            return Err(BAD_INT64.into());
        }
        text.parse().map(Self).map_err(|_| BAD_INT64.into())
    }
}

impl Display for Int64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

#[async_graphql::Scalar(name = "Int64")]
/// A whole number of up to 64 bits. Answered as a string, such as `"123450"`, because clients would lose digits of
/// large JSON numbers; accepted as a string or an integer.
impl async_graphql::ScalarType for Int64 {
    fn parse(value: async_graphql::Value) -> InputValueResult<Self> {
        match value {
            async_graphql::Value::String(text) => text.parse().map_err(|error| refuse(&error)),
            async_graphql::Value::Number(number) => {
                number.as_i64().map(Self).ok_or_else(|| refuse(&BAD_INT64.into()))
            }
            other => Err(wrong_type(other)),
        }
    }

    fn to_value(&self) -> async_graphql::Value {
        async_graphql::Value::String(self.to_string())
    }
}

#[cfg(test)]
mod tests;
