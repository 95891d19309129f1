//! GraphQL over HTTP (<https://graphql.github.io/graphql-over-http/draft/>) with the whole program: methods, media types
//! and the statuses that go with them.

use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

use super::wire::{CREATE, ME, STRICT, Wire, ask, get, post, projects, quiet};

#[tokio::test]
async fn answer_is_in_the_media_type_that_was_asked_for() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let plain = "application/json";
    for (accept, kind) in [
        (None, plain),
        (Some("*/*"), plain),
        (Some("application/*"), plain),
        (Some(plain), plain),
        (Some(STRICT), STRICT),
        (Some("application/graphql-response+json, application/json;q=0.9"), STRICT),
        (Some("application/json, application/graphql-response+json;q=0.5"), plain),
        (Some("text/html, application/graphql-response+json;q=0.1"), STRICT),
    ] {
        let mut request = ask(&manager, ME, json!({})).await;
        if let Some(accept) = accept {
            request = request.header("accept", accept);
        }
        let answer = Wire::of(request).await;
        assert_eq!(answer.status, 200, "{accept:?}");
        assert_eq!(answer.header("content-type"), format!("{kind}; charset=utf-8"), "{accept:?}");
        assert!(answer.json()["data"]["viewer"]["user"]["id"].is_string(), "{accept:?}");
    }
    for accept in ["text/html", "image/*", "application/json;q=0", "application/xml, text/plain"] {
        let answer = Wire::of(ask(&manager, ME, json!({})).await.header("accept", accept)).await;
        answer.expect_refused(406, "NOT_ACCEPTABLE");
    }
}

#[tokio::test]
async fn document_that_cannot_run_is_400_in_graphqls_media_type_and_200_in_plain_json() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let parse = "GRAPHQL_PARSE_FAILED";
    let validation = "GRAPHQL_VALIDATION_FAILED";
    for (query, code) in [
        ("", parse),
        ("{", parse),
        ("{ viewer { user { id } }", parse),
        ("query { viewer { user { id } } } nonsense", parse),
        ("{ nothingOfThisName }", validation),
        ("{ viewer }", validation),
        ("{ viewer { user { id { x } } } }", validation),
        ("{ viewer { user { id(of: 1) } } }", validation),
        ("{ project { name } }", validation),
        ("query($id: ID!) { projects { nodes { id } } }", validation),
        ("query($id: Nonsense) { project(id: $id) { id } }", validation),
        ("{ projects(first: \"ten\") { nodes { id } } }", validation),
        ("{ projects(orderBy: { field: COLOUR }) { nodes { id } } }", validation),
        ("{ viewer { ...Nothing } }", validation),
        ("{ viewer { ...F } } fragment F on Project { id }", validation),
        ("{ ...F } fragment F on Query { ...F }", validation),
        ("{ viewer { user { id @nothing } } }", validation),
        ("{ viewer { user { id @skip(if: false) @skip(if: false) } } }", validation),
        ("{ viewer { user { id @skip } } }", validation),
        ("query @include(if: true) { viewer { user { id } } }", validation),
        ("mutation { createProject(input: {}) { project { id } } }", validation),
        ("mutation { createProject(input: { name: \"x\", colour: 1 }) { project { id } } }", validation),
    ] {
        let plain = Wire::of(ask(&manager, query, json!({})).await).await;
        assert_eq!(plain.code(), code, "{query}");
        plain.expect_refused(200, code);
        let strict = Wire::of(ask(&manager, query, json!({})).await.header("accept", STRICT)).await;
        strict.expect_refused(400, code);
    }
    assert_eq!(projects(&world).await, 12, "nothing ran");
}

#[tokio::test]
async fn error_of_a_field_leaves_the_rest_and_the_status() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let query = "query($id: ID!) { viewer { user { id } } node(id: $id) { id } }";
    let variables = json!({ "id": "nonsense" });
    let answer = Wire::of(ask(&manager, query, variables).await.header("accept", STRICT)).await;
    assert_eq!((answer.status, answer.code().as_str()), (200, "INVALID"), "it was executed: {answer:#?}");
    assert!(answer.json().get("data").is_some());
    let nobody = Wire::of(ask(&world.nobody(), ME, json!({})).await.header("accept", STRICT)).await;
    assert_eq!((nobody.status, nobody.code().as_str()), (200, "UNAUTHENTICATED"));
    assert_eq!(nobody.json()["errors"][0]["path"], json!(["viewer"]));
}

// keeps: ID-9
#[tokio::test]
async fn token_that_is_none_is_refused_before_anything_runs() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let good = manager.token().await.unwrap();
    let (head, _) = good.rsplit_once('.').unwrap();
    let none = "eyJhbGciOiJub25lIn0";
    let claims = good.split('.').nth(1).unwrap();
    for token in
        [String::new(), "nonsense".into(), head.into(), format!("{head}.AAAA"), format!("{none}.{claims}.")]
    {
        let who = manager.bearing(token.clone());
        Wire::of(ask(&who, ME, json!({})).await).await.expect_refused(200, "UNAUTHENTICATED");
        let strict = Wire::of(ask(&who, ME, json!({})).await.header("accept", STRICT)).await;
        strict.expect_refused(401, "UNAUTHENTICATED");
        let public = Wire::of(ask(&who, "{ __typename }", json!({})).await).await;
        public.expect_refused(200, "UNAUTHENTICATED");
    }
}

#[tokio::test]
async fn get_runs_queries() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let query = "query Page($n: Int) { projects(first: $n) { nodes { id } } } query Other { __typename }";
    let parameters = [("query", query), ("operationName", "Page"), ("variables", r#"{"n":1}"#)];
    let answer = Wire::of(get(&manager, &parameters).await).await;
    assert_eq!(answer.json()["data"]["projects"]["nodes"].as_array().map(Vec::len), Some(1), "{answer:#?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    let strict = get(&manager, &[("query", "{ nothing }")]).await.header("accept", STRICT);
    Wire::of(strict).await.expect_refused(400, "GRAPHQL_VALIDATION_FAILED");
    for parameters in [
        &[][..],
        &[("variables", "{}")],
        &[("query", query), ("variables", "[1]")],
        &[("query", query), ("variables", "{")],
        &[("query", query), ("extensions", "3")],
        &[("query", query)],
        &[("query", query), ("operationName", "Nobody")],
    ] {
        Wire::of(get(&manager, parameters).await).await.expect_refused(400, "BAD_REQUEST");
    }
}

#[tokio::test]
async fn get_changes_nothing_and_begins_no_stream() {
    let world = World::new().await;
    let manager = quiet(&world).await;
    let before = world.snapshot().await;
    let parameters = [("query", CREATE), ("variables", r#"{"name":"By link"}"#)];
    for accept in ["application/json", STRICT, "text/event-stream", "*/*"] {
        let refused = Wire::of(get(&manager, &parameters).await.header("accept", accept)).await;
        let refused = refused.expect_refused(405, "METHOD_NOT_ALLOWED");
        assert_eq!(refused.header("allow"), "POST");
    }
    let named = [
        ("query", "query Read { __typename } mutation Write { logout { ended } }"),
        ("operationName", "Write"),
    ];
    Wire::of(get(&manager, &named).await).await.expect_refused(405, "METHOD_NOT_ALLOWED");
    let stream = [("query", "subscription { projectChanged { project { id } } }")];
    let refused = get(&manager, &stream).await.header("accept", "text/event-stream");
    Wire::of(refused).await.expect_refused(405, "METHOD_NOT_ALLOWED");
    let head = manager.request(Method::HEAD, "/graphql?query=mutation%7Blogout%7Bended%7D%7D").await;
    assert_eq!(Wire::of(head).await.status, 405);
    assert_eq!(before.changes(&world.snapshot().await), Vec::<String>::new());
    manager.run(ME, json!({})).await.expect_ok();
}

#[tokio::test]
async fn head_is_answered_as_get_without_the_body() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let head = manager.request(Method::HEAD, "/graphql?query=%7B__typename%7D").await;
    let answer = Wire::of(head).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    assert!(answer.header("content-type").starts_with("application/json"), "{answer:#?}");
}

#[tokio::test]
async fn other_methods_are_refused_in_json() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::TRACE] {
        let request = manager.request(method, "/graphql").await.header("content-type", "application/json");
        let request = request.body(json!({ "query": "mutation { logout { ended } }" }).to_string());
        let refused = Wire::of(request).await.expect_refused(405, "METHOD_NOT_ALLOWED");
        let mut allowed: Vec<&str> = refused.header("allow").split(',').map(str::trim).collect();
        allowed.sort_unstable();
        assert_eq!(allowed, ["GET", "HEAD", "POST"]);
    }
    manager.run(ME, json!({})).await.expect_ok();
}

#[tokio::test]
async fn operation_of_several_is_named() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let query = "query One { a: __typename } query Two { b: __typename }";
    let two = manager.post(json!({ "query": query, "operationName": "Two" })).await.expect_ok();
    assert_eq!(two.body["data"], json!({ "b": "Query" }));
    for name in [json!(null), json!(""), json!("Three")] {
        let body = json!({ "query": query, "operationName": name }).to_string();
        Wire::of(post(&manager, body).await).await.expect_refused(400, "BAD_REQUEST");
    }
    let twice = "query One { a: __typename } query One { b: __typename }";
    let refused = Wire::of(ask(&manager, twice, json!({})).await).await;
    assert!(refused.json().get("data").is_none(), "{refused:#?}");
}

#[tokio::test]
async fn answer_tells_what_a_typed_client_needs_and_nothing_else() {
    let world = World::new().await;
    let answer = world.agency("acme").manager().run("{ __typename }", json!({})).await.expect_ok();
    let members: Vec<&String> = answer.body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["data", "extensions"]);
    let invalid = world.nobody().run("{ nothing }", json!({})).await;
    let members: Vec<&String> = invalid.body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["errors", "extensions"]);
    let refused = world.nobody().run("{ }", json!({})).await;
    assert_eq!(refused.message(), Some("The document is not GraphQL: expected selection."));
    let members: Vec<&String> = refused.body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["errors"]);
    for answer in [invalid, refused] {
        let error = answer.errors()[0].as_object().unwrap();
        assert_eq!(error.keys().collect::<Vec<_>>(), ["extensions", "locations", "message"]);
        assert_eq!(error["locations"], json!([{ "line": 1, "column": 3 }]), "{answer}");
    }
}

#[tokio::test]
async fn answer_tells_at_most_fifty_errors() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let unknown: String = (0..70).map(|number| format!("nothing{number} ")).collect();
    let refused = manager.run(&format!("{{ viewer {{ user {{ {unknown} }} }} }}"), json!({})).await;
    assert_eq!(refused.errors().len(), 50);
    let nodes = vec!["nonsense"; 100];
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let answer = manager.run(query, json!({ "ids": nodes })).await;
    assert!((1..=50).contains(&answer.errors().len()), "{answer}");
    let fields = &answer.errors()[0]["extensions"]["fields"];
    assert!(fields.as_array().is_none_or(|fields| fields.len() <= 100), "{answer}");
}

/// The one `next` of an event stream that completes.
#[track_caller]
fn only_event(answer: &Wire) -> Value {
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let events: Vec<&str> = answer.text.split("\n\n").filter(|event| !event.is_empty()).collect();
    assert_eq!(events[1..], ["event: complete\ndata: "], "{answer:#?}");
    let data = events[0].strip_prefix("event: next\ndata: ").unwrap_or_else(|| panic!("{answer:#?}"));
    serde_json::from_str(data).unwrap()
}

#[tokio::test]
async fn event_stream_answers_a_mutation_once_for_each_key() {
    let world = World::new().await;
    let manager = quiet(&world).await.with("accept", "text/event-stream");
    let keyed = manager.with("idempotency-key", "key-1");
    let name = json!({ "name": "By stream" });
    let first = Wire::of(ask(&keyed, CREATE, name.clone()).await).await;
    assert_eq!(only_event(&first)["data"]["createProject"]["project"]["name"], "By stream");
    let again = Wire::of(ask(&keyed, CREATE, name).await).await;
    assert_eq!((only_event(&again), again.header("idempotency-replayed")), (only_event(&first), "true"));
    let other = Wire::of(ask(&keyed, CREATE, json!({ "name": "Another" })).await).await;
    assert_eq!(only_event(&other)["errors"][0]["extensions"]["code"], "CONFLICT");
    assert_eq!(projects(&world).await, 13);
}

#[tokio::test]
async fn event_stream_answers_a_query_and_its_end() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let stream = ask(&manager, ME, json!({})).await.header("accept", "text/event-stream");
    let answer = Wire::of(stream).await;
    assert!(only_event(&answer)["data"]["viewer"]["user"]["id"].is_string(), "{answer:#?}");
    let subscription = "subscription { projectChanged { project { id } } }";
    let refused = Wire::of(ask(&manager, subscription, json!({})).await).await;
    refused.expect_refused(406, "NOT_ACCEPTABLE");
}
