//! Decisions: what was decided, why, by whom and when, and what of it the client reads.

use serde_json::{Value, json};
use tests::{Actor, World};

use super::asks::{ask, change, expect_stale, person, project, texts};

const DECISION: &str =
    "decision { id title body rationale decidedOn clientVisible version decidedBy { id } createdBy { id } }";

async fn titles(who: &Actor, project: &str) -> Vec<String> {
    let query = "query($id: ID!) { project(id: $id) { decisions(first: 100) { nodes { title } } } }";
    let answer = who.run(query, json!({ "id": project })).await.expect_ok();
    texts(&answer, "project.decisions.nodes", "title")
}

// keeps: PR-20
#[tokio::test]
async fn decision_says_what_why_by_whom_and_when() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, id, client) = (acme.manager(), project(&acme, 1).await, person(&acme, "client").await);
    let input = json!({
        "projectId": id, "title": "Two languages", "body": "English and French", "rationale": "Half of them read French",
        "decidedBy": client, "decidedOn": "2024-02-29", "clientVisible": true,
    });
    let made = change(&manager, "recordDecision", input, DECISION).await.expect_ok();
    let decision = made.data("recordDecision.decision").clone();
    assert_eq!(
        (&decision["decidedOn"], &decision["decidedBy"]["id"]),
        (&json!("2024-02-29"), &json!(client))
    );
    assert_eq!(decision["createdBy"]["id"], person(&acme, "pm").await.as_str());
    let plain = json!({ "projectId": id, "title": "Today" });
    let plain = change(&manager, "recordDecision", plain, DECISION).await.expect_ok();
    assert_eq!(plain.text("recordDecision.decision.decidedOn"), "2026-03-02");
    assert_eq!(*plain.data("recordDecision.decision.clientVisible"), json!(false));
    let update =
        json!({ "id": decision["id"], "expectedVersion": 1, "title": "Three languages", "decidedBy": null });
    let updated = change(&manager, "updateDecision", update.clone(), DECISION).await.expect_ok();
    assert_eq!(*updated.data("updateDecision.decision.decidedBy"), Value::Null);
    assert_eq!(updated.text("updateDecision.decision.rationale"), "Half of them read French");
    expect_stale(change(&manager, "updateDecision", update, DECISION).await, 2);
    let stranger = person(&world.agency("globex"), "dev").await;
    for (field, value, path, code) in [
        ("title", json!("\n"), "title", "required"),
        ("decidedOn", json!("2026-03-03"), "decidedOn", "in_future"),
        ("decidedBy", json!(stranger), "decidedBy", "no_part"),
    ] {
        let mut input = json!({ "projectId": id, "title": "Fine" });
        input[field] = value;
        change(&manager, "recordDecision", input, DECISION).await.expect_field(path, code);
    }
    let other = json!({ "projectId": project(&acme, 3).await, "title": "x", "decidedBy": client });
    change(&acme.owner(), "recordDecision", other, DECISION).await.expect_field("decidedBy", "no_part");
    change(&manager, "deleteDecision", json!({ "id": decision["id"] }), "id").await.expect_ok();
}

// keeps: PR-20, ID-22
#[tokio::test]
async fn client_reads_decisions_that_are_marked_for_them() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, client, id) = (acme.owner(), acme.client(), project(&acme, 1).await);
    let record = async |title: &str, project: &str, shown: bool| {
        let input = json!({ "projectId": project, "title": title, "clientVisible": shown });
        let made = change(&owner, "recordDecision", input, DECISION).await.expect_ok();
        made.text("recordDecision.decision.id")
    };
    let seen = record("Seen", &id, true).await;
    let hidden = record("Hidden", &id, false).await;
    let foreign = record("Foreign", &project(&acme, 3).await, true).await;
    let theirs = titles(&client, &id).await;
    assert!(theirs.contains(&"Seen".to_owned()) && !theirs.contains(&"Hidden".to_owned()), "{theirs:?}");
    assert!(titles(&acme.developer(), &id).await.contains(&"Hidden".to_owned()));
    for id in [&hidden, &foreign] {
        let query = "query($id: ID!) { decision(id: $id) { title } }";
        client.run(query, json!({ "id": id })).await.expect_code("NOT_FOUND");
    }
    change(&client, "updateDecision", json!({ "id": seen, "title": "Ours" }), DECISION)
        .await
        .expect_code("FORBIDDEN");
    change(&owner, "updateDecision", json!({ "id": seen, "clientVisible": false }), DECISION)
        .await
        .expect_ok();
    assert!(!titles(&client, &id).await.contains(&"Seen".to_owned()));
    let all = ask(&client, "{ decisions(first: 100) { nodes { clientVisible } } }").await.expect_ok();
    assert!(all.each("decisions.nodes", "clientVisible").iter().all(|shown| *shown == true));
}
