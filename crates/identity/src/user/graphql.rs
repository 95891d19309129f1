//! People in the API: what the tenant sees of a person.

use async_graphql::{Context, Object};
use kernel::{
    Error, Result,
    ask::{Ask, Asking, Look},
    field,
    graph::Node,
    id::{TypedId, UserId},
    locale::{Locale, TimeZone},
    page::{Connection, PageArgs},
    scalar::{DateTime, EmailAddress, Url},
    viewer::{Actor, Permission},
};

use super::entity;
use crate::{
    assigning::{self, Assignment},
    membership::{self, MembershipStatus},
    policy::{ROLE_READ, USER_CONTACT, USER_WRITE},
    role::{self, RoleHolding},
};

pub use super::viewer::ViewerObject;

/// A person of the tenant.
#[derive(Clone, Debug)]
pub struct User(pub entity::Model, Seen);

/// How the person came into an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// By a list or an id.
    ByOthers,
    /// As the person who asks, or who has just proved to be it.
    ByThemselves,
}

impl From<entity::Model> for User {
    fn from(model: entity::Model) -> Self {
        Self(model, Seen::ByOthers)
    }
}

impl Node for User {
    const TYPE: &'static str = "User";
}

impl User {
    /// The person who asks: everything of them may be seen.
    pub(crate) fn themselves(model: entity::Model) -> Self {
        Self(model, Seen::ByThemselves)
    }

    fn is_own(&self, ask: &Ask) -> bool {
        // Reason: a key is not its maker; what it sees of them is in its scopes.
        self.1 == Seen::ByThemselves || ask.viewer.actor == Actor::User(self.0.id)
    }

    /// FORBIDDEN unless it is the viewer's own field, or they hold `permission` on the person.
    async fn may(&self, ask: &Ask, permission: Permission) -> Result<()> {
        if self.is_own(ask) {
            return Ok(());
        }
        let Some(account) = ask.viewer.account else {
            return field::may::<entity::Entity>(ask, permission, self.0.id.uuid()).await;
        };
        // Reason: clients see the staff that works for them, but of what is guarded only their own company's.
        ask.viewer.require(permission)?;
        match membership::of(ask, self.0.id).await? {
            Some(member) if member.account_id == Some(account) => {
                field::may::<entity::Entity>(ask, permission, self.0.id.uuid()).await
            }
            _ => Err(Error::lacks(permission.name)),
        }
    }
}

impl User {
    /// A value that is the person's own, or needs `permission` on them.
    async fn guarded<T>(
        &self,
        ctx: &Context<'_>,
        permission: Permission,
        value: Option<T>,
    ) -> Option<Result<T>> {
        match self.may(ctx.ask(), permission).await {
            Ok(()) => value.map(Ok),
            Err(error) => Some(Err(error)),
        }
    }

    async fn held(&self, ask: &Ask) -> Result<Vec<RoleHolding>> {
        let member = membership::of(ask, self.0.id).await?;
        if !self.is_own(ask) {
            ask.viewer.require(ROLE_READ)?;
            let account = member.as_ref().and_then(|member| member.account_id);
            if ask.viewer.is_client() && account != ask.viewer.account {
                return Err(Error::lacks(ROLE_READ.name));
            }
        }
        match member {
            Some(member) => role::held_by(ask, member.id).await,
            None => Ok(Vec::new()),
        }
    }

    /// Until when they cannot sign in to the viewer's tenant.
    async fn locked_out(&self, ask: &Ask) -> Result<Option<chrono::DateTime<chrono::Utc>>> {
        self.may(ask, USER_WRITE).await?;
        let Some(until) = self.0.locked_until.filter(|until| *until > ask.viewer.now) else {
            return Ok(None);
        };
        let member = membership::of(ask, self.0.id).await?;
        let lifted = member.and_then(|member| member.lock_lifted);
        Ok((lifted != Some(until)).then_some(until))
    }

    async fn last_seen(&self, ask: &Ask) -> Result<Option<chrono::DateTime<chrono::Utc>>> {
        self.may(ask, USER_CONTACT).await?;
        Ok(membership::of(ask, self.0.id).await?.and_then(|member| member.last_seen_at))
    }
}

// Reason: fields that may be refused answer `Option<Result<…>>`; an error in a `Result<Option<…>>` would take the whole
// person with it.
/// A person of the tenant: staff, or a client's.
#[Object(name = "UserFields")]
impl User {
    /// Their id.
    async fn id(&self) -> UserId {
        self.0.id
    }

    /// Their address. One's own, or with `identity.user.contact`.
    async fn email(&self, ctx: &Context<'_>) -> Option<Result<&EmailAddress>> {
        self.guarded(ctx, USER_CONTACT, Some(&self.0.email)).await
    }

    /// Whether they proved that they read that address. One's own, or with `identity.user.contact`.
    async fn email_verified(&self, ctx: &Context<'_>) -> Option<Result<bool>> {
        self.guarded(ctx, USER_CONTACT, Some(self.0.email_verified_at.is_some())).await
    }

    /// Phone number, as digits with a leading `+`; null without one. One's own, or with `identity.user.contact`.
    async fn phone(&self, ctx: &Context<'_>) -> Option<Result<&str>> {
        let phone = self.guarded(ctx, USER_CONTACT, self.0.phone.as_deref()).await;
        if let (Some(Ok(_)), false) = (&phone, self.is_own(ctx.ask())) {
            let person = self.0.id.uuid();
            ctx.ask().looked(Look {
                action: "identity.user.view",
                subject_type: Self::TYPE,
                subject_id: person,
                person,
                account: None,
            });
        }
        phone
    }

    /// Given name.
    async fn given_name(&self) -> &str {
        &self.0.given_name
    }

    /// Family name.
    async fn family_name(&self) -> &str {
        &self.0.family_name
    }

    /// Given and family name.
    async fn name(&self) -> String {
        format!("{} {}", self.0.given_name, self.0.family_name).trim().to_owned()
    }

    /// Where their picture is.
    async fn avatar_url(&self) -> Option<&Url> {
        self.0.avatar_url.as_ref()
    }

    /// Where they work.
    async fn company(&self) -> Option<&str> {
        self.0.company.as_deref()
    }

    /// Their language and formats.
    async fn locale(&self) -> &Locale {
        &self.0.locale
    }

    /// Where their days begin and end.
    async fn time_zone(&self) -> TimeZone {
        self.0.time_zone
    }

    /// Whether they belong to the tenant.
    async fn status(&self, ctx: &Context<'_>) -> Result<Option<MembershipStatus>> {
        let member = membership::of(ctx.ask(), self.0.id).await?;
        Ok(member.and_then(|member| MembershipStatus::parse(&member.status)))
    }

    /// Since when they belong to the tenant.
    async fn joined_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        Ok(membership::of(ctx.ask(), self.0.id).await?.map(|member| member.joined_at.into()))
    }

    /// When they were last here; null if never. One's own, or with `identity.user.contact`.
    async fn last_seen_at(&self, ctx: &Context<'_>) -> Option<Result<DateTime>> {
        self.last_seen(ctx.ask()).await.map(|seen| seen.map(Into::into)).transpose()
    }

    /// The roles they hold in the tenant. One's own, or with `identity.role.read`.
    #[graphql(complexity = "2 + child_complexity * 3")]
    async fn roles(&self, ctx: &Context<'_>) -> Option<Result<Vec<RoleHolding>>> {
        Some(self.held(ctx.ask()).await)
    }

    /// Until when they are locked out of the tenant after wrong passwords; null if they are not. Needs
    /// `identity.user.write`.
    async fn locked_until(&self, ctx: &Context<'_>) -> Option<Result<DateTime>> {
        self.locked_out(ctx.ask()).await.map(|until| until.map(Into::into)).transpose()
    }

    /// The projects and accounts that they are on, as far as the viewer may see it, newest first; not those that have
    /// ended. Needs `identity.assignment.read`.
    async fn assignments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Option<Connection<Assignment>>> {
        let args = PageArgs::new(first, after, last, before);
        assigning::graphql::of_user(ctx.ask(), self.0.id, args).await.map(Some)
    }

    /// When they were added.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When their profile was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// Counts the changes of their profile, for `expectedVersion`.
    async fn version(&self) -> i64 {
        self.0.version
    }
}
