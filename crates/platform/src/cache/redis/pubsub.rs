//! Broadcast messages over Redis: one connection a process, fanned out inside it.

use super::link::{Link, PATIENCE};
use crate::cache::hub::Hub;
use crate::cache::{CacheError, Event, PubSub, Subscription};
use ::redis::aio::{PubSubSink, PubSubStream};
use ::redis::{Msg, RedisResult, cmd};
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

/// Publishes to and hears from every node on the same Redis.
#[derive(Debug)]
pub struct RedisPubSub {
    link: Link,
    hub: Arc<Hub>,
    wishes: mpsc::UnboundedSender<Wish>,
    listener: tokio::task::JoinHandle<()>,
}

impl RedisPubSub {
    /// Starts listening on the current Tokio runtime, until dropped.
    pub fn start(link: Link) -> Self {
        let (wishes, inbox) = mpsc::unbounded_channel();
        let on_empty = wishes.clone();
        let hub = Hub::new(move |channel| {
            // An error says that the listener has ended, and its subscriptions with it.
            let _ = on_empty.send(Wish { channel: channel.to_owned(), done: None });
        });
        let listener = Listener { link: link.clone(), hub: Arc::clone(&hub), inbox, active: HashSet::new() };
        Self { link, hub, wishes, listener: tokio::spawn(listener.run()) }
    }
}

#[async_trait]
impl PubSub for RedisPubSub {
    async fn publish(&self, channel: &str, payload: &[u8]) -> Result<(), CacheError> {
        let mut publish = cmd("PUBLISH");
        publish.arg(self.link.name("channel", channel)).arg(payload);
        self.link.run(async |mut c| publish.query_async::<()>(&mut c).await).await
    }

    async fn subscribe(&self, channel: &str) -> Subscription {
        let subscription = self.hub.join(channel);
        let (done, is_done) = oneshot::channel();
        let wish = Wish { channel: channel.to_owned(), done: Some(done) };
        if self.wishes.send(wish).is_ok() {
            // If Redis is away, the subscription is made when it is back, and `Reconnected` says so.
            let _ = timeout(PATIENCE, is_done).await;
        }
        subscription
    }
}

impl Drop for RedisPubSub {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// "Look whether this channel is wanted." What is wanted is asked of the hub when the wish is granted,
/// so the order in which subscribers come and go does not matter.
#[derive(Debug)]
struct Wish {
    channel: String,
    /// Told when the server knows; dropped if it cannot be told.
    done: Option<oneshot::Sender<()>>,
}

const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_LONGEST: Duration = Duration::from_secs(5);
const HEARTBEAT: Duration = Duration::from_secs(2);
/// The longest the server may take for a command on this connection.
const SILENCE: Duration = Duration::from_secs(1);

/// The task that holds the connection.
struct Listener {
    link: Link,
    hub: Arc<Hub>,
    inbox: mpsc::UnboundedReceiver<Wish>,
    /// Channels the server knows we listen to.
    active: HashSet<String>,
}

impl Listener {
    async fn run(mut self) {
        let mut pause = PAUSE_FIRST;
        let mut lost = false;
        loop {
            match self.connect().await {
                Ok((sink, stream)) => {
                    if lost {
                        tracing::info!("listening on Redis again");
                        self.hub.send_to_all(&Event::Reconnected);
                    }
                    pause = PAUSE_FIRST;
                    let why = self.listen(sink, stream).await;
                    tracing::warn!(why, "Redis stopped talking; subscriptions wait");
                }
                Err(error) if !lost => {
                    tracing::warn!(%error, "cannot listen on Redis; subscriptions wait");
                }
                Err(_) => {}
            }
            lost = true;
            self.wait(pause).await;
            pause = (pause * 2).min(PAUSE_LONGEST);
        }
    }

    /// Connects and subscribes to everything that is wanted.
    async fn connect(&mut self) -> Result<(PubSubSink, PubSubStream), CacheError> {
        let away = |error: ::redis::RedisError| CacheError::Unavailable(error.to_string());
        let silent = |_| CacheError::Unavailable("Redis does not answer".into());
        let pubsub =
            timeout(SILENCE, self.link.client().get_async_pubsub()).await.map_err(silent)?.map_err(away)?;
        let (mut sink, stream) = pubsub.split();
        let wanted = self.hub.channels();
        if !wanted.is_empty() {
            let names: Vec<_> = wanted.iter().map(|c| self.link.name("channel", c)).collect();
            timeout(SILENCE, sink.subscribe(names)).await.map_err(silent)?.map_err(away)?;
        }
        self.active = wanted.into_iter().collect();
        Ok((sink, stream))
    }

    /// Serves messages and wishes until the connection is lost; says why it was.
    async fn listen(&mut self, mut sink: PubSubSink, mut stream: PubSubStream) -> &'static str {
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = stream.next() => match message {
                    Some(message) => self.deliver(&message),
                    None => return "the connection was closed",
                },
                Some(wish) = self.inbox.recv() => {
                    if !is_in_time(self.grant(wish, &mut sink)).await {
                        return "a subscription was not confirmed";
                    }
                }
                _ = heartbeat.tick() => {
                    if !is_in_time(sink.ping::<::redis::Value>()).await {
                        return "the heartbeat was not answered";
                    }
                }
            }
        }
    }

    fn deliver(&self, message: &Msg) {
        let prefix = self.link.name("channel", "");
        if let Some(channel) = message.get_channel_name().strip_prefix(&prefix) {
            let payload = Bytes::copy_from_slice(message.get_payload_bytes());
            self.hub.send(channel, Event::Message(payload));
        }
    }

    async fn grant(&mut self, wish: Wish, sink: &mut PubSubSink) -> RedisResult<()> {
        let name = self.link.name("channel", &wish.channel);
        match (self.hub.has(&wish.channel), self.active.contains(&wish.channel)) {
            (true, false) => {
                sink.subscribe(name).await?;
                self.active.insert(wish.channel.clone());
            }
            (false, true) => {
                sink.unsubscribe(name).await?;
                self.active.remove(&wish.channel);
            }
            _ => {}
        }
        // Reason: a subscriber that waits no longer believes it listens since then, and may have missed
        // something before now.
        if wish.done.is_some_and(|done| done.send(()).is_err()) {
            self.hub.send(&wish.channel, Event::Reconnected);
        }
        Ok(())
    }

    /// Sleeps, and meanwhile lets subscribers go on: `connect` will see to their channels.
    async fn wait(&mut self, pause: Duration) {
        let end = Instant::now() + pause.mul_f32(rand::random_range(0.5..1.0));
        while let Ok(Some(wish)) = tokio::time::timeout_at(end, self.inbox.recv()).await {
            drop(wish);
        }
    }
}

async fn is_in_time<T>(work: impl Future<Output = RedisResult<T>>) -> bool {
    matches!(timeout(SILENCE, work).await, Ok(Ok(_)))
}
