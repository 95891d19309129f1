//! Queries of signing keys. The table has no tenant: it is the installation's.

use chrono::{DateTime, Utc};
use kernel::{Result, db::Db};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    Select, sea_query::Query,
};

use super::entity::{Column, Entity, Model};

#[expect(clippy::disallowed_methods, reason = "signing keys belong to no tenant")]
fn keys() -> Select<Entity> {
    Entity::find().order_by_desc(Column::CreatedAt).order_by_desc(Column::Id)
}

/// Every stored key, newest first.
pub(super) async fn all(db: &Db) -> Result<Vec<Model>> {
    Ok(keys().all(db).await?)
}

/// The key that signs.
pub(super) async fn current(db: &Db) -> Result<Option<Model>> {
    Ok(keys().filter(Column::RetiredAt.is_null()).one(db).await?)
}

/// Stores `fresh`, retires the keys before it (`not_after` ends their verification), and removes those whose end has
/// passed.
pub(super) async fn replace(
    db: &Db,
    fresh: &Model,
    not_after: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    let tx = db.begin().await?;
    let mut remove = Query::delete();
    remove.from_table(Entity).and_where(Column::NotAfter.lte(now));
    tx.execute(&remove).await?;
    let mut retire = Query::update();
    retire
        .table(Entity)
        .value(Column::RetiredAt, now)
        .value(Column::NotAfter, not_after)
        .and_where(Column::RetiredAt.is_null());
    tx.execute(&retire).await?;
    insert(&tx, fresh).await?;
    tx.commit().await?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "an act needs a tenant, and signing keys have none")]
async fn insert(db: &impl ConnectionTrait, key: &Model) -> Result<()> {
    Entity::insert(key.clone().into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}
