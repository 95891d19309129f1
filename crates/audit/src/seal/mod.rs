//! Sealing: committed entries get their place in a tenant's Merkle tree (RFC 6962 §2.1), and the tree's head is signed.
//!
//! Acts only write their entries; a trigger notes each as waiting. The sealer takes what waits in batches, gives it
//! places after what is there, and writes leaves, nodes and the tree's end in one transaction: a crash between any two
//! steps leaves the tree as it was.

pub mod graphql;
pub mod head;
pub mod heads;
pub mod kept;
pub mod keys;
pub mod line;
pub mod row;
pub mod store;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use aws_lc_rs::signature::Ed25519KeyPair;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{
    clock::Clock,
    db::Db,
    error::{Error, Result},
    id::{TenantId, TypedId},
};
use platform::crypto::Keyring;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::merkle::TILE_LEVELS;
use head::SignedHead;
use kept::Kept;
use store::{Leaf, Noted, StoredNode, Tree};

/// Entries that one transaction seals; on SQLite, where it holds up acts, a few milliseconds' worth.
const BATCH: u64 = 1_000;
const BATCH_SQLITE: u64 = 400;

/// How long the sealer gathers after a commit: many acts in one transaction, and still within two seconds.
const GATHER: Duration = Duration::from_millis(200);

/// How long to wait for the bell before looking anyway: another process may have committed.
const POLL: Duration = Duration::from_secs(1);

/// How old a tenant's last head is before a tree that grew gets another, in seconds.
const HEAD_EVERY: i64 = 60;

/// Trees whose heads are signed in one transaction.
const HEADS_AT_ONCE: u64 = 500;

/// Seals entries and signs heads. Cheap to clone; clones take turns.
#[derive(Clone, Debug)]
pub struct Sealer {
    db: Db,
    clock: Clock,
    keyring: Arc<Keyring>,
    kept: Kept,
    turn: Arc<Mutex<()>>,
}

impl Sealer {
    /// A sealer whose keys are sealed by `keyring`, and which keeps heads in `kept`.
    pub fn new(db: Db, clock: Clock, keyring: Arc<Keyring>, kept: Kept) -> Self {
        Self { db, clock, keyring, kept, turn: Arc::default() }
    }

    /// The heads kept outside of the database.
    pub fn kept(&self) -> &Kept {
        &self.kept
    }

    /// The same sealer through other connections: a request's.
    #[must_use]
    pub fn on(&self, db: &Db) -> Self {
        Self { db: db.clone(), ..self.clone() }
    }

    /// What opens the private parts of audit keys, and the secrets of sinks.
    pub fn keyring(&self) -> &Arc<Keyring> {
        &self.keyring
    }

    /// Seals and signs until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut failures = 0u32;
        while !stop.is_cancelled() {
            match self.work().await {
                Ok(()) => failures = 0,
                Err(error) => {
                    failures = failures.saturating_add(1);
                    tracing::warn!(?error, failures, "entries of the trail wait to be sealed");
                }
            }
            let pause = match failures {
                0 => self.db.calls().patience(POLL),
                failures => POLL * 2u32.pow(failures.min(5)),
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.db.trail.heard(), if failures == 0 => tokio::time::sleep(GATHER).await,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn work(&self) -> Result<()> {
        self.seal_all().await?;
        while self.sign_due().await? == HEADS_AT_ONCE {}
        Ok(())
    }

    /// Seals whatever waits; answers how many entries that were.
    ///
    /// # Errors
    /// If the database does not answer; what was sealed before stays.
    pub async fn seal_all(&self) -> Result<u64> {
        let mut sealed = 0;
        loop {
            match self.seal().await? {
                0 => return Ok(sealed),
                more => sealed += more,
            }
        }
    }

    /// Seals one batch; answers how many entries it had. None if nothing waits or another process is sealing.
    ///
    /// # Errors
    /// If the database does not answer; nothing of the batch is sealed then.
    pub async fn seal(&self) -> Result<u64> {
        let _turn = self.turn.lock().await;
        // Reason: most looks find nothing; those cost a read and no lock.
        if !store::is_any_waiting(&self.db).await? {
            return Ok(0);
        }
        if self.db.backend() == DbBackend::Postgres {
            let tx = self.db.begin().await?;
            if !store::take_turn(&tx, false).await? {
                return Ok(0);
            }
            let batch = Batch::plan(&tx, BATCH).await?;
            batch.write(&tx, self.clock.now()).await?;
            tx.commit().await?;
            return Ok(batch.leaves.len() as u64);
        }
        // Reason: SQLite's write lock holds up acts; reading and hashing need none.
        let batch = Batch::plan(&self.db, BATCH_SQLITE).await?;
        let tx = self.db.begin().await?;
        batch.write(&tx, self.clock.now()).await?;
        tx.commit().await?;
        Ok(batch.leaves.len() as u64)
    }

    /// Signs heads of trees that grew since the last one, if that is a minute old; answers how many.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn sign_due(&self) -> Result<u64> {
        let before = self.clock.now() - TimeDelta::seconds(HEAD_EVERY);
        if store::unsigned(&self.db, before, 1).await?.is_empty() {
            return Ok(0);
        }
        let _turn = self.turn.lock().await;
        let tx = self.db.begin().await?;
        if !store::take_turn(&tx, false).await? {
            return Ok(0);
        }
        let trees = store::unsigned(&tx, before, HEADS_AT_ONCE).await?;
        let all = trees.len() as u64;
        let heads = self.sign(&tx, trees).await?;
        tx.commit().await?;
        self.kept.put(&heads).await;
        // Reason: where some cannot be signed there may be no end to looking for more.
        Ok(if heads.len() as u64 == all { all } else { 0 })
    }

    /// Seals what waits, and answers the head of a tenant's tree as it is then, signed now if no head says so yet. None
    /// for a tenant without entries.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn head_now(&self, tenant: TenantId) -> Result<Option<SignedHead>> {
        self.seal_all().await?;
        let _turn = self.turn.lock().await;
        let tx = self.db.begin().await?;
        store::take_turn(&tx, true).await?;
        // Race: while another process had the turn, nothing was sealed above.
        loop {
            let batch = Batch::plan(&tx, BATCH).await?;
            if batch.leaves.is_empty() {
                break;
            }
            batch.write(&tx, self.clock.now()).await?;
        }
        let tree = store::tree_of(&tx, tenant.uuid()).await?;
        let size = tree.frontier.size();
        let mut signed = Vec::new();
        if size > tree.head_size {
            signed = self.sign(&tx, vec![(tenant.uuid(), tree)]).await?;
        }
        let head = heads::last_head(&tx, tenant.uuid()).await?;
        tx.commit().await?;
        self.kept.put(&signed).await;
        if head.as_ref().map_or(0, |head| head.size) != size {
            return Err(Error::internal(format!("the tree of {tenant} has no head of its end")));
        }
        Ok(head)
    }

    /// Signs heads of trees that go on where the last kept heads ended; the others get none.
    async fn sign(&self, tx: &impl ConnectionTrait, trees: Vec<(Uuid, Tree)>) -> Result<Vec<SignedHead>> {
        let mut trees = self.kept.only_sound(tx, trees).await?;
        if trees.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.clock.now();
        let tenants: Vec<Uuid> = trees.iter().map(|(tenant, _)| *tenant).collect();
        let mut keys: BTreeMap<Uuid, (Uuid, Ed25519KeyPair)> = BTreeMap::new();
        for key in keys::ensure(tx, &self.keyring, &tenants, now).await? {
            // Reason: a key that does not open must not keep the heads of others from being signed.
            match key.open(&self.keyring) {
                Ok(pair) => drop(keys.insert(key.tenant, (key.id, pair))),
                Err(error) => {
                    tracing::error!(tenant = %key.tenant, ?error, "the key that signs does not open")
                }
            }
        }
        trees.retain(|(tenant, _)| keys.contains_key(tenant));
        if trees.is_empty() {
            return Ok(Vec::new());
        }
        let mut heads = Vec::with_capacity(trees.len());
        for (tenant, tree) in &mut trees {
            let (key, pair) = keys.get(tenant).ok_or_else(|| Error::internal("every tenant got a key"))?;
            tree.heads += 1;
            tree.head_size = tree.frontier.size();
            tree.head_at = Some(now);
            let head = SignedHead {
                tenant: *tenant,
                number: tree.heads,
                size: tree.head_size,
                root: tree.frontier.root(),
                at: now,
                key: *key,
                signature: Vec::new(),
            };
            heads.push(head.signed(pair));
        }
        heads::write_heads(tx, &heads).await?;
        store::write_trees(tx, &trees, Noted::Head).await?;
        Ok(heads)
    }
}

/// What one transaction appends.
#[derive(Debug, Default)]
struct Batch {
    leaves: Vec<Leaf>,
    nodes: Vec<StoredNode>,
    trees: Vec<(Uuid, Tree)>,
}

impl Batch {
    /// Gives what waits its places, in the order of ids in each tenant.
    async fn plan(db: &impl ConnectionTrait, most: u64) -> Result<Self> {
        let mut damaged = Vec::new();
        // Reason: entries of a tenant whose tree is damaged wait until it is mended; those of others must not.
        let (rows, mut trees) = loop {
            let rows = store::waiting(db, most, &damaged).await?;
            let known = store::trees(db, &tenants_of(&rows)?).await?;
            let sound = known.iter().all(|(_, tree)| tree.is_some());
            damaged.extend(known.iter().filter(|(_, tree)| tree.is_none()).map(|(tenant, _)| *tenant));
            if sound {
                let known = known.into_iter().filter_map(|(tenant, tree)| Some((tenant, tree?)));
                break (rows, known.collect::<BTreeMap<Uuid, Tree>>());
            }
        };
        let mut batch = Self { leaves: Vec::with_capacity(rows.len()), ..Self::default() };
        let mut buffer = Vec::with_capacity(1_024);
        for row in &rows {
            let Some(line) = row::line(row, 0)? else { continue };
            let (tenant, hash) = (line.tenant, line.hash(&mut buffer));
            let tree = trees.entry(tenant).or_default();
            batch.leaves.push(Leaf { entry: line.id, tenant, seq: tree.frontier.size(), hash });
            tree.frontier.push(hash, |level, position, hash| {
                if level.is_multiple_of(TILE_LEVELS) {
                    batch.nodes.push(StoredNode { tenant, level, position, hash });
                }
            });
        }
        batch.trees = trees.into_iter().collect();
        Ok(batch)
    }

    async fn write(&self, tx: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<()> {
        if self.leaves.is_empty() {
            return Ok(());
        }
        store::write_leaves(tx, &self.leaves, now).await?;
        store::write_nodes(tx, &self.nodes).await?;
        store::write_trees(tx, &self.trees, Noted::End).await
    }
}

fn tenants_of(rows: &[QueryResult]) -> Result<Vec<Uuid>> {
    let mut tenants = rows.iter().map(|row| row.try_get_by_index(1)).collect::<Result<Vec<Uuid>, _>>()?;
    tenants.sort_unstable();
    tenants.dedup();
    Ok(tenants)
}
