//! The answer as it goes over the wire: GraphQL's response, and its JSON.

use async_graphql::{PathSegment, Pos, Value};
use serde::Serialize;
use serde_json::{Map, Value as Json};

/// A GraphQL response.
#[derive(Debug, Default, Serialize)]
pub struct Answer {
    /// What went wrong; at most [`MAX_ERRORS`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<WireError>,
    /// The result; absent if nothing was executed (GraphQL, section 7.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// What else there is to say.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub extensions: Map<String, Json>,
}

/// The most errors an answer tells of.
pub const MAX_ERRORS: usize = 50;

/// One error.
#[derive(Clone, Debug, Serialize)]
pub struct WireError {
    /// For people, in the request's language.
    pub message: String,
    /// Where in the document.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<Pos>,
    /// Where in the result.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<PathSegment>,
    /// Code, request id and details.
    pub extensions: Map<String, Json>,
}

impl WireError {
    /// The code in `extensions`.
    pub fn code(&self) -> &str {
        self.extensions.get("code").and_then(Json::as_str).unwrap_or_default()
    }
}

impl Answer {
    /// A refusal: nothing was executed.
    pub fn refused(errors: Vec<WireError>) -> Self {
        Self { errors, data: None, extensions: Map::new() }
    }

    /// The JSON text.
    pub fn to_json(&self) -> Vec<u8> {
        // Invariant: names are strings and numbers are finite, so that serialising cannot fail.
        serde_json::to_vec(self).unwrap_or_else(|_| br#"{"errors":[{"message":"internal"}]}"#.to_vec())
    }

    /// Code of the first error, or `OK`; for logs and metrics.
    pub fn code(&self) -> &str {
        self.errors.first().map_or("OK", WireError::code)
    }
}
