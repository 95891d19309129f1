//! WebSockets with `graphql-transport-ws`, as its protocol writes them.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value as Json, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::streams::eventually;
use crate::world::World;

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn open(world: &World) -> Self {
        Self::open_with(world, &[("sec-websocket-protocol", "graphql-transport-ws")]).await.unwrap()
    }

    async fn open_with(world: &World, headers: &[(&'static str, &str)]) -> Result<Self, tungstenite::Error> {
        let mut request = format!("ws://{}/graphql", world.addr).into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        tokio_tungstenite::connect_async(request).await.map(|(socket, _)| Self(socket))
    }

    /// Opened and initialised by the owner of a token.
    async fn of(world: &World, token: &str) -> Self {
        let mut socket = Self::open(world).await;
        socket
            .say(json!({"type": "connection_init", "payload": {"Authorization": format!("Bearer {token}")}}))
            .await;
        assert_eq!(socket.hear().await, json!({"type": "connection_ack"}));
        socket
    }

    async fn say(&mut self, message: Json) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(json!({"type": "subscribe", "id": id, "payload": {"query": query}})).await;
    }

    async fn hear(&mut self) -> Json {
        loop {
            let message =
                tokio::time::timeout(Duration::from_secs(5), self.0.next()).await.expect("a message in time");
            match message.unwrap().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The code that the server closes with.
    async fn closed(&mut self, within: Duration) -> u16 {
        let close = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Close(Some(frame)))) => return u16::from(frame.code),
                    Some(Ok(_)) => {}
                    other => panic!("{other:?}"),
                }
            }
        };
        tokio::time::timeout(within, close).await.expect("the server closes in time")
    }
}

const SOON: Duration = Duration::from_secs(2);

#[tokio::test]
async fn operations_of_every_kind_run_and_complete() {
    let world = World::new().await;
    let mut socket = Socket::of(&world, "user-1").await;
    socket.subscribe("q", "{ who }").await;
    let next = socket.hear().await;
    assert_eq!(
        (&next["type"], &next["id"], &next["payload"]["data"]),
        (&json!("next"), &json!("q"), &json!({"who": "somebody"}))
    );
    assert_eq!(socket.hear().await, json!({"type": "complete", "id": "q"}));
    socket.subscribe("m", "mutation { touch }").await;
    assert_eq!(socket.hear().await["payload"]["data"]["touch"], 1);
    assert_eq!(socket.hear().await["type"], "complete");
    socket.subscribe("q", "subscription { count(to: 2) }").await;
    assert_eq!(socket.hear().await["payload"]["data"]["count"], 1);
    assert_eq!(socket.hear().await["payload"]["data"]["count"], 2);
    assert_eq!(socket.hear().await, json!({"type": "complete", "id": "q"}));
}

#[tokio::test]
async fn what_does_not_run_is_an_error_message() {
    let world = World::new().await;
    let mut socket = Socket::of(&world, "user-1").await;
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { count(to: 1) a: count(to: 1) }", "QUERY_TOO_COMPLEX"),
        ("subscription { panics }", "INTERNAL"),
    ] {
        socket.subscribe("x", query).await;
        let error = socket.hear().await;
        assert_eq!(error["type"], "error", "{query}: {error}");
        assert_eq!(error["payload"][0]["extensions"]["code"], code, "{query}");
    }
    socket.say(json!({"type": "subscribe", "id": "x", "payload": {"query": 3}})).await;
    assert_eq!(socket.hear().await["payload"][0]["extensions"]["code"], "BAD_REQUEST");
    socket.subscribe("x", "{ hello }").await;
    assert_eq!(socket.hear().await["type"], "next", "the socket lives on");
}

#[tokio::test]
async fn stopped_operation_is_silent_and_its_id_free() {
    let world = World::new().await;
    let mut socket = Socket::of(&world, "user-1").await;
    socket.subscribe("t", "subscription { ticks { number who } }").await;
    eventually(|| world.state.streams.load(Ordering::SeqCst) == 1).await;
    world.state.ticks.send(5).unwrap();
    assert_eq!(socket.hear().await["payload"]["data"]["ticks"], json!({"number": 5, "who": "somebody"}));
    socket.say(json!({"type": "complete", "id": "t"})).await;
    eventually(|| world.state.streams.load(Ordering::SeqCst) == 0).await;
    socket.subscribe("t", "{ hello }").await;
    assert_eq!(socket.hear().await["payload"]["data"]["hello"], "Hello ");
}

#[tokio::test]
async fn pings_are_answered_before_and_after_the_greeting() {
    let world = World::new().await;
    let mut socket = Socket::open(&world).await;
    socket.say(json!({"type": "ping", "payload": {"a": 1}})).await;
    assert_eq!(socket.hear().await, json!({"type": "pong", "payload": {"a": 1}}));
    socket.say(json!({"type": "connection_init"})).await;
    assert_eq!(socket.hear().await["type"], "connection_ack");
    socket.say(json!({"type": "pong"})).await;
    socket.say(json!({"type": "ping"})).await;
    assert_eq!(socket.hear().await, json!({"type": "pong"}));
}

#[tokio::test]
async fn protocol_errors_close_with_their_codes() {
    let world = World::new().await;
    let mut socket = Socket::open(&world).await;
    socket.subscribe("1", "{ hello }").await;
    assert_eq!(socket.closed(SOON).await, 4401);

    for text in ["nonsense", "{}", r#"{"type":"start"}"#, r#"{"type":"subscribe","id":"1"}"#] {
        let mut socket = Socket::of(&world, "user-1").await;
        socket.0.send(Message::text(text)).await.unwrap();
        assert_eq!(socket.closed(SOON).await, 4400, "{text}");
    }
    let mut socket = Socket::of(&world, "user-1").await;
    socket.0.send(Message::binary(b"{}".to_vec())).await.unwrap();
    assert_eq!(socket.closed(SOON).await, 4400);

    let mut socket = Socket::of(&world, "user-1").await;
    socket.say(json!({"type": "connection_init"})).await;
    assert_eq!(socket.closed(SOON).await, 4429);

    let mut socket = Socket::of(&world, "user-1").await;
    socket.subscribe("1", "subscription { ticks { number } }").await;
    socket.subscribe("1", "{ hello }").await;
    assert_eq!(socket.closed(SOON).await, 4409);

    let mut socket = Socket::open(&world).await;
    socket.say(json!({"type": "connection_init", "payload": {"token": "forged"}})).await;
    assert_eq!(socket.closed(SOON).await, 4403);

    let mut socket = Socket::open_with(&world, &[]).await.unwrap();
    assert_eq!(socket.closed(SOON).await, 4406);

    let mut socket = Socket::of(&world, "user-1").await;
    socket.say(json!({"type": "ping", "payload": {"a": "x".repeat(65 << 10)}})).await;
    assert_eq!(socket.closed(SOON).await, 1009);
}

#[tokio::test]
async fn silence_instead_of_a_greeting_closes_after_ten_seconds() {
    let world = World::new().await;
    let start = Instant::now();
    let mut socket = Socket::open(&world).await;
    assert_eq!(socket.closed(Duration::from_secs(15)).await, 4408);
    assert!(start.elapsed() >= Duration::from_secs(9), "{:?}", start.elapsed());
}

#[tokio::test]
async fn pages_of_other_origins_are_refused() {
    let world = World::with(&[("ATRIUM_SERVER__CORS_ORIGINS", "https://app.example.com")]).await;
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    let own = format!("http://{}", world.addr);
    for origin in [own.as_str(), "https://app.example.com"] {
        assert!(Socket::open_with(&world, &[protocol, ("origin", origin)]).await.is_ok(), "{origin}");
    }
    for origin in ["https://evil.example", "null", "https://app.example.com.evil.example"] {
        let Err(tungstenite::Error::Http(response)) =
            Socket::open_with(&world, &[protocol, ("origin", origin)]).await
        else {
            panic!("{origin} was let in");
        };
        assert_eq!(response.status(), 403);
    }
}

#[tokio::test]
async fn hundred_and_first_operation_is_refused() {
    let world = World::new().await;
    let mut socket = Socket::of(&world, "user-1").await;
    for index in 0..100 {
        socket.subscribe(&index.to_string(), "subscription { ticks { number } }").await;
    }
    socket.subscribe("more", "{ hello }").await;
    let error = socket.hear().await;
    assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("more")));
    assert_eq!(error["payload"][0]["extensions"]["code"], "LIMITED");
}

#[tokio::test]
async fn revoked_session_is_closed_within_seconds() {
    let world = World::new().await;
    let mut socket = Socket::of(&world, "user-1").await;
    world.state.revoked.lock().unwrap().insert("user-1".to_owned());
    assert_eq!(socket.closed(Duration::from_secs(5)).await, 4403);
    let mut socket = Socket::of(&world, "user-2").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    world.state.revoked.lock().unwrap().insert("user-2".to_owned());
    world.shared.services.pubsub.publish("events", br#"{"kind":"identity.session.updated"}"#).await.unwrap();
    assert_eq!(
        socket.closed(Duration::from_secs(1)).await,
        4403,
        "an event is faster than looking now and then"
    );
}

#[tokio::test]
async fn message_after_a_revocation_is_an_error_and_not_data() {
    let world = World::new().await;
    let mut socket = Socket::of(&world, "user-1").await;
    socket.subscribe("t", "subscription { ticks { number } }").await;
    eventually(|| world.state.streams.load(Ordering::SeqCst) == 1).await;
    world.state.revoked.lock().unwrap().insert("user-1".to_owned());
    world.state.ticks.send(1).unwrap();
    let error = socket.hear().await;
    assert_eq!(error["type"], "error", "{error}");
    assert_eq!(error["payload"][0]["extensions"]["code"], "UNAUTHENTICATED");
}

#[tokio::test]
async fn expired_token_closes_its_socket() {
    let world = World::new().await;
    let exp = world.state.clock.now().timestamp() + 2;
    let claims = URL_SAFE_NO_PAD.encode(json!({ "exp": exp }).to_string());
    let mut socket = Socket::of(&world, &format!("e30.{claims}.sig")).await;
    assert_eq!(socket.closed(Duration::from_secs(5)).await, 4401);
}

#[tokio::test]
async fn stopping_server_says_goodbye() {
    let mut world = World::new().await;
    let mut socket = Socket::of(&world, "user-1").await;
    let stopped = tokio::spawn(world.running.take().unwrap().stop());
    assert_eq!(socket.closed(SOON).await, 1001);
    drop(socket);
    tokio::time::timeout(Duration::from_secs(5), stopped).await.expect("the server stops").unwrap();
}
