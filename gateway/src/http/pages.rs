//! Pages that are no API: GraphiQL and its files, and the keys that verify access tokens.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::{Extension, http::HeaderMap};
use http::{HeaderValue, StatusCode, header};

use super::client::Client;
use super::edge::Edge;
use super::problem::{Code, Problem, says};
use super::reply;
use super::router::refuse;
use crate::assets::{self, Asset};

/// GraphiQL.
pub async fn graphiql(Extension(client): Extension<Client>, request: Request) -> Response {
    embedded(&client, request.headers(), assets::graphiql())
}

/// A file that a page links to.
pub async fn asset(
    Extension(client): Extension<Client>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    embedded(&client, &headers, assets::get(&format!("assets/{path}")))
}

/// The JSON Web Key Set (RFC 7517).
pub async fn jwks(State(edge): State<Edge>, Extension(client): Extension<Client>) -> Response {
    match edge.engine.jwks().await {
        Ok(keys) => {
            let mut response = reply::json(StatusCode::OK, "application/json", keys.to_string().into_bytes());
            // Reason: shorter than the overlap of two keys by far.
            let cached = HeaderValue::from_static("public, max-age=300");
            response.headers_mut().insert(header::CACHE_CONTROL, cached);
            response
        }
        Err(error) => refuse(&client, error),
    }
}

fn embedded(client: &Client, headers: &HeaderMap, asset: Option<Asset>) -> Response {
    let Some(asset) = asset else { return refuse(client, Problem::new(Code::NotFound, says::NO_PAGE)) };
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let is_known = known.flat_map(|tags| tags.split(',')).any(|tag| {
        let tag = tag.trim();
        tag == "*" || tag.trim_start_matches("W/") == asset.etag
    });
    let mut response = Response::new(if is_known { Body::empty() } else { Body::from(asset.bytes) });
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(header::ETAG, HeaderValue::from_static(asset.etag));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(asset.cache_control));
    headers
        .insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(assets::CONTENT_SECURITY_POLICY));
    response
}
