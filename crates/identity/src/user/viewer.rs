//! The one who asks, in the API: themselves, their tenant, their roles and permissions.

use async_graphql::{Context, MergedObject, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    catalogue::Rule,
    error::Error,
    graph::Graph,
    policy::Guarded,
    viewer::{Actor, Reach, Viewer},
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use super::User;
use crate::{
    explain::graphql::ViewerAccess,
    role::{Role, entity as role},
    service::IdentityContext,
    tenant::{self, Tenant},
};

/// The one who asks, or who has just signed in.
#[derive(MergedObject)]
#[graphql(name = "Viewer")]
pub struct ViewerObject(ViewerSelf, ViewerAccess);

impl ViewerObject {
    /// The given viewer, who need not be the request's.
    pub fn new(viewer: Viewer) -> Self {
        Self(ViewerSelf(viewer.clone()), ViewerAccess(viewer))
    }
}

/// A permission that the viewer holds, and how far it goes.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct ViewerGrant {
    /// Name of the permission.
    permission: &'static str,
    /// How far it goes; null if it is held only on projects and accounts that are assigned with a role.
    reach: Option<Reach>,
}

/// What there is to know of the viewer without further questions.
struct ViewerSelf(Viewer);

#[Object]
impl ViewerSelf {
    /// The person.
    async fn user(&self, ctx: &Context<'_>) -> Result<Graph<User>> {
        let user = super::fetch(ctx.db(), self.0.signed_in()?).await?;
        // Reason: a key may say whose it is, but shows of its maker no more than its scopes allow.
        let by_key = matches!(self.0.actor, Actor::ApiKey(..));
        Ok(Graph(if by_key { user.into() } else { User::themselves(user) }))
    }

    /// The agency they are signed in to.
    async fn tenant(&self, ctx: &Context<'_>) -> Result<Graph<Tenant>> {
        Ok(Graph(Tenant(tenant::fetch(ctx.db(), self.0.tenant_id()).await?)))
    }

    /// The roles they hold there now, by name.
    async fn roles(&self, ctx: &Context<'_>) -> Result<Vec<Graph<Role>>> {
        let (tenant, user) = (self.0.tenant_id(), self.0.signed_in()?);
        let principal = ctx.identity().principal(ctx.db(), tenant, user).await?;
        let principal = principal.ok_or_else(Error::unauthenticated)?;
        let held = principal.roles.iter().map(|role| role.id);
        let rows = role::Entity::of_tenant(tenant)
            .filter(role::Column::Id.is_in(held))
            .order_by_asc(role::Column::Name)
            .all(ctx.db())
            .await?;
        Ok(rows.into_iter().map(|row| Graph(row.into())).collect())
    }

    /// Names of the permissions they hold on anything at all.
    async fn permissions(&self, ctx: &Context<'_>) -> Vec<&'static str> {
        self.held(ctx.identity().catalogue.rules()).map(|grant| grant.permission).collect()
    }

    /// The permissions they hold, with how far each goes.
    async fn grants(&self, ctx: &Context<'_>) -> Vec<ViewerGrant> {
        self.held(ctx.identity().catalogue.rules()).collect()
    }
}

impl ViewerSelf {
    fn held<'a>(&'a self, rules: &'a [Rule]) -> impl Iterator<Item = ViewerGrant> + 'a {
        rules.iter().filter(|rule| self.0.holds(rule.permission)).map(|rule| ViewerGrant {
            permission: rule.permission.name,
            reach: self.0.grant(rule.permission).reach,
        })
    }
}
