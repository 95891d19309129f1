//! Requests that never run: whatever is sent, the answer is JSON in GraphQL's shape, with a code and the request's id.

use serde_json::{Value as Json, json};

use crate::world::{World, code};

async fn refused(request: reqwest::RequestBuilder, status: u16, wanted: &str) {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), status, "{wanted}");
    let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(content_type.contains("json"), "{content_type}");
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let answer: Json = response.json().await.unwrap();
    assert_eq!(code(&answer), wanted, "{answer}");
    assert_eq!(answer["errors"][0]["extensions"]["requestId"], id);
    assert!(answer.get("data").is_none(), "{answer}");
}

#[tokio::test]
async fn bodies_that_are_no_json_requests_are_bad_requests() {
    let world = World::new().await;
    let bodies: [&[u8]; 11] = [
        b"",
        b"{",
        b"nonsense",
        b"{\"query\":\"\xff\"}",
        br#"{"query":1}"#,
        br#"{"query":"{hello}","variables":[1]}"#,
        br#"{"query":"{hello}","operationName":1}"#,
        br#"[{"query":"{hello}"}]"#,
        br#"{"query":"query($n:String){hello(name:$n)}","variables":{"n":"a\u0000b"}}"#,
        br#"{"query":"{hello(name:\"\\u0000\")}"}"#,
        br##"{"query":"query($n:String){hello(name:$n)}","variables":{"n":"#__graphql_file__:0"}}"##,
    ];
    for body in bodies {
        for accept in ["application/json", "application/graphql-response+json"] {
            let request = world.post().header("content-type", "application/json").header("accept", accept);
            refused(request.body(body), 400, "BAD_REQUEST").await;
        }
    }
}

#[tokio::test]
async fn other_content_types_are_refused() {
    let world = World::new().await;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json; charset=utf-16",
    ] {
        let request = world.post().header("content-type", content_type).body(r#"{"query":"{hello}"}"#);
        refused(request, 415, "UNSUPPORTED_MEDIA_TYPE").await;
    }
    refused(world.post().body(r#"{"query":"{hello}"}"#), 415, "UNSUPPORTED_MEDIA_TYPE").await;
    let charset = world.post().header("content-type", "application/json; charset=UTF-8");
    assert_eq!(charset.body(r#"{"query":"{hello}"}"#).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn long_bodies_are_refused_with_and_without_a_length() {
    let world = World::new().await;
    let body = format!(r#"{{"query":"{{hello}}","variables":{{"a":"{}"}}}}"#, "x".repeat(10 << 20));
    let request = world.post().header("content-type", "application/json");
    refused(request.try_clone().unwrap().body(body.clone()), 413, "PAYLOAD_TOO_LARGE").await;
    let chunks = futures::stream::iter(
        body.into_bytes()
            .chunks(64 << 10)
            .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
            .collect::<Vec<_>>(),
    );
    refused(request.body(reqwest::Body::wrap_stream(chunks)), 413, "PAYLOAD_TOO_LARGE").await;
    let just = format!(r#"{{"query":"{{hello}}","variables":{{"a":"{}"}}}}"#, "x".repeat((1 << 20) - 50));
    let request = world.post().header("content-type", "application/json").body(just);
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn paths_methods_and_media_types_that_do_not_exist_are_refused_in_json() {
    let world = World::new().await;
    refused(world.get("/nothing"), 404, "NOT_FOUND").await;
    refused(world.get("/assets/../../etc/passwd"), 404, "NOT_FOUND").await;
    refused(world.get("/assets/nothing.js"), 404, "NOT_FOUND").await;
    refused(world.client.delete(world.url("/graphql")), 405, "METHOD_NOT_ALLOWED").await;
    refused(world.client.post(world.url("/livez")), 405, "METHOD_NOT_ALLOWED").await;
    refused(world.get("/graphql").header("accept", "text/html"), 406, "NOT_ACCEPTABLE").await;
    refused(world.get("/graphql"), 400, "BAD_REQUEST").await;
    let subscription = world.post().json(&json!({"query": "subscription { count(to: 1) }"}));
    refused(subscription, 406, "NOT_ACCEPTABLE").await;
    let allowed = world.client.delete(world.url("/graphql")).send().await.unwrap();
    assert!(allowed.headers()["allow"].to_str().unwrap().contains("POST"));
}

#[tokio::test]
async fn ids_of_requests_are_made_where_none_is_sent() {
    let world = World::new().await;
    let response = world.get("/livez").send().await.unwrap();
    let id = response.headers()["x-request-id"].to_str().unwrap();
    assert_eq!(uuid::Uuid::parse_str(id).unwrap().get_version_num(), 7);
    let forged = world.get("/livez").header("x-request-id", "<script>").send().await.unwrap();
    assert_ne!(forged.headers()["x-request-id"], "<script>");
}
