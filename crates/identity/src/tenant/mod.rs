//! Tenants: their row, settings, domains, plan and limits, and their end.

pub mod create;
pub mod dns;
pub mod domain;
pub mod domains;
pub mod entity;
pub mod graphql;
pub mod lifecycle;
pub mod limits;
mod mutations;
pub mod purge;
pub mod rules;
mod update;

use kernel::{
    Error, Result,
    act::Act,
    id::{TenantId, TypedId},
    policy::Guarded,
    viewer::TenantInfo,
    workweek::WorkingWeek,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Select};

pub use create::{NewOwner, NewTenant, create_tenant};
pub use graphql::{Tenant, TenantDomain, TenantQuery};
pub use lifecycle::{Terms, reactivate, set_terms, suspend};
pub use mutations::TenantMutation;
pub use rules::ensure_active;

/// The tenant with this slug.
pub async fn find_by_slug(db: &impl ConnectionTrait, slug: &str) -> Result<Option<entity::Model>> {
    Ok(rows().filter(entity::Column::Slug.eq(slug.trim().to_lowercase())).one(db).await?)
}

/// The tenant that proved to own this host name.
pub async fn find_by_host(db: &impl ConnectionTrait, host: &str) -> Result<Option<entity::Model>> {
    let host = host.trim().trim_end_matches('.').to_lowercase();
    let Some(domain) = domains::find_verified(db, &host).await? else { return Ok(None) };
    find(db, domain.tenant_id).await
}

/// The tenant that a person names to sign in: by its slug, or by a host name that it proved to own.
pub async fn find_by_name(db: &impl ConnectionTrait, name: &str) -> Result<Option<entity::Model>> {
    if name.contains('.') { find_by_host(db, name).await } else { find_by_slug(db, name).await }
}

/// The tenant with this id.
pub async fn find(db: &impl ConnectionTrait, id: TenantId) -> Result<Option<entity::Model>> {
    Ok(entity::Entity::of_tenant(id).one(db).await?)
}

/// The tenant with this id, which must be there.
///
/// # Errors
/// NOT_FOUND.
pub async fn fetch(db: &impl ConnectionTrait, id: TenantId) -> Result<entity::Model> {
    find(db, id).await?.ok_or_else(|| Error::not_found(TenantId::TYPE, id))
}

/// The tenant's row, held until the act ends.
///
/// # Errors
/// NOT_FOUND.
pub async fn lock(act: &Act, id: TenantId) -> Result<entity::Model> {
    let row = entity::Entity::of_tenant(id).lock_exclusive().one(act.conn()).await?;
    row.ok_or_else(|| Error::not_found(TenantId::TYPE, id))
}

/// What every domain needs of a tenant.
pub fn info(tenant: &entity::Model) -> TenantInfo {
    TenantInfo {
        id: tenant.id,
        slug: tenant.slug.clone(),
        locale: tenant.default_locale.clone(),
        currency: tenant.currency,
        time_zone: tenant.time_zone.tz(),
        working_week: WorkingWeek::from_bits(tenant.working_week).of_minutes(tenant.working_day_minutes),
    }
}

/// Every tenant of the installation: for the command line and background work, and before a tenant is known.
#[expect(clippy::disallowed_methods, reason = "which tenant it is, is only known afterwards")]
pub fn rows() -> Select<entity::Entity> {
    entity::Entity::find()
}
