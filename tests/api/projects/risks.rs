//! Risks: their fields, the heat map, and that clients know nothing of them.

use serde_json::{Value, json};
use tests::{Actor, World};

use super::asks::{ask, change, expect_conflict, expect_stale, new_project, person, project, refusals};

pub(super) const RISK: &str = "risk {
  id title description category probability impact score response mitigation status exposure { amount currency }
  closedAt version owner { id } project { id }
}";

/// Registers a risk with these fields and gives its id.
pub(super) async fn new_risk(who: &Actor, project: &str, title: &str, at: (i32, i32), more: Value) -> String {
    let mut input = more;
    input["projectId"] = json!(project);
    input["title"] = json!(title);
    (input["probability"], input["impact"]) = (json!(at.0), json!(at.1));
    change(who, "createRisk", input, RISK).await.expect_ok().text("createRisk.risk.id")
}

// keeps: PR-18
#[tokio::test]
async fn risk_keeps_what_it_was_given_and_its_score_follows() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let id = new_project(&manager, "Risky").await;
    let input = json!({
        "projectId": id, "title": "خطر التأخير", "description": "**Much**", "category": "SCHEDULE", "probability": 3,
        "impact": 5, "ownerId": dev, "response": "TRANSFER", "mitigation": "Insurance",
        "exposure": { "amount": "125000", "currency": "EUR" },
    });
    let made = change(&manager, "createRisk", input, RISK).await.expect_ok();
    let risk = made.data("createRisk.risk").clone();
    assert_eq!((&risk["score"], &risk["status"]), (&json!(15), &json!("OPEN")));
    assert_eq!((&risk["title"], &risk["owner"]["id"]), (&json!("خطر التأخير"), &json!(dev)));
    assert_eq!(risk["exposure"], json!({ "amount": "125000", "currency": "EUR" }));
    let close =
        json!({ "id": risk["id"], "expectedVersion": 1, "impact": 2, "status": "CLOSED", "exposure": null });
    let closed = change(&manager, "updateRisk", close.clone(), RISK).await.expect_ok();
    let closed = closed.data("updateRisk.risk");
    assert_eq!((&closed["score"], &closed["exposure"]), (&json!(6), &Value::Null));
    assert!(!closed["closedAt"].is_null());
    expect_stale(change(&manager, "updateRisk", close, RISK).await, 2);
    let again = json!({ "id": risk["id"], "status": "OPEN" });
    let again = change(&manager, "updateRisk", again, RISK).await.expect_ok();
    assert!(again.data("updateRisk.risk.closedAt").is_null());
    change(&manager, "deleteRisk", json!({ "id": risk["id"] }), "id").await.expect_ok();
    change(&manager, "deleteRisk", json!({ "id": risk["id"] }), "id").await.expect_code("NOT_FOUND");
}

// keeps: PR-18
#[tokio::test]
async fn every_wrong_field_of_a_risk_is_named() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, client) = (acme.manager(), person(&acme, "client").await);
    let stranger = person(&world.agency("globex"), "dev").await;
    let id = new_project(&manager, "Wrong").await;
    for (field, value, path, code) in [
        ("title", json!(" "), "title", "required"),
        ("probability", json!(0), "probability", "out_of_range"),
        ("impact", json!(6), "impact", "out_of_range"),
        ("mitigation", json!("a\u{1b}b"), "mitigation", "forbidden_character"),
        ("exposure", json!({ "amount": -1, "currency": "EUR" }), "exposure.amount", "negative"),
        ("ownerId", json!(client), "ownerId", "not_staff"),
        ("ownerId", json!(stranger), "ownerId", "not_in_tenant"),
    ] {
        let mut input = json!({ "projectId": id, "title": "Fine", "probability": 1, "impact": 1 });
        input[field] = value;
        change(&manager, "createRisk", input, RISK).await.expect_field(path, code);
    }
    let risk = new_risk(&manager, &id, "Fine", (1, 1), json!({})).await;
    let input = json!({ "id": risk, "probability": null });
    change(&manager, "updateRisk", input, RISK).await.expect_field("probability", "required");
    change(&acme.owner(), "archiveProject", json!({ "id": id }), "project { id }").await.expect_ok();
    let input = json!({ "id": risk, "probability": 2 });
    expect_conflict(change(&acme.owner(), "updateRisk", input, RISK).await, "This project is archived");
}

// keeps: PR-18
#[tokio::test]
async fn heat_map_counts_what_is_not_closed_in_all_twenty_five_squares() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Hot").await;
    let map = async |filter: Value| {
        let query = "query($filter: RiskFilter) { riskHeatMap(filter: $filter) {
          total squares { probability impact score count }
        } }";
        manager.run(query, json!({ "filter": filter })).await.expect_ok()
    };
    let of_project = json!({ "projectId": id });
    assert_eq!(map(of_project.clone()).await.number("riskHeatMap.total"), 0);
    for (probability, impact) in [(5, 5), (5, 5), (1, 2)] {
        new_risk(&manager, &id, "Something", (probability, impact), json!({})).await;
    }
    let over = new_risk(&manager, &id, "Over", (2, 2), json!({})).await;
    change(&manager, "updateRisk", json!({ "id": over, "status": "CLOSED" }), RISK).await.expect_ok();
    let answer = map(of_project.clone()).await;
    let squares = answer.list("riskHeatMap.squares");
    assert_eq!((squares.len(), answer.number("riskHeatMap.total")), (25, 3));
    let count = |probability: i64, impact: i64| {
        let found = squares
            .iter()
            .find(|square| square["probability"] == probability && square["impact"] == impact)
            .unwrap();
        assert_eq!(found["score"], probability * impact);
        found["count"].as_i64().unwrap()
    };
    assert_eq!((count(5, 5), count(1, 2), count(2, 1), count(2, 2)), (2, 1, 0, 0));
    let closed = map(json!({ "projectId": id, "status": ["CLOSED"] })).await;
    assert_eq!(closed.number("riskHeatMap.total"), 1);
    let listed = manager
        .run(
            "query($f: RiskFilter) { risks(filter: $f) { nodes { score } } }",
            json!({ "f": { "projectId": id, "minScore": 3 } }),
        )
        .await
        .expect_ok();
    assert_eq!(listed.each("risks.nodes", "score"), [json!(25), json!(25), json!(4)], "the worst first");
}

// keeps: PR-18, ID-22
#[tokio::test]
async fn clients_know_nothing_of_risks_and_few_of_what_they_would_cost() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    let exposed = json!({ "exposure": { "amount": 9, "currency": "EUR" } });
    let risk = new_risk(&owner, &id, "They do not pay", (5, 5), exposed).await;
    for client in [acme.client(), acme.client_admin()] {
        for list in ["{ risks { totalCount } }", "{ riskHeatMap { total } }"] {
            ask(&client, list).await.expect_code("FORBIDDEN");
        }
        let query =
            "query($id: ID!) { project(id: $id) { name risks { totalCount } figures { risk { open } } } }";
        let answer = client.run(query, json!({ "id": id })).await;
        let refused =
            ["figures.risk", "risks"].map(|name| (format!("project.{name}"), "FORBIDDEN".to_owned()));
        assert_eq!(refusals(&answer), refused, "{answer}");
        let node =
            client.run("query($id: ID!) { node(id: $id) { id } }", json!({ "id": risk })).await.expect_ok();
        assert!(node.data("node").is_null());
        change(&client, "updateRisk", json!({ "id": risk, "title": "We do" }), RISK)
            .await
            .expect_code("FORBIDDEN");
    }
    let query = "query($id: ID!) { risk(id: $id) { title exposure { amount } } }";
    for (who, money) in [(acme.accountant(), true), (acme.viewer(), false), (acme.developer(), false)] {
        let answer = who.run(query, json!({ "id": risk })).await;
        assert_eq!(answer.text("risk.title"), "They do not pay");
        assert_eq!(answer.data("risk.exposure").is_object(), money, "{answer}");
    }
    let priced = json!({ "id": risk, "exposure": { "amount": 1, "currency": "EUR" } });
    change(&acme.developer(), "updateRisk", priced, RISK).await.expect_code("FORBIDDEN");
    let foreign = json!({ "id": risk, "title": "Theirs" });
    change(&world.agency("globex").owner(), "updateRisk", foreign, RISK).await.expect_code("NOT_FOUND");
}
