//! What nodes share for a while: a cache, broadcast messages and rate limits.
//!
//! Nothing here is the truth of anything. A cache may forget, a message may be lost, a limit may reset;
//! what must hold is in the database. Each trait has an in-process form and one on Redis.

mod gcra;
mod hub;
pub mod memory;
pub mod redis;

pub use gcra::{Decision, Quota};
pub use hub::{Event, Subscription};

use crate::settings::RedisSettings;
use async_trait::async_trait;
use kernel::clock::Clock;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Values that can be computed again, kept until they expire or room is needed.
#[async_trait]
pub trait Cache: Send + Sync + fmt::Debug {
    /// The value, unless it expired or was forgotten. Treat an error as absence where that is safe.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError>;

    /// Stores a value for `ttl` (at least a millisecond), replacing any earlier one.
    async fn set(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), CacheError>;

    /// Stores a value unless there is one; says whether it did.
    async fn set_if_absent(&self, key: &str, value: &[u8], ttl: Duration) -> Result<bool, CacheError>;

    /// Forgets a value; says whether there was one.
    async fn delete(&self, key: &str) -> Result<bool, CacheError>;

    /// Adds one to a counter and gives its new value. The first addition makes it, to expire after
    /// `ttl`; later ones do not prolong it.
    ///
    /// # Errors
    /// [`CacheError::NotANumber`] if the key holds something else.
    async fn increment(&self, key: &str, ttl: Duration) -> Result<u64, CacheError>;

    /// Whether the service answers; for health checks.
    async fn ping(&self) -> Result<(), CacheError>;
}

/// Messages to whoever listens now, at most once each.
#[async_trait]
pub trait PubSub: Send + Sync + fmt::Debug {
    /// Sends to the subscribers of this moment, on every node.
    ///
    /// # Errors
    /// If the message could not be handed over; it may then have reached nobody or some.
    async fn publish(&self, channel: &str, payload: &[u8]) -> Result<(), CacheError>;

    /// Listens. A message that is published after this returns arrives, unless the stream says
    /// [`Event::Lagged`] or [`Event::Reconnected`]: then some may be missing, and the subscriber reads
    /// the present state again from the database.
    async fn subscribe(&self, channel: &str) -> Subscription;
}

/// Rate limits by the generic cell rate algorithm; see [`Quota`].
#[async_trait]
pub trait RateLimiter: Send + Sync + fmt::Debug {
    /// Takes `cost` units of the key's quota if they are there. Costs nothing when refused.
    async fn check(&self, key: &str, quota: Quota, cost: u32) -> Decision;

    /// What one unit would be answered, without taking it; `remaining` is what is there now.
    async fn peek(&self, key: &str, quota: Quota) -> Decision;
}

/// The three services, in-process or on Redis. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Services {
    /// The cache.
    pub cache: Arc<dyn Cache>,
    /// The cache of what clients choose and fill, such as their documents: in process it is one of its own, so that they
    /// cannot push out of the other what is kept about them.
    pub documents: Arc<dyn Cache>,
    /// Broadcast messages.
    pub pubsub: Arc<dyn PubSub>,
    /// Rate limits.
    pub limits: Arc<dyn RateLimiter>,
}

impl Services {
    /// Everything in this process: right as long as it is the only one.
    pub fn in_process(clock: Clock) -> Self {
        Self {
            cache: Arc::new(memory::MemoryCache::new(clock.clone())),
            documents: Arc::new(memory::MemoryCache::bounded(10_000, 16 << 20, clock.clone())),
            pubsub: Arc::new(memory::MemoryPubSub::default()),
            limits: Arc::new(memory::MemoryLimiter::new(clock)),
        }
    }

    /// Everything on one Redis (7 or later). Does not wait for it: while it cannot be reached, cache
    /// and publishing fail within 250 ms, limits are kept by this process alone, and subscriptions
    /// come back by themselves.
    ///
    /// Must be called within a Tokio runtime, which carries the connections.
    ///
    /// # Errors
    /// If the URL is not understood.
    pub async fn redis(settings: &RedisSettings, clock: Clock) -> Result<Self, CacheError> {
        let link = redis::Link::open(settings)?;
        Ok(Self {
            cache: Arc::new(redis::RedisCache::new(link.clone())),
            documents: Arc::new(redis::RedisCache::new(link.clone())),
            pubsub: Arc::new(redis::RedisPubSub::start(link.clone())),
            limits: Arc::new(redis::RedisLimiter::new(link, memory::MemoryLimiter::new(clock))),
        })
    }
}

/// Why a shared service did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheError {
    /// The service cannot be reached or does not answer in time.
    Unavailable(String),
    /// A counter was asked of a key that holds something else.
    NotANumber,
}

impl fmt::Display for CacheError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) => write!(f, "the shared cache is not available: {why}"),
            Self::NotANumber => f.write_str("the cached value is not a counter"),
        }
    }
}

impl std::error::Error for CacheError {}

impl From<CacheError> for kernel::Error {
    fn from(error: CacheError) -> Self {
        match error {
            CacheError::Unavailable(_) => Self::unavailable(error),
            CacheError::NotANumber => Self::internal(error),
        }
    }
}
