//! `graphql-transport-ws` with the whole program: operations, tokens, and how sockets end.

use std::time::Duration;

use serde_json::{Value, json};
use tests::socket::PROTOCOL;
use tests::{Frame, PASSWORD, RawSocket, World};
use tokio_tungstenite::tungstenite::Message;

use super::subscriptions::{CHANGES, begun, fails, hear, own_projects, rename};
use super::wire::{CREATE, ME, projects};

#[tokio::test]
async fn every_kind_of_operation_runs_over_a_socket() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let mut socket = manager.socket().await;
    let mut query = socket.subscribe(ME, json!({}));
    let answer = query.next().await.unwrap();
    assert!(answer["data"]["viewer"]["user"]["id"].is_string() && answer["extensions"]["cost"].is_object());
    assert_eq!(query.next().await, None, "complete follows");
    let answer = socket.subscribe(CREATE, json!({ "name": "By socket" })).next().await.unwrap();
    let id = answer["data"]["createProject"]["project"]["id"].as_str().unwrap();
    assert_eq!(world.audit_of(id).await[0]["operation"], "Create");
    let failed = socket.subscribe(CREATE, json!({ "name": "" })).next().await.unwrap();
    assert_eq!(
        (&failed["errors"][0]["extensions"]["code"], &failed["data"]),
        (&json!("INVALID"), &Value::Null)
    );
    let create = CREATE.replace("$name: String!", "$name: Int!");
    for (query, variables, code) in [
        ("{", json!({}), "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        ("{ viewer { ...F } } fragment F on Viewer { ...F }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        (create.as_str(), json!({ "name": 1 }), "GRAPHQL_VALIDATION_FAILED"),
        (CREATE, json!({ "name": "#__graphql_file__:0" }), "BAD_REQUEST"),
        (CREATE, json!({ "name": "a\u{0}b" }), "BAD_REQUEST"),
        (
            "subscription { a: projectChanged { kind } b: projectChanged { kind } }",
            json!({}),
            "QUERY_TOO_COMPLEX",
        ),
    ] {
        let refused = socket.subscribe(query, variables).refused().await;
        assert_eq!(refused[0]["extensions"]["code"], code, "{query}");
        assert!(refused[0]["extensions"]["requestId"].is_string());
    }
    assert_eq!(projects(&world).await, 13);
    begun(&mut socket).await;
}

// keeps: ID-9
#[tokio::test]
async fn session_begins_over_a_socket_but_cookies_do_not() {
    let world = World::new().await;
    let mut socket = world.nobody().socket().await;
    let login = "mutation($input: LoginInput!) { login(input: $input) { accessToken refreshToken } }";
    let mut input = json!({ "tenant": "acme", "email": "pm@acme.test", "password": PASSWORD });
    let answer = socket.subscribe(login, json!({ "input": input })).next().await.unwrap();
    let token = answer["data"]["login"]["accessToken"].as_str().unwrap();
    world.nobody().bearing(token).run(ME, json!({})).await.expect_ok();
    input["delivery"] = json!("COOKIE");
    let answer = socket.subscribe(login, json!({ "input": input })).next().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["fields"][0]["path"], "delivery", "{answer}");
}

#[tokio::test]
async fn nobody_may_connect_and_is_nobody() {
    let world = World::new().await;
    let mut socket = world.nobody().socket().await;
    begun(&mut socket).await;
    for query in [CHANGES, ME] {
        assert_eq!(fails(&mut socket, query, json!({})).await, "UNAUTHENTICATED");
    }
}

async fn connect(world: &World) -> RawSocket {
    RawSocket::connect(world.address(), PROTOCOL, &[]).await.unwrap()
}

async fn init(world: &World, payload: Value) -> RawSocket {
    let mut socket = connect(world).await;
    socket.send(json!({ "type": "connection_init", "payload": payload })).await;
    socket
}

async fn ready(world: &World, token: &str) -> RawSocket {
    let mut socket = init(world, json!({ "Authorization": format!("Bearer {token}") })).await;
    assert_eq!(socket.next().await, Frame::Json(json!({ "type": "connection_ack" })));
    socket
}

#[track_caller]
fn code_of(frame: Frame) -> u16 {
    match frame {
        Frame::Closed(code, reason) => {
            assert!(!reason.is_empty() && reason.len() <= 123, "{reason:?}");
            code
        }
        Frame::Json(message) => panic!("not closed but {message}"),
    }
}

// keeps: ID-9, ID-19
#[tokio::test]
async fn token_is_read_from_the_greeting_or_the_request_that_opens() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let token = manager.token().await.unwrap();
    let key = manager.key(&[("projects.project.read", "ASSIGNED")]).await.token().await.unwrap();
    for payload in [
        json!({ "Authorization": format!("Bearer {token}") }),
        json!({ "authorization": format!("Bearer {token}"), "other": 1 }),
        json!({ "token": token }),
        json!({ "token": key }),
    ] {
        let mut socket = init(&world, payload).await;
        assert_eq!(socket.next().await, Frame::Json(json!({ "type": "connection_ack" })));
        let query = json!({ "query": "{ projects(first: 1) { nodes { id } } }" });
        socket.send(json!({ "type": "subscribe", "id": "1", "payload": query })).await;
        let Frame::Json(answer) = socket.next().await else { panic!("closed") };
        assert!(answer["payload"]["data"]["projects"].is_object(), "{answer}");
    }
    let bearer = format!("Bearer {token}");
    let mut socket =
        RawSocket::connect(world.address(), PROTOCOL, &[("authorization", &bearer)]).await.unwrap();
    socket.send(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.next().await, Frame::Json(json!({ "type": "connection_ack" })));
    for token in ["forged", "a.b.c", &token[1..]] {
        assert_eq!(code_of(init(&world, json!({ "token": token })).await.next().await), 4403);
    }
    world.clock.advance(Duration::from_secs(16 * 60));
    assert_eq!(code_of(init(&world, json!({ "token": token })).await.next().await), 4403, "it has expired");
}

#[tokio::test]
async fn socket_that_breaks_the_protocol_is_closed_with_its_code() {
    let world = World::new().await;
    let token = world.agency("acme").manager().token().await.unwrap();
    let mut silent = connect(&world).await;
    let mut hasty = connect(&world).await;
    hasty.send(json!({ "type": "subscribe", "id": "1", "payload": { "query": ME } })).await;
    assert_eq!(code_of(hasty.next().await), 4401);
    for frame in [
        Message::text("nonsense"),
        Message::text("[]"),
        Message::text(r#"{"type":"start","id":"1","payload":{"query":"{a}"}}"#),
        Message::text(r#"{"type":"subscribe","payload":{"query":"{a}"}}"#),
        Message::text(r#"{"type":"subscribe","id":7,"payload":{"query":"{a}"}}"#),
        Message::binary(br#"{"type":"ping"}"#.to_vec()),
    ] {
        let mut socket = ready(&world, &token).await;
        socket.send_frame(frame.clone()).await;
        assert_eq!(code_of(socket.next().await), 4400, "{frame}");
    }
    let mut twice = ready(&world, &token).await;
    twice.send(json!({ "type": "connection_init" })).await;
    assert_eq!(code_of(twice.next().await), 4429);
    let mut same = ready(&world, &token).await;
    for _ in 0..2 {
        same.send(json!({ "type": "subscribe", "id": "1", "payload": { "query": CHANGES } })).await;
    }
    assert_eq!(code_of(same.next().await), 4409);
    let mut long = ready(&world, &token).await;
    long.send(json!({ "type": "ping", "payload": { "filler": "x".repeat(60 << 10) } })).await;
    assert!(matches!(long.next().await, Frame::Json(pong) if pong["type"] == "pong"));
    long.send(json!({ "type": "ping", "payload": { "filler": "x".repeat(65 << 10) } })).await;
    assert_eq!(code_of(long.next().await), 1009);
    let mut other = RawSocket::connect(world.address(), "", &[]).await.unwrap();
    assert_eq!(code_of(other.next().await), 4406);
    assert_eq!(code_of(silent.next().await), 4408, "ten seconds without a greeting");
}

#[tokio::test]
async fn hundred_operations_run_on_a_socket_and_one_more_is_refused() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let mut socket = owner.socket().await;
    let mut changes: Vec<_> = (0..100).map(|_| socket.subscribe(CHANGES, json!({}))).collect();
    let refused = socket.subscribe(ME, json!({})).refused().await;
    assert_eq!(refused[0]["extensions"]["code"], "LIMITED");
    changes.pop().unwrap().stop();
    begun(&mut socket).await;
    let id = own_projects(&world, "acme").await.remove(0);
    rename(&owner, &id, "Heard by all").await;
    for change in &mut changes {
        hear(change, "Heard by all", "").await;
    }
}

// keeps: ID-10
#[tokio::test]
async fn revoked_session_ends_its_sockets_and_no_others() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let elsewhere = manager.elsewhere();
    let (mut lost, mut kept) = (manager.socket().await, elsewhere.socket().await);
    let mut changes = lost.subscribe(CHANGES, json!({}));
    begun(&mut lost).await;
    let current = "{ sessions { id current } }";
    let sessions = manager.run(current, json!({})).await.expect_ok();
    let own =
        sessions.list("sessions").iter().find(|session| session["current"] == true).unwrap()["id"].clone();
    let revoke = "mutation($id: ID!) { revokeSession(input: { id: $id }) { session { id } } }";
    elsewhere.run(revoke, json!({ "id": own })).await.expect_ok();
    let (code, reason) = lost.closed().await;
    assert_eq!((code, reason.as_str()), (4403, "Session revoked"));
    assert_eq!(changes.next().await, None);
    begun(&mut kept).await;
    let token = manager.token().await.unwrap();
    assert_eq!(code_of(init(&world, json!({ "token": token })).await.next().await), 4403);
}

// keeps: ID-10
#[tokio::test]
async fn person_who_is_deactivated_or_signs_out_hears_no_more() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let mut socket = acme.developer().socket().await;
    let id = acme.developer().run(ME, json!({})).await.expect_ok().text("viewer.user.id");
    let deactivate = "mutation($id: ID!) { deactivateUser(input: { id: $id }) { user { id } } }";
    acme.owner().run(deactivate, json!({ "id": id })).await.expect_ok();
    assert_eq!(socket.closed().await.0, 4403);
    let manager = acme.manager();
    let mut socket = manager.socket().await;
    manager.run("mutation { logout { ended } }", json!({})).await.expect_ok();
    assert_eq!(socket.closed().await.0, 4403);
}

// keeps: ID-9
#[tokio::test]
async fn socket_ends_with_the_token_that_opened_it() {
    let world = World::new().await;
    let mut socket = world.agency("acme").manager().socket().await;
    begun(&mut socket).await;
    world.clock.advance(Duration::from_secs(15 * 60));
    let (code, reason) = socket.closed().await;
    assert_eq!((code, reason.as_str()), (4401, "Token expired"));
}

// keeps: OP-3
#[tokio::test]
async fn node_that_stops_says_so() {
    let world = World::builder().nodes(2).build().await;
    let manager = world.agency("acme").manager();
    let (mut first, mut second) = (manager.socket().await, manager.on(1).socket().await);
    world.stop_node(0).await;
    assert_eq!(first.closed().await, (1001, "Going away".to_owned()));
    begun(&mut second).await;
}

// keeps: OP-10
#[tokio::test]
async fn page_of_another_site_opens_no_socket() {
    let world = World::builder()
        .configure(|config| config.server.cors_origins = vec!["https://app.example.com".to_owned()])
        .build()
        .await;
    let own = format!("http://{}", world.address());
    for origin in [own.as_str(), "https://app.example.com"] {
        assert!(
            RawSocket::connect(world.address(), PROTOCOL, &[("origin", origin)]).await.is_ok(),
            "{origin}"
        );
    }
    for origin in
        ["https://evil.example", "null", "https://app.example.com.evil.example", "http://app.example.com"]
    {
        let refused = RawSocket::connect(world.address(), PROTOCOL, &[("origin", origin)]).await.unwrap_err();
        assert_eq!(refused.0, 403, "{origin}");
        assert!(refused.1.contains("FORBIDDEN"), "{}", refused.1);
    }
}
