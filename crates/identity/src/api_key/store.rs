//! Reading API keys and their scopes, and writing their last use.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use kernel::{
    catalogue::Catalogue,
    db::Db,
    error::Result,
    id::{ApiKeyId, TenantId, TypedId, UserId},
    policy::Guarded,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Select, sea_query::Query,
};

use super::{entity, scope};
use crate::role::rules::Matrix;

/// The key with this prefix, whatever tenant it is of: that is what the key tells us.
#[expect(clippy::disallowed_methods, reason = "a key is presented before its tenant is known")]
pub(super) async fn by_prefix(db: &Db, prefix: &str) -> Result<Option<entity::Model>> {
    Ok(entity::Entity::find().filter(entity::Column::Prefix.eq(prefix)).one(db).await?)
}

/// Scopes of the keys of a tenant.
#[expect(clippy::disallowed_methods, reason = "limited to the tenant right here")]
pub(super) fn scopes_in(tenant: TenantId) -> Select<scope::Entity> {
    scope::Entity::find().filter(scope::Column::TenantId.eq(tenant)).order_by_asc(scope::Column::Permission)
}

/// Scopes of one key.
pub(super) async fn scopes_of(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    key: ApiKeyId,
) -> Result<Vec<scope::Model>> {
    Ok(scopes_in(tenant).filter(scope::Column::ApiKeyId.eq(key)).all(conn).await?)
}

/// What scopes allow.
pub(super) fn matrix(catalogue: &Catalogue, scopes: &[scope::Model]) -> Matrix {
    Matrix::of_rows(catalogue, scopes.iter().map(|row| (row.permission.as_str(), row.reach.as_str())))
}

/// Keys that a person made in a tenant.
pub(super) async fn of_user(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    user: UserId,
) -> Result<Vec<entity::Model>> {
    Ok(entity::Entity::of_tenant(tenant).filter(entity::Column::UserId.eq(user)).all(conn).await?)
}

/// Writes when and from where a key was used, unless another node has done so in the same minute. No act: nobody
/// changed the key.
pub(super) async fn mark_used(
    db: &Db,
    key: &entity::Model,
    from: Option<IpAddr>,
    now: DateTime<Utc>,
) -> Result<()> {
    let minute_ago = now - chrono::Duration::minutes(1);
    let due = Condition::any()
        .add(entity::Column::LastUsedAt.is_null())
        .add(entity::Column::LastUsedAt.lte(minute_ago));
    let mut update = Query::update();
    update.table(entity::Entity).value(entity::Column::LastUsedAt, now);
    update.value(entity::Column::LastUsedIp, from.map(|ip| ip.to_canonical().to_string()));
    update
        .and_where(entity::Column::TenantId.eq(key.tenant_id))
        .and_where(entity::Column::Id.eq(key.id.uuid()));
    update.cond_where(due);
    db.writer().execute(&update).await?;
    Ok(())
}
