//! Shutting people out and letting them in again, one or many: each item is done or says why not.

use std::collections::{HashMap, HashSet};

use kernel::{
    Error, Result, Text,
    act::{Act, Outcome, Severity},
    bulk::{DUPLICATE_ITEM, check_items},
    catalogue::SystemRole,
    db::Db,
    id::{MembershipId, RoleId, TypedId, UserId},
    policy::Guarded,
    viewer::{Permission, Viewer},
};
use sea_orm::{ColumnTrait, QueryFilter};

use super::entity::{Column, Entity, Model};
use crate::{
    api_key::entity as keys,
    invitation,
    membership::{self, MembershipStatus, entity as members},
    policy::{USER_DEACTIVATE, USER_READ},
    role::{self, entity as roles, held},
    service::Identity,
    session::{EndReason, entity as sessions},
    tenant::{self, limits},
};

/// One cannot do this to oneself.
pub const NOT_ONESELF: Text = Text::new(
    "not_oneself",
    "You cannot do this to yourself. Ask another administrator.",
    "Vous ne pouvez pas faire cela à vous-même. Demandez à un autre administrateur.",
);
/// The person may do more than the viewer.
pub const ABOVE: Text = Text::new(
    "above_viewer",
    "This person has rights that you do not have. Only somebody who has them can do this.",
    "Cette personne a des droits que vous n'avez pas. Seul quelqu'un qui les a peut faire cela.",
);

/// A person with their membership.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) user: Model,
    pub(crate) membership: members::Model,
}

/// Shuts people out: their sessions and keys in the tenant end, what they own stays. Who is shut out already stays so.
///
/// # Errors
/// For each person NOT_FOUND, FORBIDDEN or CONFLICT; for all of them FORBIDDEN, CONFLICT if no owner would be left.
pub async fn deactivate(
    viewer: &Viewer,
    db: &Db,
    identity: &Identity,
    ids: &[UserId],
) -> Result<Vec<Result<Model>>> {
    viewer.require(USER_DEACTIVATE)?;
    check_items(ids)?;
    let results = viewer
        .act(db, "identity.user.deactivate", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let found = pick(act, identity, ids, USER_DEACTIVATE).await?;
            let done: Vec<Member> = found.iter().filter_map(|found| found.as_ref().ok()).cloned().collect();
            let deactivated = MembershipStatus::Deactivated.as_str();
            let rows = done.iter().map(|member| member.membership.clone()).collect();
            act.update_all(rows, |row| row.status = deactivated.to_owned()).await?;
            let ids: Vec<UserId> = done.iter().map(|member| member.user.id).collect();
            end_access(act, &ids).await?;
            role::keep_an_owner(act).await?;
            Ok(found.into_iter().map(|found| found.map(|member| member.user)).collect::<Vec<_>>())
        })
        .await?;
    identity.sessions.forget_all();
    for person in results.iter().filter_map(|result| result.as_ref().ok()) {
        identity.forget(viewer.tenant_id(), Some(person.id));
    }
    Ok(results)
}

/// Lets a person in again, with the roles they had.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, LIMITED by the plan.
pub async fn reactivate(viewer: &Viewer, db: &Db, identity: &Identity, id: UserId) -> Result<Model> {
    viewer.require(USER_DEACTIVATE)?;
    let user = viewer
        .act(db, "identity.user.reactivate", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let mut found = pick(act, identity, &[id], USER_DEACTIVATE).await?;
            let Member { user, membership } =
                found.pop().unwrap_or_else(|| Err(Error::not_found(UserId::TYPE, id)))?;
            if membership.status == MembershipStatus::Deactivated.as_str() {
                let tenant = tenant::fetch(act.conn(), membership.tenant_id).await?;
                limits::check_users(act, &tenant, 1).await?;
                let proved = user.email_verified_at.is_some();
                let status = if proved { MembershipStatus::Active } else { MembershipStatus::Pending };
                membership::set_status(act, &membership, status).await?;
            }
            Ok(user)
        })
        .await?;
    identity.forget(viewer.tenant_id(), Some(id));
    Ok(user)
}

/// The people with these ids, in the given order, on whom the viewer may use `permission`: whom they see, on whom they
/// hold it, who is not themselves, and who does not stand above them.
pub(crate) async fn pick(
    act: &Act,
    identity: &Identity,
    ids: &[UserId],
    permission: Permission,
) -> Result<Vec<Result<Member>>> {
    let viewer = act.viewer();
    let chosen = || Column::Id.is_in(ids.iter().map(TypedId::uuid));
    let seen = Entity::visible(viewer, USER_READ).filter(chosen()).all(act.conn()).await?;
    let held = Entity::visible(viewer, permission).filter(chosen()).all(act.conn()).await?;
    let held: HashSet<UserId> = held.into_iter().map(|user| user.id).collect();
    let of_them = members::Column::UserId.is_in(seen.iter().map(|user| user.id));
    let places = members::Entity::of_tenant(viewer.tenant_id()).filter(of_them).all(act.conn()).await?;
    role::lock_members(act, &places).await?;
    let above = above(act, identity, &places).await?;
    let mut seen: HashMap<UserId, Model> = seen.into_iter().map(|user| (user.id, user)).collect();
    let mut places: HashMap<UserId, members::Model> =
        places.into_iter().map(|row| (row.user_id, row)).collect();
    let mut met = HashSet::new();
    let mut judge = |id: &UserId| -> Result<Member> {
        if !met.insert(*id) {
            return Err(Error::conflict(DUPLICATE_ITEM));
        }
        let (Some(user), Some(membership)) = (seen.remove(id), places.remove(id)) else {
            return Err(Error::not_found(UserId::TYPE, id));
        };
        if !held.contains(id) {
            return Err(Error::lacks(permission.name));
        }
        if viewer.user_id() == Some(*id) {
            return Err(Error::conflict(NOT_ONESELF));
        }
        if above.contains(&membership.id) {
            return Err(Error::Forbidden(ABOVE.into()));
        }
        Ok(Member { user, membership })
    };
    Ok(ids.iter().map(&mut judge).collect())
}

/// The memberships that hold a role which the viewer could not give.
async fn above(act: &Act, identity: &Identity, places: &[members::Model]) -> Result<HashSet<MembershipId>> {
    let viewer = act.viewer();
    let of_them = held::Column::MembershipId.is_in(places.iter().map(|row| row.id));
    let rows = role::held_in(viewer.tenant_id()).filter(of_them).all(act.conn()).await?;
    let ids = rows.iter().map(|row| row.role_id).collect();
    let beyond = beyond(act, identity, viewer, ids).await?;
    Ok(rows.iter().filter(|row| beyond.contains(&row.role_id)).map(|row| row.membership_id).collect())
}

/// Those of the roles that `viewer`, of the act's tenant, could not give.
pub(crate) async fn beyond(
    act: &Act,
    identity: &Identity,
    viewer: &Viewer,
    ids: HashSet<RoleId>,
) -> Result<HashSet<RoleId>> {
    let named = roles::Column::Id.is_in(ids);
    let roles = roles::Entity::of_tenant(act.viewer().tenant_id()).filter(named).all(act.conn()).await?;
    let allows = role::matrices(act.conn(), &identity.catalogue, &roles).await?;
    let (owner, others): (Vec<_>, Vec<_>) =
        roles.into_iter().partition(|row| role::system_role(row) == Some(SystemRole::Owner));
    let mut beyond: HashSet<RoleId> = HashSet::new();
    if !owner.is_empty() {
        match role::check_grantable(act.conn(), &identity.catalogue, viewer, &owner).await {
            Err(Error::Forbidden(_)) => beyond.extend(owner.iter().map(|row| row.id)),
            asked => asked?,
        }
    }
    let too_much = |row: &&roles::Model| {
        allows.get(&row.id).is_some_and(|allows| role::check_held(viewer, allows).is_err())
    };
    beyond.extend(others.iter().filter(too_much).map(|row| row.id));
    Ok(beyond)
}

/// Ends the sessions and keys of people in the act's tenant, and their invitations that nobody accepted yet.
pub(crate) async fn end_access(act: &mut Act, users: &[UserId]) -> Result<()> {
    let (tenant, now) = (act.viewer().tenant_id(), act.now());
    let live = sessions::Entity::of_tenant(tenant)
        .filter(sessions::Column::UserId.is_in(users.iter().copied()))
        .filter(sessions::Column::RevokedAt.is_null())
        .filter(sessions::Column::ExpiresAt.gt(now))
        .all(act.conn())
        .await?;
    act.update_all(live, |row| {
        row.revoked_at = Some(now);
        row.revoke_reason = Some(EndReason::MembershipEnded.as_str().to_owned());
    })
    .await?;
    let living = keys::Entity::of_tenant(tenant)
        .filter(keys::Column::UserId.is_in(users.iter().copied()))
        .filter(keys::Column::RevokedAt.is_null())
        .all(act.conn())
        .await?;
    act.update_all(living, |row| row.revoked_at = Some(now)).await?;
    invitation::close(act, users).await
}
