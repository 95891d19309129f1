//! Which sessions are alive, as this node knows it for a moment. An event that ends a session makes the node forget it
//! at once; should the event be lost, what is known is believed for no longer than [`TTL`].

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, PoisonError, RwLock, RwLockWriteGuard,
        atomic::{AtomicI64, Ordering::SeqCst},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use kernel::id::{SessionId, TenantId, UserId};

use super::entity as session;

/// How long a session is believed to be alive without looking: the bound within which a revocation is effective
/// everywhere, whatever becomes of messages.
pub(super) const TTL: Duration = Duration::from_secs(5);

/// The last use of a session is written no more often than this.
const TOUCH_EVERY: TimeDelta = TimeDelta::minutes(1);

/// How many sessions a node keeps in mind.
const CAPACITY: usize = 50_000;

/// What this node knows of sessions for a moment.
#[derive(Default)]
pub struct Cache(RwLock<State>);

#[derive(Default)]
struct State {
    known: HashMap<SessionId, Arc<Known>>,
    /// Counts what was forgotten, so that nothing read before is kept after.
    generation: u64,
}

/// A session that was alive when it was looked up.
pub(super) struct Known {
    /// The tenant.
    pub tenant: TenantId,
    /// Whose it is.
    pub user: UserId,
    expires_at: DateTime<Utc>,
    read_at: Duration,
    touched_at: AtomicI64,
}

/// The generation at which a look into the database began.
#[derive(Clone, Copy)]
pub(super) struct Look(u64);

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").finish_non_exhaustive()
    }
}

impl Known {
    /// A living session as read at `read_at` (monotonic).
    pub(super) fn new(session: &session::Model, read_at: Duration) -> Self {
        Self {
            tenant: session.tenant_id,
            user: session.user_id,
            expires_at: session.expires_at,
            read_at,
            touched_at: AtomicI64::new(session.last_used_at.timestamp_micros()),
        }
    }

    /// Whether its use at `now` is to be written; says so to one caller only.
    pub(super) fn is_due(&self, now: DateTime<Utc>) -> bool {
        let last = self.touched_at.load(SeqCst);
        let due = DateTime::from_timestamp_micros(last).is_none_or(|last| now - last >= TOUCH_EVERY);
        due && self.touched_at.compare_exchange(last, now.timestamp_micros(), SeqCst, SeqCst).is_ok()
    }
}

impl Cache {
    /// The session, if it was seen alive lately.
    pub(super) fn get(&self, id: SessionId, monotonic: Duration, now: DateTime<Utc>) -> Option<Arc<Known>> {
        let state = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let known = state.known.get(&id)?;
        let fresh = monotonic.saturating_sub(known.read_at) < TTL && known.expires_at > now;
        fresh.then(|| Arc::clone(known))
    }

    /// Before a look into the database.
    pub(super) fn look(&self) -> Look {
        Look(self.0.read().unwrap_or_else(PoisonError::into_inner).generation)
    }

    /// Keeps what was seen, unless something was forgotten since the look began.
    pub(super) fn keep(&self, look: Look, id: SessionId, known: Arc<Known>) {
        let mut state = self.state();
        if state.generation != look.0 {
            return;
        }
        if state.known.len() >= CAPACITY {
            let read_at = known.read_at;
            state.known.retain(|_, old| read_at.saturating_sub(old.read_at) < TTL);
            // Reason: more living sessions than fit: beginning anew costs one look each.
            if state.known.len() >= CAPACITY {
                state.known.clear();
            }
        }
        state.known.insert(id, known);
    }

    /// Forgets sessions that ended or changed.
    pub(crate) fn forget(&self, ids: &[SessionId]) {
        if ids.is_empty() {
            return;
        }
        let mut state = self.state();
        state.generation += 1;
        for id in ids {
            state.known.remove(id);
        }
    }

    /// Forgets everything: for when events may have been missed.
    pub(crate) fn forget_all(&self) {
        let mut state = self.state();
        state.generation += 1;
        state.known.clear();
    }

    fn state(&self) -> RwLockWriteGuard<'_, State> {
        // Reason: a panic between two steps loses at most an entry, which costs one look.
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use kernel::id::TypedId as _;
    use uuid::Uuid;

    use super::*;
    use crate::testing::noon;

    const ID: u128 = 5;

    fn id() -> SessionId {
        SessionId::from_uuid(Uuid::from_u128(ID))
    }

    fn known(read_at: Duration) -> Arc<Known> {
        Arc::new(Known {
            tenant: TenantId::from_uuid(Uuid::from_u128(1)),
            user: UserId::from_uuid(Uuid::from_u128(2)),
            expires_at: noon() + TimeDelta::days(1),
            read_at,
            touched_at: AtomicI64::new(noon().timestamp_micros()),
        })
    }

    #[test]
    fn session_is_believed_for_a_moment_and_not_beyond_its_end() {
        let cache = Cache::default();
        cache.keep(cache.look(), id(), known(Duration::ZERO));
        assert!(cache.get(id(), TTL - Duration::from_millis(1), noon()).is_some());
        assert!(cache.get(id(), TTL, noon()).is_none());
        assert!(cache.get(id(), Duration::ZERO, noon() + TimeDelta::days(1)).is_none());
    }

    #[test]
    fn forgotten_session_is_unknown_at_once() {
        let cache = Cache::default();
        cache.keep(cache.look(), id(), known(Duration::ZERO));
        cache.forget(&[id()]);
        assert!(cache.get(id(), Duration::ZERO, noon()).is_none());
    }

    #[test]
    fn session_that_ended_while_it_was_looked_up_is_not_kept() {
        let cache = Cache::default();
        let look = cache.look();
        cache.forget(&[id()]);
        cache.keep(look, id(), known(Duration::ZERO));
        assert!(cache.get(id(), Duration::ZERO, noon()).is_none());
    }

    #[test]
    fn use_is_written_once_a_minute() {
        let known = known(Duration::ZERO);
        assert!(!known.is_due(noon() + TimeDelta::seconds(59)));
        assert!(known.is_due(noon() + TimeDelta::seconds(60)));
        assert!(!known.is_due(noon() + TimeDelta::seconds(61)));
        assert!(known.is_due(noon() + TimeDelta::seconds(120)));
    }
}
