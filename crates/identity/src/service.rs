//! The long-lived side of identity: configuration and the services that requests and jobs share. One for a process.

use std::{fmt, sync::Arc};

use async_graphql::Context;
use kernel::{
    Error, Result, Text,
    act::Act,
    catalogue::Catalogue,
    clock::Clock,
    db::Db,
    id::{AssignmentId, IdGen, TypedId},
};
use platform::{
    cache::{Quota, Services},
    crypto::{Keyring, PasswordHasher},
    dispatch::Published,
};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    api_key,
    assigning::ResourceDirectory,
    explain::AccessDirectory,
    principal,
    role::RoleUses,
    session, signing,
    tenant::dns::DnsResolver,
    user::{AccountDirectory, Reassign},
};

/// Something was tried too often.
pub const RATE_LIMITED: Text = Text::new(
    "rate_limited",
    "Too many attempts. Try again later.",
    "Trop de tentatives. Réessayez plus tard.",
);

/// Identity's services. Cheap to clone; in the schema's data, reached by [`IdentityContext`].
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

/// What an [`Identity`] is made of.
pub struct Parts {
    /// Settings.
    pub config: IdentityConfig,
    /// Hashes passwords on its own threads.
    pub hasher: PasswordHasher,
    /// Seals secrets at rest.
    pub keyring: Arc<Keyring>,
    /// Cache, broadcast and rate limits.
    pub services: Services,
    /// Every permission of every domain.
    pub catalogue: Catalogue,
    /// The time.
    pub clock: Clock,
    /// Maker of ids.
    pub ids: IdGen,
    /// The database, for background work; requests use their own counted handle.
    pub db: Db,
    /// Looks up the DNS records that prove who owns a domain.
    pub resolver: Arc<dyn DnsResolver>,
    /// What other domains do for identity.
    pub neighbours: Neighbours,
}

/// What identity needs of other domains; the gateway, which knows them all, implements it.
pub struct Neighbours {
    /// Knows the client companies that people can be invited to.
    pub accounts: Arc<dyn AccountDirectory>,
    /// Domains whose records name people, for when somebody leaves.
    pub reassign: Vec<Arc<dyn Reassign>>,
    /// Domains whose records name roles, for when a role is deleted.
    pub role_uses: Vec<Arc<dyn RoleUses>>,
    /// Finds the projects and accounts that people are assigned to.
    pub resources: Arc<dyn ResourceDirectory>,
    /// Rows of every kind, for questions about who may do what.
    pub access: AccessDirectory,
}

/// The parts of an [`Identity`], with its caches.
pub struct Inner {
    parts: Parts,
    /// What this node knows of grants.
    pub principals: principal::Cache,
    /// What this node knows of sessions.
    pub sessions: session::Cache,
    /// What this node knows of API keys.
    pub api_keys: api_key::Cache,
    /// What this node knows of signing keys.
    pub keys: signing::Keys,
}

impl std::ops::Deref for Inner {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl std::ops::Deref for Identity {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

impl Identity {
    /// Identity of the given parts, with empty caches.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner {
            parts,
            principals: principal::Cache::default(),
            sessions: session::Cache::default(),
            api_keys: api_key::Cache::default(),
            keys: signing::Keys::default(),
        }))
    }

    /// Forgets what a committed event makes old. Every node calls it for every event of the `events` channel.
    pub fn on_event(&self, event: &Published) {
        session::on_event(self, event);
        principal::on_event(self, event);
    }

    /// LIMITED if `key` did `action` more often than `quota` allows.
    ///
    /// # Errors
    /// `rate_limited`, with the time after which another try makes sense.
    pub async fn limit(&self, action: &str, key: &str, quota: Quota) -> Result<()> {
        if !self.config.rate_limits {
            return Ok(());
        }
        let decision = self.services.limits.check(&format!("identity:{action}:{key}"), quota, 1).await;
        if decision.allowed { Ok(()) } else { Err(Error::limited(RATE_LIMITED, decision.retry_after)) }
    }
}

/// Shorthand on the resolver's context.
pub trait IdentityContext {
    /// Identity's services.
    fn identity(&self) -> &Identity;
}

impl IdentityContext for Context<'_> {
    fn identity(&self) -> &Identity {
        // Invariant: the gateway puts an `Identity` into the schema's data.
        self.data_unchecked::<Identity>()
    }
}

/// A new id for a row that has no typed id, because nobody ever names it.
pub(crate) fn row_id(act: &Act) -> Uuid {
    act.new_id::<AssignmentId>().uuid()
}

/// Sets `place` if there is a new value.
pub(crate) fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

/// Settings of identity. Durations bear their unit in the name.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdentityConfig {
    /// Where people reach the program, without a slash at the end; links in mails begin with it.
    pub public_url: String,
    /// `iss` of access tokens; the public URL where empty.
    pub issuer: String,
    /// `aud` of access tokens.
    pub audience: String,
    /// How access tokens are signed.
    pub signing_algorithm: SigningAlgorithm,
    /// Lifetime of access tokens.
    pub access_token_minutes: u32,
    /// Lifetime of refresh tokens.
    pub refresh_days: u32,
    /// Lifetime of refresh tokens of sessions that are to be remembered.
    pub remember_days: u32,
    /// Sessions a person may have at once in a tenant; the oldest goes.
    pub max_sessions: u32,
    /// Lifetime of the token that verifies a new address.
    pub verify_email_hours: u32,
    /// Lifetime of the tokens that confirm another address.
    pub change_email_hours: u32,
    /// Lifetime of the token that sets a forgotten password.
    pub reset_password_minutes: u32,
    /// Lifetime of invitations.
    pub invitation_days: u32,
    /// Length of the trial of a new tenant; 0 means none.
    pub trial_days: u32,
    /// How long a tenant can be kept from its deletion.
    pub deletion_days: u32,
    /// What passwords must be like.
    pub password: PasswordPolicy,
    /// When people are locked out.
    pub lockout: Lockout,
    /// Whether login, reset and sign-up are limited in rate; off only for load tests.
    pub rate_limits: bool,
}

impl Default for IdentityConfig {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8000".to_owned(),
            issuer: String::new(),
            audience: "atrium".to_owned(),
            signing_algorithm: SigningAlgorithm::default(),
            access_token_minutes: 15,
            refresh_days: 7,
            remember_days: 30,
            max_sessions: 5,
            verify_email_hours: 24,
            change_email_hours: 24,
            reset_password_minutes: 60,
            invitation_days: 7,
            trial_days: 14,
            deletion_days: 30,
            password: PasswordPolicy::default(),
            lockout: Lockout::default(),
            rate_limits: true,
        }
    }
}

impl IdentityConfig {
    /// `iss` of access tokens.
    pub fn issuer(&self) -> &str {
        if self.issuer.is_empty() { &self.public_url } else { &self.issuer }
    }

    /// A page of the web app, with a token in its query.
    pub fn link(&self, page: &str, token: &str) -> String {
        format!("{}/{page}?token={token}", self.public_url.trim_end_matches('/'))
    }
}

/// How access tokens are signed (RFC 7518, RFC 8037).
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// Ed25519.
    #[default]
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// RSA with SHA-256, for verifiers that know nothing newer.
    #[serde(rename = "RS256")]
    Rs256,
}

impl SigningAlgorithm {
    /// The name in tokens, keys and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
        }
    }
}

/// What passwords must be like.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordPolicy {
    /// Fewest characters.
    pub min_length: usize,
    /// Most bytes.
    pub max_bytes: usize,
    /// Least zxcvbn score, 0 to 4.
    pub min_score: u8,
    /// How many of the last passwords may not come back.
    pub history: u64,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self { min_length: 12, max_bytes: 1_024, min_score: 3, history: 5 }
    }
}

/// When people are locked out: after `failures` wrong passwords for `minutes`, doubling each time up to `max_minutes`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lockout {
    /// Wrong passwords in a row.
    pub failures: u32,
    /// Length of the first lock-out.
    pub minutes: u32,
    /// Length of the longest.
    pub max_minutes: u32,
}

impl Default for Lockout {
    fn default() -> Self {
        Self { failures: 5, minutes: 15, max_minutes: 24 * 60 }
    }
}
