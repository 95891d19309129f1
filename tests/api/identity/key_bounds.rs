//! Until when, from where and how often an API key works, and how it ends.

use std::time::Duration;

use serde_json::json;
use tests::World;

use super::asks::{change, eventually, me, project, viewer};
use super::keys::{made, revoke, update};

const READ: (&str, &str) = ("projects.project.read", "ASSIGNED");

// keeps: ID-19
#[tokio::test]
async fn key_of_somebody_who_was_shut_out_is_refused_also_when_they_are_back() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let (key, _) = made(&manager, &[READ], json!({})).await;
    viewer(&key).await.expect_ok();
    let id = json!({ "id": me(&manager).await });
    change(&acme.owner(), "deactivateUser", id.clone(), "user { id }").await.expect_ok();
    viewer(&key).await.expect_code("UNAUTHENTICATED");
    change(&acme.owner(), "reactivateUser", id, "user { id }").await.expect_ok();
    viewer(&key).await.expect_code("UNAUTHENTICATED");
}

// keeps: ID-19
#[tokio::test]
async fn key_ends_at_its_time() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let end = world.clock.now() + chrono::TimeDelta::minutes(10);
    let (key, id) = made(&manager, &[READ], json!({ "expiresAt": end })).await;
    world.clock.advance(Duration::from_secs(599));
    viewer(&key).await.expect_ok();
    world.clock.advance(Duration::from_secs(1));
    viewer(&key).await.expect_code("UNAUTHENTICATED");
    let query = "query($f: ApiKeyFilter!) { apiKeys(filter: $f) { nodes { id active } } }";
    let over = manager.run(query, json!({ "f": { "active": false } })).await.expect_ok();
    assert_eq!(over.ids("apiKeys.nodes"), std::slice::from_ref(&id));
    assert_eq!(*over.data("apiKeys.nodes.0.active"), false);
    update(&manager, json!({ "id": id, "expiresAt": null })).await.expect_ok();
    viewer(&key).await.expect_ok();
}

// keeps: ID-19
#[tokio::test]
async fn key_is_used_from_its_networks_alone() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let networks = json!({ "ipAllow": ["192.0.2.0/24", "2001:db8::/32", "203.0.113.7"] });
    let (key, id) = made(&manager, &[READ], networks).await;
    for inside in ["192.0.2.1", "192.0.2.255", "2001:db8:1::9", "203.0.113.7", "::ffff:192.0.2.9"] {
        viewer(&key.from_ip(inside)).await.expect_ok();
    }
    for outside in ["192.0.3.1", "2001:db9::1", "203.0.113.8", "127.0.0.1"] {
        viewer(&key.from_ip(outside)).await.expect_code("FORBIDDEN");
    }
    viewer(&key.from_ip("192.0.2.1, 198.51.100.9")).await.expect_code("FORBIDDEN");
    update(&manager, json!({ "id": id, "ipAllow": [] })).await.expect_ok();
    viewer(&key.from_ip("198.51.100.9")).await.expect_ok();
}

// keeps: ID-19
#[tokio::test]
async fn key_has_a_rate_of_its_own() {
    let world = World::builder().rate_limits().build().await;
    let manager = world.agency("acme").manager();
    let (key, _) = made(&manager, &[READ], json!({ "requestsPerMinute": 3 })).await;
    let (other, _) = made(&manager, &[READ], json!({ "requestsPerMinute": 3 })).await;
    for _ in 0..3 {
        viewer(&key).await.expect_ok();
    }
    let answer = viewer(&key).await.expect_code("LIMITED");
    let wait = answer.errors()[0]["extensions"]["retryAfter"].as_u64().unwrap();
    assert!((1..=20).contains(&wait), "{wait} s");
    viewer(&other).await.expect_ok();
    viewer(&manager).await.expect_ok();
    world.clock.advance(Duration::from_secs(wait));
    viewer(&key).await.expect_ok();
    viewer(&key).await.expect_code("LIMITED");
}

// keeps: ID-19
#[tokio::test]
async fn rate_of_a_key_counts_its_requests_and_not_what_it_hears() {
    let world = World::builder().rate_limits().build().await;
    let owner = world.agency("acme").owner();
    let more = json!({ "requestsPerMinute": 3 });
    let (key, _) = made(&owner, &[("projects.project.read", "TENANT")], more).await;
    let mut socket = key.socket().await;
    let mut changes = socket.subscribe("subscription { projectChanged { project { name } } }", json!({}));
    let mut first = socket.subscribe("{ __typename }", json!({}));
    first.next().await.expect("an answer");
    let id = project(&owner, "ACME-1").await;
    for name in ["One", "Two", "Three", "Four", "Five", "Six"] {
        change(&owner, "updateProject", json!({ "id": id, "name": name }), "project { id }")
            .await
            .expect_ok();
        let heard = changes.next().await.expect("the subscription goes on");
        assert_eq!(heard["data"]["projectChanged"]["project"]["name"], name, "{heard}");
    }
}

// keeps: ID-19
#[tokio::test]
async fn revoked_key_is_refused_at_once_on_every_node_and_for_ever() {
    let world = World::builder().nodes(2).build().await;
    let manager = world.agency("acme").manager();
    let (key, id) = made(&manager, &[READ], json!({})).await;
    let there = key.on(1);
    for node in [&key, &there] {
        viewer(node).await.expect_ok();
    }
    let mut socket = there.socket().await;
    let answer = revoke(&manager, &id).await.expect_ok();
    assert_eq!(*answer.data("revokeApiKey.apiKey.active"), false);
    viewer(&key).await.expect_code("UNAUTHENTICATED");
    eventually("the other node refuses", async || viewer(&there).await.code() == Some("UNAUTHENTICATED"))
        .await;
    assert_eq!(socket.closed().await.0, 4403, "what is open with it closes");
    let when = answer.text("revokeApiKey.apiKey.revokedAt");
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(revoke(&manager, &id).await.expect_ok().text("revokeApiKey.apiKey.revokedAt"), when);
    update(&manager, json!({ "id": id, "name": "Again" })).await.expect_code("CONFLICT");
}

// keeps: ID-19
#[tokio::test]
async fn last_use_is_written_with_its_address() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let (key, id) = made(&manager, &[READ], json!({})).await;
    let query = "query($id: ID!) { apiKey(id: $id) { lastUsedAt lastUsedIp version } }";
    let before = manager.run(query, json!({ "id": id })).await.expect_ok();
    assert!(before.data("apiKey.lastUsedAt").is_null() && before.data("apiKey.lastUsedIp").is_null());
    for (ip, minutes) in [("192.0.2.1", 0), ("192.0.2.2", 2)] {
        world.clock.advance(Duration::from_secs(minutes * 60));
        viewer(&key.from_ip(ip)).await.expect_ok();
        let now = world.clock.now();
        eventually("the use is written", async || {
            let read = manager.run(query, json!({ "id": id })).await.expect_ok();
            let at = read
                .data("apiKey.lastUsedAt")
                .as_str()
                .map(|at| at.parse::<chrono::DateTime<chrono::Utc>>().unwrap());
            assert_eq!(read.data("apiKey.version"), before.data("apiKey.version"), "being used is no change");
            *read.data("apiKey.lastUsedIp") == ip && at == Some(now)
        })
        .await;
    }
}
