//! From a presented key to a viewer. Asks the database nothing while key and maker are known.

use std::{net::IpAddr, sync::Arc, time::Duration};

use kernel::{
    db::Db,
    error::{Error, Result},
    id::{ApiKeyId, TenantId},
    policy::Guarded as _,
    viewer::{Actor, RequestInfo, Viewer},
};
use platform::{cache::Quota, crypto::token};
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use super::{
    cache::Known,
    entity,
    rules::{KEY_REFUSED, TOO_FAST, WRONG_NETWORK, prefix_of},
    store,
};
use crate::{Identity, role::rules::key_grants};

/// Whether looking at a key is a request of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is, and takes one from the key's rate.
    Takes,
    /// A request that goes on asks whether it still may: how often, is not for its client to say.
    Goes,
}

/// The viewer of a request that presents an API key: what the key's scopes and its maker's present grants both allow.
///
/// # Errors
/// UNAUTHENTICATED for a key that is unknown, wrong, revoked, expired, or whose maker may do nothing any more (nobody
/// learns which); FORBIDDEN from an address outside of the key's networks; LIMITED beyond the key's own rate.
pub async fn authenticate(
    identity: &Identity,
    db: &Db,
    presented: &str,
    request: RequestInfo,
    turn: Turn,
) -> Result<Viewer> {
    let refused = || Error::Unauthenticated(KEY_REFUSED.into());
    let prefix = prefix_of(presented).ok_or_else(refused)?;
    let known = look_up(identity, db, prefix).await?.ok_or_else(refused)?;
    let (key, now) = (&known.key, identity.clock.now());
    if !token::matches(presented, &key.hash) || key.is_over(now) {
        return Err(refused());
    }
    let principal = identity.principal(db, key.tenant_id, key.user_id).await?.ok_or_else(refused)?;
    if !principal.is_active() {
        return Err(refused());
    }
    if !known.bounds.admit(request.ip) {
        return Err(Error::Forbidden(WRONG_NETWORK.into()));
    }
    if turn == Turn::Takes {
        take_turn(identity, &known).await?;
    }
    note_use(identity, db, &known, request.ip);
    let grants = Arc::new(key_grants(&known.scopes, &principal.grants, principal.account.is_some()));
    Ok(principal.viewer_as(identity, Actor::ApiKey(key.id, key.user_id), None, grants, request))
}

impl Identity {
    /// Whether a key can still be used: for connections that stay open, every few seconds.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn api_key_alive(&self, db: &Db, tenant: TenantId, id: ApiKeyId) -> Result<bool> {
        let key = entity::Entity::of_tenant(tenant).filter(entity::Column::Id.eq(id)).one(db).await?;
        let Some(key) = key.filter(|key| !key.is_over(self.clock.now())) else { return Ok(false) };
        let principal = self.principal(db, tenant, key.user_id).await?;
        Ok(principal.is_some_and(|principal| principal.is_active()))
    }
}

async fn look_up(identity: &Identity, db: &Db, prefix: &str) -> Result<Option<Arc<Known>>> {
    // Race: the generation is taken before the load, so a key that is changed meanwhile is not believed later.
    let generation = identity.api_keys.generation();
    if let Some(known) = identity.api_keys.get(prefix, generation).await {
        return Ok(Some(known));
    }
    let Some(key) = store::by_prefix(db, prefix).await? else { return Ok(None) };
    let scopes = store::scopes_of(db, key.tenant_id, key.id).await?;
    let known = Arc::new(Known::new(key, store::matrix(&identity.catalogue, &scopes)));
    identity.api_keys.put(generation, Arc::clone(&known)).await;
    Ok(Some(known))
}

/// Takes one request of the key's own rate.
async fn take_turn(identity: &Identity, known: &Known) -> Result<()> {
    let Some(rate) = known.bounds.rate.filter(|_| identity.config.rate_limits) else { return Ok(()) };
    let quota = Quota::new(rate.unsigned_abs(), Duration::from_secs(60));
    let decision = identity.services.limits.check(&format!("api_key:{}", known.key.id), quota, 1).await;
    if decision.allowed {
        Ok(())
    } else {
        Err(Error::limited(TOO_FAST.with("rate", rate), decision.retry_after))
    }
}

/// Writes the use of a key, at most once a minute and beside the request.
fn note_use(identity: &Identity, db: &Db, known: &Arc<Known>, from: Option<IpAddr>) {
    let now = identity.clock.now();
    if !known.takes_mark(now) {
        return;
    }
    let (db, known) = (db.counted(), Arc::clone(known));
    tokio::spawn(async move {
        // Reason: a use that is not written is written by the next one, a minute later.
        if let Err(error) = store::mark_used(&db, &known.key, from, now).await {
            tracing::debug!(?error, "the use of an API key was not written");
        }
    });
}
