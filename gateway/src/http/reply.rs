//! From answers and refusals to HTTP responses.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::answer::Answer;
use super::done::Done;
use super::errors::{Speaker, seconds};
use super::idempotency::{IDEMPOTENCY_REPLAYED, Stored};
use super::metrics;
use super::negotiate::MediaType;
use super::problem::Refusal;

/// Tells tests and developers what an answer took; see [`statements`].
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// A response with a JSON body that nobody may cache.
pub fn json(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The response of a refused request.
pub fn refused(speaker: &Speaker, refusal: &Refusal, media_type: MediaType) -> Response {
    let error = speaker.refusal(refusal);
    metrics::refused(error.code());
    let status = match media_type {
        MediaType::Json if refusal.is_well_formed() => StatusCode::OK,
        _ => refusal.status(),
    };
    let mut response = json(status, media_type.content_type(), Answer::refused(vec![error]).to_json());
    if let Some(wait) = refusal.retry_after() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds(wait)));
    }
    response
}

/// Status and body of an answer.
pub fn stored(answer: &Answer, media_type: MediaType) -> Stored {
    let status = match (media_type, &answer.data) {
        (MediaType::Json, _) | (MediaType::GraphqlResponse, Some(_)) => StatusCode::OK,
        (MediaType::GraphqlResponse, None) => match answer.code() {
            "INTERNAL" => StatusCode::INTERNAL_SERVER_ERROR,
            "UNAVAILABLE" => StatusCode::SERVICE_UNAVAILABLE,
            "CONFLICT" => StatusCode::CONFLICT,
            _ => StatusCode::BAD_REQUEST,
        },
    };
    // Invariant: serde_json writes UTF-8.
    let body = String::from_utf8(answer.to_json()).unwrap_or_default();
    Stored { status, content_type: media_type.content_type().to_owned(), body, looks: Vec::new() }
}

/// The response of an answer, fresh or kept.
pub fn kept(stored: Stored) -> Response {
    let mut response = Response::new(Body::from(stored.body));
    *response.status_mut() = stored.status;
    let headers = response.headers_mut();
    if let Ok(content_type) = HeaderValue::try_from(stored.content_type) {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The response of an answer that was kept from an earlier request.
pub fn replayed(stored: Stored) -> Response {
    let mut response = kept(stored);
    response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    response
}

/// Adds the headers that resolvers set.
pub fn add_headers(response: &mut Response, headers: HeaderMap) {
    let mut name = None;
    for (next, value) in headers {
        // Invariant: the map's iterator gives a name once and `None` for its further values.
        name = next.or(name);
        if let Some(name) = &name {
            response.headers_mut().append(name, value);
        }
    }
}

/// Adds `Server-Timing: sql;desc=<statements>`.
pub fn statements(response: &mut Response, done: &Done) {
    if let Ok(value) = HeaderValue::try_from(format!("sql;desc={}", done.statements)) {
        response.headers_mut().append(SERVER_TIMING, value);
    }
}
