//! Beginning a session: its row, its first refresh token, and room for it among the others; and handing the tokens out.

use async_graphql::Enum;
use kernel::{
    Error, Result, Text,
    act::Act,
    db::Db,
    id::{SessionId, UserId},
};
use platform::crypto::Token;
use secrecy::SecretString;

use super::{Cookies, Device, EndReason, end, entity as session, refresh_token, rules, store};
use crate::{
    Identity, IdentityConfig,
    service::row_id,
    signing::{self, AccessToken, access::Subject},
};

/// What refresh tokens begin with.
const REFRESH_PREFIX: &str = "atr";

/// There is no way to set a cookie.
const NO_COOKIES: Text = Text::new(
    "no_cookies_here",
    "Cookies can only be set over HTTP. Ask for delivery in the body.",
    "Les cookies ne peuvent être déposés que par HTTP. Demandez une remise dans le corps de la réponse.",
);

/// The token of a cookie may not leave it.
const STAYS_IN_COOKIE: Text = Text::new(
    "stays_in_cookie",
    "The refresh token of this session is in a cookie and stays there: ask for delivery in a cookie.",
    "Le jeton d'actualisation de cette session est dans un cookie et y reste : demandez une remise dans un cookie.",
);

/// How a refresh token reaches the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum Delivery {
    /// In a cookie that scripts cannot read: for the web app.
    Cookie,
    /// In the answer: for programs that keep it safe themselves.
    Body,
}

impl Delivery {
    /// Where the refresh token of a session is.
    pub(crate) fn of(session: &session::Model) -> Self {
        if session.delivery == Self::Cookie.as_str() { Self::Cookie } else { Self::Body }
    }

    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::Body => "body",
        }
    }
}

/// A session to begin in the act's tenant.
pub(crate) struct NewSession {
    /// Its id, which the act's viewer bears already.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// On which device.
    pub device: Device,
    /// Whether it is to be remembered.
    pub remember: bool,
    /// How its refresh tokens are delivered.
    pub delivery: Delivery,
}

/// A session that began or went on, with the refresh token to hand out once the act has committed.
pub(crate) struct Begun {
    /// Its row.
    pub session: session::Model,
    /// The token.
    pub refresh: Token,
    /// Sessions that ended for it.
    pub ended: Vec<SessionId>,
}

/// Begins a session; the ones used longest ago end where there would be too many.
///
/// Invariant: the caller holds the person's row, so that logins of one person are counted one after the other.
pub(crate) async fn start(act: &mut Act, config: &IdentityConfig, new: NewSession) -> Result<Begun> {
    let NewSession { id, user, device, remember, delivery } = new;
    let (tenant_id, now) = (act.viewer().tenant_id(), act.now());
    let live = store::live(act.conn(), tenant_id, user, now).await?;
    let surplus = rules::surplus(&live, config.max_sessions);
    let too_many = live.into_iter().filter(|session| surplus.contains(&session.id)).collect();
    let ended = end::end(act, too_many, EndReason::Replaced).await?;
    let Device { label, hash, user_agent, ip } = device;
    let session = session::Model {
        id,
        tenant_id,
        user_id: user,
        device: label,
        device_hash: hash,
        user_agent,
        ip,
        remember,
        delivery: delivery.as_str().to_owned(),
        created_at: now,
        last_used_at: now,
        expires_at: now + rules::lifetime(config, remember),
        revoked_at: None,
        revoke_reason: None,
    };
    let session = act.insert(session).await?;
    let refresh = next_token(act, &session).await?;
    Ok(Begun { session, refresh, ended })
}

/// Stores the next refresh token of a session; it works until the session's end.
pub(super) async fn next_token(act: &mut Act, session: &session::Model) -> Result<Token> {
    let token = Token::generate(REFRESH_PREFIX, &mut rand::rng());
    let row = refresh_token::Model {
        id: row_id(act),
        tenant_id: session.tenant_id,
        session_id: session.id,
        hash: token.hash(),
        issued_at: act.now(),
        expires_at: session.expires_at,
        used_at: None,
    };
    act.insert(row).await?;
    Ok(token)
}

/// The tokens of a session, as they are answered.
pub(crate) struct Handed {
    /// The access token.
    pub access: AccessToken,
    /// The refresh token, where it is delivered in the body.
    pub refresh: Option<SecretString>,
}

/// Errs with the field `delivery` where a cookie is asked for and none can be set.
pub(crate) fn check_delivery(delivery: Delivery, cookies: Option<&Cookies>) -> Result<()> {
    match (delivery, cookies) {
        (Delivery::Cookie, None) => Err(Error::field("delivery", NO_COOKIES)),
        _ => Ok(()),
    }
}

/// Errs with the field `delivery` where a refresh token is to leave the cookie that hides it from scripts: one that got
/// into the page could otherwise lift the session out of the browser.
pub(crate) fn check_stays(session: &session::Model, delivery: Delivery) -> Result<()> {
    match (Delivery::of(session), delivery) {
        (Delivery::Cookie, Delivery::Body) => Err(Error::field("delivery", STAYS_IN_COOKIE)),
        _ => Ok(()),
    }
}

/// Makes an access token for a session and hands out both.
pub(crate) async fn hand_out(
    identity: &Identity,
    db: &Db,
    begun: &Begun,
    delivery: Delivery,
    cookies: Option<&Cookies>,
) -> Result<Handed> {
    let Begun { session, refresh, ended } = begun;
    identity.sessions.forget(ended);
    let subject = Subject { user: session.user_id, tenant: session.tenant_id, session: session.id };
    let access = signing::issue(identity, db, subject).await?;
    let refresh = match (delivery, cookies) {
        (Delivery::Cookie, Some(cookies)) => {
            let lifetime = rules::lifetime(&identity.config, session.remember);
            cookies.set_refresh(&identity.config, refresh, lifetime);
            None
        }
        _ => Some(refresh.expose().to_owned().into()),
    };
    Ok(Handed { access, refresh })
}
