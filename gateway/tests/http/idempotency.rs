//! Mutations that are sent twice.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::world::{World, code};

fn touch(world: &World, key: &str, query: &str) -> reqwest::RequestBuilder {
    world.post().bearer_auth("user-1").header("idempotency-key", key).json(&json!({ "query": query }))
}

#[tokio::test]
async fn same_key_and_body_is_answered_again_without_running() {
    let world = World::new().await;
    let first = touch(&world, "k1", "mutation { touch }").send().await.unwrap();
    assert!(!first.headers().contains_key("idempotency-replayed"));
    let first: Json = first.json().await.unwrap();
    let second = touch(&world, "k1", "mutation { touch }").send().await.unwrap();
    assert_eq!(second.headers()["idempotency-replayed"], "true");
    assert_eq!(second.json::<Json>().await.unwrap(), first);
    assert_eq!(world.state.mutations.load(Ordering::SeqCst), 1);
    let other = touch(&world, "k1", "mutation { touch(millis: 1) }").send().await.unwrap();
    assert_eq!(code(&other.json().await.unwrap()), "CONFLICT");
    let other_key = touch(&world, "k2", "mutation { touch }").send().await.unwrap();
    assert_eq!(other_key.json::<Json>().await.unwrap()["data"]["touch"], 2);
}

#[tokio::test]
async fn refusals_of_a_domain_are_kept_and_our_own_faults_are_not() {
    let world = World::new().await;
    for _ in 0..2 {
        let kept =
            touch(&world, "domain", "mutation { a: touch fails(internal: false) }").send().await.unwrap();
        let _ = kept.bytes().await.unwrap();
    }
    let after = world.state.mutations.load(Ordering::SeqCst);
    for _ in 0..2 {
        let failed = touch(&world, "ours", "mutation { fails(internal: true) }").send().await.unwrap();
        assert!(!failed.headers().contains_key("idempotency-replayed"));
        assert_eq!(code(&failed.json().await.unwrap()), "INTERNAL");
    }
    assert_eq!(world.state.mutations.load(Ordering::SeqCst), after + 2);
}

#[tokio::test]
async fn key_in_flight_is_a_conflict_with_advice() {
    let world = World::new().await;
    let running = tokio::spawn(touch(&world, "k", "mutation { touch(millis: 700) }").send());
    tokio::time::sleep(Duration::from_millis(250)).await;
    let refused = touch(&world, "k", "mutation { touch(millis: 700) }")
        .header("accept", "application/graphql-response+json");
    let refused = refused.send().await.unwrap();
    assert_eq!(refused.status(), 409);
    assert!(refused.headers().contains_key("retry-after"));
    let answer: Json = refused.json().await.unwrap();
    assert_eq!(code(&answer), "CONFLICT");
    assert!(answer["errors"][0]["extensions"]["retryAfter"].is_u64());
    running.await.unwrap().unwrap();
    assert_eq!(world.state.mutations.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn mutation_runs_to_its_end_when_the_client_goes_away() {
    let world = World::new().await;
    let request = touch(&world, "k", "mutation { touch(millis: 600) }").timeout(Duration::from_millis(200));
    assert!(request.send().await.unwrap_err().is_timeout());
    tokio::time::sleep(Duration::from_millis(900)).await;
    let again = touch(&world, "k", "mutation { touch(millis: 600) }").send().await.unwrap();
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(again.json::<Json>().await.unwrap()["data"]["touch"], 1);
}

#[tokio::test]
async fn bad_keys_are_refused_and_nobody_needs_none() {
    let world = World::new().await;
    let bad = touch(&world, "with space", "mutation { touch }").send().await.unwrap();
    assert_eq!(bad.status(), 400);
    let nobody = world.post().header("idempotency-key", "k").json(&json!({"query": "mutation { touch }"}));
    for _ in 0..2 {
        let answer: Json = nobody.try_clone().unwrap().send().await.unwrap().json().await.unwrap();
        assert!(answer["data"]["touch"].is_u64());
    }
    let query = world
        .post()
        .bearer_auth("user-1")
        .header("idempotency-key", "k")
        .json(&json!({"query": "{ hello }"}));
    assert!(!query.send().await.unwrap().headers().contains_key("idempotency-replayed"));
}
