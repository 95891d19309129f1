//! Ids as GraphQL `ID`s, in and out.

use std::str::FromStr;

use async_graphql::{InputType, InputValueError, InputValueResult, Value};

use super::{IdError, WrongKind};

/// Reads an id from an input value; every refusal carries the code `INVALID`.
pub(super) fn parse<T>(value: Option<Value>) -> InputValueResult<T>
where
    T: InputType + FromStr<Err = IdError>,
{
    let error = match value.unwrap_or_default() {
        Value::String(text) => match text.parse() {
            Ok(id) => return Ok(id),
            Err(error) => refuse(&error),
        },
        // Reason: GraphQL lets clients write an ID as an integer; none of ours is one.
        Value::Number(_) => refuse(&IdError::Malformed { expected: None }),
        other => InputValueError::expected_type(other).with_extension("reason", "wrong_type"),
    };
    Err(error.with_extension("code", "INVALID"))
}

/// The refusal with what the gateway needs to say it in the request's language; see [`crate::scalar`].
fn refuse<T: InputType>(error: &IdError) -> InputValueError<T> {
    let reason = match error {
        IdError::Malformed { .. } => "bad_id",
        IdError::WrongKind(_) => "id_of_another_kind",
    };
    InputValueError::custom(error).with_extension("reason", reason).with_extension("fr", french(error))
}

fn french(error: &IdError) -> String {
    match error {
        IdError::Malformed { expected: Some((name, prefix)) } => {
            format!("ce n'est pas un identifiant de {name} : `{prefix}_` et 26 caractères sont attendus")
        }
        IdError::Malformed { expected: None } => {
            "ce n'est pas un identifiant : un préfixe, `_` et 26 caractères sont attendus".to_owned()
        }
        IdError::WrongKind(WrongKind { expected, got }) => {
            let expected = match expected {
                Some((name, prefix)) => format!("un identifiant de {name} (`{prefix}_…`) est attendu"),
                None => "un identifiant d'un type connu est attendu".to_owned(),
            };
            match got {
                Some(kind) => {
                    format!("{expected}, en voici un de {} (`{}_…`)", kind.type_name(), kind.prefix())
                }
                None => format!("{expected}, en voici un d'un type inconnu"),
            }
        }
    }
}

/// Makes an id type usable where the schema says `ID`.
macro_rules! id_scalar {
    ($name:ident) => {
        impl async_graphql::InputType for $name {
            type RawValueType = Self;

            fn type_name() -> std::borrow::Cow<'static, str> {
                <async_graphql::ID as async_graphql::InputType>::type_name()
            }

            fn create_type_info(registry: &mut async_graphql::registry::Registry) -> String {
                <async_graphql::ID as async_graphql::InputType>::create_type_info(registry)
            }

            fn parse(value: Option<async_graphql::Value>) -> async_graphql::InputValueResult<Self> {
                $crate::id::graphql::parse(value)
            }

            fn to_value(&self) -> async_graphql::Value {
                async_graphql::Value::String(self.to_string())
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }
        }

        impl async_graphql::OutputType for $name {
            fn type_name() -> std::borrow::Cow<'static, str> {
                <async_graphql::ID as async_graphql::OutputType>::type_name()
            }

            fn create_type_info(registry: &mut async_graphql::registry::Registry) -> String {
                <async_graphql::ID as async_graphql::OutputType>::create_type_info(registry)
            }

            async fn resolve(
                &self,
                _: &async_graphql::ContextSelectionSet<'_>,
                _: &async_graphql::Positioned<async_graphql::parser::types::Field>,
            ) -> async_graphql::ServerResult<async_graphql::Value> {
                Ok(async_graphql::Value::String(self.to_string()))
            }
        }
    };
}

pub(super) use id_scalar;
