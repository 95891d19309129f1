//! The services inside one process, with bounded memory.

mod limiter;
mod pubsub;
mod store;

pub use limiter::MemoryLimiter;
pub use pubsub::MemoryPubSub;
pub use store::MemoryCache;
