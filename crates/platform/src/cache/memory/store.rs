//! The cache inside one process.

use crate::cache::gcra::micros;
use crate::cache::{Cache, CacheError};
use async_trait::async_trait;
use kernel::clock::Clock;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Values of this process, within bounds on their number and on the bytes of keys and values. Beyond
/// them those go first that would expire soonest.
#[derive(Debug)]
pub struct MemoryCache {
    clock: Clock,
    max_entries: usize,
    max_bytes: usize,
    store: Mutex<Store>,
}

impl MemoryCache {
    /// At most 100 000 values of together 64 MiB.
    pub fn new(clock: Clock) -> Self {
        Self::bounded(100_000, 64 << 20, clock)
    }

    /// At most this many values and bytes.
    pub fn bounded(max_entries: usize, max_bytes: usize, clock: Clock) -> Self {
        Self { clock, max_entries, max_bytes, store: Mutex::default() }
    }

    /// Runs `work` on the store at the present moment, then enforces the bounds.
    fn with<T>(&self, work: impl FnOnce(&mut Store, u64) -> T) -> T {
        let now = micros(self.clock.monotonic());
        // Invariant: nothing that can panic runs while the lock is held.
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        store.drop_expired(now);
        let result = work(&mut store, now);
        while store.entries.len() > self.max_entries || store.bytes > self.max_bytes {
            store.drop_first();
        }
        result
    }
}

#[async_trait]
impl Cache for MemoryCache {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError> {
        Ok(self.with(|store, _| store.entries.get(key).map(|entry| entry.value.clone())))
    }

    async fn set(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), CacheError> {
        self.with(|store, now| store.put(key, value.to_vec(), expiry(now, ttl)));
        Ok(())
    }

    async fn set_if_absent(&self, key: &str, value: &[u8], ttl: Duration) -> Result<bool, CacheError> {
        Ok(self.with(|store, now| {
            let absent = !store.entries.contains_key(key);
            if absent {
                store.put(key, value.to_vec(), expiry(now, ttl));
            }
            absent
        }))
    }

    async fn delete(&self, key: &str) -> Result<bool, CacheError> {
        Ok(self.with(|store, _| store.remove(key)))
    }

    async fn increment(&self, key: &str, ttl: Duration) -> Result<u64, CacheError> {
        self.with(|store, now| {
            let (count, expires) = match store.entries.get(key) {
                Some(entry) => (parse(&entry.value)?, entry.expires),
                None => (0, expiry(now, ttl)),
            };
            let count = count.checked_add(1).ok_or(CacheError::NotANumber)?;
            store.put(key, count.to_string().into_bytes(), expires);
            Ok(count)
        })
    }

    async fn ping(&self) -> Result<(), CacheError> {
        Ok(())
    }
}

#[derive(Debug)]
struct Entry {
    value: Vec<u8>,
    /// Microseconds of the monotonic clock.
    expires: u64,
}

/// Entries, also in the order in which they expire. Invariant: both hold the same keys, and `bytes` is
/// the sum over them.
#[derive(Debug, Default)]
struct Store {
    entries: HashMap<Arc<str>, Entry>,
    order: BTreeSet<(u64, Arc<str>)>,
    bytes: usize,
}

impl Store {
    fn put(&mut self, key: &str, value: Vec<u8>, expires: u64) {
        self.remove(key);
        let key: Arc<str> = key.into();
        self.bytes += key.len() + value.len();
        self.order.insert((expires, Arc::clone(&key)));
        self.entries.insert(key, Entry { value, expires });
    }

    fn remove(&mut self, key: &str) -> bool {
        let Some((key, entry)) = self.entries.remove_entry(key) else {
            return false;
        };
        self.bytes -= key.len() + entry.value.len();
        self.order.remove(&(entry.expires, key));
        true
    }

    fn drop_expired(&mut self, now: u64) {
        while self.order.first().is_some_and(|(expires, _)| *expires <= now) {
            self.drop_first();
        }
    }

    fn drop_first(&mut self) {
        if let Some((_, key)) = self.order.first().cloned() {
            self.remove(&key);
        }
    }
}

fn expiry(now: u64, ttl: Duration) -> u64 {
    now.saturating_add(micros(ttl).max(1_000))
}

fn parse(value: &[u8]) -> Result<u64, CacheError> {
    let text = std::str::from_utf8(value).map_err(|_| CacheError::NotANumber)?;
    text.parse().map_err(|_| CacheError::NotANumber)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    const MINUTE: Duration = Duration::from_secs(60);

    fn cache() -> (MemoryCache, Clock) {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        (MemoryCache::new(clock.clone()), clock)
    }

    #[tokio::test]
    async fn value_lives_until_it_expires() {
        let (cache, clock) = cache();
        cache.set("a", b"1", MINUTE).await.unwrap();
        clock.advance(MINUTE - Duration::from_micros(1));
        assert_eq!(cache.get("a").await.unwrap(), Some(b"1".to_vec()));
        clock.advance(Duration::from_micros(1));
        assert_eq!(cache.get("a").await.unwrap(), None);
        assert!(!cache.delete("a").await.unwrap());
    }

    #[tokio::test]
    async fn replaced_value_takes_the_new_life_span() {
        let (cache, clock) = cache();
        cache.set("a", b"1", MINUTE).await.unwrap();
        cache.set("a", b"2", 3 * MINUTE).await.unwrap();
        clock.advance(2 * MINUTE);
        assert_eq!(cache.get("a").await.unwrap(), Some(b"2".to_vec()));
    }

    #[tokio::test]
    async fn first_to_set_wins_until_it_expires() {
        let (cache, clock) = cache();
        assert!(cache.set_if_absent("lock", b"me", MINUTE).await.unwrap());
        assert!(!cache.set_if_absent("lock", b"you", MINUTE).await.unwrap());
        clock.advance(MINUTE);
        assert!(cache.set_if_absent("lock", b"you", MINUTE).await.unwrap());
        assert!(cache.delete("lock").await.unwrap());
        assert!(cache.set_if_absent("lock", b"she", MINUTE).await.unwrap());
    }

    #[tokio::test]
    async fn counter_counts_within_its_first_life_span() {
        let (cache, clock) = cache();
        assert_eq!(cache.increment("n", MINUTE).await, Ok(1));
        clock.advance(MINUTE / 2);
        assert_eq!(cache.increment("n", MINUTE).await, Ok(2));
        assert_eq!(cache.get("n").await.unwrap(), Some(b"2".to_vec()));
        clock.advance(MINUTE / 2);
        assert_eq!(cache.increment("n", MINUTE).await, Ok(1));
        cache.set("text", b"abc", MINUTE).await.unwrap();
        assert_eq!(cache.increment("text", MINUTE).await, Err(CacheError::NotANumber));
    }

    #[tokio::test]
    async fn bounds_hold_and_the_soonest_to_expire_goes_first() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        let cache = MemoryCache::bounded(2, 20, clock);
        cache.set("long", b"1", 3 * MINUTE).await.unwrap();
        cache.set("short", b"2", MINUTE).await.unwrap();
        cache.set("mid", b"3", 2 * MINUTE).await.unwrap();
        assert_eq!(cache.get("short").await.unwrap(), None);
        assert_eq!(cache.get("long").await.unwrap(), Some(b"1".to_vec()));

        cache.set("large", &[0; 14], 4 * MINUTE).await.unwrap();
        assert_eq!(cache.get("large").await.unwrap().map(|v| v.len()), Some(14));
        let store = cache.store.lock().unwrap();
        assert_eq!((store.entries.len(), store.order.len(), store.bytes), (1, 1, 19));
    }
}
