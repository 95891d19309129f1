//! A client of `graphql-transport-ws`: raw for tests of the protocol itself, and a comfortable one above it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message, client::IntoClientRequest as _};

/// How long a message may take. Only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// The subprotocol.
pub const PROTOCOL: &str = "graphql-transport-ws";

/// What came over a socket.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// A message.
    Json(Value),
    /// The end, with code and reason; 1006 if the connection just broke.
    Closed(u16, String),
}

/// A socket without any manners: sends what it is told.
#[derive(Debug)]
pub struct RawSocket(WebSocketStream<TcpStream>);

impl RawSocket {
    /// Connects with the subprotocols and headers given.
    ///
    /// # Errors
    /// Status and body of the answer of a server that refuses.
    pub async fn connect(
        address: SocketAddr,
        protocols: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, (u16, String)> {
        let mut request =
            format!("ws://{address}/graphql").into_client_request().expect("an address is a URL");
        if !protocols.is_empty() {
            let value = protocols.parse().expect("protocols fit a header");
            request.headers_mut().insert("sec-websocket-protocol", value);
        }
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a header's value"));
        }
        let stream = TcpStream::connect(address).await.expect("the server listens");
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(tungstenite::Error::Http(answer)) => {
                let body = answer.body().clone().unwrap_or_default();
                Err((answer.status().as_u16(), String::from_utf8_lossy(&body).into_owned()))
            }
            Err(error) => panic!("no WebSocket: {error}"),
        }
    }

    /// Sends a JSON message.
    pub async fn send(&mut self, message: Value) {
        self.send_frame(Message::text(message.to_string())).await;
    }

    /// Sends any frame. A server that has closed already is no error: [`RawSocket::next`] tells.
    pub async fn send_frame(&mut self, frame: Message) {
        let _ = self.0.send(frame).await;
    }

    /// The next message or the end; answers transport-level pings by itself.
    ///
    /// # Panics
    /// If nothing comes in time.
    pub async fn next(&mut self) -> Frame {
        self.next_within(PATIENCE).await.expect("nothing came over the socket")
    }

    /// The next message or the end, or `None` if nothing comes in time.
    pub async fn next_within(&mut self, patience: Duration) -> Option<Frame> {
        tokio::time::timeout(patience, receive(&mut self.0)).await.ok()
    }
}

async fn receive(stream: &mut (impl futures::Stream<Item = tungstenite::Result<Message>> + Unpin)) -> Frame {
    loop {
        match stream.next().await {
            Some(Ok(Message::Text(text))) => {
                return Frame::Json(serde_json::from_str(&text).expect("messages are JSON"));
            }
            Some(Ok(Message::Close(Some(close)))) => {
                return Frame::Closed(close.code.into(), close.reason.to_string());
            }
            Some(Ok(Message::Close(None))) => return Frame::Closed(1005, String::new()),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Frame::Closed(1006, String::new()),
        }
    }
}

type Routes = Arc<Mutex<HashMap<String, mpsc::UnboundedSender<Value>>>>;

/// A socket that is signed in and sorts what comes by operation.
#[derive(Debug)]
pub struct Socket {
    out: mpsc::UnboundedSender<Message>,
    routes: Routes,
    closed: Option<oneshot::Receiver<(u16, String)>>,
    next_id: u64,
    task: tokio::task::JoinHandle<()>,
}

impl Socket {
    pub(crate) async fn ready(address: SocketAddr, token: Option<String>) -> Self {
        let mut raw = RawSocket::connect(address, PROTOCOL, &[]).await.expect("the server speaks WebSocket");
        let payload = token.map_or(json!({}), |token| json!({ "authorization": format!("Bearer {token}") }));
        raw.send(json!({ "type": "connection_init", "payload": payload })).await;
        match raw.next().await {
            Frame::Json(message) if message["type"] == "connection_ack" => Self::over(raw),
            other => panic!("the socket was not let in: {other:?}"),
        }
    }

    fn over(raw: RawSocket) -> Self {
        let (out, mut outbox) = mpsc::unbounded_channel::<Message>();
        let (tell_closed, closed) = oneshot::channel();
        let routes = Routes::default();
        let known = Arc::clone(&routes);
        let task = tokio::spawn(async move {
            let (mut sink, mut stream) = raw.0.split();
            let end = loop {
                tokio::select! {
                    Some(message) = outbox.recv() => { let _ = sink.send(message).await; }
                    frame = receive(&mut stream) => match frame {
                        Frame::Json(message) if message["type"] == "ping" => {
                            let _ = sink.send(Message::text(json!({ "type": "pong" }).to_string())).await;
                        }
                        Frame::Json(message) => route(&known, message),
                        Frame::Closed(code, reason) => break (code, reason),
                    }
                }
            };
            lock(&known).clear();
            let _ = tell_closed.send(end);
        });
        Self { out, routes, closed: Some(closed), next_id: 1, task }
    }

    /// Starts a subscription, or any other operation.
    pub fn subscribe(&mut self, query: &str, variables: Value) -> Subscription {
        let id = self.next_id.to_string();
        self.next_id += 1;
        let (route, inbox) = mpsc::unbounded_channel();
        lock(&self.routes).insert(id.clone(), route);
        let payload = json!({ "query": query, "variables": variables });
        let message = json!({ "id": id, "type": "subscribe", "payload": payload });
        let _ = self.out.send(Message::text(message.to_string()));
        Subscription { id, inbox, out: self.out.clone(), query: query.to_owned() }
    }

    /// Waits for the server to close, and tells code and reason.
    ///
    /// # Panics
    /// If it does not, or was asked before.
    pub async fn closed(&mut self) -> (u16, String) {
        let closed = self.closed.take().expect("asked twice how the socket ended");
        let ended = tokio::time::timeout(PATIENCE, closed).await.expect("the server keeps the socket open");
        ended.expect("the socket's task tells its end")
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(routes: &Routes) -> std::sync::MutexGuard<'_, HashMap<String, mpsc::UnboundedSender<Value>>> {
    routes.lock().unwrap_or_else(PoisonError::into_inner)
}

fn route(routes: &Routes, message: Value) {
    let id = message["id"].as_str().unwrap_or_default();
    if let Some(route) = lock(routes).get(id) {
        let _ = route.send(message);
    }
}

/// One running operation on a socket.
#[derive(Debug)]
pub struct Subscription {
    id: String,
    inbox: mpsc::UnboundedReceiver<Value>,
    out: mpsc::UnboundedSender<Message>,
    query: String,
}

impl Subscription {
    /// The payload of the next `next` (an object with `data`, perhaps `errors`); `None` after `complete` or the end of
    /// the socket.
    ///
    /// # Panics
    /// If nothing comes in time, or the operation was refused.
    pub async fn next(&mut self) -> Option<Value> {
        let query = self.query.clone();
        let next = tokio::time::timeout(PATIENCE, self.inbox.recv()).await;
        read(next.unwrap_or_else(|_| panic!("the subscription stays silent\n{query}"))?, &query)
    }

    /// As [`Subscription::next`], but gives up after `patience` with an error: for "nothing comes".
    ///
    /// # Errors
    /// If nothing came.
    pub async fn next_within(&mut self, patience: Duration) -> Result<Option<Value>, Silence> {
        let query = self.query.clone();
        match tokio::time::timeout(patience, self.inbox.recv()).await {
            Err(_) => Err(Silence),
            Ok(None) => Ok(None),
            Ok(Some(message)) => Ok(read(message, &query)),
        }
    }

    /// The errors with which the operation was refused before it ran.
    ///
    /// # Panics
    /// If it was not.
    pub async fn refused(&mut self) -> Vec<Value> {
        let next = tokio::time::timeout(PATIENCE, self.inbox.recv()).await;
        match next.expect("the subscription stays silent") {
            Some(message) if message["type"] == "error" => {
                message["payload"].as_array().cloned().expect("the payload of an error is a list")
            }
            other => panic!("the operation was not refused but answered {other:?}\n{}", self.query),
        }
    }

    /// Ends the operation from this side.
    pub fn stop(self) {
        let _ = self.out.send(Message::text(json!({ "id": self.id, "type": "complete" }).to_string()));
    }
}

/// Nothing came in the time given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence;

fn read(message: Value, query: &str) -> Option<Value> {
    match message["type"].as_str() {
        Some("next") => Some(message["payload"].clone()),
        Some("complete") => None,
        _ => panic!("the subscription was refused: {message:#}\n{query}"),
    }
}
