//! Invitations in the API: the object, its list, and what the invited person sees of it.

use std::collections::HashMap;

use async_graphql::{Context, InputObject, Object, SimpleObject, dataloader::Loader};
use kernel::{
    Error, Result,
    ask::{Asking, FromAsk},
    db::Db,
    graph::{Graph, Node},
    id::{InvitationId, RoleId, TenantId, TypedId},
    page::{ById, Connection, Order, PageArgs, list},
    policy::Guarded,
    scalar::{DateTime, EmailAddress},
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, Condition, QueryFilter};

use super::{
    accept,
    entity::{Column, Entity, Model},
    roles_of,
    rules::{self, InvitationStatus},
};
use crate::{
    policy::USER_INVITE,
    registration::graphql::Agency,
    role::{Role, entity as role},
    user::{User, entity as user},
};

/// An invitation into the tenant.
#[derive(Clone, Debug)]
pub struct Invitation(pub Model);

impl From<Model> for Invitation {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for Invitation {
    const TYPE: &'static str = "Invitation";
}

/// An invitation into the tenant. Seen by those who may invite.
#[Object(name = "InvitationFields")]
impl Invitation {
    /// Its id.
    async fn id(&self) -> InvitationId {
        self.0.id
    }

    /// Whom it invites.
    async fn email(&self) -> &EmailAddress {
        &self.0.email
    }

    /// Given name, as the inviter knows it.
    async fn given_name(&self) -> Option<&str> {
        self.0.given_name.as_deref()
    }

    /// Family name, as the inviter knows it.
    async fn family_name(&self) -> Option<&str> {
        self.0.family_name.as_deref()
    }

    /// What became of it.
    async fn status(&self, ctx: &Context<'_>) -> InvitationStatus {
        rules::status(&self.0, ctx.viewer().now)
    }

    /// The roles that it gives, by name.
    #[graphql(complexity = "2 + child_complexity * 2")]
    async fn roles(&self, ctx: &Context<'_>) -> Result<Vec<Graph<Role>>> {
        let roles = ctx.ask().load::<InvitedRoles, _>(self.0.id).await?.unwrap_or_default();
        Ok(roles.into_iter().map(|role| Graph(role.into())).collect())
    }

    /// Who invited; null if the viewer does not see them.
    async fn invited_by(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        let inviter = ctx.ask().load::<ById<user::Entity>, _>(self.0.invited_by.uuid()).await?;
        Ok(inviter.map(|user| Graph(user.into())))
    }

    /// Until when it can be accepted.
    async fn expires_at(&self) -> DateTime {
        self.0.expires_at.into()
    }

    /// When it was accepted; null until then.
    async fn accepted_at(&self) -> Option<DateTime> {
        self.0.accepted_at.map(Into::into)
    }

    /// When it was taken back; null unless it was.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(Into::into)
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }
}

/// Loads the roles that invitations give.
struct InvitedRoles {
    tenant: TenantId,
    db: Db,
}

impl FromAsk for InvitedRoles {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { tenant: viewer.tenant_id(), db }
    }
}

impl Loader<InvitationId> for InvitedRoles {
    type Value = Vec<role::Model>;
    type Error = Error;

    async fn load(&self, ids: &[InvitationId]) -> Result<HashMap<InvitationId, Vec<role::Model>>> {
        let given = roles_of(self.tenant, ids).all(&self.db).await?;
        let named: Vec<RoleId> = given.iter().map(|row| row.role_id).collect();
        let roles =
            role::Entity::of_tenant(self.tenant).filter(role::Column::Id.is_in(named)).all(&self.db).await?;
        let roles: HashMap<RoleId, role::Model> = roles.into_iter().map(|role| (role.id, role)).collect();
        let mut found: HashMap<InvitationId, Vec<role::Model>> = HashMap::new();
        for row in given {
            found.entry(row.invitation_id).or_default().extend(roles.get(&row.role_id).cloned());
        }
        found.values_mut().for_each(|roles| roles.sort_by(|one, other| one.name.cmp(&other.name)));
        Ok(found)
    }
}

/// Which invitations a list has.
#[derive(Clone, Debug, Default, InputObject)]
pub struct InvitationFilter {
    /// Only with one of these states.
    pub status: Option<Vec<InvitationStatus>>,
}

impl InvitationFilter {
    fn condition(&self, viewer: &Viewer) -> Condition {
        let Some(states) = &self.status else { return Condition::all() };
        let (accepted, revoked) = (Column::AcceptedAt, Column::RevokedAt);
        let closed = |expired: bool| {
            let expires =
                if expired { Column::ExpiresAt.lte(viewer.now) } else { Column::ExpiresAt.gt(viewer.now) };
            Condition::all().add(accepted.is_null()).add(revoked.is_null()).add(expires)
        };
        states.iter().fold(kernel::policy::nothing(), |any, state| match state {
            InvitationStatus::Open => any.add(closed(false)),
            InvitationStatus::Expired => any.add(closed(true)),
            InvitationStatus::Accepted => any.add(accepted.is_not_null()),
            InvitationStatus::Revoked => {
                any.add(Condition::all().add(accepted.is_null()).add(revoked.is_not_null()))
            }
        })
    }
}

/// What an invited person sees before accepting.
#[derive(SimpleObject)]
pub struct InvitationPreview {
    /// Who invites.
    agency: Agency,
    /// The invited address.
    email: EmailAddress,
    /// Given name, as the inviter knows it.
    given_name: Option<String>,
    /// Family name, as the inviter knows it.
    family_name: Option<String>,
    /// Whether the address has an account: its password is asked for. Otherwise a new one is chosen.
    has_account: bool,
    /// Until when it can be accepted.
    expires_at: DateTime,
}

/// Questions about invitations.
#[derive(Debug, Default)]
pub struct InvitationQuery;

#[Object]
impl InvitationQuery {
    /// The invitation behind the link of a mail, for the person who got it; nobody needs to be signed in.
    async fn invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token in the link.")] token: String,
    ) -> Result<InvitationPreview> {
        let accept::Found { invitation, tenant, known, .. } =
            accept::find(ctx.viewer(), ctx.db(), &token).await?;
        let Model { email, given_name, family_name, expires_at, .. } = invitation;
        let (has_account, expires_at) = (known.is_some(), expires_at.into());
        Ok(InvitationPreview {
            agency: tenant.into(),
            email,
            given_name,
            family_name,
            has_account,
            expires_at,
        })
    }

    /// The invitations that the viewer may see, the newest first. Needs `identity.user.invite`.
    async fn invitations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these invitations.")] filter: Option<InvitationFilter>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<Invitation>> {
        let viewer = ctx.viewer();
        viewer.require(USER_INVITE)?;
        let select =
            Entity::visible(viewer, USER_INVITE).filter(filter.unwrap_or_default().condition(viewer));
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), select, Order::desc(Column::CreatedAt), &args).await
    }
}
