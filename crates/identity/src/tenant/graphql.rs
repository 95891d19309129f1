//! Tenants in the API: what everybody of a tenant sees of it, and what only its administrators see.

use async_graphql::{Context, Object};
use kernel::{
    Result,
    ask::Asking,
    graph::{Graph, Node},
    id::{DomainId, TenantId},
    locale::{Locale, TimeZone},
    money::Currency,
    policy::Guarded,
    scalar::{DateTime, Url},
    workweek::WorkingWeek,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use super::{
    domain, domains, entity,
    limits::{self, LimitUse},
    rules::{self, Plan, Registration, TenantStatus},
    update::Weekday,
};
use crate::policy::TENANT_SETTINGS;

/// An agency.
#[derive(Clone, Debug)]
pub struct Tenant(pub entity::Model);

impl From<entity::Model> for Tenant {
    fn from(model: entity::Model) -> Self {
        Self(model)
    }
}

impl Node for Tenant {
    const TYPE: &'static str = "Tenant";
}

impl Tenant {
    /// A value that needs the permission to see settings.
    fn setting<T>(ctx: &Context<'_>, value: Option<T>) -> Option<Result<T>> {
        match ctx.viewer().require(TENANT_SETTINGS) {
            Ok(()) => value.map(Ok),
            Err(error) => Some(Err(error)),
        }
    }

    async fn own_domains(&self, ctx: &Context<'_>) -> Result<Vec<Graph<TenantDomain>>> {
        let own = domain::Entity::visible(ctx.viewer(), TENANT_SETTINGS)
            .filter(domain::Column::TenantId.eq(self.0.id))
            .order_by_asc(domain::Column::Domain);
        let rows = own.all(ctx.db()).await?;
        Ok(rows.into_iter().map(|row| Graph(TenantDomain(row))).collect())
    }
}

// Reason: fields that may be refused answer `Option<Result<…>>`; an error in a `Result<Option<…>>`, or of a guard, would
// take the whole tenant with it.
/// An agency: everything belongs to exactly one.
#[Object(name = "TenantFields")]
impl Tenant {
    /// Its id.
    async fn id(&self) -> TenantId {
        self.0.id
    }

    /// Its part of addresses.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Where its logo is.
    async fn logo_url(&self) -> Option<&Url> {
        self.0.logo_url.as_ref()
    }

    /// Language and formats where nobody chose others.
    async fn default_locale(&self) -> &Locale {
        &self.0.default_locale
    }

    /// Where its calendar days begin and end.
    async fn time_zone(&self) -> TimeZone {
        self.0.time_zone
    }

    /// Currency of amounts without another.
    async fn currency(&self) -> Currency {
        self.0.currency
    }

    /// The working days.
    async fn working_week(&self) -> Vec<Weekday> {
        let working = WorkingWeek::from_bits(self.0.working_week).days();
        Weekday::ALL.into_iter().zip(working).filter(|(_, works)| *works).map(|(day, _)| day).collect()
    }

    /// Minutes of a full working day.
    async fn working_day_minutes(&self) -> i32 {
        self.0.working_day_minutes
    }

    /// What it pays for. Needs `identity.tenant.settings`.
    async fn plan(&self, ctx: &Context<'_>) -> Option<Result<Plan>> {
        Self::setting(ctx, Some(rules::plan(&self.0)))
    }

    /// Whether it can be used. Needs `identity.tenant.settings`.
    async fn status(&self, ctx: &Context<'_>) -> Option<Result<TenantStatus>> {
        Self::setting(ctx, TenantStatus::parse(&self.0.status))
    }

    /// When its trial ends; null without one. Needs `identity.tenant.settings`.
    async fn trial_ends_at(&self, ctx: &Context<'_>) -> Option<Result<DateTime>> {
        Self::setting(ctx, self.0.trial_ends_at.map(Into::into))
    }

    /// Until when its subscription is paid; null without one. Needs `identity.tenant.settings`.
    async fn subscription_ends_at(&self, ctx: &Context<'_>) -> Option<Result<DateTime>> {
        Self::setting(ctx, self.0.subscription_ends_at.map(Into::into))
    }

    /// When everything of it will be removed; null unless its deletion is scheduled. Needs `identity.tenant.settings`.
    async fn deletion_at(&self, ctx: &Context<'_>) -> Option<Result<DateTime>> {
        Self::setting(ctx, self.0.deletion_at.map(Into::into))
    }

    /// What its plan limits, how much of it is used and how much is allowed. Needs `identity.tenant.settings`.
    #[graphql(complexity = "5")]
    async fn limits(&self, ctx: &Context<'_>) -> Option<Result<Vec<LimitUse>>> {
        match Self::setting(ctx, Some(()))? {
            Ok(()) => Some(limits::report(ctx.db(), &self.0).await),
            Err(error) => Some(Err(error)),
        }
    }

    /// Who may register without being invited. Needs `identity.tenant.settings`.
    async fn registration(&self, ctx: &Context<'_>) -> Option<Result<Registration>> {
        Self::setting(ctx, Registration::parse(&self.0.registration))
    }

    /// E-mail domains whose people may register, for `DOMAIN`. Needs `identity.tenant.settings`.
    async fn registration_domains(&self, ctx: &Context<'_>) -> Option<Result<Vec<String>>> {
        Self::setting(ctx, Some(rules::registration_domains(&self.0)))
    }

    /// After how many days passwords must be changed; null means never. Needs `identity.tenant.settings`.
    async fn password_max_age_days(&self, ctx: &Context<'_>) -> Option<Result<i32>> {
        Self::setting(ctx, self.0.password_max_age_days)
    }

    /// Its own domain names, at most 20, by name. Needs `identity.tenant.settings`.
    #[graphql(complexity = "5 + child_complexity * 5")]
    async fn domains(&self, ctx: &Context<'_>) -> Option<Result<Vec<Graph<TenantDomain>>>> {
        match Self::setting(ctx, Some(()))? {
            Ok(()) => Some(self.own_domains(ctx).await),
            Err(error) => Some(Err(error)),
        }
    }

    /// When it was founded.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// Counts its changes, for `expectedVersion`.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// A domain name that a tenant says is its own.
#[derive(Clone, Debug)]
pub struct TenantDomain(pub domain::Model);

impl From<domain::Model> for TenantDomain {
    fn from(model: domain::Model) -> Self {
        Self(model)
    }
}

impl Node for TenantDomain {
    const TYPE: &'static str = "TenantDomain";
}

/// A domain name that a tenant says is its own, and how it proves it.
#[Object(name = "TenantDomainFields")]
impl TenantDomain {
    /// Its id.
    async fn id(&self) -> DomainId {
        self.0.id
    }

    /// The name in lower-case ASCII.
    async fn domain(&self) -> &str {
        &self.0.domain
    }

    /// Name of the DNS TXT record that proves it.
    async fn record_name(&self) -> String {
        domains::record_name(&self.0.domain)
    }

    /// What the record must say.
    async fn record_value(&self) -> &str {
        &self.0.token
    }

    /// When the record was seen; null until then.
    async fn verified_at(&self) -> Option<DateTime> {
        self.0.verified_at.map(Into::into)
    }

    /// When it was added.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }
}

/// Questions about the tenant.
#[derive(Debug, Default)]
pub struct TenantQuery;

#[Object]
impl TenantQuery {
    /// The agency that one is signed in to.
    async fn tenant(&self, ctx: &Context<'_>) -> Result<Graph<Tenant>> {
        ctx.viewer().signed_in()?;
        let tenant = super::fetch(ctx.db(), ctx.viewer().tenant_id()).await?;
        Ok(Graph(Tenant(tenant)))
    }
}
