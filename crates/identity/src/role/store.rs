//! Reading and locking roles, what they allow and who holds them.

use std::collections::{HashMap, HashSet};

use kernel::{
    act::Act,
    assignment,
    catalogue::{Catalogue, SystemRole},
    error::{Error, Result},
    id::{MembershipId, RoleId, TenantId, TypedId, UserId},
    policy::Guarded,
    viewer::Viewer,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
    sea_query::{LockType, Query, SelectStatement},
};

use super::{entity, held, permission, rules::Matrix};
use crate::{
    invitation::{entity as invitation, role as invited},
    membership::entity as membership,
};

/// The platform's role that a row is for, if any.
pub(crate) fn system_role(role: &entity::Model) -> Option<SystemRole> {
    role.system.then(|| SystemRole::from_key(&role.key)).flatten()
}

/// Roles that memberships of a tenant hold, expired ones included.
#[expect(clippy::disallowed_methods, reason = "limited to the tenant right here")]
pub fn held_in(tenant: TenantId) -> Select<held::Entity> {
    held::Entity::find().filter(held::Column::TenantId.eq(tenant))
}

/// What custom roles of a tenant allow.
#[expect(clippy::disallowed_methods, reason = "limited to the tenant right here")]
pub(crate) fn permissions_in(tenant: TenantId) -> Select<permission::Entity> {
    permission::Entity::find().filter(permission::Column::TenantId.eq(tenant))
}

/// Roles that invitations of a tenant give.
#[expect(clippy::disallowed_methods, reason = "limited to the tenant right here")]
pub(super) fn invited_in(tenant: TenantId) -> Select<invited::Entity> {
    invited::Entity::find().filter(invited::Column::TenantId.eq(tenant))
}

/// Assignments of a tenant with a role.
pub(super) fn assigned_with(tenant: TenantId, role: RoleId) -> Select<assignment::Entity> {
    assignment::Entity::of_tenant(tenant).filter(assignment::Column::RoleId.eq(role))
}

/// The tenant's role of the platform.
///
/// # Errors
/// INTERNAL if the tenant lacks it: every tenant is made with all of them.
pub(crate) async fn system_row(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    role: SystemRole,
) -> Result<entity::Model> {
    let row = entity::Entity::of_tenant(tenant).filter(entity::Column::Key.eq(role.key())).one(conn).await?;
    row.ok_or_else(|| Error::internal(format!("a tenant has the role {}", role.key())))
}

/// The roles with these ids, in the given order, each once; custom ones locked against change until the act ends.
///
/// # Errors
/// NOT_FOUND for the first that the tenant does not have.
pub(crate) async fn pick(act: &Act, ids: &[RoleId]) -> Result<Vec<entity::Model>> {
    let mut rows = by_ids(act, ids, None).await?;
    let custom: Vec<RoleId> = rows.values().filter(|role| !role.system).map(|role| role.id).collect();
    if !custom.is_empty() {
        // Race: a role that is being deleted or widened is waited for; here it is what it has become.
        let locked = by_ids(act, &custom, Some(LockType::Share)).await?;
        rows.retain(|_, role| role.system);
        rows.extend(locked);
    }
    let mut seen = HashSet::with_capacity(ids.len());
    ids.iter()
        .filter(|id| seen.insert(**id))
        .map(|id| rows.remove(id).ok_or_else(|| Error::not_found(RoleId::TYPE, id)))
        .collect()
}

async fn by_ids(act: &Act, ids: &[RoleId], lock: Option<LockType>) -> Result<HashMap<RoleId, entity::Model>> {
    let mut select = entity::Entity::of_tenant(act.viewer().tenant_id());
    select = select.filter(entity::Column::Id.is_in(ids.iter().map(TypedId::uuid)));
    if let Some(lock) = lock {
        select = select.lock(lock);
    }
    Ok(select.all(act.conn()).await?.into_iter().map(|role| (role.id, role)).collect())
}

/// A role as it is once nobody else changes it, locked until the act ends.
pub(super) async fn lock(act: &Act, id: RoleId) -> Result<entity::Model> {
    let select = entity::Entity::of_tenant(act.viewer().tenant_id()).filter(entity::Column::Id.eq(id));
    let found = select.lock_exclusive().one(act.conn()).await?;
    found.ok_or_else(|| Error::not_found(RoleId::TYPE, id))
}

/// What each of these roles allows; one statement at most.
pub(crate) async fn matrices(
    conn: &impl ConnectionTrait,
    catalogue: &Catalogue,
    roles: &[entity::Model],
) -> Result<HashMap<RoleId, Matrix>> {
    let custom: Vec<&entity::Model> = roles.iter().filter(|role| !role.system).collect();
    let rows = match custom.first() {
        None => Vec::new(),
        Some(first) => {
            let ids = custom.iter().map(|role| role.id.uuid());
            permissions_in(first.tenant_id).filter(permission::Column::RoleId.is_in(ids)).all(conn).await?
        }
    };
    let mut found: HashMap<RoleId, Matrix> = roles
        .iter()
        .map(|role| match system_role(role) {
            Some(system) => (role.id, Matrix::of_system(catalogue, system)),
            None => (role.id, Matrix::default()),
        })
        .collect();
    for row in rows {
        if let Some(allows) = found.get_mut(&row.role_id) {
            *allows =
                std::mem::take(allows).join(&Matrix::of_rows(catalogue, [(&*row.permission, &*row.reach)]));
        }
    }
    Ok(found)
}

/// Locks memberships until the act ends: of two acts that give one person something, the second sees what the first
/// gave.
pub(crate) async fn lock_members(act: &Act, memberships: &[membership::Model]) -> Result<()> {
    let ids = memberships.iter().map(|row| row.id.uuid());
    let rows =
        membership::Entity::of_tenant(act.viewer().tenant_id()).filter(membership::Column::Id.is_in(ids));
    // Race: in the order of ids, so that no two acts wait for each other.
    rows.order_by_asc(membership::Column::Id).lock(LockType::NoKeyUpdate).all(act.conn()).await?;
    Ok(())
}

/// Rows of `roles` that `memberships` hold, expired ones included.
pub(super) async fn held_rows(
    act: &Act,
    memberships: &[membership::Model],
    roles: &[entity::Model],
) -> Result<Vec<held::Model>> {
    let mut select = held_in(act.viewer().tenant_id());
    select = select.filter(held::Column::MembershipId.is_in(memberships.iter().map(|row| row.id.uuid())));
    select = select.filter(held::Column::RoleId.is_in(roles.iter().map(|role| role.id.uuid())));
    Ok(select.all(act.conn()).await?)
}

/// Whether a person holds the owner's role now.
pub(crate) async fn is_owner(conn: &impl ConnectionTrait, viewer: &Viewer, user: UserId) -> Result<bool> {
    let mut mine = memberships(viewer.tenant_id());
    mine.and_where(membership::Column::UserId.eq(user));
    let now =
        Condition::any().add(held::Column::ExpiresAt.is_null()).add(held::Column::ExpiresAt.gt(viewer.now));
    let owner = held_in(viewer.tenant_id())
        .filter(held::Column::MembershipId.in_subquery(mine))
        .filter(held::Column::RoleId.in_subquery(owner_role(viewer.tenant_id())))
        .filter(now);
    Ok(owner.count(conn).await? > 0)
}

/// Whether a person is the only owner of a tenant without an end, with an active membership.
pub(crate) async fn is_last_owner(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    user: UserId,
) -> Result<bool> {
    let mut active = memberships(tenant);
    active.and_where(membership::Column::Status.eq("active"));
    let mut theirs = memberships(tenant);
    theirs.and_where(membership::Column::UserId.eq(user));
    let owners = || {
        held_in(tenant)
            .filter(held::Column::RoleId.in_subquery(owner_role(tenant)))
            .filter(held::Column::MembershipId.in_subquery(active.clone()))
            .filter(held::Column::ExpiresAt.is_null())
    };
    let mine = owners().filter(held::Column::MembershipId.in_subquery(theirs)).count(conn).await?;
    Ok(mine > 0 && owners().count(conn).await? == mine)
}

/// How many people are owners without an end, with an active membership. The role is locked first: acts that could
/// leave the tenant without an owner count one after the other.
pub(super) async fn count_lasting_owners(act: &Act) -> Result<u64> {
    let tenant = act.viewer().tenant_id();
    let role = entity::Entity::of_tenant(tenant).filter(entity::Column::Key.eq(SystemRole::Owner.key()));
    // Race: not `FOR UPDATE`, which would wait for acts that give the role (their foreign key holds it) and they for
    // each other.
    role.lock(LockType::NoKeyUpdate).one(act.conn()).await?;
    let mut active = memberships(tenant);
    active.and_where(membership::Column::Status.eq("active"));
    let owners = held_in(tenant)
        .filter(held::Column::RoleId.in_subquery(owner_role(tenant)))
        .filter(held::Column::MembershipId.in_subquery(active))
        .filter(held::Column::ExpiresAt.is_null());
    Ok(owners.count(act.conn()).await?)
}

/// Whether somebody of a client account holds the role, expired or not.
pub(super) async fn is_held_by_clients(act: &Act, role: RoleId) -> Result<bool> {
    let tenant = act.viewer().tenant_id();
    let mut clients = memberships(tenant);
    clients.and_where(membership::Column::AccountId.is_not_null());
    let held = held_in(tenant)
        .filter(held::Column::RoleId.eq(role))
        .filter(held::Column::MembershipId.in_subquery(clients));
    Ok(held.count(act.conn()).await? > 0)
}

/// The memberships that hold a role.
pub(super) async fn holders(act: &Act, role: RoleId) -> Result<Vec<membership::Model>> {
    let tenant = act.viewer().tenant_id();
    let ids = held_in(tenant)
        .filter(held::Column::RoleId.eq(role))
        .select_only()
        .column(held::Column::MembershipId);
    let rows =
        membership::Entity::of_tenant(tenant).filter(membership::Column::Id.in_subquery(ids.into_query()));
    Ok(rows.all(act.conn()).await?)
}

/// How many roles of its own the tenant has.
pub(super) async fn count_custom(act: &Act) -> Result<u64> {
    let custom = entity::Entity::of_tenant(act.viewer().tenant_id()).filter(entity::Column::System.eq(false));
    Ok(custom.count(act.conn()).await?)
}

/// Keys of the tenant's roles that begin with `start`.
pub(super) async fn keys_like(act: &Act, start: &str) -> Result<Vec<String>> {
    let roles =
        entity::Entity::of_tenant(act.viewer().tenant_id()).filter(entity::Column::Key.starts_with(start));
    Ok(roles.select_only().column(entity::Column::Key).into_tuple().all(act.conn()).await?)
}

/// How many people hold each of these roles now: those with a membership that is not deactivated.
pub(super) async fn member_counts(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    roles: &[RoleId],
) -> Result<HashMap<RoleId, i64>> {
    let now =
        Condition::any().add(held::Column::ExpiresAt.is_null()).add(held::Column::ExpiresAt.gt(viewer.now));
    let mut active = memberships(viewer.tenant_id());
    active.and_where(membership::Column::Status.ne("deactivated"));
    let counts: Vec<(RoleId, i64)> = held_in(viewer.tenant_id())
        .filter(held::Column::RoleId.is_in(roles.iter().map(TypedId::uuid)))
        .filter(held::Column::MembershipId.in_subquery(active))
        .filter(now)
        .select_only()
        .column(held::Column::RoleId)
        .column_as(held::Column::Id.count(), "people")
        .group_by(held::Column::RoleId)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(counts.into_iter().collect())
}

/// Ids of the tenant's memberships.
fn memberships(tenant: TenantId) -> SelectStatement {
    let mut select = Query::select();
    select.column(membership::Column::Id).from(membership::Entity);
    select.and_where(membership::Column::TenantId.eq(tenant));
    select
}

fn owner_role(tenant: TenantId) -> SelectStatement {
    let mut select = Query::select();
    select.column(entity::Column::Id).from(entity::Entity);
    select
        .and_where(entity::Column::TenantId.eq(tenant))
        .and_where(entity::Column::Key.eq(SystemRole::Owner.key()));
    select
}

/// How many of the invitations behind these rows can still be accepted.
pub(super) async fn open_invitations(act: &Act, rows: &[invited::Model]) -> Result<u64> {
    let ids = rows.iter().map(|row| row.invitation_id.uuid());
    let open = invitation::Entity::of_tenant(act.viewer().tenant_id())
        .filter(invitation::Column::Id.is_in(ids))
        .filter(invitation::Column::AcceptedAt.is_null())
        .filter(invitation::Column::RevokedAt.is_null())
        .filter(invitation::Column::ExpiresAt.gt(act.now()));
    Ok(open.count(act.conn()).await?)
}

/// Gives everybody who holds `from` `to` instead; who holds both keeps the longer of the two.
pub(super) async fn move_held(
    act: &mut Act,
    holders: &[membership::Model],
    from: &entity::Model,
    to: &entity::Model,
) -> Result<()> {
    let rows = held_rows(act, holders, &[from.clone(), to.clone()]).await?;
    let (leaving, there): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.role_id == from.id);
    let there: HashMap<MembershipId, held::Model> =
        there.into_iter().map(|row| (row.membership_id, row)).collect();
    let (mut doubled, mut moved, mut longer) = (Vec::new(), Vec::new(), Vec::new());
    for row in leaving {
        match there.get(&row.membership_id) {
            None => moved.push(row),
            Some(other) => {
                let expires_at = match (row.expires_at, other.expires_at) {
                    (Some(one), Some(another)) => Some(one.max(another)),
                    _ => None,
                };
                longer.push((other.clone(), held::Model { expires_at, ..other.clone() }));
                doubled.push(row);
            }
        }
    }
    act.delete_all(doubled).await?;
    act.update_pairs(longer).await?;
    act.update_all(moved, |row| row.role_id = to.id).await
}

/// Makes invitations give `to` instead of `from`.
pub(super) async fn move_invited(act: &mut Act, from: RoleId, to: RoleId) -> Result<()> {
    let both = invited::Column::RoleId.is_in([from.uuid(), to.uuid()]);
    let rows = invited_in(act.viewer().tenant_id()).filter(both).all(act.conn()).await?;
    let (leaving, there): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.role_id == from);
    let there: HashSet<_> = there.into_iter().map(|row| row.invitation_id).collect();
    let (doubled, moved) = leaving.into_iter().partition(|row| there.contains(&row.invitation_id));
    act.delete_all(doubled).await?;
    act.update_all(moved, |row| row.role_id = to).await
}
