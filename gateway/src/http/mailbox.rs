//! The mailbox page of demonstrations: what would have been sent by mail, for people and for tests.
//!
//! Messages hold whatever a template or a user put into them, so a message's HTML is only ever shown in a frame without
//! scripts, forms or an origin.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use http::{HeaderValue, StatusCode, header};
use platform::mail::{Address, CaptureMailer, Captured};
use serde::Deserialize;

use super::client::Client;
use super::edge::Edge;
use super::problem::{Code, Problem, says};
use super::reply;
use super::router::refuse;

/// Of our own pages: their style sheet, and frames of our own.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; frame-src 'self'; frame-ancestors 'none'; \
                           base-uri 'none'; form-action 'none'";

/// Of a message's HTML: inline styles and embedded images, as mail programs allow, nothing from elsewhere, no scripts.
const MESSAGE_POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
                              style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";

const STYLE: &str = include_str!("mailbox.css");

/// The routes; only where mail is captured and shown.
pub fn routes() -> Router<Edge> {
    Router::new()
        .route("/mailbox", get(list))
        .route("/mailbox.json", get(json))
        .route("/mailbox.css", get(async || page(STYLE.to_owned(), "text/css; charset=utf-8", PAGE_POLICY)))
        .route("/mailbox/{id}", get(message))
        .route("/mailbox/{id}/html", get(message_html))
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

fn find(edge: &Edge, id: &str) -> Option<std::sync::Arc<Captured>> {
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
    fn nothing_of_a_message_becomes_markup() {
        assert_eq!(escape("<script>\"&'</script>"), "&lt;script&gt;&quot;&amp;&#39;&lt;/script&gt;");
    }
}
