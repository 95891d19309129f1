//! The mailbox page of demonstrations: what would have been sent by mail, for people and for tests.
//!
//! Messages hold whatever a template or a user put into them, so a message's HTML is only ever shown in a frame without
//! scripts, forms or an origin. The messages hold links that sign in, and nobody signs in to read them: the pages answer
//! under names of this machine and the public one alone, so that no site can point a name of its own here (DNS
//! rebinding) and read them through the browser of who looks at it.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use http::{HeaderValue, StatusCode, header};
use platform::mail::{Address, CaptureMailer, Captured};
use serde::Deserialize;
use url::{Host, Url};

use super::client::Client;
use super::edge::Edge;
use super::problem::{Code, Problem, says};
use super::reply;
use super::router::refuse;
use super::shared::HttpSettings;

/// Of our own pages: their style sheet, and frames of our own.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; frame-src 'self'; frame-ancestors 'none'; \
                           base-uri 'none'; form-action 'none'";

/// Of a message's HTML: inline styles and embedded images, as mail programs allow, nothing from elsewhere, no scripts.
const MESSAGE_POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
                              style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";

const STYLE: &str = include_str!("mailbox.css");

/// The routes; only where mail is captured and shown.
pub fn routes(settings: &HttpSettings) -> Router<Edge> {
    let own_host = settings.own_host.clone().map(Arc::from);
    Router::new()
        .route("/mailbox", get(list))
        .route("/mailbox.json", get(json))
        .route("/mailbox.css", get(async || page(STYLE.to_owned(), "text/css; charset=utf-8", PAGE_POLICY)))
        .route("/mailbox/{id}", get(message))
        .route("/mailbox/{id}/html", get(message_html))
        .route_layer(from_fn_with_state(own_host, own_hosts_alone))
}

async fn own_hosts_alone(
    State(own_host): State<Option<Arc<str>>>,
    Extension(client): Extension<Client>,
    request: Request,
    next: Next,
) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if host.is_some_and(|host| is_own(host, own_host.as_deref())) {
        return next.run(request).await;
    }
    refuse(&client, kernel::Error::Forbidden(says::FOREIGN_HOST.into()))
}

/// Whether a `Host` header names this machine, or what the installation is known as.
fn is_own(host: &str, own: Option<&str>) -> bool {
    // Reason: as browsers read it; what is no host of a URL is nobody's name.
    let Ok(url) = Url::parse(&format!("http://{host}/")) else { return false };
    let Some(name) = url.host_str().filter(|_| url.username().is_empty() && url.path() == "/") else {
        return false;
    };
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback() || own == Some(name),
        Some(Host::Ipv6(ip)) => ip.to_canonical().is_loopback() || own == Some(name),
        Some(Host::Domain(_)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost") || own == Some(name)
        }
        None => false,
    }
}

/// What of the mailbox is wanted.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    /// Only messages to this address.
    to: Option<String>,
    /// Only messages after the one with this number.
    after: Option<u64>,
}

impl Wanted {
    fn holds(&self, captured: &Captured) -> bool {
        let to = self.to.as_ref();
        self.after.is_none_or(|after| captured.id > after)
            && to.is_none_or(|to| {
                captured.message.to.iter().any(|address| address.email.eq_ignore_ascii_case(to))
            })
    }
}

/// The messages, newest first, as they were given to the mailer.
async fn json(State(edge): State<Edge>, Query(wanted): Query<Wanted>) -> Response {
    let messages = edge.shared.mailbox.as_ref().map(CaptureMailer::list).unwrap_or_default();
    let messages: Vec<&Captured> =
        messages.iter().map(AsRef::as_ref).filter(|message| wanted.holds(message)).collect();
    // Invariant: messages are texts and numbers.
    let body = serde_json::to_vec(&messages).unwrap_or_default();
    reply::json(StatusCode::OK, "application/json", body)
}

async fn list(State(edge): State<Edge>, Query(wanted): Query<Wanted>) -> Response {
    let messages = edge.shared.mailbox.as_ref().map(CaptureMailer::list).unwrap_or_default();
    let row = |captured: &Captured| {
        format!(
            "<tr><td>{}</td><td>{}</td><td><a href=\"/mailbox/{}\">{}</a></td></tr>",
            captured.received_at.format("%Y-%m-%d %H:%M:%S"),
            escape(&addresses(&captured.message.to)),
            captured.id,
            escape(&captured.message.subject),
        )
    };
    let rows: String =
        messages.iter().filter(|captured| wanted.holds(captured)).map(|captured| row(captured)).collect();
    let rows = if rows.is_empty() { "<tr><td colspan=\"3\">No mail yet.</td></tr>".to_owned() } else { rows };
    html(
        "Mailbox",
        &format!("<table><tr><th>Received (UTC)</th><th>To</th><th>Subject</th></tr>{rows}</table>"),
    )
}

async fn message(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Path(id): Path<String>,
) -> Response {
    let Some(captured) = find(&edge, &id) else {
        return refuse(&client, Problem::new(Code::NotFound, says::NO_PAGE));
    };
    let message = &captured.message;
    let mut body = format!(
        "<p><a href=\"/mailbox\">All mail</a></p><dl><dt>To</dt><dd>{}</dd><dt>Received (UTC)</dt><dd>{}</dd></dl>",
        escape(&addresses(&message.to)),
        captured.received_at.format("%Y-%m-%d %H:%M:%S"),
    );
    if message.html.is_some() {
        body.push_str(&format!(
            "<iframe title=\"Message\" sandbox=\"allow-popups allow-popups-to-escape-sandbox\" \
             referrerpolicy=\"no-referrer\" src=\"/mailbox/{}/html\"></iframe>",
            captured.id
        ));
    }
    body.push_str(&format!("<h2>Plain text</h2><pre>{}</pre>", escape(&message.text)));
    html(&message.subject, &body)
}

async fn message_html(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Path(id): Path<String>,
) -> Response {
    let found = find(&edge, &id).and_then(|captured| captured.message.html.clone());
    let Some(found) = found else { return refuse(&client, Problem::new(Code::NotFound, says::NO_PAGE)) };
    // Reason: a link that opened in the frame would be refused by the page it leads to.
    let mut response =
        page(format!("<base target=\"_blank\">{found}"), "text/html; charset=utf-8", MESSAGE_POLICY);
    response.headers_mut().insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    response
}

fn find(edge: &Edge, id: &str) -> Option<Arc<Captured>> {
    edge.shared.mailbox.as_ref()?.find(id.parse().ok()?)
}

fn addresses(addresses: &[Address]) -> String {
    let emails: Vec<&str> = addresses.iter().map(|address| address.email.as_str()).collect();
    emails.join(", ")
}

fn html(title: &str, body: &str) -> Response {
    let title = escape(title);
    let text = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title} · Atrium</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"stylesheet\" href=\"/mailbox.css\">\
         <body><h1>{title}</h1>{body}</body></html>"
    );
    page(text, "text/html; charset=utf-8", PAGE_POLICY)
}

fn page(text: String, content_type: &'static str, policy: &'static str) -> Response {
    let mut response = reply::json(StatusCode::OK, content_type, text.into_bytes());
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}

/// Text as HTML shows it, in elements and in quoted attributes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_and_the_public_one_are_its_own() {
        for host in [
            "localhost",
            "LOCALHOST:8000",
            "localhost.",
            "atrium.localhost:8000",
            "127.0.0.1:8000",
            "127.9.9.9",
            "[::1]:8000",
            "[::ffff:127.0.0.1]",
            "portal.example.com",
            "Portal.Example.com:8443",
        ] {
            assert!(is_own(host, Some("portal.example.com")), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "evillocalhost",
            "portal.example.com.evil.example",
            "192.0.2.1:8000",
            "[2001:db8::1]",
            "evil.example#@localhost",
            "localhost@evil.example",
            "evil.example/localhost",
            "localhost/x",
        ] {
            assert!(!is_own(host, Some("portal.example.com")), "{host}");
        }
        assert!(!is_own("portal.example.com", None));
    }

    #[test]
    fn nothing_of_a_message_becomes_markup() {
        assert_eq!(escape("<script>\"&'</script>"), "&lt;script&gt;&quot;&amp;&#39;&lt;/script&gt;");
    }
}
