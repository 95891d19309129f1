//! How the program does, for those who run it: liveness, readiness, metrics.

use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use sea_orm::ConnectionTrait as _;
use serde_json::json;

use super::edge::Edge;
use super::engine::{Health, HealthState};
use super::{metrics as numbers, reply};

/// How long a dependency may take to answer before it counts as down.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process answers.
pub async fn livez() -> Response {
    reply::json(StatusCode::OK, "application/json", json!({ "status": "up" }).to_string().into_bytes())
}

/// Whether requests can be served: every dependency with its time.
///
/// The code is for balancers: 200 while requests can be served, 503 while not. The status is for people: *up*;
/// *degraded* if something is missing that comes back without a restart of this process, the database included; *down*
/// if this process will not become ready again, for it stops.
pub async fn readyz(State(edge): State<Edge>) -> Response {
    let (database, cache, others) = tokio::join!(database(&edge), cache(&edge), edge.engine.health());
    let checks: Vec<Health> = [database, cache].into_iter().chain(others).collect();
    let worst = checks.iter().map(|check| check.state).max().unwrap_or(HealthState::Up);
    let stopping = edge.shared.stopping.is_cancelled();
    let state = if stopping { HealthState::Down } else { worst.min(HealthState::Degraded) };
    let ready = !stopping && worst != HealthState::Down;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({ "status": state, "ready": ready, "checks": checks });
    reply::json(status, "application/json", body.to_string().into_bytes())
}

/// Prometheus' text format, version 0.0.4.
pub async fn metrics() -> Response {
    let mut response = reply::json(StatusCode::OK, "text/plain", numbers::render().into_bytes());
    let content_type = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

async fn database(edge: &Edge) -> Health {
    let db = edge.engine.db().counted();
    timed("database", HealthState::Down, async { db.execute_unprepared("SELECT 1").await.map(drop) }).await
}

/// Without its cache a node works slower and with limits of its own.
async fn cache(edge: &Edge) -> Health {
    timed("cache", HealthState::Degraded, edge.shared.services.cache.ping()).await
}

/// Asks a dependency; `failing` is what it means if it does not answer.
pub async fn timed<E: std::fmt::Display>(
    name: &'static str,
    failing: HealthState,
    ask: impl Future<Output = Result<(), E>>,
) -> Health {
    let start = Instant::now();
    let answer = tokio::time::timeout(PATIENCE, ask).await;
    let state = match answer {
        Ok(Ok(())) => HealthState::Up,
        Ok(Err(error)) => {
            tracing::warn!(dependency = name, error = %crate::telemetry::mask(&error.to_string()), "not ready");
            failing
        }
        Err(_) => {
            tracing::warn!(dependency = name, "not ready: no answer in time");
            failing
        }
    };
    Health { name, state, millis: (start.elapsed().as_secs_f64() * 1e6).round() / 1e3 }
}
