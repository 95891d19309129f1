//! Downloads of the audit trail, of personal data and of lists: a ticket from `exportAudit`,
//! `downloadPersonalDataExport` or `exportList` in, a stream out. Whoever has the ticket needs no token.

use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use futures::StreamExt as _;
use http::{HeaderName, HeaderValue, header};
use serde::Deserialize;

use super::client::Client;
use super::edge::Edge;
use super::engine::Download;
use super::router::refuse;

/// The signed head of the file, as JSON.
const TREE_HEAD: HeaderName = HeaderName::from_static("atrium-tree-head");

/// The route.
pub fn routes() -> Router<Edge> {
    Router::new()
        .route(audit::export::graphql::PATH, get(download))
        .route(audit::privacy::mutation::PATH, get(personal))
        .route(projects::export::PATH, get(list))
}

/// What the address must have.
#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    ticket: String,
}

async fn download(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let db = edge.engine.db().counted();
    match edge.engine.download(&db, &wanted.ticket).await {
        Ok(download) => stream(download),
        Err(error) => refuse(&client, error),
    }
}

async fn personal(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let db = edge.engine.db().counted();
    match edge.engine.personal_export(&db, client.caller(None).info, &wanted.ticket).await {
        Ok(download) => stream(download),
        Err(error) => refuse(&client, error),
    }
}

async fn list(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let db = edge.engine.db().counted();
    match edge.engine.list_export(&db, client.caller(None).info, &wanted.ticket).await {
        Ok(download) => stream(download),
        Err(error) => refuse(&client, error),
    }
}

fn stream(download: Download) -> Response {
    let Download { file_name, media_type, head, body } = download;
    let body = body.inspect(|piece| {
        if let Err(error) = piece {
            tracing::warn!(?error, "a download was not finished");
        }
    });
    let body = body.map(|piece| piece.map_err(|_| std::io::Error::other("the file could not be read")));
    let mut response = Response::new(Body::from_stream(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Invariant: slugs are lower-case letters, digits and hyphens, and heads are JSON of ASCII characters.
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{file_name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    if let Some(Ok(value)) = head.map(HeaderValue::try_from) {
        headers.insert(TREE_HEAD, value);
    }
    response
}
