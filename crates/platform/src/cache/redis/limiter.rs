//! Rate limits on Redis.

use super::link::Link;
use crate::cache::memory::MemoryLimiter;
use crate::cache::{CacheError, Decision, Quota, RateLimiter};
use ::redis::Script;
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Limits that hold over all nodes, by the clock of Redis. While it cannot be reached, each node keeps
/// them by itself: nobody is locked out, and nobody gets more than a node's quota from each node.
#[derive(Clone, Debug)]
pub struct RedisLimiter {
    link: Link,
    script: Script,
    fallback: Arc<MemoryLimiter>,
    /// Whether the last answer came from the fallback.
    alone: Arc<AtomicBool>,
}

impl RedisLimiter {
    /// Limits over this connection, with `fallback` for when it is lost.
    pub fn new(link: Link, fallback: MemoryLimiter) -> Self {
        Self {
            link,
            script: Script::new(include_str!("gcra.lua")),
            fallback: Arc::new(fallback),
            alone: Arc::default(),
        }
    }

    async fn step(&self, key: &str, quota: Quota, cost: u32, commit: bool) -> Option<Decision> {
        let mut call = self.script.prepare_invoke();
        call.key(self.link.name("limit", key))
            .arg(quota.interval())
            .arg(quota.burst)
            .arg(cost)
            .arg(u8::from(commit));
        let answer = self.link.run(async |mut c| call.invoke_async(&mut c).await).await;
        self.report(answer.as_ref().err());
        let (allowed, remaining, wait): (bool, i64, i64) = answer.ok()?;
        Some(Decision {
            allowed,
            remaining: u32::try_from(remaining).unwrap_or(0),
            retry_after: u64::try_from(wait).ok().map(Duration::from_micros),
        })
    }

    /// Says once that the limits are this node's own, and once that they are shared again.
    fn report(&self, error: Option<&CacheError>) {
        if self.alone.swap(error.is_some(), Ordering::Relaxed) != error.is_some() {
            match error {
                Some(error) => {
                    tracing::warn!(%error, "rate limits are kept by this node alone until Redis is back");
                }
                None => tracing::info!("rate limits are shared over Redis again"),
            }
        }
    }
}

#[async_trait]
impl RateLimiter for RedisLimiter {
    async fn check(&self, key: &str, quota: Quota, cost: u32) -> Decision {
        match self.step(key, quota, cost, true).await {
            Some(decision) => decision,
            None => self.fallback.check_now(key, quota, cost),
        }
    }

    async fn peek(&self, key: &str, quota: Quota) -> Decision {
        match self.step(key, quota, 1, false).await {
            Some(decision) => decision,
            None => self.fallback.peek_now(key, quota),
        }
    }
}
