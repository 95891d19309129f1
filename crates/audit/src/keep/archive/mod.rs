//! Archives: files of the object storage with entries whose time is over. An entry is removed from the database only once
//! a file that holds it was read back and the tenant's audit key has signed what is in it; its leaf stays, so that the
//! tree, its heads and its proofs are as they were.
//!
//! A span of the sealed order goes through three states, and each step between them can be done again after a crash:
//! *writing* (the file may be there or not, and is written anew), *stored* (file and manifest are there, entries go in
//! batches), *removed*.

mod coverage;
pub mod entity;
mod file;
pub mod graphql;
pub mod manifest;
mod plan;
mod removal;
pub mod ticket;

use kernel::{
    act::{Outcome, Severity},
    db::Db,
    error::{Error, Result},
    id::{AuditArchiveId, TypedId as _},
    policy::Guarded as _,
    viewer::Viewer,
};
use platform::storage::{Key, Storage};
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use serde_json::{Map, json};

use crate::{
    keep::retention,
    seal::{Sealer, keys, store::statement},
};

pub(crate) use coverage::{Covered, covered};
pub use entity::Model;
pub use file::reader;

use entity::{Column, Entity};
use manifest::Manifest;

/// The job that archives and removes what is over, of one tenant.
pub const JOB: &str = "audit.retention";

/// Archives and removes, step by step.
pub struct Keeper {
    db: Db,
    sealer: Sealer,
    storage: Storage,
    /// The archive whose file was read back by this keeper, and the place up to which its entries are removed.
    checked: Option<(AuditArchiveId, u64)>,
}

impl Keeper {
    /// A keeper that puts its files into `storage`.
    pub fn new(db: Db, sealer: &Sealer, storage: Storage) -> Self {
        let sealer = sealer.on(&db);
        Self { db, sealer, storage, checked: None }
    }

    /// Does the next step for the viewer's tenant; answers whether there was one. Whatever happens between two steps, or
    /// within one, nothing is lost and the next call goes on.
    ///
    /// # Errors
    /// If the database or the storage does not answer; then nothing was removed in this step.
    pub async fn step(&mut self, viewer: &Viewer) -> Result<bool> {
        match self.under_way(viewer).await? {
            None => plan::begin(&self.db, viewer).await,
            Some(row) if row.status == entity::WRITING => self.write(viewer, row).await.map(|()| true),
            Some(row) => self.remove(viewer, row).await.map(|()| true),
        }
    }

    async fn under_way(&self, viewer: &Viewer) -> Result<Option<Model>> {
        let rows = Entity::of_tenant(viewer.tenant_id()).filter(Column::Status.ne(entity::REMOVED));
        Ok(rows.one(&self.db).await?)
    }

    /// Writes the file, reads it back, and signs what is in it.
    async fn write(&self, viewer: &Viewer, row: Model) -> Result<()> {
        let tenant = viewer.tenant_id();
        let places = plan::places(&self.db, viewer, &row).await?;
        if places.is_empty() {
            // Reason: a hold came since it was planned; the file may have been written before a crash.
            self.storage.delete(objects(&row)?).await.map_err(Error::from)?;
            return plan::forget(&self.db, &row).await;
        }
        let head = self.sealer.head_now(tenant).await?;
        let head = head.ok_or_else(|| Error::internal("a tenant with entries has a head"))?;
        let object = key(&row)?;
        let public = keys::of_tenants(&self.db, &[tenant.uuid()]).await?;
        let content = file::Content {
            row: &row,
            slug: &viewer.tenant.slug,
            keys: public.iter().map(|key| key.public.pem()).collect(),
            places: &places,
            head: &head,
        };
        let written = content.write(&self.db, &self.storage, &object).await?;
        file::check(&self.storage, &object, written.size, &written.sha256).await?;
        let manifest = Manifest::unsigned(&row, &places, &written, head, viewer.clock.now());
        let manifest = self.sign(viewer, manifest).await?;
        let text = serde_json::to_string_pretty(&manifest)?;
        let [_, beside] = objects(&row)?;
        self.storage.put_bytes(&beside, text.clone()).await.map_err(Error::from)?;
        let stored = viewer.act(&self.db, "audit.retention.archive", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let sql = "UPDATE audit_archives SET status = 'stored', entries = $1, size = $2, sha256 = $3, \
                       manifest = $4, stored_at = $5 WHERE tenant_id = $6 AND id = $7 AND status = 'writing'";
            let values = vec![
                count(places.len() as u64).into(),
                count(written.size).into(),
                written.sha256.clone().into(),
                text.into(),
                act.now().into(),
                tenant.uuid().into(),
                row.id.uuid().into(),
            ];
            let changed = act.conn();
            let changed =
                sea_orm::ConnectionTrait::execute_raw(changed, statement(changed, sql, values)).await?;
            if changed.rows_affected() != 1 {
                // Race: another worker took the job over, and was first.
                return Err(Error::internal("the archive was written by somebody else"));
            }
            act.note("AuditArchive", Some(row.id.uuid()), Some(object.to_string()), details(&manifest));
            Ok(())
        });
        let stored = stored.await;
        if stored.is_err() && !self.is_there(&row).await? {
            // Race: the tenant was purged meanwhile, perhaps with its files before this one was there.
            self.storage.delete(objects(&row)?).await.map_err(Error::from)?;
        }
        stored
    }

    async fn is_there(&self, row: &Model) -> Result<bool> {
        let rows = Entity::of_tenant(row.tenant_id).filter(Column::Id.eq(row.id));
        Ok(rows.one(&self.db).await?.is_some())
    }

    async fn sign(&self, viewer: &Viewer, manifest: Manifest) -> Result<Manifest> {
        let tx = self.db.begin().await?;
        let tenant = viewer.tenant_id().uuid();
        let signing = keys::ensure(&tx, self.sealer.keyring(), &[tenant], viewer.clock.now()).await?;
        tx.commit().await?;
        let key = signing.into_iter().next().ok_or_else(|| Error::internal("a tenant has a key"))?;
        Ok(manifest.signed(key.id, &key.open(self.sealer.keyring())?))
    }

    /// Removes the next entries of a stored archive; once there are none, notes so.
    async fn remove(&mut self, viewer: &Viewer, row: Model) -> Result<()> {
        let manifest: Manifest = serde_json::from_str(row.manifest.as_deref().unwrap_or_default())?;
        let known = self.checked.filter(|(archive, _)| *archive == row.id);
        let from = known.map_or(manifest.first, |(_, place)| place);
        if known.is_none() {
            let keys = keys::of_tenants(&self.db, &[viewer.tenant_id().uuid()]).await?;
            let genuine = keys.iter().filter(|key| key.is_genuine(self.sealer.keyring()));
            if !genuine.into_iter().any(|key| manifest.is_signed_by(&key.public)) {
                return Err(Error::internal(format!("the manifest of {} is not as it was signed", row.id)));
            }
            // Reason: the file may have gone since it was written.
            file::check(&self.storage, &key(&row)?, manifest.size, &manifest.sha256).await?;
        }
        if let Some(place) = removal::batch(&self.db, viewer, &row, &manifest, from).await? {
            self.checked = Some((row.id, place));
            return Ok(());
        }
        removal::finish(&self.db, viewer, &row, &manifest).await
    }
}

/// The key of an archive's file.
pub(crate) fn key(row: &Model) -> Result<Key> {
    Key::new(row.object_key.as_str()).map_err(Error::from)
}

/// The keys of an archive's file and of the manifest beside it.
fn objects(row: &Model) -> Result<[Key; 2]> {
    let file = key(row)?;
    let beside = Key::new(format!("{file}.manifest.json")).map_err(Error::from)?;
    Ok([file, beside])
}

/// What the trail tells of an archive.
fn details(manifest: &Manifest) -> Map<String, serde_json::Value> {
    let mut details = Map::new();
    details.insert("first".to_owned(), json!(manifest.first));
    details.insert("until".to_owned(), json!(manifest.until));
    details.insert("entries".to_owned(), json!(manifest.entries));
    details.insert("size".to_owned(), json!(manifest.size));
    details.insert("sha256".to_owned(), json!(manifest.sha256));
    details.insert("head".to_owned(), json!(manifest.head.number));
    details
}

fn count(number: u64) -> i64 {
    crate::seal::store::number(number)
}

/// Whether a tenant has anything to archive or to remove.
///
/// # Errors
/// If the database does not answer.
pub async fn is_due(db: &Db, viewer: &Viewer) -> Result<bool> {
    let rows = Entity::of_tenant(viewer.tenant_id()).filter(Column::Status.ne(entity::REMOVED));
    Ok(rows.one(db).await?.is_some() || plan::first(db, viewer).await?.is_some())
}

/// The periods in force for the viewer's tenant, as moments.
async fn cutoffs(db: &Db, viewer: &Viewer) -> Result<retention::Cutoffs> {
    let row = retention::of(db, viewer.tenant_id()).await?;
    let now = viewer.clock.now();
    Ok(retention::in_force(row.as_ref(), now).cutoffs(now))
}
