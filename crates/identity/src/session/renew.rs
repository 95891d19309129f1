//! Renewing a session: a refresh token is exchanged for the next one, once.

use kernel::{
    Error, Result, Text,
    act::{Act, Outcome, Severity},
    db::Db,
    viewer::{RequestInfo, Viewer},
};
use platform::crypto::token;

use super::{
    Cookies, Delivery, Device, EndReason, SESSION_ENDED, end, entity as session, refresh_token,
    rules::{self, Renewal},
    start::{Begun, Handed, check_delivery, check_stays, hand_out, next_token},
    store,
};
use crate::{Identity, principal::Principal, tenant::rules::SUSPENDED};

/// Neither the input nor a cookie held a token.
const NO_TOKEN: Text = Text::new(
    "no_refresh_token",
    "There is no refresh token: neither in the input nor in a cookie.",
    "Il n'y a pas de jeton d'actualisation, ni dans les données ni dans un cookie.",
);
/// Somebody was faster with the same token.
const RACED: Text = Text::new(
    "refresh_raced",
    "This refresh token was exchanged a moment ago. Use the one that came of it.",
    "Ce jeton d'actualisation vient d'être échangé. Utilisez celui qui en est issu.",
);

/// A renewal that is asked for.
pub(super) struct Wanted<'a> {
    /// The token in the input.
    pub token: Option<String>,
    /// How the next one is to be delivered; as this one came where nothing is said.
    pub delivery: Option<Delivery>,
    /// The request's cookies.
    pub cookies: Option<&'a Cookies>,
    /// The request.
    pub request: RequestInfo,
}

/// Exchanges a refresh token. The viewer is the session's.
///
/// # Errors
/// INVALID `stays_in_cookie` where the token of a session in a cookie is asked for in the body;
/// UNAUTHENTICATED `session_ended` if token or session are over, unknown, or the token was used before (which ends the
/// session); CONFLICT `refresh_raced` if it was used within the last seconds.
pub(super) async fn renew(identity: &Identity, db: &Db, wanted: Wanted<'_>) -> Result<(Viewer, Handed)> {
    let Wanted { token: given, delivery, cookies, request } = wanted;
    let from_cookie = given.is_none();
    let presented = given.or_else(|| Some(cookies?.refresh_token()?.to_owned()));
    let presented = presented.ok_or_else(|| Error::field("refreshToken", NO_TOKEN))?;
    let delivery = delivery.unwrap_or(if from_cookie { Delivery::Cookie } else { Delivery::Body });
    check_delivery(delivery, cookies)?;
    let hash = token::hash(&presented);
    let found = store::token(db, &hash).await?.ok_or_else(ended)?;
    let session = store::find(db, found.session_id).await?.ok_or_else(ended)?;
    check_stays(&session, delivery)?;
    let principal = identity.principal(db, session.tenant_id, session.user_id).await?.ok_or_else(ended)?;
    check_active(&principal)?;
    let viewer = principal.viewer(identity, Some(session.id), request);
    let exchanged = viewer
        .act(db, "identity.session.renew", async |act| exchange(act, identity, &hash, delivery).await)
        .await?;
    identity.sessions.forget(&[session.id]);
    match exchanged {
        Exchanged::Next(begun) => {
            let handed = hand_out(identity, db, &begun, delivery, cookies).await?;
            Ok((viewer, handed))
        }
        Exchanged::Raced => Err(Error::conflict(RACED)),
        Exchanged::Ended => {
            if let Some(cookies) = cookies.filter(|_| from_cookie) {
                cookies.clear_refresh(&identity.config);
            }
            Err(ended())
        }
    }
}

fn ended() -> Error {
    Error::Unauthenticated(SESSION_ENDED.into())
}

fn check_active(principal: &Principal) -> Result<()> {
    match (principal.is_active(), principal.tenant_status.as_str()) {
        (true, _) => Ok(()),
        (false, "suspended") => Err(Error::Forbidden(SUSPENDED.into())),
        (false, _) => Err(ended()),
    }
}

/// What became of a refresh token.
enum Exchanged {
    Next(Box<Begun>),
    Raced,
    Ended,
}

/// Race: the session's row is held, so of two renewals with one token the second sees the first one's use.
async fn exchange(act: &mut Act, identity: &Identity, hash: &str, delivery: Delivery) -> Result<Exchanged> {
    let viewer = act.viewer().clone();
    let Some(id) = viewer.session else { return Ok(Exchanged::Ended) };
    let Some(session) = store::lock(act.conn(), viewer.tenant_id(), id).await? else {
        return Ok(Exchanged::Ended);
    };
    let Some(token) = store::token(act.conn(), hash).await? else { return Ok(Exchanged::Ended) };
    match rules::renewal(&token, &session, act.now()) {
        Renewal::Ended => Ok(Exchanged::Ended),
        Renewal::Raced => Ok(Exchanged::Raced),
        Renewal::Reused => {
            act.mark(Outcome::Denied, Severity::Critical);
            end::end(act, vec![session], EndReason::TokenReused).await?;
            Ok(Exchanged::Ended)
        }
        Renewal::Rotate => {
            Ok(Exchanged::Next(Box::new(rotate(act, identity, session, token, delivery).await?)))
        }
    }
}

async fn rotate(
    act: &mut Act,
    identity: &Identity,
    mut session: session::Model,
    token: refresh_token::Model,
    delivery: Delivery,
) -> Result<Begun> {
    let used = refresh_token::Model { used_at: Some(act.now()), ..token.clone() };
    act.update(&token, used).await?;
    let here = Device::of(&act.viewer().request, None, None);
    session.last_used_at = act.now();
    session.expires_at = act.now() + rules::lifetime(&identity.config, session.remember);
    session.ip = here.ip;
    session.user_agent = here.user_agent;
    delivery.as_str().clone_into(&mut session.delivery);
    store::prolong(act.conn(), &session).await?;
    let refresh = next_token(act, &session).await?;
    Ok(Begun { session, refresh, ended: Vec::new() })
}
