//! The process as a whole: what it says when it starts, how it stops, and what it is without any arguments.

use serde_json::{Value, json};
use tests::program::finish;
use tests::socket::PROTOCOL;
use tests::{Frame, PASSWORD, RawSocket, Site};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::wire::{INVITE, role};

const ME: &str = "{ viewer { user { email } } }";

// keeps: OP-1, OP-3
#[tokio::test]
async fn server_says_where_it_answers_and_does_so_from_then_on() {
    let site = Site::seeded().await;
    let process = site.serve().await;
    assert!(process.said().contains(&format!("http://{}/graphql", process.address())), "{}", process.said());
    process.nobody().run("{ __typename }", json!({})).await.expect_ok();
    let manager = process.person("acme", "pm@acme.test", PASSWORD);
    assert_eq!(manager.run(ME, json!({})).await.expect_ok().text("viewer.user.email"), "pm@acme.test");
    let address = process.address().to_string();
    let health = site.run(&["health", "--json", "--listen", &address]).await.expect_code(0).json();
    assert_eq!((&health["status"], &health["details"]["status"]), (&json!(200), &json!("up")));
    let taken = site.run(&["serve", "--listen", &address]).await;
    if taken.code != Some(1) {
        panic!("two programs share an address: {taken:#?}");
    }
    assert!(taken.err.contains(&address), "{taken:#?}");
    process.kill().await;
    let gone = site.run(&["health", "--listen", &address, "--timeout", "1"]).await.expect_code(3);
    assert!(gone.err.contains("no server answers"), "{gone:#?}");
}

// keeps: OP-3
#[tokio::test]
async fn server_that_is_told_to_stop_says_goodbye_and_ends_well() {
    let site = Site::seeded().await;
    let process = site.serve().await;
    let address = process.address();
    let mut socket = RawSocket::connect(address, PROTOCOL, &[]).await.unwrap();
    socket.send(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.next().await, Frame::Json(json!({ "type": "connection_ack" })));
    process.tell_to_stop();
    assert_eq!(socket.next().await, Frame::Closed(1001, "Going away".to_owned()));
    drop(socket);
    assert_eq!(process.ended().await, Some(0));
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    if !tests::on_postgres() {
        assert!(!site.folder().join("atrium.db-wal").exists(), "the journal is written back");
    }
    site.serve().await.nobody().run("{ __typename }", json!({})).await.expect_ok();
}

// keeps: OP-3
#[tokio::test]
async fn request_that_is_running_is_answered_before_the_server_ends() {
    let site = Site::seeded().await;
    let process = site.serve().await;
    let address = process.address();
    let body = json!({ "query": "{ __typename }" }).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\nexpect: 100-continue\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut buffer = vec![0; 4_096];
    let read = stream.read(&mut buffer).await.unwrap();
    assert!(buffer[..read].starts_with(b"HTTP/1.1 100 "), "the server waits for the body");
    process.tell_to_stop();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"__typename\":\"Query\""), "{answer}");
    assert_eq!(process.ended().await, Some(0));
}

// keeps: OP-2, OP-4
#[tokio::test]
async fn log_is_json_where_wanted_and_knows_nobody() {
    let site = Site::seeded().await;
    let mut command = site.command(&["serve"]);
    command.env("ATRIUM_LOG__FORMAT", "json").env("ATRIUM_LOG", "debug");
    let process = site.start(command).await;
    let owner = process.person("acme", "owner@acme.test", PASSWORD).with("x-request-id", "seen-in-the-log");
    let tokens = owner.tokens().await;
    owner.run(ME, json!({})).await.expect_ok();
    let wrong = json!({ "input": { "tenant": "acme", "email": "ada@private.example", "password": "my-secret-password" } });
    let login = "mutation($input: LoginInput!) { login(input: $input) { accessToken } }";
    process.nobody().run(login, wrong).await.expect_code("UNAUTHENTICATED");
    let role = role(&owner, "team_member").await;
    owner.run(INVITE, json!({ "email": "guest@private.example", "role": role })).await.expect_ok();
    site.settled().await;
    process.tell_to_stop();
    let log = std::path::PathBuf::from(site.folder()).join("log");
    process.ended().await;
    let log = std::fs::read_to_string(log).unwrap();
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    assert!(lines.len() > 3 && log.contains("seen-in-the-log"), "{log}");
    for private in [
        "owner@acme.test",
        "ada@private.example",
        "guest@private.example",
        "my-secret-password",
        PASSWORD,
        &tokens.access,
        &tokens.refresh,
    ] {
        assert!(!log.contains(private), "{private} is in the log:\n{log}");
    }
}

// keeps: OP-1
#[tokio::test]
async fn program_without_a_command_is_the_demonstration() {
    let site = Site::empty().await;
    let mut command = site.command(&[]);
    // Reason: well-known passwords must never get into a database that the environment happens to name.
    command
        .env("ATRIUM_DATABASE_URL", "postgres://nobody@127.0.0.1:1/real")
        .env("ATRIUM_REDIS_URL", "redis://127.0.0.1:1");
    command.env("ATRIUM_DATA_DIR", site.folder().join("demo"));
    let process = site.start(command).await;
    for told in ["/graphiql", "/mailbox", PASSWORD, "pm@acme.test", "clientadmin@globex.test"] {
        assert!(process.said().contains(told), "{told}\n{}", process.said());
    }
    let counts =
        "{ accounts { totalCount } projects { totalCount } tasks { totalCount } users { totalCount } }";
    for agency in ["acme", "globex"] {
        let owner = process.person(agency, &format!("owner@{agency}.test"), PASSWORD);
        let answer = owner.run(counts, json!({})).await.expect_ok();
        let number = |name: &str| answer.number(&format!("{name}.totalCount"));
        assert_eq!(
            (number("accounts"), number("projects"), number("tasks"), number("users")),
            (12, 40, 800, 10)
        );
        let kept = "{ legalHolds(first: 5) { nodes { inForce } } auditArchives(first: 5) { nodes { status entries } }
            privacyRequests(first: 5) { nodes { kind status certificate } } }";
        let kept = owner.run(kept, json!({})).await.expect_ok();
        assert_eq!(kept.list("legalHolds.nodes"), [json!({ "inForce": true })]);
        assert_eq!(kept.list("auditArchives.nodes"), [json!({ "status": "REMOVED", "entries": 24 })]);
        let asked = kept.list("privacyRequests.nodes");
        assert!(asked.iter().all(|request| request["status"] == "DONE"), "{kept}");
        assert!(
            asked.iter().any(|request| request["kind"] == "ERASURE" && request["certificate"].is_string())
        );
        assert!(asked.iter().any(|request| request["kind"] == "EXPORT"), "{kept}");
        let check = "mutation { verifyAudit { report { sound problems { message } } } }";
        let check = owner.run(check, json!({})).await.expect_ok();
        assert_eq!(*check.data("verifyAudit.report.sound"), true, "{check}");
    }
    for path in ["/graphiql", "/mailbox", "/livez", "/readyz"] {
        assert_eq!(
            process.http().get(process.url(path)).send().await.unwrap().status().as_u16(),
            200,
            "{path}"
        );
    }
    process.tell_to_stop();
    assert_eq!(process.ended().await, Some(0));
    let mut again = site.command(&["demo", "--json"]);
    again.env("ATRIUM_DATA_DIR", site.folder().join("demo")).env("ATRIUM_LISTEN", "256.0.0.1:1");
    finish(again, "").await.expect_code(2);
}
