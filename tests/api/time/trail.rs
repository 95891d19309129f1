//! What the trail says of time and money: to nobody more than the things themselves do.

use serde_json::{Value, json};
use tests::{Actor, World};

use super::asks::{approve, log, logged, platform, shared_project, submit};
use crate::identity::asks::assign_role;
use crate::projects::asks::{change, new_member, new_project, new_role, person};

/// Everything that changed in somebody's entries of the trail.
async fn changes(who: &Actor) -> Vec<(String, Value)> {
    let query = "{ auditEntries(first: 100) { nodes { subjectType changes { field before after } } } }";
    let answer = who.run(query, json!({})).await.expect_ok();
    let entries = answer.list("auditEntries.nodes").iter();
    let told = entries.flat_map(|entry| {
        let subject = entry["subjectType"].as_str().unwrap().to_owned();
        entry["changes"].as_array().unwrap().iter().map(move |change| (subject.clone(), change.clone()))
    });
    told.collect()
}

/// What was ever written into a field, as somebody reads it.
async fn told(who: &Actor, subject: &str, field: &str) -> Vec<Value> {
    let all = changes(who).await.into_iter();
    let of = all.filter(|(of, change)| of == subject && change["field"] == field);
    of.flat_map(|(_, change)| [change["before"].clone(), change["after"].clone()])
        .filter(|value| !value.is_null())
        .collect()
}

// keeps: PR-24, AU-3
#[tokio::test]
async fn trail_tells_rates_and_costs_to_who_may_see_them_alone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager, dev) = (acme.owner(), acme.manager(), acme.developer());
    let project = shared_project(&acme, "Secret rates").await;
    let amount = |cents: &str| json!({ "amount": cents, "currency": "EUR" });
    let bill = json!({ "projectId": project, "validFrom": "2026-01-01", "amount": amount("10077") });
    change(&manager, "setBillRate", bill, "billRate { id }").await.expect_ok();
    let cost = json!({ "validFrom": "2026-01-01", "amount": amount("3077") });
    change(&owner, "setCostRate", cost, "costRate { id }").await.expect_ok();
    let (one, two) =
        (logged(&dev, &project, "2026-02-23", 60).await, logged(&dev, &project, "2026-03-02", 60).await);
    submit(&dev, "2026-02-23").await.expect_ok();
    approve(&manager, &[&one]).await.expect_ok();
    let own = json!({ "id": two, "rate": amount("5077") });
    change(&manager, "setTimeEntryRate", own, "timeEntry { id }").await.expect_ok();
    change(&dev, "deleteTimeEntry", json!({ "id": two }), "id").await.expect_ok();
    let veiled = json!("•");
    assert_eq!(told(&manager, "TimeEntry", "bill_rate_minor").await, [json!(10_077)]);
    assert_eq!(told(&manager, "BillRate", "amount_minor").await, [json!(10_077)]);
    assert_eq!(told(&manager, "TimeEntry", "cost_rate_minor").await, std::slice::from_ref(&veiled));
    assert_eq!(told(&manager, "TimeEntry", "cost_source").await, std::slice::from_ref(&veiled));
    assert_eq!(told(&dev, "TimeEntry", "own_rate_minor").await, [veiled]);
    assert_eq!(told(&owner, "TimeEntry", "cost_rate_minor").await, [json!(3_077)]);
    assert_eq!(told(&owner, "CostRate", "amount_minor").await, [json!(3_077)]);
    let of_entry = "query($id: ID!) { timeEntry(id: $id) { auditTrail(first: 9) { nodes { changes { field after } } } } }";
    let read = manager.run(of_entry, json!({ "id": one })).await.expect_ok();
    assert!(!read.body.to_string().contains("3077"), "{read}");
}

// keeps: PR-18, AU-3
#[tokio::test]
async fn trail_tells_money_of_projects_and_registers_to_who_may_see_it_alone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let amount = json!({ "amount": "7077", "currency": "EUR" });
    let grants =
        [("audit.entry.read", "TENANT"), ("audit.trail.verify", "TENANT"), ("audit.trail.export", "TENANT")];
    let role = new_role(&acme, "Auditor", &grants).await;
    let dev = person(&acme, "dev").await;
    assign_role(&owner, &dev, &role).await.expect_ok();
    let reader = acme.developer().elsewhere();
    let (near, far) = (new_project(&owner, "Near").await, new_project(&owner, "Far").await);
    new_member(&owner, &near, &dev).await;
    for project in [&near, &far] {
        let risk = json!({ "projectId": project, "title": "Risk", "probability": 1, "impact": 1, "exposure": amount });
        let risk =
            change(&owner, "createRisk", risk, "risk { id }").await.expect_ok().text("createRisk.risk.id");
        change(&owner, "deleteRisk", json!({ "id": risk }), "id").await.expect_ok();
        let task = json!({ "projectId": project, "title": "Task" });
        let task =
            change(&owner, "createTask", task, "task { id }").await.expect_ok().text("createTask.task.id");
        let inner = json!({ "id": task, "blockedReason": "Nobody knows" });
        change(&owner, "updateTask", inner, "task { id }").await.expect_ok();
    }
    let (all, seen) =
        (told(&owner, "Risk", "exposure_minor").await, told(&reader, "Risk", "exposure_minor").await);
    assert_eq!(all.iter().filter(|value| **value == json!(7_077)).count(), 4);
    assert!(seen.len() >= 4 && seen.iter().all(|value| *value == json!("•")), "{seen:?}");
    let blocked = told(&reader, "Task", "blocked_reason").await;
    assert!(blocked.contains(&json!("Nobody knows")), "a member of the project reads it there: {blocked:?}");
    assert!(blocked.contains(&json!("•")), "and of no other one: {blocked:?}");
    let export = "mutation { exportAudit(input: { format: JSONL }) { url } }";
    reader.run(export, json!({})).await.expect_code("FORBIDDEN");
    owner.run(export, json!({})).await.expect_ok();
    let entry = owner.run("{ auditEntries(first: 1) { nodes { id } } }", json!({})).await.expect_ok();
    let proof = "query($id: ID!) { auditProof(entryId: $id) { line } }";
    let proof = reader.run(proof, json!({ "id": entry.ids("auditEntries.nodes")[0] })).await;
    proof.expect_code("FORBIDDEN");
}

// keeps: PR-22, AU-12
#[tokio::test]
async fn words_about_work_are_kept_in_the_trail_under_a_key_of_their_person() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Words").await);
    let said =
        json!({ "projectId": project, "spentOn": "2026-02-27", "minutes": 60, "description": "With Ada-77" });
    log(&dev, said).await.expect_ok();
    let started = json!({ "projectId": project, "description": "Still with Ada-77" });
    change(&dev, "startTimer", started, "timer { id }").await.expect_ok();
    let plain = world.rows("audit_entries", "").await;
    assert!(!plain.iter().any(|entry| entry["changes"].to_string().contains("Ada-77")), "sealed, not open");
    let open = told(&acme.owner(), "TimeEntry", "description").await;
    assert_eq!(open, [json!("With Ada-77")], "who may see personal data reads it");
    let (viewer, user) = (platform(&world, "acme").await, person(&acme, "dev").await.parse().unwrap());
    let before = usize::try_from(world.counts().await["audit_entries"]).unwrap();
    let erase = async |act: &mut kernel::act::Act| {
        projects::time::people::forget_user(act, user).await?;
        projects::time::people::erase_user(act, user).await
    };
    viewer.act(&world.app(0).db, "test.erase", erase).await.unwrap();
    let all = world.rows("audit_entries", "ORDER BY occurred_at, id").await;
    let written = all.iter().find(|entry| entry["action"] == "projects.time_entry.create").unwrap();
    let words = all[before..].iter().filter(|entry| {
        let changes = entry["changes"].to_string();
        changes.contains("description") && changes.contains("personal")
    });
    let owners: Vec<_> = words.map(|entry| entry["person_id"].clone()).collect();
    assert_eq!(
        owners,
        [written["person_id"].clone(), written["person_id"].clone()],
        "of the timer and the entry"
    );
}
