//! The viewer in the API: who asks, where, and what they may do.

use async_graphql::{Context, Object};
use kernel::{
    Error, Result,
    ask::Asking as _,
    graph::Graph,
    id::{TenantId, TypedId as _, UserId},
    policy::Guarded as _,
};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _};

use super::{Session, store};
use crate::{
    IdentityContext as _,
    role::{entity as role, graphql::Role},
    tenant::{self, Tenant},
    user::{self, User},
};

/// Who asks. Every field is read for the viewer of its place: below a login that is who just signed in.
#[derive(Clone, Copy, Debug, Default)]
pub struct CurrentViewer;

/// Who asks: the person, the tenant they are signed in to, and what they may do there.
#[Object(name = "Viewer")]
impl CurrentViewer {
    /// The person; for an API key, the one who made it.
    async fn user(&self, ctx: &Context<'_>) -> Result<Graph<User>> {
        let me = ctx.viewer().signed_in()?;
        let row = user::find(ctx.db(), me).await?.ok_or_else(|| Error::not_found(UserId::TYPE, me))?;
        Ok(Graph(User::from(row)))
    }

    /// The tenant they are signed in to.
    async fn tenant(&self, ctx: &Context<'_>) -> Result<Graph<Tenant>> {
        let id = ctx.viewer().tenant_id();
        let row = tenant::find(ctx.db(), id).await?.ok_or_else(|| Error::not_found(TenantId::TYPE, id))?;
        Ok(Graph(Tenant::from(row)))
    }

    /// The roles they hold in the tenant, by name; not those that they hold on single projects or accounts.
    async fn roles(&self, ctx: &Context<'_>) -> Result<Vec<Graph<Role>>> {
        let viewer = ctx.viewer();
        let principal = ctx.identity().principal(ctx.db(), viewer.tenant_id(), viewer.signed_in()?).await?;
        let held: Vec<_> = principal.iter().flat_map(|one| one.roles.iter().map(|role| role.id)).collect();
        if held.is_empty() {
            return Ok(Vec::new());
        }
        // Reason: one's own roles one may know, whether or not one may see roles at all.
        let rows = role::Entity::of_tenant(viewer.tenant_id())
            .filter(role::Column::Id.is_in(held))
            .order_by_asc(role::Column::Name)
            .order_by_asc(role::Column::Id)
            .all(ctx.db())
            .await?;
        Ok(rows.into_iter().map(|row| Graph(Role::from(row))).collect())
    }

    /// Names of the permissions they hold, on anything at all; for an API key, those of its scopes.
    async fn permissions(&self, ctx: &Context<'_>) -> Vec<&'static str> {
        let viewer = ctx.viewer();
        let held = ctx.identity().catalogue.rules().iter().map(|rule| rule.permission);
        held.filter(|permission| viewer.holds(*permission)).map(|permission| permission.name).collect()
    }

    /// The session they are signed in with; null for an API key.
    async fn session(&self, ctx: &Context<'_>) -> Result<Option<Graph<Session>>> {
        let Some(id) = ctx.viewer().session else { return Ok(None) };
        Ok(store::find(ctx.db(), id).await?.map(|row| Graph(Session(row))))
    }
}

/// The entry to one's own things.
#[derive(Default)]
pub struct ViewerQuery;

/// The entry to one's own things.
#[Object]
impl ViewerQuery {
    /// Who asks. UNAUTHENTICATED if nobody is signed in.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<CurrentViewer> {
        ctx.viewer().signed_in().map(|_| CurrentViewer)
    }
}
