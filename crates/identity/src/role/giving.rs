//! Giving roles and taking them away. Nobody gives what they do not hold, a role fits whom it is given to, and the last
//! owner stays.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use kernel::{
    act::{Act, Outcome, Severity},
    catalogue::{Catalogue, SystemRole},
    db::Db,
    error::{Error, FieldError, Result},
    id::{RoleId, TypedId, UserId},
    policy::{Guarded, can_in},
    viewer::{Actor, Grants, Permission, Viewer},
};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter};

use super::{
    entity, held,
    rules::{self, BEYOND_OWN, CLIENTS_ONLY, LAST_OWNER, Matrix, OWNERS_ONLY, STAFF_ONLY},
    store,
};
use crate::{
    Identity, api_key::rules::end, membership::entity as membership, policy::ROLE_ASSIGN, service::row_id,
};

/// Gives a person a role, or another end to one they hold.
///
/// # Errors
/// NOT_FOUND for a person or role that the viewer does not see, FORBIDDEN for a role beyond the viewer's own grants,
/// INVALID for a role that does not fit or an end in the past, CONFLICT if the tenant would lose its last owner.
pub async fn assign(
    identity: &Identity,
    db: &Db,
    viewer: &Viewer,
    user: UserId,
    role: RoleId,
    expires_at: Option<DateTime<Utc>>,
) -> Result<()> {
    viewer.require(ROLE_ASSIGN)?;
    viewer
        .act(db, "identity.role.assign", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let member = member_to(act.conn(), viewer, ROLE_ASSIGN, user).await?;
            let expires_at = expires_at.map(|at| end(at, act.now(), "expiresAt")).transpose()?;
            let roles = visible(act, &[role]).await?;
            weigh(act, &roles);
            check_grantable(act.conn(), &identity.catalogue, viewer, &roles).await?;
            assign_in(act, &identity.catalogue, &[member], &roles, expires_at).await
        })
        .await?;
    identity.forget(viewer.tenant_id(), Some(user));
    Ok(())
}

/// Takes a role from a person. One's own roles anybody who may take roles away can give up.
///
/// # Errors
/// As [`assign`]; NOT_FOUND if they do not hold the role.
pub async fn revoke(identity: &Identity, db: &Db, viewer: &Viewer, user: UserId, role: RoleId) -> Result<()> {
    viewer.require(ROLE_ASSIGN)?;
    viewer
        .act(db, "identity.role.revoke", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let members = [member_to(act.conn(), viewer, ROLE_ASSIGN, user).await?];
            let roles = visible(act, &[role]).await?;
            weigh(act, &roles);
            if viewer.actor != Actor::User(user) {
                check_grantable(act.conn(), &identity.catalogue, viewer, &roles).await?;
            }
            if store::held_rows(act, &members, &roles).await?.is_empty() {
                return Err(Error::not_found(RoleId::TYPE, role));
            }
            revoke_in(act, &members, &roles).await
        })
        .await?;
    identity.forget(viewer.tenant_id(), Some(user));
    Ok(())
}

/// Errs unless the viewer may give every one of `roles` to somebody, and therefore take it away: they hold everything
/// the roles allow, as far or further. Only owners in person make or unmake owners.
///
/// # Errors
/// FORBIDDEN.
pub(crate) async fn check_grantable(
    conn: &impl ConnectionTrait,
    catalogue: &Catalogue,
    viewer: &Viewer,
    roles: &[entity::Model],
) -> Result<()> {
    if matches!(*viewer.grants, Grants::All) {
        return Ok(());
    }
    let allows = store::matrices(conn, catalogue, roles).await?;
    for role in roles {
        check_held(viewer, &allows[&role.id])?;
    }
    if roles.iter().any(|role| store::system_role(role) == Some(SystemRole::Owner)) {
        let in_person = match viewer.actor {
            Actor::User(user) => store::is_owner(conn, viewer, user).await?,
            _ => false,
        };
        if !in_person {
            return Err(Error::Forbidden(OWNERS_ONLY.into()));
        }
    }
    Ok(())
}

/// Errs unless the viewer holds everything that `allows` does, as far or further.
///
/// # Errors
/// FORBIDDEN, naming the first permission that is beyond.
pub(crate) fn check_held(viewer: &Viewer, allows: &Matrix) -> Result<()> {
    match allows.first_beyond(&viewer.grants) {
        None => Ok(()),
        Some((permission, reach)) => Err(Error::Forbidden(
            BEYOND_OWN.with("permission", permission).with("reach", reach.as_str().to_uppercase()),
        )),
    }
}

/// Errs with the field at `path` unless the role is of the act's tenant, for staff, and allows nothing that the act's
/// viewer does not hold: for roles that other domains' records name.
///
/// # Errors
/// INVALID for a role that does not exist or is for clients, FORBIDDEN for one beyond the viewer's own grants.
pub async fn check_staff_role(act: &Act, catalogue: &Catalogue, role: RoleId, path: &str) -> Result<()> {
    let roles = match store::pick(act, &[role]).await {
        Err(Error::NotFound(said)) => return Err(Error::field(path, said)),
        picked => picked?,
    };
    for role in &roles {
        if store::system_role(role).is_some_and(SystemRole::is_for_clients) {
            return Err(Error::field(path, CLIENTS_ONLY.with("role", &role.name)));
        }
    }
    check_grantable(act.conn(), catalogue, act.viewer(), &roles).await
}

/// Gives every membership every role, with the same end; who holds one gets that end. Whether the viewer may is for the
/// caller to check ([`check_grantable`]); whether the roles fit is checked here.
///
/// # Errors
/// INVALID at `roleId` for a client role and staff or the other way round, CONFLICT if no lasting owner is left.
pub async fn assign_in(
    act: &mut Act,
    catalogue: &Catalogue,
    memberships: &[membership::Model],
    roles: &[entity::Model],
    expires_at: Option<DateTime<Utc>>,
) -> Result<()> {
    check_fits(act.conn(), catalogue, memberships, roles, "roleId").await?;
    store::lock_members(act, memberships).await?;
    let known = store::held_rows(act, memberships, roles).await?;
    let places: HashSet<_> = known.iter().map(|row| (row.membership_id, row.role_id)).collect();
    let mut new = Vec::new();
    for membership in memberships {
        for role in roles.iter().filter(|role| !places.contains(&(membership.id, role.id))) {
            new.push(new_row(act, membership, role, expires_at));
        }
    }
    let (granted_by, shortened) = (act.viewer().user_id(), expires_at.is_some() && !known.is_empty());
    let changed = known.into_iter().filter(|row| row.expires_at != expires_at).collect();
    act.update_all(changed, |row| {
        row.expires_at = expires_at;
        row.granted_by = granted_by;
    })
    .await?;
    act.insert_all(new).await?;
    if shortened && has_owner(roles) { keep_an_owner(act).await } else { Ok(()) }
}

/// Takes every role from every membership; what is not held is no error.
///
/// # Errors
/// CONFLICT if no lasting owner is left.
pub(crate) async fn revoke_in(
    act: &mut Act,
    memberships: &[membership::Model],
    roles: &[entity::Model],
) -> Result<()> {
    let rows = store::held_rows(act, memberships, roles).await?;
    act.delete_all(rows).await?;
    if has_owner(roles) { keep_an_owner(act).await } else { Ok(()) }
}

/// Errs unless every role may be held by every one of these memberships.
///
/// # Errors
/// INVALID at `path`.
pub(crate) async fn check_fits(
    conn: &impl ConnectionTrait,
    catalogue: &Catalogue,
    memberships: &[membership::Model],
    roles: &[entity::Model],
    path: &str,
) -> Result<()> {
    let allows = store::matrices(conn, catalogue, roles).await?;
    let ceiling = rules::client_ceiling(catalogue);
    for client in [false, true] {
        if !memberships.iter().any(|membership| membership.account_id.is_some() == client) {
            continue;
        }
        for role in roles {
            if !rules::fits(store::system_role(role), &allows[&role.id], &ceiling, client) {
                let said = if client { STAFF_ONLY } else { CLIENTS_ONLY };
                return Err(FieldError::new(path, said.with("role", &role.name)).into());
            }
        }
    }
    Ok(())
}

/// Errs unless an owner without an end and with an active membership is left; called after whatever could have taken
/// the last one, in the same act.
///
/// Race: acts that call this count one after the other, each seeing what the others did.
///
/// # Errors
/// CONFLICT.
pub(crate) async fn keep_an_owner(act: &Act) -> Result<()> {
    if store::count_lasting_owners(act).await? == 0 { Err(Error::conflict(LAST_OWNER)) } else { Ok(()) }
}

/// The membership of a person for a change that needs `permission`.
///
/// # Errors
/// NOT_FOUND if the viewer does not see the person, FORBIDDEN if they see them but do not hold `permission` on them.
pub(crate) async fn member_to(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    permission: Permission,
    user: UserId,
) -> Result<membership::Model> {
    let seen = membership::Entity::visible(viewer, membership::Entity::READ);
    let found = seen.filter(membership::Column::UserId.eq(user)).one(conn).await?;
    let found = found.ok_or_else(|| Error::not_found(UserId::TYPE, user))?;
    if can_in::<membership::Entity, _>(conn, viewer, permission, found.id.uuid()).await? {
        Ok(found)
    } else {
        Err(Error::lacks(permission.name))
    }
}

/// Roles to be named by the viewer: locked as [`store::pick`] does, NOT_FOUND where the viewer does not see them.
pub(crate) async fn visible(act: &Act, ids: &[RoleId]) -> Result<Vec<entity::Model>> {
    let viewer = act.viewer();
    let seen = entity::Entity::visible(viewer, entity::Entity::READ);
    let seen = seen.filter(entity::Column::Id.is_in(ids.iter().map(TypedId::uuid))).all(act.conn()).await?;
    let seen: HashSet<RoleId> = seen.into_iter().map(|role| role.id).collect();
    match ids.iter().find(|id| !seen.contains(id)) {
        Some(unseen) => Err(Error::not_found(RoleId::TYPE, unseen)),
        None => store::pick(act, ids).await,
    }
}

/// Marks the act as one that somebody should look at, if one of the roles rules the tenant. Called before anything is
/// written.
pub(crate) fn weigh(act: &mut Act, roles: &[entity::Model]) {
    if roles.iter().any(|role| reigns(store::system_role(role))) {
        act.mark(Outcome::Success, Severity::Critical);
    }
}

/// Whether who holds this role rules the tenant.
fn reigns(role: Option<SystemRole>) -> bool {
    matches!(role, Some(SystemRole::Owner | SystemRole::Admin))
}

fn has_owner(roles: &[entity::Model]) -> bool {
    roles.iter().any(|role| store::system_role(role) == Some(SystemRole::Owner))
}

fn new_row(
    act: &Act,
    membership: &membership::Model,
    role: &entity::Model,
    expires_at: Option<DateTime<Utc>>,
) -> held::Model {
    held::Model {
        id: row_id(act),
        tenant_id: membership.tenant_id,
        membership_id: membership.id,
        role_id: role.id,
        expires_at,
        granted_by: act.viewer().user_id(),
        created_at: act.now(),
    }
}
