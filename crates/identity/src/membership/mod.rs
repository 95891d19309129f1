//! Memberships: a person's place in a tenant, with the roles they hold there.

pub mod entity;

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use chrono::{DateTime, Utc};
use kernel::{
    Error, Result,
    act::Act,
    ask::{Ask, FromAsk},
    db::Db,
    id::{AccountId, TenantId, UserId},
    policy::Guarded,
    viewer::Viewer,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Query, SelectStatement},
};

use crate::{
    role::{entity as role, held},
    tenant::rules::words,
};

words! {
    /// Whether somebody belongs to the tenant.
    MembershipStatus {
        /// Not yet: they have to confirm their e-mail address.
        Pending = "pending",
        /// They do.
        Active = "active",
        /// Not any more: they cannot sign in.
        Deactivated = "deactivated",
    }
}

impl entity::Model {
    /// Whether the person may sign in to the tenant.
    pub fn is_active(&self) -> bool {
        self.status == MembershipStatus::Active.as_str()
    }
}

/// The membership of a person in a tenant, whatever its status.
pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    user: UserId,
) -> Result<Option<entity::Model>> {
    Ok(entity::Entity::of_tenant(tenant).filter(entity::Column::UserId.eq(user)).one(db).await?)
}

/// The membership of a person in the viewer's tenant, in one batch with those of others. The caller has made sure that
/// the viewer may see the person.
pub async fn of(ask: &Ask, user: UserId) -> Result<Option<entity::Model>> {
    ask.load::<Memberships, _>(user).await
}

/// Loads memberships by person.
struct Memberships {
    tenant: TenantId,
    db: Db,
}

impl FromAsk for Memberships {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { tenant: viewer.tenant_id(), db }
    }
}

impl Loader<UserId> for Memberships {
    type Value = entity::Model;
    type Error = Error;

    async fn load(&self, users: &[UserId]) -> Result<HashMap<UserId, entity::Model>> {
        let of_them = entity::Column::UserId.is_in(users.iter().copied());
        let rows = entity::Entity::of_tenant(self.tenant).filter(of_them).all(&self.db).await?;
        Ok(rows.into_iter().map(|row| (row.user_id, row)).collect())
    }
}

/// Every membership of a person, in every tenant, the oldest first.
pub async fn of_user(db: &impl ConnectionTrait, user: UserId) -> Result<Vec<entity::Model>> {
    Ok(everywhere(user)
        .order_by_asc(entity::Column::JoinedAt)
        .order_by_asc(entity::Column::Id)
        .all(db)
        .await?)
}

#[expect(clippy::disallowed_methods, reason = "a person's own memberships, whatever the tenant")]
fn everywhere(user: UserId) -> Select<entity::Entity> {
    entity::Entity::find().filter(entity::Column::UserId.eq(user))
}

/// Whether the tenant of a membership has others, whatever their status.
pub async fn has_others(db: &impl ConnectionTrait, member: &entity::Model) -> Result<bool> {
    let others = entity::Entity::of_tenant(member.tenant_id).filter(entity::Column::Id.ne(member.id));
    Ok(others.limit(1).one(db).await?.is_some())
}

/// Joins a person to the act's tenant.
///
/// # Errors
/// UNAVAILABLE if they joined a moment ago: the same call then finds it.
pub async fn join(
    act: &mut Act,
    user: UserId,
    account: Option<AccountId>,
    status: MembershipStatus,
) -> Result<entity::Model> {
    let status = status.as_str().to_owned();
    let model = entity::Model { user_id: user, status, ..draft(act, account) };
    let twice = || Error::unavailable("somebody joined twice at once");
    act.insert_unique(model, &["tenant_id", "user_id"], twice).await
}

/// A place in the tenant that nobody has yet: for asking which roles would fit it.
pub(crate) fn draft(act: &Act, account: Option<AccountId>) -> entity::Model {
    let now = act.now();
    entity::Model {
        id: act.new_id(),
        tenant_id: act.viewer().tenant_id(),
        user_id: act.new_id(),
        account_id: account,
        status: MembershipStatus::Pending.as_str().to_owned(),
        joined_at: now,
        last_seen_at: None,
        lock_lifted: None,
        created_at: now,
        updated_at: now,
        version: 1,
    }
}

/// Sets the status of a membership.
pub async fn set_status(
    act: &mut Act,
    before: &entity::Model,
    status: MembershipStatus,
) -> Result<entity::Model> {
    let after = entity::Model { status: status.as_str().to_owned(), ..before.clone() };
    act.update(before, after).await
}

/// Ids of the memberships that hold a role of which `which` is true, and that did not expire.
pub fn holders(tenant: TenantId, which: Condition, now: DateTime<Utc>) -> SelectStatement {
    let mut roles = Query::select();
    roles.column(role::Column::Id).from(role::Entity);
    roles.and_where(role::Column::TenantId.eq(tenant)).cond_where(which);
    let mut select = Query::select();
    select.column(held::Column::MembershipId).from(held::Entity);
    select.and_where(held::Column::TenantId.eq(tenant)).and_where(held::Column::RoleId.in_subquery(roles));
    select.cond_where(
        Condition::any().add(held::Column::ExpiresAt.is_null()).add(held::Column::ExpiresAt.gt(now)),
    );
    select
}
