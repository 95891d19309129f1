//! Everything beside `/graphql`: health, metrics, keys, GraphiQL, the mailbox, and headers on all of it.

use gateway::http::{Health, HealthState};
use platform::mail::{Address, Mailer as _, Message};
use serde_json::{Value as Json, json};

use crate::world::World;

#[tokio::test]
async fn health_tells_each_dependency() {
    let world = World::new().await;
    assert_eq!(world.get("/livez").send().await.unwrap().status(), 200);
    let response = world.get("/readyz").send().await.unwrap();
    assert_eq!(response.status(), 200);
    let health: Json = response.json().await.unwrap();
    assert_eq!(health["status"], "up");
    assert_eq!(health["checks"][0]["name"], "database");
    assert!(health["checks"][0]["millis"].is_number());
    let set = |state| *world.state.health.lock().unwrap() = vec![Health { name: "mail", state, millis: 1.0 }];
    set(HealthState::Degraded);
    let degraded = world.get("/readyz").send().await.unwrap();
    assert_eq!(degraded.status(), 200);
    assert_eq!(degraded.json::<Json>().await.unwrap()["status"], "degraded");
    set(HealthState::Down);
    let away = world.get("/readyz").send().await.unwrap();
    assert_eq!(away.status(), 503);
    assert_eq!(away.json::<Json>().await.unwrap()["status"], "degraded", "it comes back by itself");
    set(HealthState::Up);
    world.db.close().await.unwrap();
    assert_eq!(world.get("/readyz").send().await.unwrap().status(), 503);
    assert_eq!(world.get("/livez").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn metrics_count_requests_by_operation_and_code() {
    let world = World::new().await;
    world.ask("query CountedHere { hello }").await;
    world.ask("query CountedHere { fails(kind: \"x\") }").await;
    let response = world.get("/metrics").send().await.unwrap();
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
    let text = response.text().await.unwrap();
    for line in [
        r#"atrium_graphql_requests_total{operation="CountedHere",kind="query",code="OK"} 1"#,
        r#"atrium_graphql_requests_total{operation="CountedHere",kind="query",code="FORBIDDEN"} 1"#,
        r#"atrium_graphql_duration_seconds_count{operation="CountedHere"} 2"#,
        r#"route="/graphql""#,
    ] {
        assert!(text.contains(line), "{line} is missing in {text}");
    }
    let closed = World::with(&[("ATRIUM_SERVER__METRICS", "false")]).await;
    assert_eq!(closed.get("/metrics").send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn every_answer_bears_security_headers() {
    let world = World::new().await;
    for path in ["/livez", "/nothing", "/graphiql", "/mailbox", "/graphql?query=%7Bhello%7D"] {
        let response = world.get(path).send().await.unwrap();
        let headers = response.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        assert!(
            headers.contains_key("permissions-policy") && headers.contains_key("x-frame-options"),
            "{path}"
        );
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert!(!headers.contains_key("strict-transport-security"), "{path}");
    }
    let secure = World::with(&[("ATRIUM_PUBLIC_URL", "https://portal.example.com")]).await;
    let response = secure.get("/livez").send().await.unwrap();
    assert!(response.headers()["strict-transport-security"].to_str().unwrap().contains("max-age="));
}

#[tokio::test]
async fn graphiql_and_the_way_to_it_are_open_in_demonstrations_alone() {
    let world = World::new().await;
    let response = world.get("/").send().await.unwrap();
    assert_eq!(response.headers()["location"], "/graphiql");
    let page = world.get("/graphiql").send().await.unwrap();
    assert_eq!(page.status(), 200);
    let etag = page.headers()["etag"].to_str().unwrap().to_owned();
    let again = world.get("/graphiql").header("if-none-match", etag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    let production = World::with(&[("ATRIUM_MODE", "production")]).await;
    for path in ["/", "/graphiql", "/mailbox", "/mailbox.json"] {
        assert_eq!(production.get(path).send().await.unwrap().status(), 404, "{path}");
    }
}

#[tokio::test]
async fn mailbox_shows_messages_without_trusting_them() {
    let world = World::new().await;
    let message = Message {
        to: vec![Address::new("ada@example.com")],
        subject: "<script>alert(1)</script>".into(),
        text: "Follow <this>".into(),
        html: Some("<p>Hello</p><script>alert(2)</script>".into()),
        locale: "en".into(),
        ..Message::default()
    };
    world.mailbox.send(message).await.unwrap();
    let list = world.get("/mailbox").send().await.unwrap().text().await.unwrap();
    assert!(
        list.contains("ada@example.com") && list.contains("&lt;script&gt;") && !list.contains("<script>"),
        "{list}"
    );
    let id = world.mailbox.latest();
    let page = world.get(&format!("/mailbox/{id}")).send().await.unwrap().text().await.unwrap();
    assert!(
        page.contains("<iframe") && page.contains("sandbox=\"") && page.contains("Follow &lt;this&gt;"),
        "{page}"
    );
    assert!(!page.contains("<script>"), "{page}");
    let html = world.get(&format!("/mailbox/{id}/html")).send().await.unwrap();
    let policy = html.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("sandbox") && policy.contains("default-src 'none'") && !policy.contains("script-src"),
        "{policy}"
    );
    assert!(!policy.contains("allow-scripts") && !policy.contains("allow-same-origin"), "{policy}");
    let all: Json = world.get("/mailbox.json").send().await.unwrap().json().await.unwrap();
    assert_eq!(all[0]["message"]["to"][0]["email"], "ada@example.com");
    let others: Json =
        world.get("/mailbox.json?to=bob@example.com").send().await.unwrap().json().await.unwrap();
    assert_eq!(others, json!([]));
    assert_eq!(world.get("/mailbox/999").send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn listed_origins_may_call_with_credentials_and_others_may_not() {
    let world = World::with(&[("ATRIUM_SERVER__CORS_ORIGINS", "https://app.example.com")]).await;
    let preflight = |origin: &str| {
        world
            .client
            .request(reqwest::Method::OPTIONS, world.url("/graphql"))
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,authorization,idempotency-key")
            .send()
    };
    let allowed = preflight("https://app.example.com").await.unwrap();
    assert_eq!(allowed.headers()["access-control-allow-origin"], "https://app.example.com");
    assert_eq!(allowed.headers()["access-control-allow-credentials"], "true");
    let refused = preflight("https://evil.example").await.unwrap();
    assert!(!refused.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn long_answers_are_compressed_and_short_ones_are_not() {
    let world = World::new().await;
    let ask = |length: usize| {
        let body = json!({ "query": format!("{{ long(length: {length}) }}") });
        world.post().header("accept-encoding", "gzip").json(&body).send()
    };
    assert_eq!(ask(5_000).await.unwrap().headers()["content-encoding"], "gzip");
    assert!(!ask(5).await.unwrap().headers().contains_key("content-encoding"));
    let stream = world
        .post()
        .header("accept-encoding", "gzip")
        .header("accept", "text/event-stream")
        .json(&json!({"query": "{ long(length: 5000) }"}));
    assert!(!stream.send().await.unwrap().headers().contains_key("content-encoding"));
}

#[tokio::test]
async fn keys_are_published() {
    let world = World::new().await;
    let keys = world.get("/.well-known/jwks.json").send().await.unwrap();
    assert!(keys.headers()["cache-control"].to_str().unwrap().contains("max-age"));
    assert_eq!(keys.json::<Json>().await.unwrap(), json!({"keys": []}));
}
