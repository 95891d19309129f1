//! Bodies that are no request, and documents that ask for more than one may: refused before anything runs.

use std::fmt::Write as _;

use reqwest::Method;
use serde_json::json;
use tests::{Actor, World};

use super::wire::{CREATE, ME, STRICT, Wire, ask, post, projects, quiet};

// keeps: OP-10
#[tokio::test]
async fn forms_and_plain_text_are_refused_whatever_they_hold() {
    let world = World::new().await;
    let manager = quiet(&world).await;
    let before = world.snapshot().await;
    let json = json!({ "query": CREATE, "variables": { "name": "By another site" } }).to_string();
    let form = "query=mutation%7Blogout%7Bended%7D%7D".to_owned();
    let multipart = format!(
        "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{json}\r\n--x\r\nContent-Disposition: \
         form-data; name=\"map\"\r\n\r\n{{}}\r\n--x--\r\n"
    );
    for (kind, body) in [
        (Some("text/plain"), &json),
        (Some("text/plain;charset=UTF-8"), &json),
        (Some("application/x-www-form-urlencoded"), &form),
        (Some("application/x-www-form-urlencoded"), &json),
        (Some("multipart/form-data; boundary=x"), &multipart),
        (Some("application/graphql"), &json),
        (Some("application/json; charset=latin1"), &json),
        (Some("application/json, text/plain"), &json),
        (Some(""), &json),
        (None, &json),
    ] {
        let mut request = manager.request(Method::POST, "/graphql").await.body(body.clone());
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        Wire::of(request).await.expect_refused(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    assert_eq!(before.changes(&world.snapshot().await), Vec::<String>::new());
}

#[tokio::test]
async fn bodies_that_are_no_request_are_refused_in_both_media_types() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let bodies: [&[u8]; 18] = [
        b"",
        b" ",
        b"{",
        b"}",
        b"{\"query\":\"{ __typename }\"} more",
        b"null",
        b"true",
        b"7",
        b"\"{ __typename }\"",
        b"{}",
        br#"{"query":null}"#,
        br#"{"query":["{ __typename }"]}"#,
        br#"{"query":{}}"#,
        br#"{"query":"{ __typename }","variables":"{}"}"#,
        br#"{"query":"{ __typename }","variables":[]}"#,
        br#"{"query":"{ __typename }","operationName":7}"#,
        br#"{"query":"{ __typename }","extensions":"x"}"#,
        b"{\"query\":\"{ __typename } # \xff\xfe\"}",
    ];
    for body in bodies {
        for accept in ["application/json", STRICT] {
            let request = post(&manager, body.to_vec()).await.header("accept", accept);
            Wire::of(request).await.expect_refused(400, "BAD_REQUEST");
        }
    }
    manager
        .post(json!({ "query": "{ __typename }", "variables": null, "operationName": null }))
        .await
        .expect_ok();
    manager.post(json!({ "query": "{ __typename }", "unknown": { "member": 1 } })).await.expect_ok();
}

#[tokio::test]
async fn array_of_requests_is_refused_whole() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let one = json!({ "query": CREATE, "variables": { "name": "In a batch" } });
    for batch in [json!([]), json!([one]), json!([one, one])] {
        let refused = Wire::of(post(&manager, format!(" \n{batch}")).await).await;
        refused.expect_refused(400, "BAD_REQUEST");
    }
    assert_eq!(projects(&world).await, 12);
}

// keeps: OP-10
#[tokio::test]
async fn body_of_ten_megabytes_is_refused_and_read_no_further() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let long =
        json!({ "query": "{ __typename }", "variables": { "filler": "x".repeat(10 << 20) } }).to_string();
    Wire::of(post(&manager, long.clone()).await).await.expect_refused(413, "PAYLOAD_TOO_LARGE");
    let chunks = long.into_bytes();
    let chunks: Vec<_> =
        chunks.chunks(1 << 16).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect();
    let stream = reqwest::Body::wrap_stream(futures::stream::iter(chunks));
    Wire::of(post(&manager, stream).await).await.expect_refused(413, "PAYLOAD_TOO_LARGE");
    let announced = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                     content-length: 99999999999999999999\r\n\r\n{";
    let answer = world.raw(announced.as_bytes()).await;
    assert!(matches!(answer.status, 400 | 413), "{answer:?}");
    manager.run(ME, json!({})).await.expect_ok();
}

/// Each is refused with QUERY_TOO_COMPLEX before it runs.
async fn expect_too_complex(manager: &Actor, documents: &[String]) {
    for document in documents {
        let plain = Wire::of(ask(manager, document, json!({})).await).await;
        let plain = plain.expect_refused(200, "QUERY_TOO_COMPLEX");
        assert!(plain.json().get("extensions").is_none(), "it was not even reckoned: {plain:#?}");
        let strict = Wire::of(ask(manager, document, json!({})).await.header("accept", STRICT)).await;
        strict.expect_refused(400, "QUERY_TOO_COMPLEX");
    }
}

#[tokio::test]
async fn deep_and_cyclic_questions_are_refused() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    // The graph goes round: project, tasks, project …; manager, projects, manager ….
    let round = |times: usize| {
        let (open, close) = ("project { tasks(first: 1) { nodes { ", "} } } ".repeat(times));
        format!("{{ tasks(first: 1) {{ nodes {{ {}id {close} }} }} }}", open.repeat(times))
    };
    manager.run(&round(3), json!({})).await.expect_ok();
    let people = format!(
        "{{ viewer {{ user {{ {} id {} }} }} }}",
        "projects(first: 1) { nodes { manager { ".repeat(5),
        "} } }".repeat(5)
    );
    let halves = "{ tasks { nodes { project { tasks { nodes { project { tasks { nodes { ...H } } } } } } } } } \
                  fragment H on Task { project { tasks { nodes { project { tasks { nodes { project { tasks { nodes \
                  { id } } } } } } } } } }";
    let documents = [
        round(6),
        round(2_000),
        people,
        halves.to_owned(),
        "{".repeat(30_000),
        format!("{{ a(b: {}) }}", "[".repeat(20_000)),
    ];
    expect_too_complex(&manager, &documents).await;
}

#[tokio::test]
async fn wide_and_aliased_questions_are_refused() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let numbered = |count: usize, field: &str| {
        (0..count).fold(String::new(), |mut text, number| {
            let _ = write!(text, " a{number}: {field}");
            text
        })
    };
    let allowed = format!("{{ viewer {{ user {{ {} }} }} }}", numbered(30, "id"));
    manager.run(&allowed, json!({})).await.expect_ok();
    let documents = [
        format!("{{ viewer {{ user {{ {} }} }} }}", numbered(31, "id")),
        format!("{{ {} }}", numbered(31, "__typename")),
        format!("{{ {} }}", "__typename ".repeat(21)),
        format!("{{ viewer {{ user {{ {} }} }} }}", "id ".repeat(5_001)),
        format!("{{ viewer {{ user {{ {} }} }} }}", "id @include(if: true) ".repeat(31)),
        format!("{{ __typename }} # {}", "x".repeat(64 << 10)),
        format!("mutation {{ {} }}", numbered(21, "logout { ended }")),
    ];
    expect_too_complex(&manager, &documents).await;
    manager.run(ME, json!({})).await.expect_ok();
}

#[tokio::test]
async fn bombs_of_fragments_are_refused_and_the_next_request_is_answered() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let doubling = |levels: usize, times: usize| {
        let mut text = "{ viewer { user { ...F0 } } }".to_owned();
        for level in 0..levels {
            let spreads = format!("...F{} ", level + 1).repeat(times);
            let _ = write!(text, " fragment F{level} on User {{ {spreads} }}");
        }
        text + &format!(" fragment F{levels} on User {{ id name }}")
    };
    let inline =
        format!("{{ viewer {{ user {{ {} id {} }} }} }}", "... on User { ".repeat(60), "}".repeat(60));
    let documents = [doubling(22, 2), doubling(6, 40), doubling(31, 10), inline];
    expect_too_complex(&manager, &documents).await;
    for cycle in [
        "{ viewer { user { ...A } } } fragment A on User { ...B } fragment B on User { ...A }",
        "{ __typename } fragment Unused on User { projects { nodes { manager { ...Unused } } } }",
    ] {
        let refused = Wire::of(ask(&manager, cycle, json!({})).await).await;
        refused.expect_refused(200, "GRAPHQL_VALIDATION_FAILED");
    }
    manager.run(ME, json!({})).await.expect_ok();
}

#[tokio::test]
async fn question_for_the_schema_is_answered_to_tools_and_multiplies_for_nobody() {
    let world = World::new().await;
    tests::schema::Schema::of(&world).await;
    let deep = "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }";
    expect_too_complex(&world.nobody(), &[deep.to_owned()]).await;
}

#[tokio::test]
async fn text_that_stands_for_an_upload_is_refused_wherever_it_stands() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let forged = "#__graphql_file__:0";
    let named = Wire::of(ask(&manager, CREATE, json!({ "name": forged })).await).await;
    named.expect_refused(400, "BAD_REQUEST");
    let literal =
        format!("mutation {{ createProject(input: {{ name: \"{forged}\" }}) {{ project {{ id }} }} }}");
    let default = format!(
        "mutation($name: String! = \"{forged}\") {{ createProject(input: {{ name: $name }}) {{ project {{ id }} }} }}"
    );
    let escaped =
        r#"mutation { createProject(input: { name: "\u0023__graphql_file__:7" }) { project { id } } }"#;
    let block = format!(
        "mutation {{ createProject(input: {{ name: \"\"\"{forged}\"\"\" }}) {{ project {{ id }} }} }}"
    );
    for query in [literal.as_str(), &default, escaped, &block] {
        Wire::of(ask(&manager, query, json!({})).await).await.expect_refused(400, "BAD_REQUEST");
    }
    let nested = json!({ "query": ME, "variables": { "unused": [{ "deep": [forged] }] } });
    Wire::of(post(&manager, nested.to_string()).await).await.expect_refused(400, "BAD_REQUEST");
    assert_eq!(projects(&world).await, 12);
    let harmless =
        manager.run(CREATE, json!({ "name": "Issue #__graphql_file__ of the log" })).await.expect_ok();
    assert_eq!(harmless.text("createProject.project.name"), "Issue #__graphql_file__ of the log");
}

#[tokio::test]
async fn nul_is_refused_in_every_text() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    Wire::of(ask(&manager, CREATE, json!({ "name": "a\u{0}b" })).await)
        .await
        .expect_refused(400, "BAD_REQUEST");
    let literal = r#"mutation { createProject(input: { name: "a\u0000b" }) { project { id } } }"#;
    Wire::of(ask(&manager, literal, json!({})).await).await.expect_refused(400, "BAD_REQUEST");
    let search = "query($text: String!) { projects(filter: { search: $text }) { nodes { id } } }";
    Wire::of(ask(&manager, search, json!({ "text": "\u{0}" })).await)
        .await
        .expect_refused(400, "BAD_REQUEST");
    let name = json!({ "query": ME, "variables": { "a\u{0}": 1 } }).to_string();
    Wire::of(post(&manager, name).await).await;
    let raw = Wire::of(post(&manager, "{\"query\":\"{ __typename \u{0}}\"}").await).await;
    assert!(raw.status == 400 || raw.code() == "GRAPHQL_PARSE_FAILED", "{raw:#?}");
    let operation = json!({ "query": "query A { __typename }", "operationName": "A\u{0}" }).to_string();
    Wire::of(post(&manager, operation).await).await.expect_refused(400, "BAD_REQUEST");
    assert_eq!(projects(&world).await, 12);
}
