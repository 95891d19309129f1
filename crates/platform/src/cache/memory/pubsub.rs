//! Broadcast messages inside one process.

use crate::cache::hub::Hub;
use crate::cache::{CacheError, Event, PubSub, Subscription};
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;

/// Delivers to the subscribers of this process.
#[derive(Clone, Debug)]
pub struct MemoryPubSub {
    hub: Arc<Hub>,
}

impl Default for MemoryPubSub {
    fn default() -> Self {
        Self { hub: Hub::new(|_| {}) }
    }
}

#[async_trait]
impl PubSub for MemoryPubSub {
    async fn publish(&self, channel: &str, payload: &[u8]) -> Result<(), CacheError> {
        self.hub.send(channel, Event::Message(Bytes::copy_from_slice(payload)));
        Ok(())
    }

    async fn subscribe(&self, channel: &str) -> Subscription {
        self.hub.join(channel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::hub::BUFFER;
    use futures::{FutureExt as _, StreamExt as _};

    fn message(text: &'static str) -> Option<Event> {
        Some(Event::Message(Bytes::from_static(text.as_bytes())))
    }

    #[tokio::test]
    async fn message_reaches_every_subscriber_of_its_channel_alone() {
        let pubsub = MemoryPubSub::default();
        let mut first = pubsub.subscribe("a").await;
        let mut second = pubsub.subscribe("a").await;
        let mut other = pubsub.subscribe("b").await;
        pubsub.publish("a", b"x").await.unwrap();
        assert_eq!(first.next().await, message("x"));
        assert_eq!(second.next().await, message("x"));
        assert_eq!(other.next().now_or_never(), None);
    }

    #[tokio::test]
    async fn slow_subscriber_learns_that_it_lagged_and_goes_on() {
        let pubsub = MemoryPubSub::default();
        let mut slow = pubsub.subscribe("a").await;
        for _ in 0..BUFFER + 2 {
            pubsub.publish("a", b"x").await.unwrap();
        }
        assert_eq!(slow.next().await, Some(Event::Lagged(2)));
        assert_eq!(slow.next().await, message("x"));
    }

    #[tokio::test]
    async fn channel_without_subscribers_is_forgotten() {
        let pubsub = MemoryPubSub::default();
        let (first, second) = (pubsub.subscribe("a").await, pubsub.subscribe("a").await);
        drop(first);
        assert!(pubsub.hub.has("a"));
        drop(second);
        assert!(pubsub.hub.channels().is_empty());
        pubsub.publish("a", b"to nobody").await.unwrap();
        let mut late = pubsub.subscribe("a").await;
        assert_eq!(late.next().now_or_never(), None);
    }

    #[tokio::test]
    async fn stream_ends_with_its_service() {
        let pubsub = MemoryPubSub::default();
        let mut subscription = pubsub.subscribe("a").await;
        drop(pubsub);
        assert_eq!(subscription.next().await, None);
    }
}
