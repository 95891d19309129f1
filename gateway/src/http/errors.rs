//! The one place that turns errors into what clients read: kinds into codes, messages into the request's language,
//! internals into a correlation id. Whatever is not known here is INTERNAL, and its text stays in the log.

use std::time::Duration;

use async_graphql::{Response, ServerError};
use kernel::{Error, FieldError, error::says, locale::Language};
use serde_json::{Map, Value as Json, json};

use super::answer::{Answer, MAX_ERRORS, WireError};
use super::inputs::{LazyTypes, Refused};
use super::problem::{self, Code, Problem, Refusal};

/// What error messages depend on.
#[derive(Clone, Debug)]
pub struct Speaker {
    /// Language of messages.
    pub language: Language,
    /// Correlation id, told to the client and written into the log.
    pub request_id: String,
}

/// What an input error is looked up in: the types of the schema's inputs and the request's own values.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// Types of arguments and input fields. Only who has an error to place reads them.
    pub types: &'a LazyTypes,
    /// The document.
    pub document: &'a async_graphql::parser::types::ExecutableDocument,
    /// Values of its variables.
    pub variables: &'a async_graphql::Variables,
}

impl Speaker {
    /// A refusal of either kind.
    pub fn refusal(&self, refusal: &Refusal) -> WireError {
        match refusal {
            Refusal::Problem(problem) => self.problem(problem),
            Refusal::Error(error) => self.error(error),
        }
    }

    /// A refusal by the HTTP side.
    pub fn problem(&self, problem: &Problem) -> WireError {
        let mut extensions = self.extensions(problem.code.name());
        if let Some(wait) = problem.retry_after {
            extensions.insert("retryAfter".to_owned(), seconds(wait).into());
        }
        WireError {
            message: problem.message.render(self.language),
            locations: problem.location.into_iter().collect(),
            path: Vec::new(),
            extensions,
        }
    }

    /// An error of a domain.
    pub fn error(&self, error: &Error) -> WireError {
        let mut extensions = self.extensions(error.code());
        match error {
            Error::Invalid(fields) => {
                extensions
                    .insert("fields".to_owned(), fields.iter().map(|field| self.field(field)).collect());
            }
            Error::Conflict { current_version: Some(version), .. } => {
                extensions.insert("currentVersion".to_owned(), (*version).into());
            }
            Error::Limited { retry_after: Some(wait), .. } => {
                extensions.insert("retryAfter".to_owned(), seconds(*wait).into());
            }
            Error::Internal(cause) => self.log(&cause.text),
            Error::Unauthenticated(_)
            | Error::Forbidden(_)
            | Error::NotFound(_)
            | Error::Conflict { current_version: None, .. }
            | Error::Limited { retry_after: None, .. }
            | Error::Unavailable(_) => {}
        }
        let message = error.message().render(self.language);
        WireError { message, locations: Vec::new(), path: Vec::new(), extensions }
    }

    /// Our fault; `cause` goes to the log.
    pub fn internal(&self, cause: &str) -> WireError {
        self.error(&Error::internal(cause))
    }

    /// The response of the executor.
    pub fn response(&self, response: Response, inputs: Inputs<'_>) -> Answer {
        let Response { errors, data, .. } = response;
        // Reason: what is refused before execution has neither data nor a path; a resolver's error has a path.
        let executed =
            data != async_graphql::Value::Null || errors.iter().any(|error| !error.path.is_empty());
        let errors: Vec<WireError> = errors
            .into_iter()
            .take(MAX_ERRORS)
            .map(|error| if executed { self.resolved(error, inputs) } else { self.invalid(error) })
            .collect();
        let data = (executed || errors.is_empty()).then_some(data);
        Answer { errors, data, extensions: Map::new() }
    }

    /// An error of validation.
    fn invalid(&self, error: ServerError) -> WireError {
        if error.source::<Error>().is_some() {
            return self.placed(error);
        }
        WireError {
            extensions: self.extensions(Code::ValidationFailed.name()),
            message: problem::says::NOT_VALID.with("why", error.message).render(self.language),
            locations: error.locations,
            path: error.path,
        }
    }

    /// An error of execution.
    fn resolved(&self, error: ServerError, inputs: Inputs<'_>) -> WireError {
        if error.source::<Error>().is_some() {
            return self.placed(error);
        }
        match Refused::of(&error) {
            Some(refused) => {
                let path = refused.path_in(inputs, &error);
                let message = refused.message(self.language);
                let field = json!({ "path": path, "code": refused.code(), "message": message });
                let mut extensions = self.extensions("INVALID");
                extensions.insert("fields".to_owned(), json!([field]));
                WireError { message, locations: error.locations, path: error.path, extensions }
            }
            None => {
                let said = self.internal(&error.message);
                WireError { locations: error.locations, path: error.path, ..said }
            }
        }
    }

    /// The domain's error inside `error`, at its place.
    fn placed(&self, error: ServerError) -> WireError {
        let said = match error.source::<Error>() {
            Some(source) => self.error(source),
            None => self.internal(&error.message),
        };
        WireError { locations: error.locations, path: error.path, ..said }
    }

    fn field(&self, field: &FieldError) -> Json {
        let message = field.message.render(self.language);
        let mut told = json!({ "path": field.path, "code": field.code(), "message": message });
        let values = field.message.values();
        if !values.is_empty() {
            told["params"] = values.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        }
        told
    }

    fn extensions(&self, code: &str) -> Map<String, Json> {
        let mut extensions = Map::new();
        extensions.insert("code".to_owned(), code.into());
        extensions.insert("requestId".to_owned(), self.request_id.as_str().into());
        extensions
    }

    fn log(&self, cause: &str) {
        tracing::error!(request_id = %self.request_id, cause = %crate::telemetry::mask(cause), "internal error");
    }

    /// The answer of a request whose execution panicked.
    pub fn panicked(&self) -> Answer {
        tracing::error!(request_id = %self.request_id, "a request panicked");
        let said = WireError {
            message: kernel::Said::from(says::INTERNAL).render(self.language),
            locations: Vec::new(),
            path: Vec::new(),
            extensions: self.extensions("INTERNAL"),
        };
        Answer::refused(vec![said])
    }
}

/// Whole seconds, rounded up so that who waits them is not refused again.
pub fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
