//! Making, changing and revoking API keys.

use chrono::{DateTime, Utc};
use ipnet::IpNet;
use kernel::{
    Fields,
    act::{Act, Outcome, Severity, expect_version},
    db::Db,
    error::{Error, Result},
    id::{ApiKeyId, TypedId, UserId},
    policy::Guarded,
    text,
    viewer::{Actor, Grants, Reach, Viewer},
};
use platform::crypto::Token;
use rand::RngExt as _;
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect, sea_query::LockType};
use serde_json::json;

use super::{
    cache, entity,
    rules::{self, Bounds, MARK, NAME_MAX, NO_SCOPES, PREFIX_CHARACTERS, REVOKED},
    scope, store,
};
use crate::{
    Identity,
    policy::{API_KEY_WRITE, ROLE_ASSIGN},
    role::rules::{BEYOND_OWN, Matrix, key_grants},
    service::row_id,
};

/// What a new key is to be.
#[derive(Clone, Debug, Default)]
pub struct NewApiKey {
    /// What it is for.
    pub name: String,
    /// Permission names and reaches.
    pub scopes: Vec<(String, Reach)>,
    /// Until when it works.
    pub expires_at: Option<DateTime<Utc>>,
    /// Addresses and networks it may be used from.
    pub ip_allow: Vec<String>,
    /// Its own rate.
    pub requests_per_minute: Option<i32>,
}

/// What becomes of a key; `None` leaves a part as it is, `Some(None)` empties it.
#[derive(Clone, Debug, Default)]
pub struct ApiKeyChanges {
    /// What it is for.
    pub name: Option<String>,
    /// Everything it allows from now on.
    pub scopes: Option<Vec<(String, Reach)>>,
    /// Until when it works.
    pub expires_at: Option<Option<DateTime<Utc>>>,
    /// Addresses and networks it may be used from.
    pub ip_allow: Option<Vec<String>>,
    /// Its own rate.
    pub requests_per_minute: Option<Option<i32>>,
}

/// Makes a key that acts for the viewer. The token is the whole key, and is known to nobody later.
///
/// # Errors
/// UNAUTHENTICATED, FORBIDDEN without the permission or for scopes beyond the viewer's own grants, INVALID for wrong
/// fields, or for bounds beyond those of the key that the viewer is.
pub async fn create(
    identity: &Identity,
    db: &Db,
    viewer: &Viewer,
    new: NewApiKey,
) -> Result<(entity::Model, Token)> {
    viewer.require(API_KEY_WRITE)?;
    let user = viewer.signed_in()?;
    let mut fields = Fields::new();
    let name = fields.take(text::line(&new.name, "name", NAME_MAX)).unwrap_or_default();
    let scopes = read_scopes(identity, new.scopes, &mut fields);
    let bounds = Bounds {
        expires_at: new.expires_at.and_then(|end| fields.take(rules::end(end, viewer.now, "expiresAt"))),
        networks: fields.take(rules::networks(&new.ip_allow, "ipAllow")).unwrap_or_default(),
        rate: new.requests_per_minute.and_then(|rate| fields.take(rules::rate(rate, "requestsPerMinute"))),
    };
    fields.check()?;
    check_scopes(viewer, &scopes)?;
    let (prefix, token) = draw();
    let key = viewer
        .act(db, "identity.api_key.create", async |act| {
            // Reason: who may give roles tenant-wide rules the agency, and so does whoever holds their key.
            let reigns = viewer.reaches(ROLE_ASSIGN, Reach::Tenant);
            act.mark(Outcome::Success, if reigns { Severity::Critical } else { Severity::Notice });
            check_bounds(act, &bounds).await?;
            let key = entity::Model {
                id: act.new_id(),
                tenant_id: viewer.tenant_id(),
                user_id: user,
                name: name.clone(),
                prefix: prefix.clone(),
                hash: token.hash(),
                ip_allow: json!(bounds.networks),
                requests_per_minute: bounds.rate,
                expires_at: bounds.expires_at,
                last_used_at: None,
                last_used_ip: None,
                revoked_at: None,
                created_at: act.now(),
                updated_at: act.now(),
                version: 1,
            };
            // Reason: 36^8 prefixes; whoever draws one twice may draw again.
            let key = act
                .insert_unique(key, &["prefix"], || Error::unavailable("prefix of an API key drawn twice"))
                .await?;
            let rows = rows_of(act, &key, &scopes);
            act.insert_all(rows).await?;
            Ok(key)
        })
        .await?;
    Ok((key, token))
}

/// Changes a key.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version or a revoked key, INVALID as for [`create`].
pub async fn update(
    identity: &Identity,
    db: &Db,
    viewer: &Viewer,
    id: ApiKeyId,
    expected_version: Option<i64>,
    changes: ApiKeyChanges,
) -> Result<entity::Model> {
    viewer.require(API_KEY_WRITE)?;
    let wanted = Wanted::read(identity, viewer, changes)?;
    let key = viewer
        .act(db, "identity.api_key.update", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let before = entity::Entity::fetch_to(act.conn(), viewer, API_KEY_WRITE, id).await?;
            expect_version(ApiKeyId::TYPE, expected_version, before.version)?;
            if before.revoked_at.is_some() {
                return Err(Error::conflict(REVOKED));
            }
            let after = wanted.apply(before.clone());
            check_bounds(act, &cache::bounds(&after)).await?;
            let after = act.update(&before, after).await?;
            set_scopes(act, identity, before.version, after, wanted.scopes.as_ref()).await
        })
        .await?;
    identity.api_keys.forget_all();
    Ok(key)
}

/// Takes a key back, at once and for ever. One that is revoked already stays as it is.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN.
pub async fn revoke(identity: &Identity, db: &Db, viewer: &Viewer, id: ApiKeyId) -> Result<entity::Model> {
    viewer.require(API_KEY_WRITE)?;
    let key = viewer
        .act(db, "identity.api_key.revoke", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let before = entity::Entity::fetch_to(act.conn(), viewer, API_KEY_WRITE, id).await?;
            let revoked_at = before.revoked_at.or(Some(act.now()));
            act.update(&before, entity::Model { revoked_at, ..before.clone() }).await
        })
        .await?;
    identity.api_keys.forget_all();
    Ok(key)
}

/// Removes every key of a person in the act's tenant: for those whose membership is removed.
pub(crate) async fn remove_all(act: &mut Act, user: UserId) -> Result<()> {
    let keys = store::of_user(act.conn(), act.viewer().tenant_id(), user).await?;
    act.delete_all(keys).await
}

/// Changes of a key whose form is right.
struct Wanted {
    name: Option<String>,
    scopes: Option<Matrix>,
    expires_at: Option<Option<DateTime<Utc>>>,
    networks: Option<Vec<IpNet>>,
    rate: Option<Option<i32>>,
}

impl Wanted {
    fn read(identity: &Identity, viewer: &Viewer, changes: ApiKeyChanges) -> Result<Self> {
        let ApiKeyChanges { name, scopes, expires_at, ip_allow, requests_per_minute } = changes;
        let mut fields = Fields::new();
        let wanted = Self {
            name: name.and_then(|name| fields.take(text::line(&name, "name", NAME_MAX))),
            scopes: scopes.map(|scopes| read_scopes(identity, scopes, &mut fields)),
            expires_at: expires_at
                .map(|end| end.and_then(|end| fields.take(rules::end(end, viewer.now, "expiresAt")))),
            networks: ip_allow.and_then(|texts| fields.take(rules::networks(&texts, "ipAllow"))),
            rate: requests_per_minute
                .map(|rate| rate.and_then(|rate| fields.take(rules::rate(rate, "requestsPerMinute")))),
        };
        fields.check()?;
        Ok(wanted)
    }

    fn apply(&self, mut key: entity::Model) -> entity::Model {
        if let Some(name) = &self.name {
            key.name.clone_from(name);
        }
        if let Some(expires_at) = self.expires_at {
            key.expires_at = expires_at;
        }
        if let Some(networks) = &self.networks {
            key.ip_allow = json!(networks);
        }
        if let Some(rate) = self.rate {
            key.requests_per_minute = rate;
        }
        key
    }
}

/// A prefix, and the whole key that begins with it.
fn draw() -> (String, Token) {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut rng = rand::rng();
    let mut prefix = format!("{MARK}_");
    prefix.extend((0..PREFIX_CHARACTERS).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])));
    let token = Token::generate(&prefix, &mut rng);
    (prefix, token)
}

fn read_scopes(identity: &Identity, scopes: Vec<(String, Reach)>, fields: &mut Fields) -> Matrix {
    match Matrix::of_input(&identity.catalogue, "scopes", scopes) {
        Ok(scopes) => {
            fields.require(!scopes.is_empty(), "scopes", NO_SCOPES);
            scopes
        }
        Err(wrong) => {
            for error in wrong {
                fields.add(error.path, error.message);
            }
            Matrix::default()
        }
    }
}

/// Errs unless the viewer holds every scope, as far as it goes.
fn check_scopes(viewer: &Viewer, scopes: &Matrix) -> Result<()> {
    let left = key_grants(scopes, &viewer.grants, viewer.is_client());
    let reach = |permission: &str| match &left {
        Grants::Some(grants) => grants.get(permission).and_then(|grant| grant.reach),
        Grants::None | Grants::All => None,
    };
    match scopes.iter().find(|(permission, wanted)| reach(permission) != Some(*wanted)) {
        None => Ok(()),
        Some((permission, wanted)) => Err(Error::Forbidden(
            BEYOND_OWN.with("permission", permission).with("reach", wanted.as_str().to_uppercase()),
        )),
    }
}

/// A key that makes or changes keys keeps them within its own bounds, and makes none once it is over.
async fn check_bounds(act: &Act, bounds: &Bounds) -> Result<()> {
    let Actor::ApiKey(own, _) = act.viewer().actor else { return Ok(()) };
    // Race: held until the act ends. Whoever revokes a key that leaked has revoked it before it makes another one, or
    // finds the other one in the list.
    let own = entity::Entity::of_tenant(act.viewer().tenant_id())
        .filter(entity::Column::Id.eq(own.uuid()))
        .lock(LockType::NoKeyUpdate)
        .one(act.conn())
        .await?
        .filter(|own| !own.is_over(act.now()))
        .ok_or_else(Error::unauthenticated)?;
    let mut fields = Fields::new();
    bounds.check_within(&cache::bounds(&own), &mut fields);
    fields.check()
}

async fn set_scopes(
    act: &mut Act,
    identity: &Identity,
    version_before: i64,
    key: entity::Model,
    wanted: Option<&Matrix>,
) -> Result<entity::Model> {
    let rows = store::scopes_of(act.conn(), key.tenant_id, key.id).await?;
    let before = store::matrix(&identity.catalogue, &rows);
    let wanted = wanted.unwrap_or(&before);
    // Reason: a key may not widen what another key's holder can do, not even by leaving its scopes as they are.
    let checked = match act.viewer().actor {
        Actor::ApiKey(..) => wanted.clone(),
        _ => wanted.beyond(&before),
    };
    check_scopes(act.viewer(), &checked)?;
    if before == *wanted {
        return Ok(key);
    }
    act.delete_all(rows).await?;
    let rows = rows_of(act, &key, wanted);
    act.insert_all(rows).await?;
    if key.version == version_before { act.touch(&key).await } else { Ok(key) }
}

fn rows_of(act: &Act, key: &entity::Model, scopes: &Matrix) -> Vec<scope::Model> {
    let row = |(permission, reach): (&str, Reach)| scope::Model {
        id: row_id(act),
        tenant_id: key.tenant_id,
        api_key_id: key.id,
        permission: permission.to_owned(),
        reach: reach.as_str().to_owned(),
    };
    scopes.iter().map(row).collect()
}
