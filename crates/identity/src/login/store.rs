//! Queries of logins, before anybody is known; and the counters of wrong passwords, which are written as they are and
//! not as changes of the person: a stranger's tries must neither disturb an edit of the profile nor fill its history.

use chrono::{DateTime, Utc};
use kernel::{
    Result,
    act::Act,
    db::{Db, Transaction},
    id::{TenantId, TypedId as _, UserId},
    scalar::EmailAddress,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::Query,
};
use uuid::Uuid;

use super::{device, lock::Attempts, rules::Facts};
use crate::{
    membership::entity as membership,
    service::row_id,
    session::Device,
    tenant,
    tenant::entity as tenants,
    user::{self, entity as people},
};

#[expect(clippy::disallowed_methods, reason = "which tenants a person may enter is the question")]
fn memberships() -> Select<membership::Entity> {
    membership::Entity::find()
}

#[expect(clippy::disallowed_methods, reason = "devices are a person's, in no tenant")]
fn devices() -> Select<device::Entity> {
    device::Entity::find()
}

/// Stands for a person who does not exist, so that the same statements run.
pub(super) fn nobody() -> UserId {
    UserId::from_uuid(Uuid::nil())
}

/// What is to be known of an address and a tenant. The same statements run whether or not there is such a person.
pub(super) async fn facts(db: &Db, named: Option<&str>, email: &EmailAddress) -> Result<Facts> {
    let user = user::find_by_email(db, email).await?;
    let tenant = match named {
        Some(name) => find_tenant(db, name).await?,
        None => None,
    };
    let id = user.as_ref().map_or_else(nobody, |user| user.id);
    let memberships = memberships()
        .filter(membership::Column::UserId.eq(id))
        .order_by_asc(membership::Column::JoinedAt)
        .order_by_asc(membership::Column::Id)
        .all(db)
        .await?;
    Ok(Facts { user, memberships, tenant_named: named.is_some(), tenant })
}

/// The tenant with this slug or, if there is a dot in it, this host.
pub(super) async fn find_tenant(db: &Db, name: &str) -> Result<Option<tenants::Model>> {
    let host = name.rsplit_once(':').map_or(name, |(host, _)| host);
    if host.contains('.') {
        tenant::find_by_host(db, host).await
    } else {
        tenant::find_by_slug(db, name).await
    }
}

/// The tenants with these ids, by name.
pub(super) async fn tenants(db: &Db, ids: &[TenantId]) -> Result<Vec<tenants::Model>> {
    let rows = tenant::rows().filter(tenants::Column::Id.is_in(ids.iter().copied()));
    Ok(rows.order_by_asc(tenants::Column::Name).order_by_asc(tenants::Column::Id).all(db).await?)
}

/// Counters of wrong passwords, and when the right one was chosen, as they are stored.
#[derive(FromQueryResult)]
struct Stored {
    password_changed_at: Option<DateTime<Utc>>,
    failed_logins: i32,
    lock_count: i32,
    locked_until: Option<DateTime<Utc>>,
}

/// A person's wrong passwords, held until the transaction ends: tries at once are counted one after the other.
pub(super) async fn lock_attempts(tx: &Transaction, id: UserId) -> Result<Attempts> {
    Ok(lock_password(tx, id).await?.0)
}

/// As [`lock_attempts`], with the moment at which the password was chosen. A new one waits for the transaction's end.
pub(super) async fn lock_password(tx: &Transaction, id: UserId) -> Result<(Attempts, Option<DateTime<Utc>>)> {
    let mut select = Query::select();
    select
        .columns([
            people::Column::FailedLogins,
            people::Column::LockCount,
            people::Column::LockedUntil,
            people::Column::PasswordChangedAt,
        ])
        .from(people::Entity)
        .and_where(people::Column::Id.eq(id))
        .lock_exclusive();
    let statement = tx.get_database_backend().build(&select);
    let stored = Stored::find_by_statement(statement).one(tx).await?;
    Ok(stored.map_or_else(Default::default, |row| {
        let Stored { password_changed_at, failed_logins, lock_count, locked_until } = row;
        (Attempts { failed: failed_logins, locks: lock_count, locked_until }, password_changed_at)
    }))
}

/// Writes a person's wrong passwords.
pub(super) async fn write_attempts(tx: &Transaction, id: UserId, attempts: Attempts) -> Result<()> {
    let Attempts { failed, locks, locked_until } = attempts;
    let mut update = Query::update();
    update
        .table(people::Entity)
        .value(people::Column::FailedLogins, failed)
        .value(people::Column::LockCount, locks)
        .value(people::Column::LockedUntil, locked_until)
        .and_where(people::Column::Id.eq(id));
    tx.execute(&update).await?;
    Ok(())
}

/// Puts a hash of the same password in the place of one that was made with other parameters.
pub(super) async fn replace_hash(tx: &Transaction, id: UserId, old: &str, new: &str) -> Result<()> {
    let mut update = Query::update();
    update
        .table(people::Entity)
        .value(people::Column::PasswordHash, new)
        .and_where(people::Column::Id.eq(id))
        .and_where(people::Column::PasswordHash.eq(old));
    tx.execute(&update).await?;
    Ok(())
}

/// Remembers the device of a login. Says whether it is new to a person who has others.
pub(super) async fn remember_device(act: &mut Act, user: UserId, seen: &Device) -> Result<bool> {
    let now = act.now();
    let mut update = Query::update();
    update
        .table(device::Entity)
        .value(device::Column::LastSeenAt, now)
        .and_where(device::Column::UserId.eq(user))
        .and_where(device::Column::DeviceHash.eq(seen.hash.clone()));
    if act.conn().execute(&update).await?.rows_affected() > 0 {
        return Ok(false);
    }
    let others = devices().filter(device::Column::UserId.eq(user)).limit(1).one(act.conn()).await?;
    let row = device::Model {
        id: row_id(act),
        user_id: user,
        device_hash: seen.hash.clone(),
        first_seen_at: now,
        last_seen_at: now,
    };
    act.insert(row).await?;
    Ok(others.is_some())
}
