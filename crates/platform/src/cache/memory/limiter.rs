//! Rate limits inside one process.

use crate::cache::gcra::{decide, micros};
use crate::cache::{Decision, Quota, RateLimiter};
use async_trait::async_trait;
use kernel::clock::Clock;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// Limits of this process, for at most `capacity` keys at a time.
///
/// A key is kept while its quota is not full; beyond the capacity those go first that are nearest to
/// full. So a flood of fresh keys pushes out one another, not the key that is locked for long.
#[derive(Debug)]
pub struct MemoryLimiter {
    clock: Clock,
    capacity: usize,
    table: Mutex<Table>,
}

impl MemoryLimiter {
    /// Limits for up to 100 000 keys.
    pub fn new(clock: Clock) -> Self {
        Self::with_capacity(100_000, clock)
    }

    /// Limits for up to `capacity` keys.
    pub fn with_capacity(capacity: usize, clock: Clock) -> Self {
        Self { clock, capacity: capacity.max(1), table: Mutex::default() }
    }

    /// The check itself, without a future around it.
    pub fn check_now(&self, key: &str, quota: Quota, cost: u32) -> Decision {
        self.step(key, quota, cost, true)
    }

    /// The look itself, without a future around it.
    pub fn peek_now(&self, key: &str, quota: Quota) -> Decision {
        self.step(key, quota, 1, false)
    }

    fn step(&self, key: &str, quota: Quota, cost: u32, commit: bool) -> Decision {
        let now = micros(self.clock.monotonic());
        // Invariant: nothing that can panic runs while the lock is held.
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let tat = table.arrivals.get(key).copied();
        let (decision, next) = decide(tat, now, quota, cost, commit);
        if let Some(next) = next {
            table.put(key, next);
            table.trim(now, self.capacity);
        }
        decision
    }
}

#[async_trait]
impl RateLimiter for MemoryLimiter {
    async fn check(&self, key: &str, quota: Quota, cost: u32) -> Decision {
        self.check_now(key, quota, cost)
    }

    async fn peek(&self, key: &str, quota: Quota) -> Decision {
        self.peek_now(key, quota)
    }
}

/// Theoretical arrival times, also in their order. Invariant: both hold the same pairs.
#[derive(Debug, Default)]
struct Table {
    arrivals: HashMap<Arc<str>, u64>,
    order: BTreeSet<(u64, Arc<str>)>,
}

impl Table {
    fn put(&mut self, key: &str, tat: u64) {
        let key = match self.arrivals.remove_entry(key) {
            Some((key, old)) => {
                self.order.remove(&(old, Arc::clone(&key)));
                key
            }
            None => Arc::from(key),
        };
        self.order.insert((tat, Arc::clone(&key)));
        self.arrivals.insert(key, tat);
    }

    /// Drops up to two keys whose quota is full again (so that they go faster than they come), and any
    /// surplus.
    fn trim(&mut self, now: u64, capacity: usize) {
        let mut full = 2;
        while let Some((tat, _)) = self.order.first() {
            let is_full = *tat <= now && full > 0;
            if !is_full && self.order.len() <= capacity {
                break;
            }
            full -= usize::from(is_full);
            if let Some((_, key)) = self.order.pop_first() {
                self.arrivals.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use std::time::Duration;

    const LOGIN: Quota = Quota::new(5, Duration::from_secs(15 * 60));

    #[tokio::test]
    async fn sixth_login_waits_for_its_turn() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        let limiter = MemoryLimiter::new(clock.clone());
        for left in (0..5).rev() {
            let decision = limiter.check("ada", LOGIN, 1).await;
            assert_eq!((decision.allowed, decision.remaining), (true, left));
        }
        let refused = limiter.check("ada", LOGIN, 1).await;
        assert_eq!(refused.retry_after, Some(Duration::from_secs(180)));
        assert!(limiter.check("bob", LOGIN, 1).await.allowed);
        clock.advance(Duration::from_secs(180));
        assert!(limiter.check("ada", LOGIN, 1).await.allowed);
        assert!(!limiter.check("ada", LOGIN, 1).await.allowed);
    }

    #[tokio::test]
    async fn looking_takes_nothing() {
        let limiter = MemoryLimiter::new(Clock::manual(DateTime::UNIX_EPOCH));
        for _ in 0..10 {
            assert_eq!(limiter.peek("ada", LOGIN).await.remaining, 5);
        }
        limiter.check("ada", LOGIN, 5).await;
        let empty = limiter.peek("ada", LOGIN).await;
        assert_eq!((empty.allowed, empty.remaining), (false, 0));
        assert_eq!(empty.retry_after, Some(Duration::from_secs(180)));
    }

    #[test]
    fn flood_of_keys_does_not_free_a_locked_one() {
        let limiter = MemoryLimiter::with_capacity(100, Clock::manual(DateTime::UNIX_EPOCH));
        limiter.check_now("locked", LOGIN, 5);
        for number in 0..10_000 {
            limiter.check_now(&number.to_string(), LOGIN, 1);
        }
        assert!(!limiter.check_now("locked", LOGIN, 1).allowed);
        let table = limiter.table.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!((table.arrivals.len(), table.order.len()), (100, 100));
    }

    #[test]
    fn keys_that_are_full_again_are_dropped() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        let limiter = MemoryLimiter::new(clock.clone());
        for number in 0..100 {
            limiter.check_now(&number.to_string(), LOGIN, 1);
        }
        clock.advance(LOGIN.per);
        for _ in 0..50 {
            limiter.check_now("other", LOGIN, 0);
            limiter.check_now("other", LOGIN, 1);
            clock.advance(LOGIN.per);
        }
        let table = limiter.table.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!((table.arrivals.len(), table.order.len()), (1, 1));
    }
}
