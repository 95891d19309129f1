//! Committed events on this node: heard once from pub/sub, told to the caches and to every open subscription.

use std::sync::Arc;

use futures::{Stream, StreamExt};
use identity::Identity;
use kernel::id::TenantId;
use platform::{
    cache::{Event as Heard, Services},
    dispatch::{EVENTS, Published},
};
use tokio::sync::broadcast;
use tokio_stream::wrappers::{BroadcastStream, errors::BroadcastStreamRecvError};
use tokio_util::sync::CancellationToken;

/// Events that a slow subscriber may be behind before it loses some.
const BACKLOG: usize = 4_096;

/// What a subscriber hears.
#[derive(Clone, Debug)]
pub enum Notice {
    /// An event was committed.
    Event(Arc<Published>),
    /// Some may have been missed: whoever shows a state reads it again.
    Gap,
}

/// The node's event fan-out. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Fanout(broadcast::Sender<Notice>);

impl Default for Fanout {
    fn default() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }
}

impl Fanout {
    /// Listens to pub/sub until `stop`, telling identity's caches first and then everybody.
    pub async fn run(self, services: Services, identity: Identity, stop: CancellationToken) {
        let mut heard = services.pubsub.subscribe(EVENTS).await;
        loop {
            let next = tokio::select! {
                () = stop.cancelled() => return,
                next = heard.next() => next,
            };
            match next {
                None => return,
                Some(Heard::Message(bytes)) => match serde_json::from_slice::<Published>(&bytes) {
                    Ok(event) => {
                        identity.on_event(&event);
                        self.tell(Notice::Event(Arc::new(event)));
                    }
                    Err(error) => tracing::error!(%error, "an event that is none"),
                },
                Some(Heard::Lagged(_) | Heard::Reconnected) => {
                    identity.forget_everything();
                    self.tell(Notice::Gap);
                }
            }
        }
    }

    fn tell(&self, notice: Notice) {
        // Reason: an error only says that nobody listens at the moment.
        let _ = self.0.send(notice);
    }

    /// Events of a tenant from now on.
    pub fn of_tenant(&self, tenant: TenantId) -> impl Stream<Item = Notice> + Send + use<> {
        self.all().filter(move |notice| {
            let mine = match notice {
                Notice::Event(event) => event.tenant == tenant,
                Notice::Gap => true,
            };
            std::future::ready(mine)
        })
    }

    /// Events of every tenant from now on.
    pub fn all(&self) -> impl Stream<Item = Notice> + Send + use<> {
        BroadcastStream::new(self.0.subscribe()).map(|notice| match notice {
            Ok(notice) => notice,
            Err(BroadcastStreamRecvError::Lagged(_)) => Notice::Gap,
        })
    }
}
