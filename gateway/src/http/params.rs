//! The parameters of a GraphQL request, from a JSON body, a query string or a WebSocket message.

use async_graphql::Variables;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value as Json};

use super::limits::check_variables;
use super::problem::{Code, Problem, says};

/// A request as the client wrote it (GraphQL over HTTP, section 5.1).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Params {
    /// The document; may be left out if its hash is known.
    #[serde(default)]
    pub query: Option<String>,
    /// Which of the document's operations.
    #[serde(default)]
    pub operation_name: Option<String>,
    /// Values of the operation's variables.
    #[serde(default)]
    pub variables: Variables,
    /// What else clients and servers agree on.
    #[serde(default, deserialize_with = "object")]
    pub extensions: Option<Extensions>,
}

/// The extensions that are understood here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Extensions {
    /// Apollo's persisted queries.
    #[serde(default, deserialize_with = "object")]
    pub persisted_query: Option<PersistedQuery>,
}

/// The hash of a document (<https://www.apollographql.com/docs/apollo-server/performance/apq>).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersistedQuery {
    /// Version of the protocol: 1.
    pub version: Json,
    /// SHA-256 of the document in hexadecimal, or the id of a listed one.
    pub sha256_hash: String,
}

/// Reads an object or null. Reason: serde reads structs from arrays, too.
fn object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let object: Option<Map<String, Json>> = Option::deserialize(deserializer)?;
    object.map(|object| serde_json::from_value(Json::Object(object)).map_err(D::Error::custom)).transpose()
}

impl Params {
    /// Reads a JSON body.
    pub fn of_body(body: &[u8]) -> Result<Self, Problem> {
        let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
        if first == Some(&b'[') {
            return Err(Problem::new(Code::BadRequest, says::NO_BATCHES));
        }
        let params: Self = serde_json::from_slice(body)
            .map_err(|error| Problem::new(Code::BadRequest, says::BAD_JSON.with("why", error)))?;
        params.checked()
    }

    /// Reads the payload of a WebSocket message.
    pub fn of_payload(payload: Json) -> Result<Self, Problem> {
        if !payload.is_object() {
            return Err(Problem::new(Code::BadRequest, says::BAD_JSON.with("why", "an object is expected")));
        }
        let params: Self = serde_json::from_value(payload)
            .map_err(|error| Problem::new(Code::BadRequest, says::BAD_JSON.with("why", error)))?;
        params.checked()
    }

    /// Reads the query string of a GET.
    pub fn of_query_string(text: &str) -> Result<Self, Problem> {
        let mut params = Self::default();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            let bad = || Problem::new(Code::BadRequest, says::BAD_PARAMETER.with("name", &name));
            match &*name {
                "query" => params.query = Some(value.into_owned()),
                "operationName" if !value.is_empty() => params.operation_name = Some(value.into_owned()),
                "variables" if !value.is_empty() => {
                    params.variables = serde_json::from_str(&value).map_err(|_| bad())?;
                }
                "extensions" if !value.is_empty() => {
                    let mut reader = serde_json::Deserializer::from_str(&value);
                    params.extensions = object(&mut reader).map_err(|_| bad())?;
                    reader.end().map_err(|_| bad())?;
                }
                _ => {}
            }
        }
        params.checked()
    }

    /// The hash that was sent.
    pub fn hash(&self) -> Option<&PersistedQuery> {
        self.extensions.as_ref()?.persisted_query.as_ref()
    }

    fn checked(self) -> Result<Self, Problem> {
        if self.query.is_none() && self.hash().is_none() {
            return Err(Problem::new(Code::BadRequest, says::NO_QUERY));
        }
        check_variables(&self.variables)?;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_that_are_no_request_are_refused() {
        let bodies: [&[u8]; 14] = [
            b"",
            b"{",
            b"null",
            b"3",
            b"\"{a}\"",
            b"{}",
            br#"{"query":3}"#,
            br#"{"query":null}"#,
            br#"{"query":"{a}","variables":[]}"#,
            br#"{"query":"{a}","variables":"{}"}"#,
            br#"{"query":"{a}","operationName":{}}"#,
            br#"{"query":"{a}","extensions":[]}"#,
            b"{\"query\":\"\xff\xfe\"}",
            br#"[{"query":"{a}"}]"#,
        ];
        for body in bodies {
            let problem = Params::of_body(body).unwrap_err();
            assert_eq!(problem.code, Code::BadRequest, "{}", String::from_utf8_lossy(body));
        }
        let deep =
            format!(r#"{{"query":"{{a}}","variables":{{"a":{}{}}}}}"#, "[".repeat(500), "]".repeat(500));
        assert!(Params::of_body(deep.as_bytes()).is_err());
    }

    #[test]
    fn body_with_nulls_is_a_plain_request() {
        let body = br#"{"query":"{a}","operationName":null,"variables":null,"extensions":null,"id":1}"#;
        let params = Params::of_body(body).unwrap();
        assert_eq!(params.query.as_deref(), Some("{a}"));
        assert!(params.variables.is_empty() && params.operation_name.is_none());
    }

    #[test]
    fn query_string_is_read_like_a_body() {
        let text = "query=%7Ba%7D&variables=%7B%22n%22%3A1%7D&operationName=&extensions=%7B%22persistedQuery%22%3A%7B%22version%22%3A1%2C%22sha256Hash%22%3A%22ab%22%7D%7D";
        let params = Params::of_query_string(text).unwrap();
        assert_eq!(params.query.as_deref(), Some("{a}"));
        assert_eq!(params.variables.len(), 1);
        assert_eq!(params.hash().unwrap().sha256_hash, "ab");
        for bad in ["", "query", "variables=%7B%7D", "query=a&variables=3", "query=a&extensions=x"] {
            assert_eq!(Params::of_query_string(bad).is_err(), bad != "query", "{bad}");
        }
    }
}
