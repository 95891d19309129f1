//! Fields that not everybody who sees the row may see: whether the viewer holds a permission on a row, batched for all
//! rows of a request.

use std::{
    collections::{HashMap, HashSet},
    marker::PhantomData,
};

use async_graphql::dataloader::Loader;
use sea_orm::{QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::{
    ask::{Ask, FromAsk},
    db::Db,
    error::{Error, Result},
    policy::Guarded,
    sql::one_of,
    viewer::{Permission, Reach, Viewer},
};

/// FORBIDDEN unless the viewer holds `permission` on the row of `E` with this id, which they may read.
///
/// No statement is needed where the permission reaches the whole tenant, or exactly as far as reading does. For a row
/// that they are not known to read use [`may_beyond`].
pub async fn may<E: Guarded>(ask: &Ask, permission: Permission, id: Uuid) -> Result<()> {
    let viewer = &ask.viewer;
    if viewer.holds(permission) && viewer.grant(permission) == viewer.grant(E::READ) {
        return Ok(());
    }
    may_beyond::<E>(ask, permission, id).await
}

/// As [`may`], for a row of `E` that the viewer is perhaps not allowed to read: one that the row they see hangs on. Who
/// was on a project sees their own place in its team still, and the project no longer.
pub async fn may_beyond<E: Guarded>(ask: &Ask, permission: Permission, id: Uuid) -> Result<()> {
    ask.viewer.require(permission)?;
    if ask.viewer.reaches(permission, Reach::Tenant) {
        return Ok(());
    }
    match ask.load::<Rights<E>, _>((permission, id)).await? {
        Some(()) => Ok(()),
        None => Err(Error::lacks(permission.name)),
    }
}

/// Loads whether permissions are held on rows.
struct Rights<E> {
    viewer: Viewer,
    db: Db,
    entity: PhantomData<fn() -> E>,
}

impl<E: Guarded> FromAsk for Rights<E> {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db, entity: PhantomData }
    }
}

impl<E: Guarded> Loader<(Permission, Uuid)> for Rights<E> {
    type Value = ();
    type Error = Error;

    async fn load(&self, keys: &[(Permission, Uuid)]) -> Result<HashMap<(Permission, Uuid), ()>> {
        // Invariant: a domain guards its fields with few permissions; statements grow with those, not with rows.
        let permissions: HashSet<Permission> = keys.iter().map(|(permission, _)| *permission).collect();
        let mut held = HashMap::with_capacity(keys.len());
        for permission in permissions {
            let ids = keys.iter().filter(|(asked, _)| *asked == permission).map(|(_, id)| *id);
            let rows =
                E::visible(&self.viewer, permission).filter(one_of(self.db.backend(), E::id_column(), ids));
            let rows: Vec<Uuid> =
                rows.select_only().column(E::id_column()).into_tuple().all(&self.db).await?;
            held.extend(rows.into_iter().map(|id| ((permission, id), ())));
        }
        Ok(held)
    }
}
