//! One socket: its states, its operations, and when it has to close.

use std::collections::HashMap;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use kernel::Error;
use kernel::viewer::Viewer;
use serde_json::{Map, Value as Json};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::message::{Closing, Incoming, Outgoing};
use super::operation::{Operation, Said};
use crate::http::client::Client;
use crate::http::edge::Edge;
use crate::http::problem::says;
use crate::http::sockets::Place;
use crate::http::watch::{self, Ended};

/// How long a client may take to say `connection_init`.
const INIT_WITHIN: Duration = Duration::from_secs(10);
/// The most operations at once.
const MAX_OPERATIONS: usize = 100;
/// How often a client is asked whether it is there.
const PING_EVERY: Duration = Duration::from_secs(25);
/// When a client that answers nothing is given up.
const SILENT_FOR: Duration = Duration::from_secs(75);
/// How long a client may take to read one message.
const SEND_WITHIN: Duration = Duration::from_secs(20);
/// Messages that wait for a slow client; beyond that its operations wait.
const QUEUE: usize = 64;

/// Serves a socket until either side closes it.
pub(super) async fn serve(edge: Edge, client: Client, place: Place, stream: WebSocket) {
    let open = metrics::gauge!("atrium_websockets");
    open.increment(1);
    let stopping = edge.shared.stopping.clone();
    let mut socket = Socket { edge, client, stream, place, heard_at: Instant::now() };
    let talked = tokio::select! {
        talked = socket.talk() => talked,
        () = stopping.cancelled() => Err(End::Closing(Closing::GoingAway)),
    };
    if let Err(End::Closing(closing)) = talked {
        socket.close(closing).await;
    }
    open.decrement(1);
}

/// Why a socket ends.
enum End {
    /// The client closed it or is gone.
    Gone,
    /// We close it.
    Closing(Closing),
}

impl From<Closing> for End {
    fn from(closing: Closing) -> Self {
        Self::Closing(closing)
    }
}

struct Socket {
    edge: Edge,
    client: Client,
    stream: WebSocket,
    /// Among the sockets of the address; once somebody has signed in, among theirs.
    place: Place,
    heard_at: Instant,
}

impl Socket {
    async fn talk(&mut self) -> Result<(), End> {
        if self.stream.protocol().is_none() {
            return Err(Closing::NoProtocol.into());
        }
        let viewer = timeout(INIT_WITHIN, self.initialise()).await.map_err(|_| Closing::NoInit)??;
        let (edge, authorization) = (self.edge.clone(), self.client.authorization.clone());
        let mut ended = Box::pin(async move { watch::ended(&edge, &viewer, authorization.as_deref()).await });
        let (out, mut said) = mpsc::channel(QUEUE);
        let mut running = Running { out, operations: HashMap::new(), serial: 0 };
        let mut ping = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                // Reason: the end of a session must not wait behind a client that never stops talking.
                biased;
                ended = &mut ended => return Err(closing(ended).into()),
                Some(said) = said.recv() => {
                    if let Some(text) = running.finish(said) {
                        self.send(Message::text(text)).await?;
                    }
                }
                heard = self.receive() => self.obey(heard?, &mut running).await?,
                _ = ping.tick() => {
                    if self.heard_at.elapsed() > SILENT_FOR {
                        return Err(End::Gone);
                    }
                    self.send(Message::Ping(Vec::new().into())).await?;
                }
            }
        }
    }

    /// Waits for `connection_init` and learns who asks.
    async fn initialise(&mut self) -> Result<Viewer, End> {
        loop {
            match self.receive().await? {
                Incoming::ConnectionInit { payload } => {
                    if let Some(token) = payload.as_ref().and_then(token) {
                        self.client.authorization = Some(token);
                    }
                    let db = self.edge.engine.db().counted();
                    let viewer = self.edge.engine.authenticate(&db, self.client.caller(None)).await;
                    let viewer = viewer.map_err(|error| self.unwelcome(&error))?;
                    if viewer.user_id().is_some() {
                        self.place = self.edge.shared.sockets.enter(&viewer).map_err(|_| Closing::TooMany)?;
                    }
                    self.send(Message::text(Outgoing::ConnectionAck.to_text())).await?;
                    return Ok(viewer);
                }
                Incoming::Ping { payload } => self.pong(payload).await?,
                Incoming::Pong {} | Incoming::Complete { .. } => {}
                Incoming::Subscribe { .. } => return Err(Closing::Unauthorized.into()),
            }
        }
    }

    /// Why a client cannot stay that we do not know.
    fn unwelcome(&self, error: &Error) -> Closing {
        match error {
            Error::Unauthenticated(_) | Error::Forbidden(_) => Closing::Forbidden,
            _ => {
                let said = self.client.speaker().error(error);
                tracing::warn!(request_id = %self.client.request_id, code = said.code(), "a socket was not opened");
                Closing::Failed
            }
        }
    }

    async fn obey(&mut self, heard: Incoming, running: &mut Running) -> Result<(), End> {
        match heard {
            Incoming::ConnectionInit { .. } => Err(Closing::SecondInit.into()),
            Incoming::Ping { payload } => self.pong(payload).await,
            Incoming::Pong {} => Ok(()),
            Incoming::Complete { id } => {
                running.stop(&id);
                Ok(())
            }
            Incoming::Subscribe { id, payload } => self.subscribe(id, payload, running).await,
        }
    }

    async fn subscribe(&mut self, id: String, payload: Json, running: &mut Running) -> Result<(), End> {
        if running.operations.contains_key(&id) {
            return Err(Closing::IdInUse.into());
        }
        let client = Client { request_id: self.edge.shared.request_id(), ..self.client.clone() };
        if running.operations.len() >= MAX_OPERATIONS {
            let limited = Error::limited(says::TOO_MANY_OPERATIONS.with("max", MAX_OPERATIONS), None);
            let text = Outgoing::Error { id: &id, payload: &[client.speaker().error(&limited)] }.to_text();
            return self.send(Message::text(text)).await;
        }
        running.serial += 1;
        let operation = Operation {
            edge: self.edge.clone(),
            client,
            id: id.clone(),
            serial: running.serial,
            out: running.out.clone(),
        };
        let task = tokio::spawn(operation.run(payload)).abort_handle();
        running.operations.insert(id, (running.serial, task));
        Ok(())
    }

    /// The next message of the protocol. Safe to be dropped and called again.
    async fn receive(&mut self) -> Result<Incoming, End> {
        loop {
            let message = self.stream.recv().await;
            self.heard_at = Instant::now();
            match message {
                Some(Ok(Message::Text(text))) => {
                    return serde_json::from_str(&text).map_err(|_| Closing::BadMessage.into());
                }
                Some(Ok(Message::Binary(_))) => return Err(Closing::BadMessage.into()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_))) | None => return Err(End::Gone),
                Some(Err(error)) => return Err(broken(&error)),
            }
        }
    }

    async fn pong(&mut self, payload: Option<Map<String, Json>>) -> Result<(), End> {
        self.send(Message::text(Outgoing::Pong { payload }.to_text())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        match timeout(SEND_WITHIN, self.stream.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    async fn close(mut self, closing: Closing) {
        let frame = CloseFrame { code: closing.code(), reason: closing.reason().into() };
        if self.send(Message::Close(Some(frame))).await.is_ok() {
            // Reason: a connection that is dropped while the client still sends is reset, and the reason is lost.
            let rest = async { while let Some(Ok(_)) = self.stream.recv().await {} };
            let _ = timeout(Duration::from_secs(2), rest).await;
        }
    }
}

/// The operations of a socket. Dropped, it stops them all.
struct Running {
    out: mpsc::Sender<Said>,
    /// By the client's id.
    operations: HashMap<String, (u64, AbortHandle)>,
    serial: u64,
}

impl Running {
    /// The text to send; nothing if the operation was stopped meanwhile.
    fn finish(&mut self, said: Said) -> Option<String> {
        let running = self.operations.get(&said.id).is_some_and(|(serial, _)| *serial == said.serial);
        if running && said.last {
            self.operations.remove(&said.id);
        }
        running.then_some(said.text)
    }

    fn stop(&mut self, id: &str) {
        if let Some((_, task)) = self.operations.remove(id) {
            task.abort();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for (_, task) in self.operations.values() {
            task.abort();
        }
    }
}

fn closing(ended: Ended) -> Closing {
    match ended {
        Ended::Expired => Closing::Expired,
        Ended::Revoked => Closing::Revoked,
        Ended::Stopping => Closing::GoingAway,
    }
}

/// What a failed read means. The kind of error is only in its words, which are those of tungstenite 0.29.
fn broken(error: &axum::Error) -> End {
    let text = error.to_string().to_lowercase();
    if text.contains("too long") || text.contains("too big") || text.contains("space limit") {
        Closing::TooLong.into()
    } else if text.contains("utf-8") || text.contains("utf8") {
        Closing::BadMessage.into()
    } else {
        End::Gone
    }
}

/// The value of `Authorization` that a payload stands for.
fn token(payload: &Map<String, Json>) -> Option<String> {
    let text =
        |name: &str| payload.get(name).and_then(Json::as_str).map(str::trim).filter(|text| !text.is_empty());
    let header = text("Authorization").or_else(|| text("authorization")).map(str::to_owned);
    header.or_else(|| text("token").map(|token| format!("Bearer {token}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn token_is_found_under_each_of_its_names() {
        let of = |payload: Json| token(payload.as_object().unwrap());
        assert_eq!(of(json!({"Authorization": "Bearer a"})).as_deref(), Some("Bearer a"));
        assert_eq!(of(json!({"authorization": " Bearer a "})).as_deref(), Some("Bearer a"));
        assert_eq!(of(json!({"token": "a"})).as_deref(), Some("Bearer a"));
        assert_eq!(of(json!({"token": "", "other": "a"})), None);
        assert_eq!(of(json!({"Authorization": 3})), None);
    }
}
