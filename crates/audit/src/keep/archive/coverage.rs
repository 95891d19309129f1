//! What a check of the trail believes of archives: an entry is removed rightly if a manifest that the tenant's audit key
//! signed says that its file has it. What the database lists as removed is believed by nobody.

use kernel::error::Result;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::manifest::Manifest;
use crate::{
    seal::store::{number, statement},
    verify::Keys,
};

/// A manifest that is believed.
#[derive(Clone, Debug)]
pub(crate) struct Covered {
    manifest: Manifest,
    bits: Vec<u8>,
}

impl Covered {
    /// Whether the file has the entry of a place.
    pub(crate) fn has(&self, seq: u64) -> bool {
        self.manifest.has(&self.bits, seq)
    }
}

/// The believed manifests of archives that span any of the places from `first` to before `until`, and the ids of those
/// that are not believed.
pub(crate) async fn covered(
    db: &impl ConnectionTrait,
    tenant: Uuid,
    keys: &Keys,
    first: u64,
    until: u64,
) -> Result<(Vec<Covered>, Vec<Uuid>)> {
    let sql = "SELECT id, manifest FROM audit_archives WHERE tenant_id = $1 AND first_seq < $2 AND until_seq > $3 \
               AND manifest IS NOT NULL ORDER BY first_seq, id";
    let values = vec![tenant.into(), number(until).into(), number(first).into()];
    let (mut believed, mut forged) = (Vec::new(), Vec::new());
    for row in db.query_all_raw(statement(db, sql, values)).await? {
        let (id, text): (Uuid, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let manifest = serde_json::from_str(&text).ok().filter(|manifest: &Manifest| {
            let own = manifest.tenant == tenant && manifest.head.tenant == tenant && manifest.archive == id;
            own && keys.signed(&manifest.head) && keys.0.iter().any(|key| manifest.is_signed_by(key))
        });
        match manifest {
            Some(manifest) => believed.push(Covered { bits: manifest.bits(), manifest }),
            None => forged.push(id),
        }
    }
    Ok((believed, forged))
}
