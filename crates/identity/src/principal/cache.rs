//! What this node knows of principals. Entries carry the generations of their tenant and person; forgetting only
//! counts those up, so that nothing loaded earlier is ever believed again.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use kernel::id::{TenantId, TypedId, UserId};

use super::Principal;

/// How long a principal is believed at most.
pub(super) const TTL: Duration = Duration::from_secs(60);

/// How many principals a node keeps.
const CAPACITY: u64 = 20_000;

/// How many counters there are: things that share one are forgotten together, which costs a load and harms nothing.
const COUNTERS: usize = 1_024;

/// What this node knows of grants for a moment.
pub struct Cache {
    entries: moka::future::Cache<(TenantId, UserId), Entry>,
    tenants: Box<[AtomicU64]>,
    users: Box<[AtomicU64]>,
    all: AtomicU64,
}

/// The generations of everything, a tenant and a person at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp(u64, u64, u64);

#[derive(Clone)]
struct Entry {
    stamp: Stamp,
    principal: Arc<Principal>,
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("entries", &self.entries.entry_count()).finish_non_exhaustive()
    }
}

impl Default for Cache {
    fn default() -> Self {
        let counters = || (0..COUNTERS).map(|_| AtomicU64::new(0)).collect();
        Self {
            entries: moka::future::Cache::builder().max_capacity(CAPACITY).time_to_live(TTL).build(),
            tenants: counters(),
            users: counters(),
            all: AtomicU64::new(0),
        }
    }
}

impl Cache {
    /// The present generations of a person in a tenant.
    pub(super) fn stamp(&self, tenant: TenantId, user: UserId) -> Stamp {
        Stamp(
            self.all.load(SeqCst),
            counter(&self.tenants, tenant).load(SeqCst),
            counter(&self.users, user).load(SeqCst),
        )
    }

    /// The principal, if one was put with the same stamp and is still valid at `now`.
    pub(super) async fn get(
        &self,
        tenant: TenantId,
        user: UserId,
        stamp: Stamp,
        now: DateTime<Utc>,
    ) -> Option<Arc<Principal>> {
        let entry = self.entries.get(&(tenant, user)).await?;
        (entry.stamp == stamp && entry.principal.valid_until > now).then_some(entry.principal)
    }

    /// Keeps a principal whose load began at `stamp`.
    pub(super) async fn put(&self, stamp: Stamp, principal: Arc<Principal>) {
        self.entries.insert((principal.tenant.id, principal.user), Entry { stamp, principal }).await;
    }

    /// Nothing known of a person, in any tenant, is believed any more.
    pub(super) fn forget_user(&self, user: UserId) {
        counter(&self.users, user).fetch_add(1, SeqCst);
    }

    /// Nothing known of anybody in a tenant is believed any more.
    pub(super) fn forget_tenant(&self, tenant: TenantId) {
        counter(&self.tenants, tenant).fetch_add(1, SeqCst);
    }

    /// Nothing known is believed any more.
    pub(super) fn forget_all(&self) {
        self.all.fetch_add(1, SeqCst);
    }
}

fn counter(counters: &[AtomicU64], id: impl TypedId) -> &AtomicU64 {
    // Reason: the last bits of a UUIDv7 are random.
    let place = id.uuid().as_u128() % counters.len() as u128;
    &counters[place as usize]
}
