//! Rows of every kind, as far as an explanation needs them: what is allowed on them, and what is near to whom.

use std::{collections::HashMap, fmt, marker::PhantomData, sync::Arc};

use async_trait::async_trait;
use kernel::{
    assignment,
    db::Db,
    error::{Error, Result, Text},
    id::{AnyId, IdKind, TypedId},
    policy::{self, Guarded, Near},
    viewer::{Permission, Viewer},
};
use uuid::Uuid;

use crate::{api_key, invitation, membership, role, session, tenant, user};

/// Rows of the kind are not guarded by permissions.
pub const NOT_GUARDED: Text = Text::new(
    "not_guarded",
    "Permissions are not asked about rows of the type {type}.",
    "Les permissions ne portent pas sur les éléments de type {type}.",
);

/// The guarded entities by the kind of their ids. Identity's own are in it from the start; the gateway adds those of
/// the other domains with [`AccessDirectory::with`].
#[derive(Clone)]
pub struct AccessDirectory(HashMap<IdKind, Arc<dyn Rows>>);

impl fmt::Debug for AccessDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Default for AccessDirectory {
    fn default() -> Self {
        Self(HashMap::new())
            .with::<tenant::entity::Entity>()
            .with::<tenant::domain::Entity>()
            .with::<user::entity::Entity>()
            .with::<membership::entity::Entity>()
            .with::<invitation::entity::Entity>()
            .with::<session::entity::Entity>()
            .with::<role::entity::Entity>()
            .with::<api_key::entity::Entity>()
            .with::<assignment::Entity>()
    }
}

impl AccessDirectory {
    /// The same directory with the rows of `E`.
    #[must_use]
    pub fn with<E: Guarded + 'static>(mut self) -> Self {
        if let Some(kind) = IdKind::from_prefix(E::Id::PREFIX) {
            self.0.insert(kind, Arc::new(RowsOf::<E>(PhantomData)));
        }
        self
    }

    /// The kinds of ids that it knows.
    pub fn kinds(&self) -> impl Iterator<Item = IdKind> + '_ {
        self.0.keys().copied()
    }

    /// Whether the viewer holds `permission` on the row.
    ///
    /// # Errors
    /// INVALID for an id of a kind without guarded rows, at `id`.
    pub async fn allows(&self, db: &Db, viewer: &Viewer, permission: Permission, id: AnyId) -> Result<bool> {
        self.rows(id)?.allows(db, viewer, permission, id.uuid).await
    }

    /// Whether the viewer may see that the row exists.
    ///
    /// # Errors
    /// As [`AccessDirectory::allows`].
    pub async fn shows(&self, db: &Db, viewer: &Viewer, id: AnyId) -> Result<bool> {
        let rows = self.rows(id)?;
        rows.allows(db, viewer, rows.read(), id.uuid).await
    }

    /// Whether the row is near to the viewer in one way.
    ///
    /// # Errors
    /// As [`AccessDirectory::allows`].
    pub async fn near(&self, db: &Db, viewer: &Viewer, near: Near<'_>, id: AnyId) -> Result<bool> {
        self.rows(id)?.near(db, viewer, near, id.uuid).await
    }

    fn rows(&self, id: AnyId) -> Result<&dyn Rows> {
        match self.0.get(&id.kind) {
            Some(rows) => Ok(rows.as_ref()),
            None => Err(Error::field("id", NOT_GUARDED.with("type", id.kind.type_name()))),
        }
    }
}

/// The rows of one entity.
#[async_trait]
trait Rows: Send + Sync {
    fn read(&self) -> Permission;
    async fn allows(&self, db: &Db, viewer: &Viewer, permission: Permission, id: Uuid) -> Result<bool>;
    async fn near(&self, db: &Db, viewer: &Viewer, near: Near<'_>, id: Uuid) -> Result<bool>;
}

struct RowsOf<E>(PhantomData<fn() -> E>);

#[async_trait]
impl<E: Guarded + 'static> Rows for RowsOf<E> {
    fn read(&self) -> Permission {
        E::READ
    }

    async fn allows(&self, db: &Db, viewer: &Viewer, permission: Permission, id: Uuid) -> Result<bool> {
        policy::can::<E>(db, viewer, permission, id).await
    }

    async fn near(&self, db: &Db, viewer: &Viewer, near: Near<'_>, id: Uuid) -> Result<bool> {
        policy::is_near::<E>(db, viewer, near, id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directory_knows_every_kind_that_identity_guards() {
        let directory = AccessDirectory::default();
        for kind in [IdKind::TenantId, IdKind::UserId, IdKind::RoleId, IdKind::ApiKeyId, IdKind::AssignmentId]
        {
            assert!(directory.kinds().any(|known| known == kind), "{kind:?}");
        }
        assert!(!directory.kinds().any(|known| known == IdKind::EventId));
    }
}
