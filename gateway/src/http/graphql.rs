//! `/graphql` over HTTP: POST and GET by the GraphQL over HTTP specification
//! (<https://graphql.github.io/graphql-over-http/draft/>), and subscriptions as event streams.

use std::time::Duration;

use async_graphql::parser::types::OperationType;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::{Extension, extract::Request};
use futures::StreamExt;
use http::{HeaderMap, HeaderValue, header};

use super::answer::Answer;
use super::client::Client;
use super::done::Done;
use super::edge::{Edge, Ready, Refused};
use super::errors::Speaker;
use super::idempotency::{self, Claim, IDEMPOTENCY_KEY, Key, Lease, Stored};
use super::negotiate::{Accepted, MediaType, accepted, check_content_type};
use super::params::Params;
use super::problem::{Code, Problem, Refusal, says};
use super::{reply, sse, watch};

/// How much of a body that is too long is still read, so that the client gets to read the answer.
const DRAINED: usize = 32 << 20;
/// How long that may take.
const DRAINED_FOR: Duration = Duration::from_secs(5);
/// How much longer than the request itself a lease lasts.
const LEASE_MARGIN: Duration = Duration::from_secs(30);

/// POST: every kind of operation.
pub async fn post(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let accepted = accepted(&parts.headers);
    let media_type = media_type(accepted.as_ref().ok());
    let params = async {
        let accepted = accepted?;
        check_content_type(&parts.headers)?;
        let body = read_body(&parts.headers, body, edge.shared.settings.graphql.max_body_bytes).await?;
        Ok((accepted, Params::of_body(&body)?))
    };
    let limit = edge.shared.settings.request_timeout;
    let late = |_| Problem::new(Code::RequestTimeout, says::TOO_SLOW.with("seconds", limit.as_secs()));
    match tokio::time::timeout(limit, params).await.map_err(late).flatten() {
        Ok((accepted, params)) => answer(edge, client, parts.headers, params, accepted).await,
        Err(problem) => {
            let Refused { refusal, speaker } = edge.refuse(&client, problem).await;
            reply::refused(&speaker, &refusal, media_type)
        }
    }
}

/// GET: queries alone, because links and images make browsers send it.
pub async fn get(edge: Edge, client: Client, request: Request) -> Response {
    let headers = request.headers().clone();
    let accepted = accepted(&headers);
    let media_type = media_type(accepted.as_ref().ok());
    let params = accepted.and_then(|accepted| {
        Ok((accepted, Params::of_query_string(request.uri().query().unwrap_or_default())?))
    });
    let (accepted, params) = match params {
        Ok(params) => params,
        Err(problem) => {
            let Refused { refusal, speaker } = edge.refuse(&client, problem).await;
            return reply::refused(&speaker, &refusal, media_type);
        }
    };
    let queries_only = |kind| match kind {
        OperationType::Query => Ok(()),
        _ => Err(Problem::new(Code::MethodNotAllowed, says::QUERIES_ONLY)),
    };
    match edge.admit(&client, Some(&headers), params, queries_only).await {
        Ok(ready) if accepted.json.is_none() => sse::single(&edge, edge.run(ready).await),
        Ok(ready) => respond(&edge, edge.run(ready).await, media_type),
        Err(Refused { refusal, speaker }) => {
            let mut response = reply::refused(&speaker, &refusal, media_type);
            if response.status() == http::StatusCode::METHOD_NOT_ALLOWED {
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
            }
            response
        }
    }
}

/// The form of refusals: the one that was asked for, where it was understood.
fn media_type(accepted: Option<&Accepted>) -> MediaType {
    accepted.and_then(|accepted| accepted.json).unwrap_or(MediaType::GraphqlResponse)
}

async fn answer(
    edge: Edge,
    client: Client,
    headers: HeaderMap,
    params: Params,
    accepted: Accepted,
) -> Response {
    let allowed = |kind| match kind {
        OperationType::Subscription if !accepted.events => {
            Err(Problem::new(Code::NotAcceptable, says::STREAM_NEEDED))
        }
        _ => Ok(()),
    };
    let media_type = media_type(Some(&accepted));
    let ready = match edge.admit(&client, Some(&headers), params, allowed).await {
        Ok(ready) => ready,
        Err(Refused { refusal, speaker }) if accepted.json.is_none() => {
            return sse::refused(&speaker, &refusal);
        }
        Err(Refused { refusal, speaker }) => return reply::refused(&speaker, &refusal, media_type),
    };
    match ready.kind() {
        OperationType::Subscription => {
            let watched = edge.clone();
            let place = match edge.shared.sockets.enter(&ready.viewer) {
                Ok(place) => place,
                Err(error) if accepted.json.is_none() => return sse::refused(&ready.speaker, &error.into()),
                Err(error) => return reply::refused(&ready.speaker, &error.into(), media_type),
            };
            let (viewer, authorization) = (ready.viewer.clone(), client.authorization.clone());
            let ended = async move { watch::ended(&watched, &viewer, authorization.as_deref()).await };
            let answers = edge.subscribe(ready).take_until(Box::pin(ended));
            sse::stream(answers.inspect(move |_| {
                // Reason: the place is free when the stream is dropped.
                let _held = &place;
            }))
        }
        OperationType::Query if accepted.json.is_none() => sse::single(&edge, edge.run(ready).await),
        OperationType::Query => respond(&edge, edge.run(ready).await, media_type),
        OperationType::Mutation => {
            let speaker = ready.speaker.clone();
            match (mutate(&edge, &headers, ready, media_type).await, accepted.json) {
                (Ok(Mutated::Now(done)), Some(_)) => respond(&edge, done, media_type),
                (Ok(Mutated::Now(done)), None) => sse::single(&edge, done),
                (Ok(Mutated::Before(stored)), Some(_)) => reply::replayed(stored),
                (Ok(Mutated::Before(stored)), None) => sse::replayed(&stored),
                (Err(refusal), Some(_)) => reply::refused(&speaker, &refusal, media_type),
                (Err(refusal), None) => sse::refused(&speaker, &refusal),
            }
        }
    }
}

fn respond(edge: &Edge, mut done: Done, media_type: MediaType) -> Response {
    let headers = std::mem::take(&mut done.headers);
    let mut response = reply::kept(reply::stored(&done.answer, media_type));
    reply::add_headers(&mut response, headers);
    if edge.shared.settings.expose_statements {
        reply::statements(&mut response, &done);
    }
    response
}

/// What came of a mutation.
enum Mutated {
    /// It was done.
    Now(Done),
    /// It had been done; this was answered then.
    Before(Stored),
}

/// Runs a mutation, once for each `Idempotency-Key`.
async fn mutate(
    edge: &Edge,
    headers: &HeaderMap,
    ready: Ready,
    media_type: MediaType,
) -> Result<Mutated, Refusal> {
    let Some(key) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(Mutated::Now(edge.run_to_the_end(ready).await));
    };
    let key = Key::parse(key)?;
    // Reason: before anybody is signed in, nobody can own a key; sign-up and login are not repeatable anyway.
    if ready.viewer.user_id().is_none() {
        return Ok(Mutated::Now(edge.run_to_the_end(ready).await));
    }
    let lease = edge.shared.settings.request_timeout + LEASE_MARGIN;
    let db = edge.engine.db();
    match idempotency::claim(db, &ready.viewer, &key, &ready.content_hash(), lease).await? {
        Claim::Replay(stored) => {
            // Reason: whoever is given the answer again sees what is in it again.
            let looks = stored.looks.iter().copied().collect();
            edge.engine.witness(&ready.viewer, looks, Vec::new()).await?;
            Ok(Mutated::Before(stored))
        }
        Claim::Run(lease) => {
            let (task, speaker) = (edge.clone(), ready.speaker.clone());
            let ready = ready.leased(lease.of_acts());
            // Reason: the answer is kept even if the client is gone; to ask again is what the key is for.
            let running = edge.shared.tasks.spawn(async move {
                let speaker = ready.speaker.clone();
                let done = task.run(ready).await;
                keep(&task, lease, &done, &speaker, media_type).await;
                done
            });
            Ok(Mutated::Now(running.await.unwrap_or_else(|_| Done::panicked(&speaker))))
        }
    }
}

/// Keeps an answer that will be the same next time; a failure of ours, or a request that never ran, may be tried again.
/// What did something before it failed may not: its answer is kept, too. Of an answer with a secret in it only that
/// there was one is kept: neither is it done twice nor the secret stored.
async fn keep(edge: &Edge, lease: Lease, done: &Done, speaker: &Speaker, media_type: MediaType) {
    let failed =
        |error: &super::answer::WireError| matches!(error.code(), "INTERNAL" | "UNAVAILABLE" | "LIMITED");
    let db = edge.engine.db();
    let kept = if done.answer.data.is_none() || done.answer.errors.iter().any(failed) {
        match lease.release(db).await {
            Ok(false) => lease.store(db, &reply::stored(&done.answer, media_type)).await,
            released => released.map(drop),
        }
    } else if done.secret {
        let problem = Problem::new(Code::Conflict, says::KEY_OF_SECRET);
        lease.store(db, &reply::stored(&Answer::refused(vec![speaker.problem(&problem)]), media_type)).await
    } else {
        let looks = done.looks.clone();
        lease.store(db, &Stored { looks, ..reply::stored(&done.answer, media_type) }).await
    };
    if let Err(error) = kept {
        // Reason: the mutation is done; without its answer the key is refused until its lease expires.
        tracing::warn!(?error, "the answer of an idempotent request was not kept");
    }
}

/// Reads the body up to `max` bytes.
async fn read_body(headers: &HeaderMap, body: Body, max: usize) -> Result<Vec<u8>, Problem> {
    let too_long = || Problem::new(Code::PayloadTooLarge, says::BODY_TOO_LONG.with("max", max));
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let mut stream = body.into_data_stream();
    if announced.is_none_or(|announced| announced <= max) {
        let mut read = Vec::with_capacity(announced.unwrap_or(0));
        loop {
            match stream.next().await {
                Some(Ok(chunk)) if read.len() + chunk.len() <= max => read.extend_from_slice(&chunk),
                Some(Ok(_)) => break,
                // Reason: the connection broke; nobody will read what we say.
                Some(Err(_)) => return Err(Problem::new(Code::BadRequest, says::NO_QUERY)),
                None => return Ok(read),
            }
        }
    }
    let drain = async {
        let mut drained = 0;
        while let Some(Ok(chunk)) = stream.next().await {
            drained += chunk.len();
            if drained > DRAINED {
                break;
            }
        }
    };
    // Reason: whether the client stopped in time makes no difference to what it is told.
    let _ = tokio::time::timeout(DRAINED_FOR, drain).await;
    Err(too_long())
}
