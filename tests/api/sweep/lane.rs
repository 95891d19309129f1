//! The client's lane: whatever a client asks for, in whichever field, nothing comes back that is for the team.

use kernel::id::IdKind;
use serde_json::{Value, json};
use tests::{Actor, Agency, World};

use super::{Sweep, synth::Synth, wide};
use crate::projects::asks::{account, change, new_member, person, project};

/// In every text that is for the team, and in every name of another client.
const SECRET: &str = "Xq7innerly";

/// Amounts that no client may know begin so.
const MONEY: &str = "76543";

/// An amount that no client may know.
fn money(last: i64) -> Value {
    json!({ "amount": (7_654_300 + last).to_string(), "currency": "EUR" })
}

async fn made(who: &Actor, name: &str, input: Value, node: &str) -> String {
    let answer = change(who, name, input, &format!("{node} {{ id }}")).await.expect_ok();
    answer.text(&format!("{name}.{node}.id"))
}

/// Puts what is for the team, and what is another client's, wherever the client's first project has a place for it.
async fn plant(acme: &Agency<'_>) {
    let (owner, id) = (acme.owner(), project(acme, 1).await);
    let (said, dev) = (format!("{SECRET} said"), person(acme, "dev").await);
    let priced = json!({ "id": id, "budget": money(1), "budgetMinutes": 7_654_302 });
    change(&owner, "updateProject", priced, "project { id }").await.expect_ok();
    let rated = new_member(&owner, &id, &person(acme, "sales").await).await;
    let rated = json!({ "id": rated, "billRate": money(3) });
    change(&owner, "updateProjectMember", rated, "member { id }").await.expect_ok();
    for (name, of) in [("setBillRate", "billRate"), ("setCostRate", "costRate")] {
        let mut rate = json!({ "validFrom": "2026-01-01", "amount": money(4) });
        if name == "setBillRate" {
            rate["projectId"] = json!(id);
        }
        made(&owner, name, rate, of).await;
    }
    let inner = json!({ "projectId": id, "name": said, "notes": said, "billing": money(5) });
    made(&owner, "createMilestone", inner, "milestone").await;
    let renamed = json!({ "projectId": id, "name": said });
    let renamed = made(&owner, "createMilestone", renamed, "milestone").await;
    for shown in [json!({ "name": "Named" }), json!({ "clientVisible": true })] {
        let mut shown = shown;
        shown["id"] = json!(renamed);
        change(&owner, "updateMilestone", shown, "milestone { id }").await.expect_ok();
    }
    let shown = json!({ "projectId": id, "name": "Shown", "notes": said, "billing": money(6), "clientVisible": true });
    made(&owner, "createMilestone", shown, "milestone").await;
    let label = json!({ "projectId": id, "name": SECRET, "color": "#aa0000" });
    let label = made(&owner, "createTaskLabel", label, "label").await;
    let task = json!({ "projectId": id, "title": "Shown", "assigneeIds": [dev] });
    let task = made(&owner, "createTask", task, "task").await;
    let inner =
        json!({ "id": task, "blockedReason": said, "labelIds": [label], "checklist": [{ "text": said }] });
    change(&owner, "updateTask", inner, "task { id }").await.expect_ok();
    made(&owner, "createTaskComment", json!({ "taskId": task, "body": said }), "comment").await;
    registers(acme, &id, &said).await;
    let other = made(&owner, "createAccount", json!({ "name": said }), "account").await;
    let other = json!({ "name": said, "accountId": other, "description": said });
    let other = made(&owner, "createProject", other, "project").await;
    made(&owner, "createTask", json!({ "projectId": other, "title": said }), "task").await;
}

/// The same in the registers of a project.
async fn registers(acme: &Agency<'_>, id: &str, said: &str) {
    let owner = acme.owner();
    let risk = json!({ "projectId": id, "title": said, "description": said, "mitigation": said, "probability": 5,
        "impact": 5, "exposure": money(7) });
    made(&owner, "createRisk", risk, "risk").await;
    let draft = json!({ "projectId": id, "title": said, "notes": said, "amount": money(8) });
    made(&owner, "createChangeRequest", draft, "changeRequest").await;
    let shown = json!({ "projectId": id, "title": "Shown", "notes": said });
    let shown = made(&owner, "createChangeRequest", shown, "changeRequest").await;
    change(&owner, "submitChangeRequest", json!({ "id": shown }), "changeRequest { id }").await.expect_ok();
    let agreed = json!({ "id": shown, "comment": said });
    change(&owner, "approveChangeRequest", agreed, "changeRequest { id }").await.expect_ok();
    let inner = json!({ "projectId": id, "title": said, "body": said, "rationale": said });
    made(&owner, "recordDecision", inner.clone(), "decision").await;
    let renamed = made(&owner, "recordDecision", inner, "decision").await;
    let shown = json!({ "id": renamed, "title": "Named", "body": "Named", "rationale": "Named", "clientVisible": true });
    change(&owner, "updateDecision", shown, "decision { id }").await.expect_ok();
    let company = account(acme, 1).await;
    let reported = json!({ "name": "Reported", "accountId": company });
    let reported = made(&owner, "createProject", reported, "project").await;
    let moved = json!({ "id": reported, "to": "PLANNING", "note": said });
    change(&owner, "transitionProject", moved, "project { id }").await.expect_ok();
    made_from(acme, &company, said).await;
    for (week, publishes) in [("2026-02-02", true), ("2026-02-09", false)] {
        let risk = json!({ "projectId": reported, "title": said, "probability": 1, "impact": 1 });
        made(&owner, "createRisk", risk, "risk").await;
        let hidden = json!({ "projectId": reported, "name": said, "dueOn": "2026-02-04" });
        made(&owner, "createMilestone", hidden, "milestone").await;
        let report = json!({ "projectId": reported, "weekOf": week });
        let report = made(&owner, "createStatusReport", report, "statusReport").await;
        let mut texts = json!({ "id": report, "notes": said });
        if !publishes {
            texts["summary"] = json!(said);
        }
        change(&owner, "updateStatusReport", texts, "statusReport { id }").await.expect_ok();
        if publishes {
            let publish = json!({ "id": report });
            change(&owner, "publishStatusReport", publish, "statusReport { id }").await.expect_ok();
        }
    }
}

/// Projects of the client that were made from a template of the team, and from a project of another client.
async fn made_from(acme: &Agency<'_>, company: &str, said: &str) {
    let owner = acme.owner();
    let template = json!({ "name": said, "plan": { "folders": [said] } });
    let template = made(&owner, "createProjectTemplate", template, "template").await;
    let applied = json!({ "templateId": template, "startsOn": "2026-04-01", "name": "Applied", "description": "Plain",
        "accountId": company });
    made(&owner, "applyProjectTemplate", applied, "project").await;
    let other = made(&owner, "createAccount", json!({ "name": said }), "account").await;
    let other = json!({ "name": said, "accountId": other });
    let other = made(&owner, "createProject", other, "project").await;
    let cloned =
        json!({ "projectId": other, "startsOn": "2026-04-01", "name": "Cloned", "accountId": company });
    made(&owner, "cloneProject", cloned, "project").await;
}

// keeps: PR-1, PR-5, PR-6, ID-22
#[tokio::test]
async fn events_do_not_tell_a_client_why_and_from_what() {
    let world: World = wide().await;
    let acme = world.agency("acme");
    plant(&acme).await;
    world.settled().await;
    let query =
        "{ events(last: 100, kinds: [\"projects.project.transitioned\", \"projects.template.applied\",
        \"projects.project.cloned\"]) { nodes { kind payload } } }";
    let told = async |who: &Actor| {
        let answer = who.run(query, json!({})).await.expect_ok();
        let of = |kind: &str| {
            let found = answer.list("events.nodes").iter().find(|node| node["kind"] == kind);
            found.unwrap_or_else(|| panic!("no {kind}\n{answer}"))["payload"].clone()
        };
        ["projects.project.transitioned", "projects.template.applied", "projects.project.cloned"].map(of)
    };
    let moved = json!({ "from": "intake", "to": "planning" });
    let [transitioned, applied, cloned] = told(&acme.client_admin()).await;
    assert_eq!(transitioned, moved);
    for payload in [applied, cloned] {
        assert_eq!(payload, json!({ "source": null, "folders": null }));
    }
    let [transitioned, applied, cloned] = told(&acme.owner()).await;
    assert_eq!(transitioned, moved, "why is in the trail alone");
    assert_eq!(applied["folders"], json!([format!("{SECRET} said")]));
    assert!(cloned["source"]["project"].is_string());
}

// keeps: PR-4, ID-22
#[tokio::test]
async fn client_finds_nothing_that_is_for_the_team_in_any_field() {
    let world: World = wide().await;
    let acme = world.agency("acme");
    plant(&acme).await;
    let sweep = Sweep::of(&world).await;
    world.settled().await;
    let synth = Synth::new(&sweep.schema);
    let operations = sweep.operations(&acme.owner()).await;
    let (mut wrong, mut read) = (Vec::new(), 0);
    for client in [acme.client(), acme.client_admin()] {
        let mut check = |name: &str, answer: &tests::Answer| {
            let told = answer.body.to_string();
            if told.contains(SECRET) || told.contains(MONEY) {
                wrong.push(format!("{name} as {}:\n{answer}", client.email()));
            }
        };
        for operation in operations.iter().filter(|(operation, _)| !operation.changes) {
            let answer = sweep.call(&client, &sweep.acme, operation, "", "").await;
            check(&operation.0.name, &answer);
        }
        for name in sweep.schema.nodes() {
            let kind = IdKind::from_type_name(&name).unwrap_or_else(|| panic!("no kind of id is a {name}'s"));
            let query = synth.node(&name);
            for id in sweep.acme.ids(kind).iter().rev().take(60) {
                let answer = client.run(&query, json!({ "id": id })).await;
                read += usize::from(answer.body["data"]["node"].is_object());
                check(&name, &answer);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(read > 100, "the client reads {read} things: the search is too narrow");
    let staff = acme.owner().run("{ risks { nodes { title } } }", json!({})).await.expect_ok();
    assert!(staff.body.to_string().contains(SECRET), "what is looked for is there");
}
