//! Heads kept outside of the database: the last signed head of each tenant, in the object storage. Who owns the database
//! alone can rewrite the trail with everything that the sealer noted of it, but neither have the key sign that other
//! history nor have a check call it sound.

use std::{collections::HashMap, fmt, time::Duration};

use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _, future::BoxFuture, stream};
use kernel::error::{Error, Result};
use moka::sync::Cache;
use platform::storage::{Key, Storage, StorageError};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::{
    head::SignedHead,
    store::{self, Tree},
};
use crate::merkle;

/// Objects that are read or written beside each other.
const AT_ONCE: usize = 16;

/// How long a head is believed to be the one in the storage: another process may have signed, or somebody accepted the
/// trail as it is.
const HELD: Duration = Duration::from_secs(10 * 60);

/// Heads held in memory.
const MOST: u64 = 50_000;

/// Folder of the objects.
const FOLDER: &str = "audit/heads";

/// The heads kept outside. Cheap to clone.
#[derive(Clone)]
pub struct Kept {
    storage: Storage,
    held: Cache<Uuid, SignedHead>,
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

impl Kept {
    /// Heads in this storage.
    pub fn new(storage: Storage) -> Self {
        Self { storage, held: Cache::builder().max_capacity(MOST).time_to_live(HELD).build() }
    }

    /// The head that is kept of a tenant's trail.
    ///
    /// # Errors
    /// If the storage does not answer, or keeps something that is no head.
    pub async fn of(&self, tenant: Uuid) -> Result<Option<SignedHead>> {
        let Some(object) = self.storage.get(&key(tenant)?, None).await? else { return Ok(None) };
        let pieces: Vec<Bytes> = object.body.try_collect().await?;
        let head = serde_json::from_slice(&pieces.concat());
        head.map(Some).map_err(|error| Error::internal(format!("the head kept of {tenant} is none: {error}")))
    }

    /// Keeps heads, replacing those of before. What cannot be kept is said in the log; the next head will be.
    pub(super) async fn put(&self, heads: &[SignedHead]) {
        // Reason: futures that own what they use, for a future over borrowed ones is not known to be `Send`.
        let puts: Vec<BoxFuture<'static, ()>> =
            heads.iter().map(|head| self.clone().put_one(head.clone()).boxed()).collect();
        stream::iter(puts).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
    }

    async fn put_one(self, head: SignedHead) {
        let put = async {
            let text =
                serde_json::to_vec(&head).map_err(|error| StorageError::Unavailable(error.to_string()))?;
            self.storage.put_bytes(&key(head.tenant)?, text).await
        };
        match put.await {
            Ok(()) => self.held.insert(head.tenant, head),
            Err(error) => tracing::warn!(tenant = %head.tenant, %error, "a signed head could not be kept"),
        }
    }

    /// Forgets the head of a tenant: its trail is to be taken as it is, or gone.
    ///
    /// # Errors
    /// If the storage does not answer.
    pub async fn forget(&self, tenants: &[Uuid]) -> Result<()> {
        let keys = tenants.iter().map(|tenant| key(*tenant)).collect::<Result<Vec<_>, _>>()?;
        self.storage.delete(keys).await?;
        tenants.iter().for_each(|tenant| self.held.invalidate(tenant));
        Ok(())
    }

    /// Leaves out the trees that do not go on where the kept heads end: those must not be signed.
    ///
    /// # Errors
    /// If the database does not answer.
    pub(super) async fn only_sound(
        &self,
        tx: &impl ConnectionTrait,
        trees: Vec<(Uuid, Tree)>,
    ) -> Result<Vec<(Uuid, Tree)>> {
        let fresh: Vec<Uuid> = trees
            .iter()
            .map(|(tenant, _)| *tenant)
            .filter(|tenant| !self.held.contains_key(tenant))
            .collect();
        let reads: Vec<BoxFuture<'static, (Uuid, Result<Option<SignedHead>>)>> = fresh
            .into_iter()
            .map(|tenant| {
                let kept = self.clone();
                async move { (tenant, kept.of(tenant).await) }.boxed()
            })
            .collect();
        let read: HashMap<Uuid, Result<Option<SignedHead>>> =
            stream::iter(reads).buffer_unordered(AT_ONCE).collect().await;
        let mut sound = Vec::with_capacity(trees.len());
        for (tenant, tree) in trees {
            let (kept, is_fresh) = match (self.held.get(&tenant), read.get(&tenant)) {
                (Some(held), _) => (held, false),
                (None, Some(Ok(Some(kept)))) => (kept.clone(), true),
                (None, Some(Err(error))) => {
                    // Reason: a storage that is away must not end signing; who owns the database cannot keep it away.
                    tracing::warn!(%tenant, ?error, "the head that was kept outside could not be read");
                    sound.push((tenant, tree));
                    continue;
                }
                (None, _) => {
                    sound.push((tenant, tree));
                    continue;
                }
            };
            let goes_on = kept.number <= tree.heads && kept.size <= tree.head_size;
            // Reason: once is enough as long as the head is held: the tree has only grown through here since.
            if goes_on && (!is_fresh || begins_with(tx, tenant, &kept, &tree).await?) {
                if is_fresh {
                    self.held.insert(tenant, kept);
                }
                sound.push((tenant, tree));
            } else {
                tracing::error!(
                    %tenant,
                    kept = kept.number,
                    size = kept.size,
                    "the trail is not the one whose head was kept outside, and no head of it is signed; `atrium audit \
                     verify` tells what is wrong, `atrium audit accept` takes it as it is after a restore"
                );
            }
        }
        Ok(sound)
    }
}

/// Whether a tree begins with that of a head (RFC 6962 §2.1.2).
async fn begins_with(
    tx: &impl ConnectionTrait,
    tenant: Uuid,
    kept: &SignedHead,
    tree: &Tree,
) -> Result<bool> {
    let size = tree.frontier.size();
    let Some(nodes) = merkle::consistency(kept.size, size) else { return Ok(false) };
    let path = store::hashes(tx, tenant, &nodes).await?;
    Ok(merkle::verify_consistency(kept.size, size, &path, &kept.root, &tree.frontier.root()))
}

fn key(tenant: Uuid) -> Result<Key, StorageError> {
    Key::new(format!("{FOLDER}/{tenant}.json"))
}
