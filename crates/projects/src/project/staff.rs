//! What of projects is for staff alone: whether the viewer is staff, and holds a permission.

use kernel::{
    Error, Result,
    ask::Ask,
    field,
    id::{ProjectId, TypedId},
    policy::Guarded,
    viewer::{Permission, Viewer},
};
use uuid::Uuid;

use super::entity::Entity;

/// Checks that the viewer is staff and holds `permission` anywhere.
///
/// # Errors
/// FORBIDDEN, UNAUTHENTICATED.
pub(crate) fn require(viewer: &Viewer, permission: Permission) -> Result<()> {
    check_staff(viewer, permission)?;
    viewer.require(permission)
}

/// Checks that the viewer is staff and holds `permission` on a project that they may read.
///
/// # Errors
/// FORBIDDEN, UNAUTHENTICATED.
pub(crate) async fn may(ask: &Ask, permission: Permission, project: ProjectId) -> Result<()> {
    check_staff(&ask.viewer, permission)?;
    field::may::<Entity>(ask, permission, project.uuid()).await
}

/// A value of a row of `E` that is for staff who hold `permission` on it.
pub(crate) async fn guarded<E: Guarded, T>(
    ask: &Ask,
    permission: Permission,
    id: Uuid,
    value: Option<T>,
) -> Option<Result<T>> {
    if let Err(error) = check_staff(&ask.viewer, permission) {
        return Some(Err(error));
    }
    match field::may_beyond::<E>(ask, permission, id).await {
        Ok(()) => value.map(Ok),
        Err(error) => Some(Err(error)),
    }
}

fn check_staff(viewer: &Viewer, permission: Permission) -> Result<()> {
    // Reason: a client is never shown what is for the team, whatever a role of their own may say.
    if viewer.is_client() { Err(Error::lacks(permission.name)) } else { Ok(()) }
}
