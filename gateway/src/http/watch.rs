//! How long an open socket or stream may stay open: until its session is revoked, its token expires, or the program
//! stops.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use futures::StreamExt;
use kernel::viewer::Viewer;
use platform::cache::Event;
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;

use super::edge::Edge;
use super::shared::Shared;

/// How often a session is looked at when nobody told of a change.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The channel that carries every committed event to every node.
const EVENTS: &str = "events";

/// Why a socket or stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The access token is past its time: connect again with a new one.
    Expired,
    /// The session or the API key was revoked.
    Revoked,
    /// The program stops: connect again.
    Stopping,
}

/// Waits until what is open for this viewer has to end.
pub async fn ended(edge: &Edge, viewer: &Viewer, authorization: Option<&str>) -> Ended {
    let expires = authorization.and_then(expiry);
    let mut sessions = edge.shared.sessions.subscribe();
    loop {
        let now = edge.shared.clock.now();
        if expires.is_some_and(|expires| expires <= now) {
            return Ended::Expired;
        }
        // Reason: while the database cannot be asked, nobody is thrown out; their next message asks again.
        if matches!(edge.engine.session_alive(&edge.engine.db().counted(), viewer).await, Ok(false)) {
            return Ended::Revoked;
        }
        let until_expiry = expires.and_then(|expires| (expires - now).to_std().ok()).unwrap_or(LOOK_EVERY);
        let wait = until_expiry.clamp(Duration::from_millis(10), LOOK_EVERY);
        tokio::select! {
            () = edge.shared.stopping.cancelled() => return Ended::Stopping,
            () = tokio::time::sleep(wait) => {}
            heard = sessions.recv() => {
                if matches!(heard, Err(RecvError::Closed)) {
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }
}

/// Listens for changes of sessions and wakes whoever waits in [`ended`]; runs until the program stops, once a process.
/// Without it sessions are looked at every two seconds all the same.
pub async fn listen(shared: Shared) {
    let mut events = shared.services.pubsub.subscribe(EVENTS).await;
    loop {
        let event = tokio::select! {
            () = shared.stopping.cancelled() => return,
            event = events.next() => event,
        };
        let wake = match event {
            Some(Event::Message(message)) => is_about_sessions(&message),
            Some(Event::Lagged(_) | Event::Reconnected) => true,
            None => return,
        };
        if wake {
            // Reason: an error says that nobody waits.
            let _ = shared.sessions.send(());
        }
    }
}

fn is_about_sessions(message: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Heard<'a> {
        #[serde(borrow)]
        kind: std::borrow::Cow<'a, str>,
    }
    let is_about =
        |kind: &str| kind.starts_with("identity.session.") || kind.starts_with("identity.api_key.");
    serde_json::from_slice::<Heard<'_>>(message).is_ok_and(|heard| is_about(&heard.kind))
}

/// The `exp` of a JSON Web Token (RFC 7519, section 4.1.4), which was verified before; `None` for keys, which say
/// nothing about their end.
fn expiry(authorization: &str) -> Option<DateTime<Utc>> {
    #[derive(Deserialize)]
    struct Claims {
        exp: i64,
    }
    let (_, token) = authorization.split_once(' ')?;
    let mut parts = token.trim().split('.');
    let claims = parts.nth(1)?;
    parts.next()?;
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    DateTime::from_timestamp(claims.exp, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiry_is_read_from_tokens_and_not_from_keys() {
        let claims = URL_SAFE_NO_PAD.encode(r#"{"exp":1700000000,"sub":"x"}"#);
        let at = DateTime::from_timestamp(1_700_000_000, 0);
        assert_eq!(expiry(&format!("Bearer e30.{claims}.sig")), at);
        for other in ["Bearer atrium_key_abc", "Bearer a.b.c", "Bearer", "", &format!("Bearer e30.{claims}")]
        {
            assert_eq!(expiry(other), None, "{other}");
        }
    }

    #[test]
    fn only_events_of_sessions_wake_sockets() {
        assert!(is_about_sessions(br#"{"id":"evt","kind":"identity.session.updated","payload":{}}"#));
        assert!(is_about_sessions(br#"{"id":"evt","kind":"identity.api_key.updated","payload":{}}"#));
        assert!(!is_about_sessions(br#"{"id":"evt","kind":"projects.project.updated"}"#));
        assert!(!is_about_sessions(b"{"));
    }
}
