//! The cache on Redis.

use super::link::Link;
use crate::cache::{Cache, CacheError};
use ::redis::{ServerErrorKind, cmd, pipe};
use async_trait::async_trait;
use std::time::Duration;

/// Values on Redis. Its `maxmemory-policy` decides what is forgotten first; `volatile-lru` fits.
#[derive(Clone, Debug)]
pub struct RedisCache {
    link: Link,
}

impl RedisCache {
    /// A cache over this connection.
    pub fn new(link: Link) -> Self {
        Self { link }
    }

    fn name(&self, key: &str) -> String {
        self.link.name("cache", key)
    }
}

#[async_trait]
impl Cache for RedisCache {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError> {
        let name = self.name(key);
        self.link.run(async |mut c| cmd("GET").arg(name).query_async(&mut c).await).await
    }

    async fn set(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), CacheError> {
        let mut set = cmd("SET");
        set.arg(self.name(key)).arg(value).arg("PX").arg(millis(ttl));
        self.link.run(async |mut c| set.query_async(&mut c).await).await
    }

    async fn set_if_absent(&self, key: &str, value: &[u8], ttl: Duration) -> Result<bool, CacheError> {
        let mut set = cmd("SET");
        set.arg(self.name(key)).arg(value).arg("NX").arg("PX").arg(millis(ttl));
        let answer: Option<String> = self.link.run(async |mut c| set.query_async(&mut c).await).await?;
        Ok(answer.is_some())
    }

    async fn delete(&self, key: &str) -> Result<bool, CacheError> {
        let name = self.name(key);
        self.link.run(async |mut c| cmd("DEL").arg(name).query_async(&mut c).await).await
    }

    async fn increment(&self, key: &str, ttl: Duration) -> Result<u64, CacheError> {
        let name = self.name(key);
        let mut both = pipe();
        both.atomic();
        both.cmd("SET").arg(&name).arg(0).arg("NX").arg("PX").arg(millis(ttl)).ignore();
        both.cmd("INCR").arg(&name);
        let run = async |mut c| match both.query_async::<(u64,)>(&mut c).await {
            Ok((count,)) => Ok(Ok(count)),
            Err(error) if is_not_a_number(&error) => Ok(Err(CacheError::NotANumber)),
            Err(error) => Err(error),
        };
        self.link.run(run).await?
    }

    async fn ping(&self) -> Result<(), CacheError> {
        self.link.run(async |mut c| cmd("PING").query_async(&mut c).await).await
    }
}

fn is_not_a_number(error: &::redis::RedisError) -> bool {
    error.kind() == ServerErrorKind::ResponseError.into() && error.to_string().contains("not an integer")
}

fn millis(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1)
}
