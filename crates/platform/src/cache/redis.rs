//! The services on Redis, shared by every node.

mod cache;
mod limiter;
mod link;
mod pubsub;

pub use cache::RedisCache;
pub use limiter::RedisLimiter;
pub use link::Link;
pub use pubsub::RedisPubSub;
