//! Forwarding the trail: each critical entry arrives at least once and in its order, over every kind of sink, whatever
//! fails on the way; and nothing goes where it must not.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::{Actor, World};

use super::receivers::{CA, Http, Received, Reply, Rsyslog, datagrams, json_of, syslog};
use super::support::sealed;

const FIELDS: &str = "auditSink { id name kind address headerName isSigned minSeverity actionPrefix personalData \
                      enabled state lag delivered lastDeliveredAt lastError failingSince nextAttemptAt pausedAt \
                      version }";

/// How long a sink may take to be as wanted. Only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// A world whose sinks may be on this machine.
pub(super) async fn world() -> World {
    World::builder().configure(|config| config.sinks.allow_private = true).build().await
}

pub(super) async fn change(who: &Actor, name: &str, input: Value) -> tests::Answer {
    let (first, rest) = name.split_at(1);
    let query = format!(
        "mutation($input: {}{rest}Input!) {{ {name}(input: $input) {{ {FIELDS} }} }}",
        first.to_uppercase()
    );
    who.run(&query, json!({ "input": input })).await
}

pub(super) async fn create(who: &Actor, kind: &str, address: &str, more: Value) -> String {
    let mut input = json!({ "name": "SIEM", "kind": kind, "address": address });
    input.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    change(who, "createAuditSink", input).await.expect_ok().text("createAuditSink.auditSink.id")
}

async fn sink(who: &Actor) -> Value {
    let query = format!("{{ auditSinks(first: 5) {{ nodes {} }} }}", FIELDS.trim_start_matches("auditSink"));
    who.run(&query, json!({})).await.expect_ok().data("auditSinks.nodes")[0].clone()
}

/// Waits until the one sink of an agency is as wanted, moving time on so that it is tried again.
pub(super) async fn wait(world: &World, who: &Actor, wanted: impl Fn(&Value) -> bool) -> Value {
    let began = std::time::Instant::now();
    while began.elapsed() < PATIENCE {
        let sink = sink(who).await;
        if wanted(&sink) {
            return sink;
        }
        if sink["state"] == "FAILING" {
            world.clock.advance(Duration::from_secs(20));
        }
    }
    panic!("the sink never was as wanted: {}", sink(who).await);
}

/// An act that is critical.
async fn rotate(who: &Actor) {
    who.run("mutation { rotateAuditKey { key { id } } }", json!({})).await.expect_ok();
}

/// Ids of the critical entries of an agency, in the order in which they were written.
async fn critical(who: &Actor) -> Vec<String> {
    let query = "{ auditEntries(last: 100, filter: { severity: [CRITICAL] }) { nodes { id } } }";
    let mut ids = who.run(query, json!({})).await.expect_ok().ids("auditEntries.nodes");
    ids.reverse();
    ids
}

fn ids(messages: &[String]) -> Vec<String> {
    messages.iter().map(|message| json_of(message)["id"].as_str().unwrap_or_default().to_owned()).collect()
}

async fn arrives(kind: &str, (address, received): (String, Received), more: Value) {
    let world = world().await;
    let owner = world.agency("acme").owner();
    create(&owner, kind, &address, more).await;
    rotate(&owner).await;
    rotate(&world.agency("globex").owner()).await;
    let messages = received.until(|messages| messages.len() >= 2).await;
    let expected = critical(&owner).await;
    assert_eq!(ids(&messages), expected, "making the sink, then the key, and nothing of another agency");
    let tenant = world.agency("acme").id().await;
    let rotated = &messages[1];
    assert!(
        rotated.starts_with("<106>1 2") && rotated.contains(" atrium - audit.key.rotate [atrium@32473 "),
        "{rotated}"
    );
    assert!(rotated.contains(&format!("id=\"{}\"", expected[1])) && rotated.contains(&tenant), "{rotated}");
    let entry = &json_of(rotated)["entry"];
    assert_eq!((&entry["action"], &entry["severity"]), (&json!("audit.key.rotate"), &json!("critical")));
    let seen = wait(&world, &owner, |sink| sink["delivered"] == 2 && sink["lag"] == 0).await;
    assert_eq!((&seen["state"], &seen["lastError"]), (&json!("ACTIVE"), &Value::Null));
}

// keeps: AU-10
#[tokio::test]
async fn syslog_over_tcp_gets_critical_entries_in_their_order() {
    let (address, received) = syslog(false).await;
    arrives("SYSLOG_TCP", (address.to_string(), received), json!({})).await;
}

// keeps: AU-10
#[tokio::test]
async fn syslog_server_of_the_system_gets_them_where_there_is_one() {
    let rsyslog = Rsyslog::start().await;
    let (address, received) = match &rsyslog {
        Some(rsyslog) => (rsyslog.address, rsyslog.received()),
        None => syslog(false).await,
    };
    arrives("SYSLOG_TCP", (address.to_string(), received), json!({})).await;
}

// keeps: AU-10
#[tokio::test]
async fn syslog_over_tls_gets_them_by_the_given_authority() {
    let (address, received) = syslog(true).await;
    arrives("SYSLOG_TLS", (format!("localhost:{}", address.port()), received), json!({ "caPem": CA })).await;
}

// keeps: AU-10
#[tokio::test]
async fn syslog_datagrams_are_messages() {
    let (address, received) = datagrams().await;
    arrives("SYSLOG_UDP", (address.to_string(), received), json!({})).await;
}

// keeps: AU-10
#[tokio::test]
async fn tls_without_the_right_authority_gets_nothing() {
    let world = world().await;
    let owner = world.agency("acme").owner();
    let (address, received) = syslog(true).await;
    create(&owner, "SYSLOG_TLS", &format!("localhost:{}", address.port()), json!({})).await;
    let failing = wait(&world, &owner, |sink| sink["state"] == "FAILING").await;
    assert!(failing["lastError"].as_str().unwrap().contains("TLS"), "{failing}");
    assert!(failing["nextAttemptAt"].is_string() && failing["failingSince"].is_string(), "{failing}");
    assert!(received.all().is_empty());
}

// keeps: AU-10
#[tokio::test]
async fn http_sink_gets_signed_batches_with_its_secret() {
    let world = world().await;
    let owner = world.agency("acme").owner();
    let http = Http::start().await;
    let more = json!({
        "headerName": "Authorization", "headerValue": "Bearer abc", "signingKey": "a key of enough characters"
    });
    let id = create(&owner, "HTTP_JSON", &http.url(), more).await;
    let requests = http.requests.until(|requests| !requests.is_empty()).await;
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    let header = |name: &str| {
        let found = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        found.unwrap_or_else(|| panic!("no {name} in {head}")).to_owned()
    };
    assert!(head.starts_with("POST /in HTTP/1.1"), "{head}");
    assert_eq!(header("authorization"), "Bearer abc");
    assert_eq!(header("atrium-sink"), id);
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, b"a key of enough characters");
    let signed = aws_lc_rs::hmac::sign(&key, format!("{}.{body}", header("atrium-timestamp")).as_bytes());
    let digits: String = signed.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(header("atrium-signature"), format!("v1={digits}"));
    let stored = world.rows("audit_sinks", "").await;
    let stored = serde_json::to_string(&stored).unwrap();
    assert!(!stored.contains("Bearer abc") && !stored.contains("enough characters"), "{stored}");
    let shown = sink(&owner).await.to_string();
    assert!(!shown.contains("Bearer") && shown.contains("\"isSigned\":true"), "{shown}");
    let trail = serde_json::to_string(&world.audit_of(&id).await).unwrap();
    assert!(!trail.contains("Bearer abc"), "{trail}");
}

// keeps: AU-10
#[tokio::test]
async fn lines_of_json_are_another_form_and_settings_choose_what_goes() {
    let world = world().await;
    let owner = world.agency("acme").owner();
    let http = Http::start().await;
    let more = json!({ "minSeverity": "INFO", "actionPrefix": "crm." });
    create(&owner, "HTTP_NDJSON", &http.url(), more).await;
    rotate(&owner).await;
    let account = "mutation { createAccount(input: { name: \"Zebra\" }) { account { id } } }";
    owner.run(account, json!({})).await.expect_ok();
    let requests = http.requests.until(|requests| !requests.is_empty()).await;
    let body = requests[0].split_once("\r\n\r\n").unwrap().1;
    let actions: BTreeSet<String> = body
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["entry"]["action"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(actions, BTreeSet::from(["crm.account.create".to_owned()]));
}

// keeps: AU-10
#[tokio::test]
async fn whatever_a_sink_does_nothing_is_lost_and_what_comes_twice_has_its_id() {
    let world = world().await;
    let owner = world.agency("acme").owner();
    let http = Http::start().await;
    http.reply([Reply::Status(503), Reply::Cut, Reply::Status(301), Reply::Status(200), Reply::Cut]);
    create(&owner, "HTTP_JSON", &http.url(), json!({})).await;
    for _ in 0..3 {
        let sent = http.requests.all().len();
        rotate(&owner).await;
        wait(&world, &owner, |_| http.requests.all().len() > sent).await;
    }
    wait(&world, &owner, |sink| sink["lag"] == 0 && sink["state"] == "ACTIVE").await;
    let (got, expected) = (http.ids(), critical(&owner).await);
    assert!(got.len() > expected.len(), "what was not acknowledged comes again: {got:?}");
    let mut once = Vec::new();
    for id in got {
        if !once.contains(&id) {
            once.push(id);
        }
    }
    assert_eq!(once, expected);
}

// keeps: AU-10
#[tokio::test]
async fn slow_sink_holds_up_nobody() {
    let world = world().await;
    let (acme, globex) = (world.agency("acme").owner(), world.agency("globex").owner());
    let (slow, quick) = (Http::start().await, Http::start().await);
    slow.reply([Reply::Silent; 3]);
    create(&acme, "HTTP_JSON", &slow.url(), json!({})).await;
    slow.requests.until(|requests| !requests.is_empty()).await;
    let began = std::time::Instant::now();
    create(&globex, "HTTP_JSON", &quick.url(), json!({})).await;
    quick.requests.until(|requests| !requests.is_empty()).await;
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
}

// keeps: AU-10
#[tokio::test]
async fn sink_that_fails_for_days_is_given_up_loudly_and_resumes_where_it_was() {
    let world = world().await;
    let owner = world.agency("acme").owner();
    let http = Http::start().await;
    http.reply([Reply::Status(500); 40]);
    let id = create(&owner, "HTTP_JSON", &http.url(), json!({})).await;
    wait(&world, &owner, |sink| sink["state"] == "FAILING").await;
    world.clock.advance(TimeDelta::days(8).to_std().unwrap());
    let owner = owner.elsewhere();
    let paused = wait(&world, &owner, |sink| sink["state"] == "PAUSED").await;
    assert_eq!(
        (&paused["lastError"], &paused["nextAttemptAt"]),
        (&json!("the sink answered 500"), &Value::Null)
    );
    let told = world.audit_of(&id).await;
    let given_up = told.iter().find(|entry| entry["action"] == "audit.sink.pause").expect("an entry");
    assert_eq!((&given_up["severity"], &given_up["outcome"]), (&json!("critical"), &json!("failure")));
    let standing = audit::siem::standing(&world.db).await.unwrap();
    assert_eq!((standing.active, standing.failing, standing.paused), (0, 0, 1));
    http.recover();
    let sent = http.requests.all().len();
    change(&owner, "updateAuditSink", json!({ "id": id, "enabled": true })).await.expect_ok();
    wait(&world, &owner, |sink| sink["state"] == "ACTIVE" && sink["lag"] == 0).await;
    assert!(http.requests.all().len() > sent);
    let got: BTreeSet<String> = http.ids().into_iter().collect();
    assert_eq!(got, critical(&owner).await.into_iter().collect());
}

// keeps: AU-10
#[tokio::test]
async fn worker_that_is_killed_leaves_what_it_had_to_the_next() {
    let world = world().await;
    let owner = world.agency("acme").owner();
    let http = Http::start().await;
    let id = create(&owner, "HTTP_JSON", &http.url(), json!({})).await;
    wait(&world, &owner, |sink| sink["lag"] == 0 && sink["delivered"] == 1).await;
    // Reason: what a worker leaves that dies between sending and noting is its lease and nothing else.
    let until = (world.clock.now() + TimeDelta::seconds(100)).to_rfc3339();
    let sql = match world.db.backend() {
        sea_orm::DbBackend::Postgres => format!("lease_id = gen_random_uuid(), lease_until = '{until}'"),
        _ => format!("lease_id = randomblob(16), lease_until = '{}'", until),
    };
    world.execute(&format!("UPDATE audit_sinks SET {sql}, next_seq = 0")).await;
    rotate(&owner).await;
    sealed(&world).await;
    let served = gateway::worker::forwarder(world.app(0)).once().await.unwrap();
    assert_eq!((served, http.ids().len()), (0, 1), "nobody else touches what has a worker");
    world.clock.advance(Duration::from_secs(200));
    wait(&world, &owner, |sink| sink["lag"] == 0).await;
    let expected = critical(&owner).await;
    assert_eq!(http.ids().last(), expected.last());
    assert_eq!(http.ids().into_iter().collect::<BTreeSet<_>>(), expected.into_iter().collect(), "{id}");
}
