//! Server-Sent Events in the distinct connections mode of graphql-sse
//! (<https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>): `next` for each answer, `complete` at the end.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use futures::{Stream, StreamExt, stream};
use http::HeaderValue;
use http::header;

use super::answer::Answer;
use super::done::Done;
use super::edge::Edge;
use super::errors::Speaker;
use super::idempotency::{IDEMPOTENCY_REPLAYED, Stored};
use super::negotiate::MediaType;
use super::problem::Refusal;
use super::{metrics, reply};

/// How often a silent stream shows that it lives; proxies close what is silent for a minute.
const PULSE: Duration = Duration::from_secs(15);

/// A stream of answers.
pub fn stream(answers: impl Stream<Item = Answer> + Send + 'static) -> Response {
    let events = stream::unfold(Some(Box::pin(answers)), |answers| async {
        let mut answers = answers?;
        Some(match tokio::time::timeout(PULSE, answers.next()).await {
            Ok(Some(answer)) => (event("next", &text(&answer)), Some(answers)),
            // Reason: without its line of data, browsers would not hand the event over.
            Ok(None) => (event("complete", ""), None),
            Err(_silence) => (":\n\n".to_owned(), Some(answers)),
        })
    });
    respond(Body::from_stream(events.map(Ok::<_, Infallible>)))
}

fn respond(body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Reason: nginx would collect the stream until it is long enough.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

fn event(name: &str, data: &str) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

/// The one answer of a query or mutation.
pub fn single(edge: &Edge, mut done: Done) -> Response {
    let headers = std::mem::take(&mut done.headers);
    let timing = edge.shared.settings.expose_statements;
    let mut response = stream(stream::iter([std::mem::take(&mut done.answer)]));
    reply::add_headers(&mut response, headers);
    if timing {
        reply::statements(&mut response, &done);
    }
    response
}

/// The one answer of a mutation that was done before.
pub fn replayed(stored: &Stored) -> Response {
    let mut response = respond(Body::from(event("next", &stored.body) + &event("complete", "")));
    response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    response
}

/// A refusal: as an event if the request was well-formed, else by HTTP.
pub fn refused(speaker: &Speaker, refusal: &Refusal) -> Response {
    if !refusal.is_well_formed() {
        return reply::refused(speaker, refusal, MediaType::GraphqlResponse);
    }
    let error = speaker.refusal(refusal);
    metrics::refused(error.code());
    stream(stream::iter([Answer::refused(vec![error])]))
}

fn text(answer: &Answer) -> String {
    // Invariant: serde_json writes UTF-8, and no line breaks that would end the field.
    String::from_utf8(answer.to_json()).unwrap_or_default()
}
