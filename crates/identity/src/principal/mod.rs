//! Principals: a person in a tenant with everything they may do, kept in this process for a moment.

mod cache;
mod store;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use kernel::{
    db::Db,
    error::Result,
    id::{AccountId, MembershipId, RoleId, SessionId, TenantId, TypedId, UserId},
    locale::{Locale, TimeZone},
    viewer::{Actor, Grants, Inner, RequestInfo, TenantInfo, Viewer},
};
use platform::dispatch::Published;
use serde_json::Value as Json;

pub use cache::Cache;

use crate::Identity;

/// A person in a tenant, with what they may do there.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The tenant.
    pub tenant: TenantInfo,
    /// `active`, `suspended` or `deletion_scheduled`.
    pub tenant_status: String,
    /// The person.
    pub user: UserId,
    /// Their membership.
    pub membership: MembershipId,
    /// `pending`, `active` or `deactivated`.
    pub membership_status: String,
    /// The client company of a client's person.
    pub account: Option<AccountId>,
    /// Their language and formats.
    pub locale: Locale,
    /// Where their days begin and end.
    pub time_zone: TimeZone,
    /// Roles held in the tenant now, by name; those held on assignments alone are not among them.
    pub roles: Vec<HeldRole>,
    /// What they may do.
    pub grants: Arc<Grants>,
    /// Until when this may be believed: the first of its roles ends, or a minute has passed.
    pub valid_until: DateTime<Utc>,
}

/// A role that somebody holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRole {
    /// Its id.
    pub id: RoleId,
    /// Its key.
    pub key: String,
    /// What people call it.
    pub name: String,
}

impl Principal {
    /// Whether they may do anything at all: an active membership of a tenant that is not suspended.
    pub fn is_active(&self) -> bool {
        self.membership_status == "active" && self.tenant_status != "suspended"
    }

    /// The person as a viewer of a request, signed in by a session.
    pub fn viewer(&self, identity: &Identity, session: Option<SessionId>, request: RequestInfo) -> Viewer {
        self.viewer_as(identity, Actor::User(self.user), session, Arc::clone(&self.grants), request)
    }

    /// A viewer in this person's place with other grants: what a key of theirs may do.
    pub(crate) fn viewer_as(
        &self,
        identity: &Identity,
        actor: Actor,
        session: Option<SessionId>,
        grants: Arc<Grants>,
        request: RequestInfo,
    ) -> Viewer {
        Viewer::from(Inner {
            tenant: self.tenant.clone(),
            actor,
            membership: Some(self.membership),
            account: self.account,
            session,
            grants,
            now: identity.clock.now(),
            request,
            clock: identity.clock.clone(),
            ids: identity.ids.clone(),
        })
    }
}

impl Identity {
    /// A person in a tenant, from memory or in two statements; `None` if they have no membership there. Whether they
    /// may do anything now is for the caller to check: [`Principal::is_active`].
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn principal(&self, db: &Db, tenant: TenantId, user: UserId) -> Result<Option<Arc<Principal>>> {
        let now = self.clock.now();
        // Race: the stamp is taken before the load, so whatever is forgotten while it runs makes its result old.
        let stamp = self.principals.stamp(tenant, user);
        if let Some(known) = self.principals.get(tenant, user, stamp, now).await {
            return Ok(Some(known));
        }
        let Some(principal) = store::load(db, &self.catalogue, tenant, user, now).await? else {
            return Ok(None);
        };
        let principal = Arc::new(principal);
        self.principals.put(stamp, Arc::clone(&principal)).await;
        Ok(Some(principal))
    }

    /// Forgets what this node knows of one person's grants in a tenant, or of everybody's. Called right after an act
    /// that changed them; other nodes, and this one once more, hear of it by the act's events.
    pub fn forget(&self, tenant: TenantId, user: Option<UserId>) {
        match user {
            Some(user) => self.principals.forget_user(user),
            None => self.principals.forget_tenant(tenant),
        }
    }

    /// Forgets what this node knows of grants, keys and sessions: for when events may have been missed (a subscription that
    /// lagged or was connected again).
    pub fn forget_everything(&self) {
        self.principals.forget_all();
        self.api_keys.forget_all();
        self.sessions.forget_all();
    }
}

/// Forgets what a committed event makes old; the gateway hands every event of the `events` channel over.
pub fn on_event(identity: &Identity, event: &Published) {
    match what_is_old(event) {
        Old::Nothing => {}
        Old::User(user) => identity.principals.forget_user(user),
        Old::Tenant => identity.principals.forget_tenant(event.tenant),
        Old::Keys => identity.api_keys.forget_all(),
    }
}

/// What an event makes old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Old {
    Nothing,
    User(UserId),
    Tenant,
    Keys,
}

fn what_is_old(event: &Published) -> Old {
    let thing = event.kind.rsplit_once('.').map_or("", |(thing, _)| thing);
    let changed = |field: &str| {
        event.payload["changed"].as_array().is_some_and(|all| all.iter().any(|one| one == field))
    };
    let user = || event.payload["refs"]["user"].as_str().and_then(|text| text.parse().ok());
    match thing {
        "identity.role" | "identity.membership_role" | "identity.tenant" => Old::Tenant,
        "identity.api_key" => Old::Keys,
        "identity.user" => Old::User(UserId::from_uuid(event.subject_id)),
        // Reason: being seen changes nothing that anybody may do.
        "identity.membership" if event.payload["changed"] == serde_json::json!(["last_seen_at"]) => {
            Old::Nothing
        }
        // Reason: assignments without a role are looked up by each statement; they are in no principal.
        "identity.assignment" if event.payload["refs"]["role"] == Json::Null && !changed("role_id") => {
            Old::Nothing
        }
        "identity.membership" | "identity.assignment" => user().map_or(Old::Tenant, Old::User),
        _ => Old::Nothing,
    }
}

#[cfg(test)]
mod tests;
