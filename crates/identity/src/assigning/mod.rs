//! Direct assignments: an administrator puts a person on a project or an account, with or without a role there. The
//! domains put people on their things too (managers, teams); those assignments are theirs.

pub mod graphql;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{
    act::{Act, Outcome, Severity},
    assignment::{self, Model, NewAssignment, Source, Target},
    db::Db,
    error::{Error, Result},
    id::{AnyId, AssignmentId, RoleId, TypedId, UserId},
    people::{NOT_ACTIVE, NOT_STAFF},
    viewer::{Permission, Viewer},
};
use sea_orm::{ColumnTrait, QueryFilter};

pub use graphql::Assignment;

use crate::{
    Identity,
    api_key::rules::end,
    policy::{ASSIGNMENT_WRITE, USER_READ},
    role,
};

/// Where the projects and accounts are. Implemented by the gateway.
#[async_trait]
pub trait ResourceDirectory: Send + Sync {
    /// The project (with its account) or account with this id, for a change that needs `permission`. It is read in the
    /// act, locked so that it stays with its account until the act ends (`FOR SHARE` where the database has it).
    ///
    /// # Errors
    /// NOT_FOUND if the act's viewer does not see it, or it is neither a project nor an account; FORBIDDEN if they see
    /// it but do not hold `permission` on it: as `Guarded::fetch_to`.
    async fn locate(&self, act: &Act, permission: Permission, id: AnyId) -> Result<Target>;
}

/// Who is to be put on what.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Who.
    pub user: UserId,
    /// A project or an account.
    pub resource: AnyId,
    /// Their role there; without one, their roles in the tenant decide what being assigned means.
    pub role: Option<RoleId>,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Puts a person of the staff on a project or account; who is on it directly gets the new role and end.
///
/// # Errors
/// NOT_FOUND for a person or resource that the viewer does not see, FORBIDDEN where they may not assign or for a role
/// beyond their own grants, INVALID for people of clients, roles for clients and ends in the past.
pub async fn assign(identity: &Identity, db: &Db, viewer: &Viewer, wanted: Wanted) -> Result<Model> {
    viewer.require(ASSIGNMENT_WRITE)?;
    let row = viewer
        .act(db, "identity.assignment.assign", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let Wanted { user, resource, role, expires_at } = wanted;
            let target = locate(identity, act, ASSIGNMENT_WRITE, resource).await?;
            check_staff(act, user).await?;
            if let Some(role) = role {
                role::check_staff_role(act, &identity.catalogue, role, "roleId").await?;
            }
            let expires_at = expires_at.map(|at| end(at, act.now(), "expiresAt")).transpose()?;
            match direct(act, user, target).await? {
                Some(before) => {
                    act.update(&before, Model { role_id: role, expires_at, ..before.clone() }).await
                }
                None => {
                    assignment::assign(
                        act,
                        NewAssignment { user, target, role, source: Source::Direct, expires_at },
                    )
                    .await
                }
            }
        })
        .await?;
    identity.forget(viewer.tenant_id(), Some(wanted.user));
    Ok(row)
}

/// Takes a person off a project or account, as far as they were put there directly; answers the id of what is gone.
///
/// # Errors
/// NOT_FOUND for what the viewer does not see or a person who is not on it directly, FORBIDDEN where they may not
/// assign.
pub async fn unassign(
    identity: &Identity,
    db: &Db,
    viewer: &Viewer,
    user: UserId,
    resource: AnyId,
) -> Result<AssignmentId> {
    viewer.require(ASSIGNMENT_WRITE)?;
    let gone = viewer
        .act(db, "identity.assignment.unassign", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let target = locate(identity, act, ASSIGNMENT_WRITE, resource).await?;
            let row = direct(act, user, target).await?.ok_or_else(|| Error::not_found(UserId::TYPE, user))?;
            let id = row.id;
            act.delete(row).await?;
            Ok(id)
        })
        .await?;
    identity.forget(viewer.tenant_id(), Some(user));
    Ok(gone)
}

async fn locate(identity: &Identity, act: &Act, permission: Permission, resource: AnyId) -> Result<Target> {
    identity.neighbours.resources.locate(act, permission, resource).await
}

/// Errs unless the person is of the staff and takes part: neither shut out nor waiting to confirm the address, which
/// may be anybody's until then. An invited person is no member before they accept, so nobody can be put on something
/// in advance. Locks their membership: of two acts that assign one person,
/// the second sees what the first did.
async fn check_staff(act: &Act, user: UserId) -> Result<()> {
    let member = role::member_to(act.conn(), act.viewer(), USER_READ, user).await?;
    role::lock_members(act, std::slice::from_ref(&member)).await?;
    if member.account_id.is_some() {
        return Err(Error::field("userId", NOT_STAFF));
    }
    if !member.is_active() {
        return Err(Error::field("userId", NOT_ACTIVE));
    }
    Ok(())
}

/// The direct assignment of a person to a target.
async fn direct(act: &Act, user: UserId, target: Target) -> Result<Option<Model>> {
    let select = assignment::of_target(act.viewer().tenant_id(), target)
        .filter(assignment::Column::UserId.eq(user))
        .filter(assignment::Column::Source.eq(Source::Direct.as_str()));
    Ok(select.one(act.conn()).await?)
}
