//! Subscriptions as Server-Sent Events.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::StreamExt as _;
use serde_json::json;

use crate::world::World;

fn subscribe(world: &World, query: &str) -> reqwest::RequestBuilder {
    world.post().bearer_auth("user-1").header("accept", "text/event-stream").json(&json!({ "query": query }))
}

#[tokio::test]
async fn events_are_next_and_complete() {
    let world = World::new().await;
    let response = subscribe(&world, "subscription { count(to: 2) }").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let text = response.text().await.unwrap();
    let events: Vec<&str> = text.split("\n\n").filter(|event| !event.is_empty()).collect();
    assert_eq!(
        events,
        [
            "event: next\ndata: {\"data\":{\"count\":1}}",
            "event: next\ndata: {\"data\":{\"count\":2}}",
            "event: complete\ndata: ",
        ]
    );
}

#[tokio::test]
async fn queries_and_refusals_are_streams_too_where_nothing_else_is_read() {
    let world = World::new().await;
    let text = subscribe(&world, "{ hello }").send().await.unwrap().text().await.unwrap();
    assert!(text.contains("Hello") && text.contains("event: complete"), "{text}");
    let text = subscribe(&world, "{ nothing }").send().await.unwrap().text().await.unwrap();
    assert!(text.contains("GRAPHQL_VALIDATION_FAILED") && text.contains("event: complete"), "{text}");
    let bad = world
        .post()
        .header("accept", "text/event-stream")
        .header("content-type", "application/json")
        .body("{");
    assert_eq!(bad.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn stream_ends_with_its_client_and_with_its_session() {
    let world = World::new().await;
    let response = subscribe(&world, "subscription { ticks { number } }").send().await.unwrap();
    eventually(|| world.state.streams.load(Ordering::SeqCst) == 1).await;
    drop(response);
    world.state.ticks.send(1).unwrap();
    eventually(|| world.state.streams.load(Ordering::SeqCst) == 0).await;
    let response = subscribe(&world, "subscription { ticks { number } }").send().await.unwrap();
    let mut body = response.bytes_stream();
    eventually(|| world.state.streams.load(Ordering::SeqCst) == 1).await;
    world.state.revoked.lock().unwrap().insert("user-1".to_owned());
    let ended = async { while body.next().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(5), ended).await.expect("the stream ends within five seconds");
}

/// Waits until it holds, at most five seconds.
pub async fn eventually(holds: impl Fn() -> bool) {
    for _ in 0..100 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never held");
}
