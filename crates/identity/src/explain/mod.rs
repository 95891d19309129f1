//! May somebody do something, and why: questions about grants, asked of the same policy that guards the rows.

mod directory;
pub mod graphql;
pub mod rules;
mod store;

use kernel::{
    db::Db,
    error::{Error, Result},
    id::{AnyId, TypedId, UserId},
    policy::Near,
    viewer::{Actor, Permission, RequestInfo, Viewer},
};

pub use directory::AccessDirectory;

use crate::{
    Identity,
    policy::{ACCESS_EXPLAIN, USER_READ},
    role::{self, rules::UNKNOWN_PERMISSION},
};
use rules::{Facts, Nearness, Reason};

/// Whether the viewer holds a permission: on a row, or without one on anything at all. False for a row that the viewer
/// does not see, and for one that does not exist.
///
/// # Errors
/// INVALID for an unknown permission, or an id of a kind without guarded rows.
pub async fn can(
    identity: &Identity,
    db: &Db,
    viewer: &Viewer,
    permission: &str,
    id: Option<AnyId>,
) -> Result<bool> {
    let permission = known(identity, permission)?;
    match id {
        None => Ok(viewer.holds(permission)),
        Some(id) => identity.neighbours.access.allows(db, viewer, permission, id).await,
    }
}

/// Why a person may or may not do something with a row: whether they may, and the tree of reasons. Of others this is
/// told to holders of `identity.access.explain`, and by a key, which is nobody, also of its maker.
///
/// # Errors
/// FORBIDDEN, NOT_FOUND for a person or row that the viewer does not see, INVALID as [`can`].
pub async fn explain(
    identity: &Identity,
    db: &Db,
    viewer: &Viewer,
    user: UserId,
    permission: &str,
    id: AnyId,
) -> Result<(bool, Vec<Reason>)> {
    viewer.signed_in()?;
    if viewer.actor != Actor::User(user) {
        viewer.require_tenant(ACCESS_EXPLAIN)?;
        role::member_to(db, viewer, USER_READ, user).await?;
    }
    let permission = known(identity, permission)?;
    let access = &identity.neighbours.access;
    if !access.shows(db, viewer, id).await? {
        return Err(Error::not_found(id.kind.type_name(), id));
    }
    let facts = gather(identity, db, viewer, user, permission, id).await?;
    Ok(rules::explain(&facts))
}

async fn gather(
    identity: &Identity,
    db: &Db,
    viewer: &Viewer,
    user: UserId,
    permission: Permission,
    id: AnyId,
) -> Result<Facts> {
    let missing = || Error::not_found(UserId::TYPE, user);
    let principal = identity.principal(db, viewer.tenant_id(), user).await?.ok_or_else(missing)?;
    let person = principal.viewer(identity, None, RequestInfo::default());
    let access = &identity.neighbours.access;
    let near = Nearness {
        own: access.near(db, &person, Near::Own, id).await?,
        assigned: access.near(db, &person, Near::Assigned, id).await?,
        account: access.near(db, &person, Near::Account, id).await?,
    };
    let mut facts = Facts {
        permission: permission.name,
        membership_status: principal.membership_status.clone(),
        tenant_status: principal.tenant_status.clone(),
        client: principal.account.is_some(),
        near,
        allowed: access.allows(db, &person, permission, id).await?,
        ..Facts::default()
    };
    store::add_roles(&mut facts, identity, db, &principal, permission, id).await?;
    for role in &mut facts.on_assignments {
        // Reason: a person has few roles on assignments; each is asked about on its own, because the answer names it.
        role.near = access.near(db, &person, Near::AssignedAs(&[role.id]), id).await?;
    }
    Ok(facts)
}

fn known(identity: &Identity, permission: &str) -> Result<Permission> {
    identity.catalogue.get(permission).ok_or_else(|| {
        let shown: String = permission.chars().take(80).collect();
        Error::field("permission", UNKNOWN_PERMISSION.with("permission", shown))
    })
}
