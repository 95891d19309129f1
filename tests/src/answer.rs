//! What the API answered, with assertions whose failures show the question and the whole answer.

use std::collections::BTreeMap;
use std::fmt;

use reqwest::header::HeaderMap;
use serde_json::Value;

/// The question an [`Answer`] answers, for messages of failed assertions.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Who asked.
    pub who: String,
    /// The document.
    pub query: String,
    /// Its variables.
    pub variables: Value,
}

/// An answer of `/graphql`. Methods that look for something panic with the question and the answer if it is not there.
#[derive(Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// HTTP headers.
    pub headers: HeaderMap,
    /// The body; a string if it was no JSON.
    pub body: Value,
    /// SQL statements that the request took, from `Server-Timing`.
    pub statements: Option<u32>,
    /// What was asked.
    pub question: Question,
}

impl Answer {
    /// The value at a dotted path below `data` (`projects.nodes.0.name`).
    #[track_caller]
    pub fn data(&self, path: &str) -> &Value {
        let Some(found) = at(&self.body["data"], path) else {
            panic!("nothing at data.{path}\n{self}");
        };
        found
    }

    /// The text at a path below `data`.
    #[track_caller]
    pub fn text(&self, path: &str) -> String {
        let Some(text) = self.data(path).as_str() else {
            panic!("data.{path} is no text\n{self}");
        };
        text.to_owned()
    }

    /// The whole number at a path below `data`.
    #[track_caller]
    pub fn number(&self, path: &str) -> i64 {
        let Some(number) = self.data(path).as_i64() else {
            panic!("data.{path} is no whole number\n{self}");
        };
        number
    }

    /// The list at a path below `data`.
    #[track_caller]
    pub fn list(&self, path: &str) -> &[Value] {
        let Some(list) = self.data(path).as_array() else {
            panic!("data.{path} is no list\n{self}");
        };
        list
    }

    /// The member `name` of each entry of the list at `path`.
    #[track_caller]
    pub fn each(&self, path: &str, name: &str) -> Vec<Value> {
        let find = |entry| {
            at(entry, name).unwrap_or_else(|| panic!("data.{path} has an entry without {name}\n{self}"))
        };
        self.list(path).iter().map(|entry| find(entry).clone()).collect()
    }

    /// The `id` of each entry of the list at `path`.
    #[track_caller]
    pub fn ids(&self, path: &str) -> Vec<String> {
        let text =
            |id: Value| id.as_str().map(str::to_owned).unwrap_or_else(|| panic!("an id is no text\n{self}"));
        self.each(path, "id").into_iter().map(text).collect()
    }

    /// The errors, if any.
    pub fn errors(&self) -> &[Value] {
        self.body["errors"].as_array().map_or(&[], Vec::as_slice)
    }

    /// Code of the first error.
    pub fn code(&self) -> Option<&str> {
        self.errors().first().map(|error| error["extensions"]["code"].as_str().unwrap_or("without a code"))
    }

    /// Message of the first error.
    pub fn message(&self) -> Option<&str> {
        self.errors().first().and_then(|error| error["message"].as_str())
    }

    /// Code by path of every field error.
    pub fn fields(&self) -> BTreeMap<String, String> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let fields = |error: &Value| error["extensions"]["fields"].as_array().cloned().unwrap_or_default();
        let all = self.errors().iter().flat_map(fields);
        all.map(|field| (text(&field["path"]), text(&field["code"]))).collect()
    }

    /// A header's value, if it is there and readable.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Fails if there is any error.
    #[track_caller]
    pub fn expect_ok(self) -> Self {
        assert!(self.status == 200 && self.errors().is_empty(), "expected an answer without errors\n{self}");
        assert!(self.body["data"].is_object(), "expected data\n{self}");
        self
    }

    /// Fails unless the first error has this code.
    #[track_caller]
    pub fn expect_code(self, code: &str) -> Self {
        assert_eq!(self.code(), Some(code), "expected the error {code}\n{self}");
        self
    }

    /// Fails unless the answer is INVALID because of this field.
    #[track_caller]
    pub fn expect_field(self, path: &str, code: &str) -> Self {
        let found = self.fields();
        let found = found.get(path).map(String::as_str);
        assert_eq!(found, Some(code), "expected the field error {path}: {code}\n{self}");
        self.expect_code("INVALID")
    }

    /// Fails unless the request took at most this many statements.
    #[track_caller]
    pub fn expect_statements(self, most: u32) -> Self {
        let Some(statements) = self.statements else {
            panic!("the answer does not tell its statements\n{self}");
        };
        assert!(statements <= most, "{statements} statements, at most {most} expected\n{self}");
        self
    }
}

/// The value at a dotted path.
pub fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').filter(|step| !step.is_empty()).try_fold(value, |value, step| match value {
        Value::Array(list) => list.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    })
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Question { who, query, variables } = &self.question;
        let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default();
        writeln!(f, "--- asked by {who}\n{query}")?;
        if !variables.is_null() {
            writeln!(f, "--- variables\n{}", pretty(variables))?;
        }
        writeln!(f, "--- answered {}\n{}", self.status, pretty(&self.body))
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
