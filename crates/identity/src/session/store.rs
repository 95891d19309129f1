//! Queries of sessions and refresh tokens, and the few writes of them that are no act.

use chrono::{DateTime, Utc};
use kernel::{
    Result,
    db::{Db, Transaction},
    id::{SessionId, TenantId, UserId},
    policy::Guarded,
    viewer::Viewer,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, ExprTrait, Query},
};

use super::{
    entity::{self as session, Column, Entity},
    refresh_token,
};
use crate::membership::entity as membership;

#[expect(
    clippy::disallowed_methods,
    reason = "looked up by its hash, which is the proof; the tenant comes out of it"
)]
fn tokens() -> Select<refresh_token::Entity> {
    refresh_token::Entity::find()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a person's sessions end in every tenant when the password changes"
)]
fn everywhere() -> Select<Entity> {
    Entity::find()
}

/// The refresh token with this hash.
pub(super) async fn token(db: &impl ConnectionTrait, hash: &str) -> Result<Option<refresh_token::Model>> {
    Ok(tokens().filter(refresh_token::Column::Hash.eq(hash)).one(db).await?)
}

/// The session, held until the transaction ends: renewals and revocations of one session come one after the other.
pub(super) async fn lock(
    tx: &Transaction,
    tenant: TenantId,
    id: SessionId,
) -> Result<Option<session::Model>> {
    Ok(Entity::of_tenant(tenant).filter(Column::Id.eq(id)).lock_exclusive().one(tx).await?)
}

/// The session with this id; its tenant is to be compared by the caller.
pub(super) async fn find(db: &impl ConnectionTrait, id: SessionId) -> Result<Option<session::Model>> {
    Ok(everywhere().filter(Column::Id.eq(id)).one(db).await?)
}

fn alive(select: Select<Entity>, user: UserId, now: DateTime<Utc>) -> Select<Entity> {
    select
        .filter(Column::UserId.eq(user))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
}

/// The living sessions of a person in a tenant.
pub(super) async fn live(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<Vec<session::Model>> {
    Ok(alive(Entity::of_tenant(tenant), user, now).all(db).await?)
}

/// The living sessions of a person in all tenants.
pub(super) async fn live_everywhere(
    db: &impl ConnectionTrait,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<Vec<session::Model>> {
    Ok(alive(everywhere(), user, now).all(db).await?)
}

/// The living sessions of a person that the viewer may see, used last first.
pub(super) async fn visible(db: &Db, viewer: &Viewer, user: UserId) -> Result<Vec<session::Model>> {
    let sessions = alive(Entity::visible(viewer, Entity::READ), user, viewer.now);
    Ok(sessions.order_by_desc(Column::LastUsedAt).order_by_desc(Column::Id).limit(100).all(db).await?)
}

/// Writes that a session was renewed: its use, where its token is, and its new end. Not a change that anybody would look for in the trail.
pub(super) async fn prolong(tx: &Transaction, renewed: &session::Model) -> Result<()> {
    let mut update = Query::update();
    update
        .table(Entity)
        .value(Column::LastUsedAt, renewed.last_used_at)
        .value(Column::ExpiresAt, renewed.expires_at)
        .value(Column::Ip, renewed.ip.clone())
        .value(Column::UserAgent, renewed.user_agent.clone())
        .value(Column::Delivery, renewed.delivery.clone())
        .and_where(Column::TenantId.eq(renewed.tenant_id))
        .and_where(Column::Id.eq(renewed.id));
    tx.execute(&update).await?;
    Ok(())
}

/// A use of a session: who, where, from which address, when.
pub(super) struct Use {
    pub tenant: TenantId,
    pub user: UserId,
    pub session: SessionId,
    pub ip: Option<String>,
    pub at: DateTime<Utc>,
}

/// Writes that a session was used, and that its person was here; later writes are not undone by earlier ones.
pub(super) async fn touch(db: &Db, used: Use) -> Result<()> {
    let Use { tenant, user, session, ip, at } = used;
    let writer = db.writer();
    let mut update = Query::update();
    update.table(Entity).value(Column::LastUsedAt, at);
    if let Some(ip) = ip {
        update.value(Column::Ip, ip);
    }
    update
        .and_where(Column::TenantId.eq(tenant))
        .and_where(Column::Id.eq(session))
        .and_where(Column::LastUsedAt.lt(at));
    writer.execute(&update).await?;
    let mut seen = Query::update();
    let before = membership::Column::LastSeenAt;
    seen.table(membership::Entity)
        .value(before, at)
        .and_where(membership::Column::TenantId.eq(tenant))
        .and_where(membership::Column::UserId.eq(user))
        .cond_where(sea_orm::Condition::any().add(before.is_null()).add(before.lt(at)));
    writer.execute(&seen).await?;
    Ok(())
}

/// Ends sessions of other tenants than the act's; the act leaves an entry of its own for them.
pub(super) async fn revoke_elsewhere(
    tx: &Transaction,
    ids: &[SessionId],
    reason: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let mut update = Query::update();
    update
        .table(Entity)
        .value(Column::RevokedAt, now)
        .value(Column::RevokeReason, reason)
        .and_where(Expr::col(Column::Id).is_in(ids.iter().copied()))
        .and_where(Column::RevokedAt.is_null());
    tx.execute(&update).await?;
    Ok(())
}

/// Removes what nobody needs any more: refresh tokens that have run out, and sessions that ended or ran out before
/// `before`, with their tokens.
pub(super) async fn purge(db: &Db, now: DateTime<Utc>, before: DateTime<Utc>) -> Result<()> {
    let writer = db.writer();
    let mut tokens = Query::delete();
    tokens.from_table(refresh_token::Entity).and_where(refresh_token::Column::ExpiresAt.lt(now));
    writer.execute(&tokens).await?;
    let mut sessions = Query::delete();
    sessions.from_table(Entity).cond_where(
        sea_orm::Condition::any().add(Column::ExpiresAt.lt(before)).add(Column::RevokedAt.lt(before)),
    );
    writer.execute(&sessions).await?;
    Ok(())
}
