//! Why a request was refused before it was executed: the protocol's own codes, their HTTP status and their words.

use std::time::Duration;

use async_graphql::Pos;
use http::StatusCode;
use kernel::{Said, locale::Language};

pub use super::says;

/// A refusal by the HTTP side itself.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The code in `extensions.code`.
    pub code: Code,
    /// What people read.
    pub message: Message,
    /// Where in the document, if in one place.
    pub location: Option<Pos>,
    /// When another try makes sense.
    pub retry_after: Option<Duration>,
}

/// Words of our own, in every language, or those of the parser, in English.
#[derive(Clone, Debug)]
pub enum Message {
    /// In every language.
    Said(Said),
    /// In English.
    Plain(String),
}

impl Message {
    /// The sentence in `language`, where there is one.
    pub fn render(&self, language: Language) -> String {
        match self {
            Self::Said(said) => said.render(language),
            Self::Plain(text) => text.clone(),
        }
    }
}

impl Problem {
    /// A refusal without a place.
    pub fn new(code: Code, message: impl Into<Said>) -> Self {
        Self { code, message: Message::Said(message.into()), location: None, retry_after: None }
    }

    /// A refusal in the words of a library.
    pub fn plain(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: Message::Plain(message.into()), location: None, retry_after: None }
    }

    /// The same at a place in the document.
    #[must_use]
    pub fn at(self, location: Pos) -> Self {
        Self { location: Some(location), ..self }
    }

    /// The same with advice when to come back.
    #[must_use]
    pub fn retry_after(self, wait: Option<Duration>) -> Self {
        Self { retry_after: wait, ..self }
    }
}

/// Why a request is not executed: by the protocol, or by a domain.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// By the protocol or the limits.
    Problem(Problem),
    /// By a domain: not signed in, too many requests.
    Error(kernel::Error),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<kernel::Error> for Refusal {
    fn from(error: kernel::Error) -> Self {
        Self::Error(error)
    }
}

impl From<sea_orm::DbErr> for Refusal {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Error(error.into())
    }
}

impl Refusal {
    /// The status of `application/graphql-response+json`.
    pub fn status(&self) -> StatusCode {
        use kernel::Error;
        match self {
            Self::Problem(problem) => problem.code.status(),
            Self::Error(Error::Unauthenticated(_)) => StatusCode::UNAUTHORIZED,
            Self::Error(Error::Forbidden(_)) => StatusCode::FORBIDDEN,
            Self::Error(Error::NotFound(_)) => StatusCode::NOT_FOUND,
            Self::Error(Error::Invalid(_)) => StatusCode::BAD_REQUEST,
            Self::Error(Error::Conflict { .. }) => StatusCode::CONFLICT,
            Self::Error(Error::Limited { .. }) => StatusCode::TOO_MANY_REQUESTS,
            Self::Error(Error::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Error(Error::Internal(_)) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Whether `application/json` answers 200 all the same.
    pub fn is_well_formed(&self) -> bool {
        match self {
            Self::Problem(problem) => problem.code.is_well_formed(),
            Self::Error(_) => true,
        }
    }

    /// When another try makes sense.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Problem(problem) => problem.retry_after,
            Self::Error(kernel::Error::Limited { retry_after, .. }) => *retry_after,
            Self::Error(_) => None,
        }
    }
}

/// Codes of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Not a well-formed GraphQL request.
    BadRequest,
    /// The document is not GraphQL.
    ParseFailed,
    /// The document does not fit the schema, or names no operation that it has.
    ValidationFailed,
    /// The document asks for more than one request may.
    TooComplex,
    /// Known hashes only, and this one is not known.
    PersistedQueryNotFound,
    /// Listed documents only, and this one is not in the list.
    DocumentNotListed,
    /// The body is too long.
    PayloadTooLarge,
    /// The body is not JSON.
    UnsupportedMediaType,
    /// The client reads nothing that we can answer.
    NotAcceptable,
    /// Another method is needed.
    MethodNotAllowed,
    /// No such page.
    NotFound,
    /// The `Idempotency-Key` is in use.
    Conflict,
    /// The body did not arrive in time.
    RequestTimeout,
    /// The request took too long, or the program is stopping.
    Unavailable,
}

impl Code {
    /// The word in `extensions.code`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadRequest => "BAD_REQUEST",
            Self::ParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::TooComplex => "QUERY_TOO_COMPLEX",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::DocumentNotListed => "DOCUMENT_NOT_LISTED",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::NotAcceptable => "NOT_ACCEPTABLE",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::NotFound => "NOT_FOUND",
            Self::Conflict => "CONFLICT",
            Self::RequestTimeout => "REQUEST_TIMEOUT",
            Self::Unavailable => "UNAVAILABLE",
        }
    }

    /// The status of `application/graphql-response+json`.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict => StatusCode::CONFLICT,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// Whether `application/json` answers 200: the request is well-formed, but its document is not what it should be
    /// (GraphQL over HTTP, section 6.4.1).
    pub const fn is_well_formed(self) -> bool {
        matches!(
            self,
            Self::ParseFailed
                | Self::ValidationFailed
                | Self::TooComplex
                | Self::PersistedQueryNotFound
                | Self::DocumentNotListed
                | Self::Conflict
        )
    }
}
