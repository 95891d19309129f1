//! The routes, and what surrounds every one of them: correlation id, security headers, compression, CORS, JSON for all
//! that goes wrong.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection};
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use futures::FutureExt as _;
use http::{HeaderName, HeaderValue, Method, header};
use tower_http::CompressionLevel;
use tower_http::compression::predicate::{NotForContentType, SizeAbove};
use tower_http::compression::{CompressionLayer, Predicate};
use tower_http::cors::{AllowOrigin, CorsLayer};
use tracing::Instrument as _;

use super::client::{Client, REQUEST_ID};
use super::edge::Edge;
use super::engine::Engine;
use super::idempotency::{IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED};
use super::negotiate::MediaType;
use super::problem::{Code, Problem, Refusal, says};
use super::shared::{HttpSettings, Shared};
use super::{export, graphql, health, links, mailbox, metrics, pages, reply, ws};

/// Bodies below are not worth compressing: they fit into one packet.
const COMPRESSED_FROM: u64 = 1_024;

/// All routes of one runtime thread, whose connections are those of `engine`.
pub fn router(shared: Shared, engine: Arc<dyn Engine>) -> Router {
    let settings = shared.settings.clone();
    let edge = Edge { shared: shared.clone(), engine };
    let mut routes = Router::new()
        .route("/graphql", post(graphql::post).get(graphql_get))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/.well-known/jwks.json", get(pages::jwks));
    if settings.metrics {
        routes = routes.route("/metrics", get(health::metrics));
    }
    if settings.graphiql {
        routes = routes.route("/graphiql", get(pages::graphiql)).route("/assets/{*path}", get(pages::asset));
    }
    if settings.welcome {
        routes = routes.route("/", get(async || Redirect::temporary("/graphiql").into_response()));
    }
    routes = routes.merge(links::routes()).merge(export::routes());
    if shared.mailbox.is_some() {
        routes = routes.merge(mailbox::routes(&settings));
    }
    routes
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(edge)
        .layer(
            CompressionLayer::new()
                .gzip(true)
                .quality(CompressionLevel::Fastest)
                .compress_when(worth_compressing()),
        )
        .layer(cors(&settings))
        .layer(from_fn_with_state(shared, surround))
}

/// GET of `/graphql`: a socket if one is asked for, else a query.
async fn graphql_get(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    request: Request,
) -> Response {
    match upgrade {
        Ok(upgrade) => ws::open(edge, client, request.headers(), upgrade),
        Err(rejection) if request.headers().contains_key(header::SEC_WEBSOCKET_VERSION) => {
            let problem = Problem::plain(Code::BadRequest, rejection.body_text());
            reply::refused(&client.speaker(), &problem.into(), MediaType::GraphqlResponse)
        }
        Err(_) => graphql::get(edge, client, request).await,
    }
}

async fn not_found(Extension(client): Extension<Client>) -> Response {
    refuse(&client, Problem::new(Code::NotFound, says::NO_PAGE))
}

async fn method_not_allowed(Extension(client): Extension<Client>) -> Response {
    refuse(&client, Problem::new(Code::MethodNotAllowed, says::METHOD))
}

/// A refusal as plain JSON.
pub(super) fn refuse(client: &Client, refusal: impl Into<Refusal>) -> Response {
    let refusal = refusal.into();
    let mut response = reply::refused(&client.speaker(), &refusal, MediaType::Json);
    *response.status_mut() = refusal.status();
    response
}

/// What surrounds every request.
async fn surround(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let client =
        Client::of(request.headers(), peer, &shared.settings.trusted_proxies, || shared.request_id());
    request.extensions_mut().insert(client.clone());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let span = tracing::error_span!("request", request_id = %client.request_id);
    let response = AssertUnwindSafe(next.run(request).instrument(span)).catch_unwind().await;
    let mut response = response.unwrap_or_else(|_| {
        let body = client.speaker().panicked().to_json();
        reply::json(http::StatusCode::INTERNAL_SERVER_ERROR, MediaType::Json.content_type(), body)
    });
    if let Ok(id) = HeaderValue::try_from(&client.request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    secure(&mut response, &shared.settings);
    metrics::http_request(route.as_ref().map_or("none", MatchedPath::as_str), &method, response.status());
    response
}

/// Headers that browsers protect people by; a page that needs another `Content-Security-Policy` sets its own.
fn secure(response: &mut Response, settings: &HttpSettings) {
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "no-referrer");
    set(
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
         magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
    );
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if settings.https() {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains");
    }
}

fn worth_compressing() -> impl Predicate {
    SizeAbove::new(COMPRESSED_FROM).and(NotForContentType::SSE).and(NotForContentType::IMAGES)
}

/// Pages of the listed origins may call with credentials; those of others may not read anything.
fn cors(settings: &HttpSettings) -> CorsLayer {
    let origins: Vec<HeaderValue> =
        settings.cors_origins.iter().filter_map(|origin| HeaderValue::try_from(origin).ok()).collect();
    CorsLayer::new()
        .allow_credentials(!origins.is_empty())
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::ACCEPT,
            header::ACCEPT_LANGUAGE,
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            IDEMPOTENCY_KEY,
            REQUEST_ID,
        ])
        .expose_headers([
            IDEMPOTENCY_REPLAYED,
            REQUEST_ID,
            header::RETRY_AFTER,
            HeaderName::from_static("server-timing"),
        ])
        .max_age(Duration::from_secs(3_600))
}
