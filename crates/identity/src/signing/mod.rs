//! The installation's signing keys: stored sealed, cached, rotated with overlap, and published as a JWK set.
//!
//! The keys belong to no tenant, so they are written in a plain transaction and not by an act.

pub mod access;
pub mod entity;
pub mod key;
mod store;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use kernel::{Error, Result, db::Db};
use rand::Rng as _;
use serde_json::{Value as Json, json};

use crate::{
    Identity,
    signing::{
        access::{Claims, Expected, LEEWAY_SECONDS, Refused, Subject},
        key::{Signer, Verifier},
    },
};

/// After this long a node reads the keys again before it signs: for so long it may sign with a key that was retired
/// elsewhere.
const SIGN_WITH: Duration = Duration::from_secs(60);

/// After this long a node reads the keys again before it verifies, so that it learns which of them ended.
const VERIFY_WITH: Duration = Duration::from_secs(300);

/// Unknown `kid`s make a node read the keys again at most this often, whatever strangers send.
const RELOAD_EVERY: Duration = Duration::from_secs(3);

/// The keys as this node knows them.
#[derive(Default)]
pub struct Keys {
    set: RwLock<Option<Arc<KeySet>>>,
    reload: tokio::sync::Mutex<()>,
}

/// What was read from the database at one moment.
struct KeySet {
    /// When, by the monotonic clock.
    read_at: Duration,
    signer: Option<Signer>,
    verifiers: HashMap<String, Verifier>,
    /// Public halves, newest first, as published.
    public: Vec<entity::Model>,
}

impl Keys {
    fn known(&self) -> Option<Arc<KeySet>> {
        // Reason: the value is replaced whole, so a poisoned lock still guards a whole one.
        self.set.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn forget(&self) {
        *self.set.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// An access token and when it ends.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The JWT.
    pub token: String,
    /// From when it is refused.
    pub expires_at: chrono::DateTime<chrono::Utc>,
}

/// Makes the first signing key, or one of the configured algorithm if the present one is of another. To be called at
/// start; a signing node without any key calls it too.
///
/// Race: nodes that start together may each make a key. Both verify everywhere, and the newest signs.
pub async fn ensure_key(identity: &Identity, db: &Db) -> Result<()> {
    let current = store::current(db).await?;
    if current.is_some_and(|key| key.algorithm == identity.config.signing_algorithm.as_str()) {
        return Ok(());
    }
    rotate(identity, db).await
}

/// Makes a new key that signs from now on. The ones before go on verifying until the last token that any node may sign
/// with them has expired, and those for which that time has passed are removed.
pub async fn rotate(identity: &Identity, db: &Db) -> Result<()> {
    let now = identity.clock.now();
    let id = kernel::id::TypedId::uuid(&identity.ids.generate::<kernel::id::EventId>());
    let fresh = key::generate(id, identity.config.signing_algorithm, &identity.keyring, now)?;
    let not_after =
        now + access_lifetime(identity) + TimeDelta::seconds(LEEWAY_SECONDS) + whole_seconds(SIGN_WITH);
    store::replace(db, &fresh, not_after, now).await?;
    identity.keys.forget();
    tracing::info!(kid = %key::kid(id), algorithm = %fresh.algorithm, "a new signing key is in use");
    Ok(())
}

/// The public keys whose signatures are accepted, as a JWK set (RFC 7517, section 5) for `/.well-known/jwks.json`.
pub async fn jwks(identity: &Identity, db: &Db) -> Result<Json> {
    let set = read(identity, db, RELOAD_EVERY).await?;
    let now = identity.clock.now();
    let valid = set.public.iter().filter(|key| key.not_after.is_none_or(|end| end > now));
    Ok(json!({ "keys": valid.map(|key| &key.public_jwk).collect::<Vec<_>>() }))
}

/// Signs an access token.
pub async fn issue(identity: &Identity, db: &Db, subject: Subject) -> Result<AccessToken> {
    let mut set = read(identity, db, SIGN_WITH).await?;
    if set.signer.is_none() {
        ensure_key(identity, db).await?;
        set = read(identity, db, Duration::ZERO).await?;
    }
    let signer = set.signer.as_ref().ok_or_else(|| Error::internal("there is no signing key"))?;
    let config = &identity.config;
    let mut jti = [0; 16];
    rand::rng().fill_bytes(&mut jti);
    let jti = URL_SAFE_NO_PAD.encode(jti);
    let claims = Claims::new(
        config.issuer(),
        &config.audience,
        subject,
        jti,
        identity.clock.now(),
        access_lifetime(identity),
    );
    let expires_at = chrono::DateTime::from_timestamp(claims.exp, 0)
        .ok_or_else(|| Error::internal("an access token ends beyond time"))?;
    Ok(AccessToken { token: signer.sign(&claims)?, expires_at })
}

/// Verifies an access token; its session is to be checked by the caller.
///
/// # Errors
/// UNAUTHENTICATED with `token_expired` or `token_invalid`.
pub async fn verify(identity: &Identity, db: &Db, token: &str) -> Result<Claims> {
    let config = &identity.config;
    let expected =
        Expected { issuer: config.issuer(), audience: &config.audience, now: identity.clock.now() };
    let set = read(identity, db, VERIFY_WITH).await?;
    match access::verify(&set.verifiers, token, expected) {
        Err(Refused::UnknownKey) => {
            // Reason: another node may have made a key since; within `RELOAD_EVERY` the answer stays "unknown".
            let set = read(identity, db, RELOAD_EVERY).await?;
            Ok(access::verify(&set.verifiers, token, expected)?)
        }
        done => Ok(done?),
    }
}

fn access_lifetime(identity: &Identity) -> TimeDelta {
    TimeDelta::minutes(identity.config.access_token_minutes.into())
}

fn whole_seconds(duration: Duration) -> TimeDelta {
    TimeDelta::seconds(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX))
}

/// The keys, read again if what is known is older than `max_age`. One reader at a time: the others wait for its result.
async fn read(identity: &Identity, db: &Db, max_age: Duration) -> Result<Arc<KeySet>> {
    let fresh = |set: &Arc<KeySet>| identity.clock.monotonic().saturating_sub(set.read_at) < max_age;
    if let Some(set) = identity.keys.known().filter(fresh) {
        return Ok(set);
    }
    let _turn = identity.keys.reload.lock().await;
    if let Some(set) = identity.keys.known().filter(fresh) {
        return Ok(set);
    }
    let read_at = identity.clock.monotonic();
    let public = store::all(db).await?;
    let signs = public.iter().find(|key| key.retired_at.is_none());
    let set = Arc::new(KeySet {
        read_at,
        signer: signs.map(|key| Signer::open(key, &identity.keyring)).transpose()?,
        verifiers: public
            .iter()
            .map(|key| Ok((key::kid(key.id), Verifier::of(key)?)))
            .collect::<Result<_>>()?,
        public,
    });
    *identity.keys.set.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&set));
    Ok(set)
}
