//! Who sends a request: from its `Authorization` header to a viewer, on every request.

use std::sync::Arc;

use kernel::{
    Error, Result,
    db::Db,
    id::{SessionId, TypedId as _},
    viewer::{RequestInfo, Viewer},
};
use platform::dispatch::Published;

use super::{SESSION_ENDED, cache::Known, rules, store};
use crate::{
    Identity,
    api_key::{self, Turn},
    signing::{self, access::TOKEN_INVALID},
    tenant::rules::SUSPENDED,
};

/// What API keys begin with.
const API_KEY_PREFIX: &str = "atk_";

impl Identity {
    /// The viewer of a request with this `Authorization` header: nobody without one, a person with an access token, a
    /// machine with an API key, whose own rate `turn` is about. Asks the database nothing while session and person are
    /// known from a moment ago.
    ///
    /// # Errors
    /// UNAUTHENTICATED with `token_expired`, `token_invalid` or `session_ended`; FORBIDDEN if the tenant is suspended.
    pub async fn authenticate(
        &self,
        db: &Db,
        credentials: Option<&str>,
        request: RequestInfo,
        turn: Turn,
    ) -> Result<Viewer> {
        let Some(credentials) = credentials else {
            return Ok(Viewer::nobody(request, self.clock.clone(), self.ids.clone()));
        };
        let token = bearer(credentials).ok_or_else(|| Error::Unauthenticated(TOKEN_INVALID.into()))?;
        if token.starts_with(API_KEY_PREFIX) {
            return api_key::authenticate(self, db, token, request, turn).await;
        }
        let claims = signing::verify(self, db, token).await?;
        let ended = || Error::Unauthenticated(SESSION_ENDED.into());
        let session = self.living(db, claims.sid).await?.ok_or_else(ended)?;
        if (session.tenant, session.user) != (claims.tid, claims.sub) {
            return Err(Error::Unauthenticated(TOKEN_INVALID.into()));
        }
        let principal = self.principal(db, claims.tid, claims.sub).await?.ok_or_else(ended)?;
        if !principal.is_active() {
            return Err(match principal.tenant_status.as_str() {
                "suspended" => Error::Forbidden(SUSPENDED.into()),
                _ => ended(),
            });
        }
        self.note_use(db, claims.sid, &session, &request);
        Ok(principal.viewer(self, Some(claims.sid), request))
    }

    /// Whether a session can still be used: for connections that stay open, every few seconds.
    pub async fn session_alive(&self, db: &Db, id: SessionId) -> Result<bool> {
        Ok(self.living(db, id).await?.is_some())
    }

    /// Forgets what this node knows of sessions that an act has ended: at once, before the event comes round.
    pub fn forget_sessions(&self, ids: &[SessionId]) {
        self.sessions.forget(ids);
    }

    /// Removes refresh tokens that have run out, and sessions that ended or ran out `kept_days` ago. For a daily job.
    pub async fn purge_sessions(&self, db: &Db, kept_days: u32) -> Result<()> {
        let now = self.clock.now();
        store::purge(db, now, now - chrono::Duration::days(kept_days.into())).await
    }

    async fn living(&self, db: &Db, id: SessionId) -> Result<Option<Arc<Known>>> {
        let (now, monotonic) = (self.clock.now(), self.clock.monotonic());
        if let Some(known) = self.sessions.get(id, monotonic, now) {
            return Ok(Some(known));
        }
        let look = self.sessions.look();
        let Some(session) = store::find(db, id).await?.filter(|session| rules::is_alive(session, now)) else {
            return Ok(None);
        };
        let known = Arc::new(Known::new(&session, monotonic));
        self.sessions.keep(look, id, Arc::clone(&known));
        Ok(Some(known))
    }

    /// Writes the use of a session, at most once a minute and beside the request.
    fn note_use(&self, db: &Db, id: SessionId, session: &Known, request: &RequestInfo) {
        let at = self.clock.now();
        if !session.is_due(at) {
            return;
        }
        let ip = request.ip.map(|ip| ip.to_string());
        let used = store::Use { tenant: session.tenant, user: session.user, session: id, ip, at };
        let db = db.counted();
        tokio::spawn(async move {
            // Reason: a use that is not written is written by the next one.
            if let Err(error) = store::touch(&db, used).await {
                tracing::debug!(?error, "the use of a session was not written");
            }
        });
    }
}

/// Forgets what a committed event makes old.
pub fn on_event(identity: &Identity, event: &Published) {
    if event.kind.starts_with("identity.session.") && !event.kind.ends_with(".created") {
        identity.sessions.forget(&[SessionId::from_uuid(event.subject_id)]);
    }
}

/// The token of a `Bearer` header (RFC 6750, section 2.1).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains(' ')).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bearer_token_is_read_whatever_the_case_of_the_scheme() {
        for header in ["Bearer abc", "bearer abc", "BEARER  abc ", " Bearer abc"] {
            assert_eq!(bearer(header), Some("abc"), "{header}");
        }
    }

    #[test]
    fn header_that_is_no_bearer_token_is_none() {
        for header in ["", "Bearer", "Bearer ", "Basic abc", "abc", "Bearerabc", "Bearer a b", "Token abc"] {
            assert_eq!(bearer(header), None, "{header}");
        }
    }
}
