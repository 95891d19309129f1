//! Connections: many listeners on one port, slow clients, a graceful end.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::World;

#[tokio::test]
async fn running_request_is_finished_and_new_ones_are_refused_at_the_end() {
    let mut world = World::new().await;
    let running = tokio::spawn(world.post().json(&json!({"query": "{ sleeps(millis: 800) }"})).send());
    tokio::time::sleep(Duration::from_millis(300)).await;
    let stopped = tokio::spawn(world.running.take().unwrap().stop());
    let answer: Json = running.await.unwrap().unwrap().json().await.unwrap();
    assert_eq!(answer["data"]["sleeps"], true);
    tokio::time::timeout(Duration::from_secs(5), stopped).await.expect("the server stops").unwrap();
    assert!(TcpStream::connect(world.addr).await.is_err());
}

#[tokio::test]
async fn client_that_never_finishes_its_request_is_dropped() {
    let world = World::with(&[("ATRIUM_SERVER__HEADER_TIMEOUT_S", "1")]).await;
    let mut slow = TcpStream::connect(world.addr).await.unwrap();
    slow.write_all(b"POST /graphql HTTP/1.1\r\nhost: x\r\nx-slow: ").await.unwrap();
    let start = Instant::now();
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(5), slow.read_to_end(&mut rest))
        .await
        .expect("it is dropped");
    assert!(start.elapsed() >= Duration::from_millis(800));
}

#[tokio::test]
async fn body_that_never_ends_is_answered_in_time() {
    let world = World::with(&[("ATRIUM_SERVER__REQUEST_TIMEOUT_S", "1")]).await;
    let mut slow = TcpStream::connect(world.addr).await.unwrap();
    let head =
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    slow.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4_096];
    let read = tokio::time::timeout(Duration::from_secs(5), slow.read(&mut answer))
        .await
        .expect("an answer")
        .unwrap();
    let text = String::from_utf8_lossy(&answer[..read]).into_owned();
    assert!(text.starts_with("HTTP/1.1 408") && text.contains("REQUEST_TIMEOUT"), "{text}");
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_room() {
    let world =
        World::with(&[("ATRIUM_SERVER__MAX_CONNECTIONS", "2"), ("ATRIUM_SERVER__THREADS", "1")]).await;
    let holders =
        [TcpStream::connect(world.addr).await.unwrap(), TcpStream::connect(world.addr).await.unwrap()];
    tokio::time::sleep(Duration::from_millis(200)).await;
    let waiting = world.get("/livez").timeout(Duration::from_millis(500)).send().await;
    assert!(waiting.unwrap_err().is_timeout());
    drop(holders);
    let served = world.get("/livez").timeout(Duration::from_secs(5)).send().await.unwrap();
    assert_eq!(served.status(), 200);
}

#[tokio::test]
async fn address_in_use_by_another_program_is_an_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let settings =
        gateway::config::ServerSettings { listen: taken.local_addr().unwrap(), ..Default::default() };
    let started = gateway::serve::Serve {
        settings,
        make: std::sync::Arc::new(|_| Box::pin(async { Ok(axum::Router::new()) })),
        background: None,
        stopping: tokio_util::sync::CancellationToken::new(),
        tasks: tokio_util::task::TaskTracker::new(),
    }
    .start()
    .await;
    assert!(started.err().unwrap().to_string().contains("cannot listen"));
}
