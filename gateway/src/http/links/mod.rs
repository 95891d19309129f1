//! The pages that links in mails lead to, for installations without a web app of their own: confirm an address, accept
//! an invitation, set a new password. Plain HTML and one script, which calls the public API like any client.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use http::{HeaderValue, StatusCode, header};

use super::edge::Edge;
use super::reply;

/// Our own script and style sheet, calls to our own API, nothing else. A page with a token in its address tells nobody
/// where it came from (the referrer policy of every answer says so) and is kept by no cache.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const PAGE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");

/// Where the links in mails point.
const PATHS: [&str; 4] = ["/verify-email", "/accept-invitation", "/reset-password", "/confirm-email-change"];

/// The routes.
pub fn routes() -> Router<Edge> {
    let mut routes = Router::new()
        .route("/links/page.js", get(async || file(SCRIPT, "text/javascript; charset=utf-8")))
        .route("/links/page.css", get(async || file(STYLE, "text/css; charset=utf-8")));
    for path in PATHS {
        routes = routes.route(path, get(async || file(PAGE, "text/html; charset=utf-8")));
    }
    routes
}

fn file(text: &'static str, content_type: &'static str) -> Response {
    let mut response = reply::json(StatusCode::OK, content_type, text.as_bytes().to_vec());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
