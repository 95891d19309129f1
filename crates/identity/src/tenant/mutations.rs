//! Changes of tenants in the API.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kernel::{Result, ask::Asking, graph::Graph, id::DomainId};

use super::{
    domains,
    graphql::{Tenant, TenantDomain},
    lifecycle,
    update::{self, UpdateTenantInput},
};
use crate::service::IdentityContext;

/// The tenant after a change.
#[derive(SimpleObject)]
pub struct UpdateTenantPayload {
    /// The tenant as it is now.
    tenant: Graph<Tenant>,
}

/// A domain name to be added.
#[derive(Debug, InputObject)]
pub struct AddTenantDomainInput {
    /// The name, such as `portal.example.com`.
    domain: String,
}

/// The added domain name.
#[derive(SimpleObject)]
pub struct AddTenantDomainPayload {
    /// The domain with the DNS record that it needs now.
    domain: Graph<TenantDomain>,
}

/// A domain name to be verified.
#[derive(Debug, InputObject)]
pub struct VerifyTenantDomainInput {
    /// Id of the domain.
    id: DomainId,
}

/// The verified domain name.
#[derive(SimpleObject)]
pub struct VerifyTenantDomainPayload {
    /// The domain, verified.
    domain: Graph<TenantDomain>,
}

/// A domain name to be removed.
#[derive(Debug, InputObject)]
pub struct RemoveTenantDomainInput {
    /// Id of the domain.
    id: DomainId,
}

/// The removed domain name.
#[derive(SimpleObject)]
pub struct RemoveTenantDomainPayload {
    /// Id of the domain that was removed.
    domain_id: DomainId,
}

/// The confirmation that a tenant shall end.
#[derive(Debug, InputObject)]
pub struct ScheduleTenantDeletionInput {
    /// The tenant's slug, repeated to confirm.
    slug: String,
}

/// The tenant with its deletion scheduled.
#[derive(SimpleObject)]
pub struct ScheduleTenantDeletionPayload {
    /// The tenant; `deletionAt` says when it ends.
    tenant: Graph<Tenant>,
}

/// The tenant that is kept.
#[derive(SimpleObject)]
pub struct CancelTenantDeletionPayload {
    /// The tenant, active again.
    tenant: Graph<Tenant>,
}

/// Changes of the tenant.
#[derive(Debug, Default)]
pub struct TenantMutation;

#[Object]
impl TenantMutation {
    /// Changes the settings of one's own agency. Needs `identity.tenant.write`.
    async fn update_tenant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes; what is left out stays.")] input: UpdateTenantInput,
    ) -> Result<UpdateTenantPayload> {
        let tenant = update::update(ctx.viewer(), ctx.db(), input).await?;
        Ok(UpdateTenantPayload { tenant: Graph(Tenant(tenant)) })
    }

    /// Lists a domain name as one's own and answers the DNS record that proves it. Needs `identity.tenant.write`.
    async fn add_tenant_domain(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The domain.")] input: AddTenantDomainInput,
    ) -> Result<AddTenantDomainPayload> {
        let domain = domains::add(ctx.viewer(), ctx.db(), &input.domain).await?;
        Ok(AddTenantDomainPayload { domain: Graph(TenantDomain(domain)) })
    }

    /// Looks for the DNS record of a listed domain; CONFLICT while it is missing. Needs `identity.tenant.write`.
    async fn verify_tenant_domain(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which domain.")] input: VerifyTenantDomainInput,
    ) -> Result<VerifyTenantDomainPayload> {
        let domain = domains::verify(ctx.viewer(), ctx.db(), ctx.identity(), input.id).await?;
        Ok(VerifyTenantDomainPayload { domain: Graph(TenantDomain(domain)) })
    }

    /// Takes a domain name off the list. Needs `identity.tenant.write`.
    async fn remove_tenant_domain(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which domain.")] input: RemoveTenantDomainInput,
    ) -> Result<RemoveTenantDomainPayload> {
        let domain_id = domains::remove(ctx.viewer(), ctx.db(), input.id).await?;
        Ok(RemoveTenantDomainPayload { domain_id })
    }

    /// Schedules the removal of the agency with everything in it, 30 days from now, or once no legal hold is in force
    /// any more. The owner's alone.
    async fn schedule_tenant_deletion(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The confirmation.")] input: ScheduleTenantDeletionInput,
    ) -> Result<ScheduleTenantDeletionPayload> {
        let done = lifecycle::schedule_deletion(ctx.viewer(), ctx.db(), ctx.identity(), &input.slug).await?;
        Ok(ScheduleTenantDeletionPayload { tenant: Graph(Tenant(done)) })
    }

    /// Keeps the agency from its scheduled deletion. The owner's alone.
    async fn cancel_tenant_deletion(&self, ctx: &Context<'_>) -> Result<CancelTenantDeletionPayload> {
        let kept = lifecycle::cancel_deletion(ctx.viewer(), ctx.db()).await?;
        Ok(CancelTenantDeletionPayload { tenant: Graph(Tenant(kept)) })
    }
}
