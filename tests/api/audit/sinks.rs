//! What sinks may be and whose they are: addresses, secrets, personal data, permissions.

use serde_json::json;
use tests::World;

use super::receivers::{Http, Reply, json_of, syslog};
use super::siem::{change, create, wait, world};

// keeps: AU-10
#[tokio::test]
async fn sink_leads_only_where_it_may() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let wrong = [
        ("HTTP_JSON", "http://127.0.0.1:9/", "private_address"),
        ("HTTP_JSON", "http://169.254.169.254/latest/meta-data", "private_address"),
        ("HTTP_JSON", "http://[::ffff:10.0.0.1]/", "private_address"),
        ("HTTP_JSON", "http://2130706433/", "private_address"),
        ("HTTP_JSON", "ftp://siem.example.com/", "bad_address"),
        ("SYSLOG_TCP", "10.0.0.1:514", "private_address"),
        ("SYSLOG_TLS", "localhost:6514", "private_address"),
        ("SYSLOG_UDP", "siem.example.com", "bad_address"),
    ];
    for (kind, address, code) in wrong {
        let input = json!({ "name": "SIEM", "kind": kind, "address": address });
        change(&owner, "createAuditSink", input).await.expect_field("address", code);
    }
    let input = json!({ "name": "SIEM", "kind": "SYSLOG_TCP", "address": "siem.example.com:1", "signingKey": "x".repeat(20) });
    change(&owner, "createAuditSink", input).await.expect_field("signingKey", "not_of_kind");
    let input = json!({ "name": "SIEM", "kind": "HTTP_JSON", "address": "https://siem.example.com/", "headerName": "Host", "headerValue": "x" });
    change(&owner, "createAuditSink", input).await.expect_field("headerName", "bad_header");
    assert!(world.rows("audit_sinks", "").await.is_empty());
}

// keeps: AU-10
#[tokio::test]
async fn redirects_are_followed_nowhere() {
    let world = world().await;
    let owner = world.agency("acme").owner();
    let (http, elsewhere) = (Http::start().await, Http::start().await);
    http.reply([Reply::Elsewhere(elsewhere.address)]);
    create(&owner, "HTTP_JSON", &http.url(), json!({})).await;
    let failing = wait(&world, &owner, |sink| !sink["lastError"].is_null() || sink["delivered"] != 0).await;
    assert_eq!(failing["lastError"], "the sink answered 307");
    assert!(elsewhere.requests.all().is_empty());
}

// keeps: AU-10
#[tokio::test]
async fn personal_data_is_sent_only_if_the_sink_says_so() {
    let world = world().await;
    let owner = world.agency("acme").owner();
    let (veiled, open) = (Http::start().await, Http::start().await);
    let all = json!({ "minSeverity": "INFO", "actionPrefix": "crm.contact.create" });
    create(&owner, "HTTP_NDJSON", &veiled.url(), all.clone()).await;
    let mut personal = all;
    personal["personalData"] = json!(true);
    create(&owner, "HTTP_NDJSON", &open.url(), personal).await;
    let account = "{ accounts(first: 1) { nodes { id } } }";
    let account = owner.run(account, json!({})).await.expect_ok().ids("accounts.nodes")[0].clone();
    let contact = json!({ "input": { "accountId": account, "givenName": "Zenobia", "familyName": "Quux" } });
    let create = "mutation($input: CreateContactInput!) { createContact(input: $input) { contact { id } } }";
    owner.run(create, contact).await.expect_ok();
    let told = open.requests.until(|requests| !requests.is_empty()).await;
    assert!(told[0].contains("Zenobia"), "{}", told[0]);
    let told = veiled.requests.until(|requests| !requests.is_empty()).await;
    assert!(!told[0].contains("Zenobia") && told[0].contains("\"personal\":true"), "{}", told[0]);
}

// keeps: AU-10
#[tokio::test]
async fn trial_says_whether_a_sink_listens() {
    let world = world().await;
    let owner = world.agency("acme").owner();
    let (address, received) = syslog(false).await;
    let id = create(&owner, "SYSLOG_TCP", &address.to_string(), json!({ "actionPrefix": "nothing." })).await;
    let test =
        "mutation($id: ID!) { testAuditSink(input: { id: $id }) { acknowledged error auditSink { id } } }";
    let answer = owner.run(test, json!({ "id": id })).await.expect_ok();
    assert_eq!(answer.data("testAuditSink.acknowledged"), &json!(true), "{answer}");
    assert_eq!(json_of(&received.all()[0])["test"], json!(true));
    change(&owner, "updateAuditSink", json!({ "id": id, "address": "127.0.0.1:1" })).await.expect_ok();
    let answer = owner.run(test, json!({ "id": id })).await.expect_ok();
    assert_eq!(answer.data("testAuditSink.acknowledged"), &json!(false), "{answer}");
    assert!(answer.text("testAuditSink.error").contains("no connection"), "{answer}");
}

// keeps: AU-10
#[tokio::test]
async fn sinks_are_of_who_manages_them_and_of_one_agency() {
    let world = world().await;
    let (owner, stranger) = (world.agency("acme").owner(), world.agency("globex").owner());
    let id = create(&owner, "SYSLOG_TCP", "127.0.0.1:9", json!({ "actionPrefix": "nothing." })).await;
    let list = "{ auditSinks(first: 5) { nodes { id } } }";
    for (role, person) in world.agency("acme").everybody() {
        let answer = person.run(list, json!({})).await;
        match role.key() {
            "owner" | "admin" => {
                assert_eq!(answer.expect_ok().ids("auditSinks.nodes"), *std::slice::from_ref(&id))
            }
            _ => drop(answer.expect_code("FORBIDDEN")),
        }
    }
    assert!(stranger.run(list, json!({})).await.expect_ok().ids("auditSinks.nodes").is_empty());
    change(&stranger, "updateAuditSink", json!({ "id": id, "name": "Mine" })).await.expect_code("NOT_FOUND");
    let delete = "mutation($input: DeleteAuditSinkInput!) { deleteAuditSink(input: $input) { id } }";
    stranger.run(delete, json!({ "input": { "id": id } })).await.expect_code("NOT_FOUND");
    let stale = json!({ "id": id, "name": "SIEM 2", "expectedVersion": 7 });
    change(&owner, "updateAuditSink", stale).await.expect_code("CONFLICT");
    let renamed = json!({ "id": id, "name": "SIEM 2", "expectedVersion": 1 });
    change(&owner, "updateAuditSink", renamed).await.expect_ok();
    owner.run(delete, json!({ "input": { "id": id } })).await.expect_ok();
    let said = world.audit_of(&id).await;
    let said: Vec<_> =
        said.iter().map(|entry| (entry["action"].clone(), entry["severity"].clone())).collect();
    for action in ["audit.sink.create", "audit.sink.update", "audit.sink.delete"] {
        assert!(said.contains(&(json!(action), json!("critical"))), "{action}: {said:?}");
    }
}

// keeps: AU-10
#[tokio::test]
async fn secret_stays_behind_when_a_sink_moves() {
    let world = world().await;
    let owner = world.agency("acme").owner();
    let (first, second) = (Http::start().await, Http::start().await);
    let more = json!({ "headerName": "X-Key", "headerValue": "very secret", "minSeverity": "INFO" });
    let id = create(&owner, "HTTP_JSON", &first.url(), more).await;
    first.requests.until(|requests| !requests.is_empty()).await;
    change(&owner, "updateAuditSink", json!({ "id": id, "address": second.url() })).await.expect_ok();
    let told = second.requests.until(|requests| !requests.is_empty()).await;
    assert!(!told.concat().contains("very secret") && first.requests.all()[0].contains("very secret"));
}
