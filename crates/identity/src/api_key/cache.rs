//! What this node knows of API keys: looked up by prefix, forgotten together whenever any key changes.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use ipnet::IpNet;
use serde::Deserialize as _;

use super::{entity, rules::Bounds};
use crate::role::rules::Matrix;

/// How long a key is believed at most.
const TTL: Duration = Duration::from_secs(60);

/// How many keys a node keeps.
const CAPACITY: u64 = 10_000;

/// Microseconds between two writes of a key's last use.
const MARK_EVERY: i64 = 60_000_000;

/// What this node knows of keys for a moment.
pub struct Cache {
    entries: moka::future::Cache<String, (u64, Arc<Known>)>,
    generation: AtomicU64,
}

/// A key with its scopes.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) key: entity::Model,
    pub(super) scopes: Matrix,
    pub(super) bounds: Bounds,
    /// When its last use was written, in microseconds since 1970.
    marked: AtomicI64,
}

impl Known {
    pub(super) fn new(key: entity::Model, scopes: Matrix) -> Self {
        let marked = AtomicI64::new(key.last_used_at.map_or(0, |at| at.timestamp_micros()));
        Self { bounds: bounds(&key), key, scopes, marked }
    }

    /// Whether it is this caller's turn to write the last use: once a minute and node.
    pub(super) fn takes_mark(&self, now: DateTime<Utc>) -> bool {
        let (now, last) = (now.timestamp_micros(), self.marked.load(SeqCst));
        now - last >= MARK_EVERY && self.marked.compare_exchange(last, now, SeqCst, SeqCst).is_ok()
    }
}

/// The bounds of a stored key.
pub(super) fn bounds(key: &entity::Model) -> Bounds {
    // Invariant: the column is written from networks. What could not be read would admit nobody, not everybody.
    let nowhere = || vec![IpNet::from(std::net::IpAddr::from([255, 255, 255, 255]))];
    Bounds {
        expires_at: key.expires_at,
        networks: Vec::<IpNet>::deserialize(&key.ip_allow).unwrap_or_else(|_| nowhere()),
        rate: key.requests_per_minute,
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("entries", &self.entries.entry_count()).finish_non_exhaustive()
    }
}

impl Default for Cache {
    fn default() -> Self {
        let entries = moka::future::Cache::builder().max_capacity(CAPACITY).time_to_live(TTL).build();
        Self { entries, generation: AtomicU64::new(0) }
    }
}

impl Cache {
    /// The present generation: taken before a key is loaded.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(SeqCst)
    }

    /// The key with this prefix, if it was put in the present generation.
    pub(super) async fn get(&self, prefix: &str, generation: u64) -> Option<Arc<Known>> {
        let (put, known) = self.entries.get(prefix).await?;
        (put == generation).then_some(known)
    }

    /// Keeps a key whose load began at `generation`.
    pub(super) async fn put(&self, generation: u64, known: Arc<Known>) {
        self.entries.insert(known.key.prefix.clone(), (generation, known)).await;
    }

    /// No key loaded so far is believed any more.
    pub(crate) fn forget_all(&self) {
        self.generation.fetch_add(1, SeqCst);
    }
}
