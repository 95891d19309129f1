//! Who asks, and what they may: the viewer, permissions, reaches and grants.

use std::{collections::HashMap, fmt, net::IpAddr, sync::Arc};

use chrono::{DateTime, Utc};
use smallvec::SmallVec;
use uuid::Uuid;

use crate::{
    clock::Clock,
    error::{Error, Result},
    id::{AccountId, ApiKeyId, IdGen, MembershipId, RoleId, SessionId, TenantId, TypedId, UserId},
    locale::{Language, Locale},
    money::Currency,
    workweek::WorkingWeek,
};

/// How far a grant goes. The order is the containment for staff: who has a reach has every smaller one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, async_graphql::Enum)]
pub enum Reach {
    /// Rows that are the viewer's own.
    Own,
    /// Rows of projects and accounts the viewer is assigned to.
    Assigned,
    /// Rows of the viewer's accounts: a client's own company; for staff, every account they work for.
    Account,
    /// Every row of the tenant.
    Tenant,
}

impl Reach {
    /// All reaches, smallest first.
    pub const ALL: [Self; 4] = [Self::Own, Self::Assigned, Self::Account, Self::Tenant];

    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Assigned => "assigned",
            Self::Account => "account",
            Self::Tenant => "tenant",
        }
    }

    /// The reach of a word of the database.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reach| reach.as_str() == word)
    }
}

/// One thing that can be allowed; a constant of the domain that owns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Permission {
    /// `<domain>.<thing>.<verb>`, as stored and shown.
    pub name: &'static str,
    /// What it allows, in a sentence.
    pub description: &'static str,
}

impl Permission {
    /// A permission constant.
    pub const fn new(name: &'static str, description: &'static str) -> Self {
        Self { name, description }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// What a viewer holds of one permission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// The furthest reach by a role held in the tenant.
    pub reach: Option<Reach>,
    /// Roles held through assignments only: they allow it on the projects and accounts assigned with that role.
    pub scoped_roles: SmallVec<[RoleId; 2]>,
}

/// Everything a viewer may do.
#[derive(Clone, Debug, Default)]
pub enum Grants {
    /// Nothing.
    #[default]
    None,
    /// Everything, tenant-wide: the platform itself.
    All,
    /// By permission name.
    Some(HashMap<&'static str, Grant>),
}

impl Grants {
    /// The grant of `permission`.
    pub fn get(&self, permission: Permission) -> Grant {
        match self {
            Self::None => Grant::default(),
            Self::All => Grant { reach: Some(Reach::Tenant), scoped_roles: SmallVec::new() },
            Self::Some(grants) => grants.get(permission.name).cloned().unwrap_or_default(),
        }
    }
}

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A signed-in person.
    User(UserId),
    /// A machine with a key that a person made.
    ApiKey(ApiKeyId, UserId),
    /// The platform itself: jobs, seeds, the command line.
    System,
    /// Nobody known: sign-up, login, a link from a mail.
    Anonymous,
}

/// The tenant of the request, as far as every domain needs it.
#[derive(Clone, Debug)]
pub struct TenantInfo {
    /// Its id.
    pub id: TenantId,
    /// Its slug, the prefix of project codes.
    pub slug: String,
    /// Default language and formats.
    pub locale: Locale,
    /// Currency of amounts without another.
    pub currency: Currency,
    /// Where its calendar days begin and end.
    pub time_zone: chrono_tz::Tz,
    /// The days it works on.
    pub working_week: WorkingWeek,
}

/// The request, as the audit trail keeps it.
#[derive(Clone, Debug, Default)]
pub struct RequestInfo {
    /// Correlation id, also given to the client.
    pub id: String,
    /// Address of the client.
    pub ip: Option<IpAddr>,
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// Name of the GraphQL operation.
    pub operation: Option<String>,
    /// Language of messages.
    pub language: Language,
}

/// Who asks. Cheap to clone; made once a request by the gateway, or for a job.
#[derive(Clone)]
pub struct Viewer(Arc<Inner>);

/// The parts of a [`Viewer`].
pub struct Inner {
    /// The tenant everything is limited to.
    pub tenant: TenantInfo,
    /// Who acts.
    pub actor: Actor,
    /// The membership of the acting person.
    pub membership: Option<MembershipId>,
    /// The account of a client user.
    pub account: Option<AccountId>,
    /// The session of a signed-in person.
    pub session: Option<SessionId>,
    /// What the actor may do.
    pub grants: Arc<Grants>,
    /// When the request began.
    pub now: DateTime<Utc>,
    /// The request.
    pub request: RequestInfo,
    /// The clock of acts.
    pub clock: Clock,
    /// Maker of ids.
    pub ids: IdGen,
}

impl std::ops::Deref for Viewer {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl fmt::Debug for Viewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Viewer")
            .field("tenant", &self.tenant.id)
            .field("actor", &self.actor)
            .finish_non_exhaustive()
    }
}

impl From<Inner> for Viewer {
    fn from(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }
}

impl Viewer {
    /// The platform itself acting in a tenant: every permission, no person.
    pub fn system(tenant: TenantInfo, clock: Clock, ids: IdGen) -> Self {
        let now = clock.now();
        let request = RequestInfo { language: tenant.locale.language(), ..RequestInfo::default() };
        Self::from(Inner {
            tenant,
            actor: Actor::System,
            membership: None,
            account: None,
            session: None,
            grants: Arc::new(Grants::All),
            now,
            request,
            clock,
            ids,
        })
    }

    /// Nobody known, asking in a tenant: no permission at all.
    pub fn anonymous(tenant: TenantInfo, request: RequestInfo, clock: Clock, ids: IdGen) -> Self {
        let now = clock.now();
        Self::from(Inner {
            tenant,
            actor: Actor::Anonymous,
            membership: None,
            account: None,
            session: None,
            grants: Arc::new(Grants::None),
            now,
            request,
            clock,
            ids,
        })
    }

    /// Nobody known, asking in no tenant: sees nothing, may only sign up, sign in or follow a link from a mail.
    pub fn nobody(request: RequestInfo, clock: Clock, ids: IdGen) -> Self {
        let tenant = TenantInfo {
            id: TenantId::from_uuid(Uuid::nil()),
            slug: String::new(),
            locale: Locale::default(),
            currency: Currency::default(),
            time_zone: chrono_tz::UTC,
            working_week: WorkingWeek::default(),
        };
        Self::anonymous(tenant, request, clock, ids)
    }

    /// The same request, still by nobody known, in a tenant that it named.
    #[must_use]
    pub fn entering(&self, tenant: TenantInfo) -> Self {
        Self::anonymous(tenant, self.request.clone(), self.clock.clone(), self.ids.clone())
    }

    /// The same viewer at the clock's present time: for subscriptions, whose request began long ago.
    #[must_use]
    pub fn at_present(&self) -> Self {
        let Inner { tenant, actor, membership, account, session, grants, now: _, request, clock, ids } =
            &*self.0;
        Self::from(Inner {
            tenant: tenant.clone(),
            actor: *actor,
            membership: *membership,
            account: *account,
            session: *session,
            grants: Arc::clone(grants),
            now: clock.now(),
            request: request.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
        })
    }

    /// The same viewer, told things in the language of their own settings.
    #[must_use]
    pub fn speaking(&self, language: Language) -> Self {
        let Inner { tenant, actor, membership, account, session, grants, now, request, clock, ids } =
            &*self.0;
        Self::from(Inner {
            tenant: tenant.clone(),
            actor: *actor,
            membership: *membership,
            account: *account,
            session: *session,
            grants: Arc::clone(grants),
            now: *now,
            request: RequestInfo { language, ..request.clone() },
            clock: clock.clone(),
            ids: ids.clone(),
        })
    }

    /// The tenant's id.
    pub fn tenant_id(&self) -> TenantId {
        self.tenant.id
    }

    /// The person who acts, by hand or through a key.
    pub fn user_id(&self) -> Option<UserId> {
        match self.actor {
            Actor::User(user) | Actor::ApiKey(_, user) => Some(user),
            Actor::System | Actor::Anonymous => None,
        }
    }

    /// The person who acts, or UNAUTHENTICATED.
    pub fn signed_in(&self) -> Result<UserId> {
        self.user_id().ok_or_else(Error::unauthenticated)
    }

    /// The grant of `permission`.
    pub fn grant(&self, permission: Permission) -> Grant {
        self.grants.get(permission)
    }

    /// Whether `permission` is held on anything at all.
    pub fn holds(&self, permission: Permission) -> bool {
        let grant = self.grant(permission);
        grant.reach.is_some() || !grant.scoped_roles.is_empty()
    }

    /// Whether `permission` is held with at least `reach` by a role in the tenant.
    pub fn reaches(&self, permission: Permission, reach: Reach) -> bool {
        self.grant(permission).reach.is_some_and(|held| held >= reach)
    }

    /// FORBIDDEN unless `permission` is held on anything, UNAUTHENTICATED if nobody is signed in.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.holds(permission) {
            return Ok(());
        }
        match self.actor {
            Actor::Anonymous => Err(Error::unauthenticated()),
            _ => Err(Error::lacks(permission.name)),
        }
    }

    /// FORBIDDEN unless `permission` is held tenant-wide.
    pub fn require_tenant(&self, permission: Permission) -> Result<()> {
        self.require(permission)?;
        if self.reaches(permission, Reach::Tenant) { Ok(()) } else { Err(Error::lacks(permission.name)) }
    }

    /// Whether the viewer is a client's person.
    pub fn is_client(&self) -> bool {
        self.account.is_some()
    }

    /// Language of messages to this viewer.
    pub fn language(&self) -> Language {
        self.request.language
    }
}
