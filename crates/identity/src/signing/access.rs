//! Access tokens: JWTs by RFC 9068 that say who signed in, where, and in which session. Pure: keys and time are given.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{Validation, decode, decode_header};
use kernel::{
    Error, Result, Text,
    id::{SessionId, TenantId, UserId},
};
use serde::{Deserialize, Serialize};

use super::key::{ACCESS_TYPE, Verifier};

/// How far the clocks of nodes may differ, in seconds.
pub const LEEWAY_SECONDS: i64 = 5;

/// Longest token that is looked at, in bytes.
const MAX_BYTES: usize = 4_096;

/// The token was good and is over: get a new one with the refresh token.
pub const TOKEN_EXPIRED: Text = Text::new(
    "token_expired",
    "The access token has expired. Renew it with the refresh token.",
    "Le jeton d'accès a expiré. Renouvelez-le avec le jeton d'actualisation.",
);
/// The token is none of ours, or not for this.
pub const TOKEN_INVALID: Text =
    Text::new("token_invalid", "The access token is not valid.", "Le jeton d'accès n'est pas valide.");

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The installation that issued it.
    pub iss: String,
    /// Whom it is for: this API.
    pub aud: String,
    /// Who signed in.
    pub sub: UserId,
    /// The tenant they signed in to.
    pub tid: TenantId,
    /// The session; ending it ends the token.
    pub sid: SessionId,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// From when it is refused, in seconds since 1970.
    pub exp: i64,
    /// Not before, where another issuer of ours sets it, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// Its own id.
    pub jti: String,
}

/// Whom an access token is for.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// Who signed in.
    pub user: UserId,
    /// Where.
    pub tenant: TenantId,
    /// In which session.
    pub session: SessionId,
}

impl Claims {
    /// The claims of a token issued `now` for `lifetime`.
    pub fn new(
        issuer: &str,
        audience: &str,
        subject: Subject,
        jti: String,
        now: DateTime<Utc>,
        lifetime: Duration,
    ) -> Self {
        let iat = now.timestamp();
        Self {
            iss: issuer.to_owned(),
            aud: audience.to_owned(),
            sub: subject.user,
            tid: subject.tenant,
            sid: subject.session,
            iat,
            exp: iat + lifetime.num_seconds(),
            nbf: None,
            jti,
        }
    }
}

/// What a token must be to be accepted.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Our `iss`.
    pub issuer: &'a str,
    /// Our `aud`.
    pub audience: &'a str,
    /// The time.
    pub now: DateTime<Utc>,
}

/// Why a token was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It was ours and is over.
    Expired,
    /// It is none of ours, altered, or for something else.
    Invalid,
    /// It names a key that is not known (yet).
    UnknownKey,
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Expired => Self::Unauthenticated(TOKEN_EXPIRED.into()),
            Refused::Invalid | Refused::UnknownKey => Self::Unauthenticated(TOKEN_INVALID.into()),
        }
    }
}

/// Checks everything that can be checked without a database: form, key, algorithm, signature, issuer, audience, time.
///
/// # Errors
/// [`Refused`]; nothing of a refused token can be trusted.
pub fn verify(
    keys: &HashMap<String, Verifier>,
    token: &str,
    expected: Expected<'_>,
) -> Result<Claims, Refused> {
    if token.len() > MAX_BYTES {
        return Err(Refused::Invalid);
    }
    let header = decode_header(token).map_err(|_| Refused::Invalid)?;
    // Reason: RFC 9068, section 4: another kind of token with the same issuer and audience must not pass for this one.
    if !header.typ.is_some_and(|typ| typ.eq_ignore_ascii_case(ACCESS_TYPE)) {
        return Err(Refused::Invalid);
    }
    let verifier = keys.get(header.kid.as_deref().unwrap_or_default()).ok_or(Refused::UnknownKey)?;
    if verifier.not_after.is_some_and(|end| end <= expected.now) {
        return Err(Refused::Invalid);
    }
    let mut validation = Validation::new(verifier.algorithm);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // Reason: the library asks the machine for the time; ours comes from the clock.
    validation.validate_exp = false;
    let claims = decode::<Claims>(token, &verifier.key, &validation).map_err(|_| Refused::Invalid)?.claims;
    check_time(&claims, expected.now.timestamp())?;
    Ok(claims)
}

fn check_time(claims: &Claims, now: i64) -> Result<(), Refused> {
    let soonest = claims.nbf.unwrap_or(claims.iat).max(claims.iat);
    if soonest > now.saturating_add(LEEWAY_SECONDS) {
        return Err(Refused::Invalid);
    }
    if now >= claims.exp.saturating_add(LEEWAY_SECONDS) {
        return Err(Refused::Expired);
    }
    Ok(())
}

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;
