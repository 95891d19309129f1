//! Fan-out inside one process: channels that exist while somebody listens.

use bytes::Bytes;
use futures::Stream;
use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, ready};
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

/// What a subscriber hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A published message.
    Message(Bytes),
    /// The subscriber was too slow; this many messages were dropped.
    Lagged(u64),
    /// The connection to the other nodes was lost and is back; messages may be missing.
    Reconnected,
}

/// A stream of a channel's events; dropping it ends the subscription. It ends by itself when the
/// service is dropped.
pub struct Subscription {
    /// `None` only while being dropped.
    events: Option<BroadcastStream<Event>>,
    channel: String,
    hub: Weak<Hub>,
}

impl Stream for Subscription {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let Some(events) = &mut self.events else {
            return Poll::Ready(None);
        };
        let event = ready!(Pin::new(events).poll_next(cx)).map(|received| match received {
            Ok(event) => event,
            Err(BroadcastStreamRecvError::Lagged(count)) => Event::Lagged(count),
        });
        Poll::Ready(event)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        // Invariant: the receiver is gone before the hub counts, so that of two that are dropped at once
        // the later one finds nobody left.
        self.events = None;
        if let Some(hub) = self.hub.upgrade() {
            hub.leave(&self.channel);
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("channel", &self.channel).finish_non_exhaustive()
    }
}

/// Events a slow subscriber may fall behind before it is told that it lagged; more than a batch of the
/// dispatcher. Each channel takes some 70 bytes for each of them.
pub(super) const BUFFER: usize = 1_024;

/// The channels of this process.
pub(super) struct Hub {
    channels: Mutex<HashMap<String, broadcast::Sender<Event>>>,
    /// Told the name of a channel that lost its last subscriber.
    on_empty: Box<dyn Fn(&str) + Send + Sync>,
}

impl Hub {
    pub(super) fn new(on_empty: impl Fn(&str) + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { channels: Mutex::default(), on_empty: Box::new(on_empty) })
    }

    /// Adds a subscriber.
    pub(super) fn join(self: &Arc<Self>, channel: &str) -> Subscription {
        let receiver = match self.lock().entry(channel.to_owned()) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.get().subscribe(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                let (sender, receiver) = broadcast::channel(BUFFER);
                entry.insert(sender);
                receiver
            }
        };
        Subscription {
            events: Some(BroadcastStream::new(receiver)),
            channel: channel.to_owned(),
            hub: Arc::downgrade(self),
        }
    }

    /// Tells the subscribers of one channel, if any.
    pub(super) fn send(&self, channel: &str, event: Event) {
        if let Some(sender) = self.lock().get(channel) {
            // An error says that the last subscriber is just leaving.
            let _ = sender.send(event);
        }
    }

    /// Tells every subscriber.
    pub(super) fn send_to_all(&self, event: &Event) {
        for sender in self.lock().values() {
            let _ = sender.send(event.clone());
        }
    }

    /// Whether somebody listens to `channel`.
    pub(super) fn has(&self, channel: &str) -> bool {
        self.lock().contains_key(channel)
    }

    /// Every channel somebody listens to.
    pub(super) fn channels(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    fn leave(&self, channel: &str) {
        let mut channels = self.lock();
        if channels.get(channel).is_some_and(|sender| sender.receiver_count() == 0) {
            channels.remove(channel);
            drop(channels);
            (self.on_empty)(channel);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, broadcast::Sender<Event>>> {
        // Invariant: nothing that can panic runs while the lock is held.
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").finish_non_exhaustive()
    }
}
