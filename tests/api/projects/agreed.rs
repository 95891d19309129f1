//! What a client was shown or agreed to: the project stays theirs, and what they approved stays as it is.

use serde_json::{Value, json};
use tests::{Actor, Agency, Answer, World};

use super::asks::{PROJECT, account, change, expect_conflict, new_task, person, project, read_project, walk};
use super::milestones::{MILESTONE, new_milestone};

async fn made(who: &Actor, name: &str, input: Value, node: &str) -> String {
    let answer = change(who, name, input, &format!("{node} {{ id }}")).await.expect_ok();
    answer.text(&format!("{name}.{node}.id"))
}

/// Makes a project for the client's company.
async fn theirs(acme: &Agency<'_>, account: &str) -> String {
    made(&acme.owner(), "createProject", json!({ "name": "Theirs", "accountId": account }), "project").await
}

/// Shows the client something, or asks them something.
async fn share(acme: &Agency<'_>, id: &str, what: &str) {
    let owner = acme.owner();
    match what {
        "comment" => {
            let task = new_task(&owner, id, "Talked about").await;
            let said = json!({ "taskId": task, "body": "Dear client", "internal": false });
            made(&owner, "createTaskComment", said, "comment").await;
        }
        "approval" => {
            let milestone = new_milestone(&owner, id, "Look", json!({ "clientVisible": true })).await;
            made(&owner, "requestMilestoneApproval", json!({ "id": milestone }), "milestone").await;
            // Also what is not asked any more was asked.
            made(&owner, "transitionMilestone", json!({ "id": milestone, "to": "WAIVED" }), "milestone")
                .await;
        }
        "report" => {
            let report = json!({ "projectId": id, "weekOf": "2026-02-02" });
            let report = made(&owner, "createStatusReport", report, "statusReport").await;
            made(&owner, "publishStatusReport", json!({ "id": report }), "statusReport").await;
        }
        "decision" => {
            let decision = json!({ "projectId": id, "title": "Two languages", "clientVisible": true });
            made(&owner, "recordDecision", decision, "decision").await;
        }
        "feedback" => {
            let asked = json!({ "projectId": id, "kind": "CSAT", "userIds": [person(acme, "client").await] });
            change(&owner, "requestFeedback", asked, "requests { id }").await.expect_ok();
        }
        "change" => {
            let request = json!({ "projectId": id, "title": "More pages" });
            let request = made(&owner, "createChangeRequest", request, "changeRequest").await;
            made(&owner, "submitChangeRequest", json!({ "id": request }), "changeRequest").await;
        }
        other => panic!("nothing is called {other}"),
    }
}

// keeps: PR-1, ID-22
#[tokio::test]
async fn project_whose_client_was_shown_something_is_given_to_no_other() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, first, second) = (acme.owner(), account(&acme, 1).await, account(&acme, 3).await);
    assert_ne!(first, second);
    for what in ["comment", "approval", "report", "decision", "feedback", "change"] {
        let id = theirs(&acme, &first).await;
        share(&acme, &id, what).await;
        for other in [json!(second), Value::Null] {
            let given = json!({ "id": id, "accountId": other });
            change(&owner, "updateProject", given, PROJECT).await.expect_field("accountId", "account_fixed");
        }
        let same = json!({ "id": id, "accountId": first, "name": "Still theirs" });
        change(&owner, "updateProject", same, PROJECT).await.expect_ok();
        let read = read_project(&owner, &id).await.expect_ok();
        assert_eq!(read.text("project.account.id"), first, "{what}");
    }
}

// keeps: PR-1
#[tokio::test]
async fn project_that_its_client_saw_nothing_of_can_be_given_to_another() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), theirs(&acme, &account(&acme, 1).await).await);
    let task = new_task(&owner, &id, "Talked about").await;
    made(&owner, "createTaskComment", json!({ "taskId": task, "body": "Between us" }), "comment").await;
    new_milestone(&owner, &id, "Shown", json!({ "clientVisible": true })).await;
    made(&owner, "recordDecision", json!({ "projectId": id, "title": "Between us" }), "decision").await;
    made(&owner, "createStatusReport", json!({ "projectId": id, "weekOf": "2026-02-02" }), "statusReport")
        .await;
    made(&owner, "createChangeRequest", json!({ "projectId": id, "title": "A draft" }), "changeRequest")
        .await;
    let given = json!({ "id": id, "accountId": account(&acme, 3).await });
    change(&owner, "updateProject", given, PROJECT).await.expect_ok().expect_statements(40);
    let cleared = json!({ "id": id, "accountId": null });
    change(&owner, "updateProject", cleared, PROJECT).await.expect_ok();
    share(&acme, &id, "comment").await;
    let given = json!({ "id": id, "accountId": account(&acme, 1).await });
    change(&owner, "updateProject", given, PROJECT).await.expect_ok();
}

async fn update(who: &Actor, id: &str, mut fields: Value) -> Answer {
    fields["id"] = json!(id);
    change(who, "updateMilestone", fields, MILESTONE).await
}

// keeps: PR-7
#[tokio::test]
async fn what_a_client_approved_or_is_asked_about_stays_as_they_saw_it() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, client, id) = (acme.owner(), acme.client(), project(&acme, 1).await);
    let fields = json!({ "clientVisible": true, "deliverables": ["The site"], "dueOn": "2026-05-01",
        "billing": { "amount": 100, "currency": "EUR" } });
    let milestone = new_milestone(&owner, &id, "Look", fields).await;
    let agreed = [
        json!({ "name": "Another" }),
        json!({ "deliverables": ["The site", "A yacht"] }),
        json!({ "dueOn": null }),
        json!({ "billing": { "amount": 200, "currency": "EUR" } }),
        json!({ "billing": { "amount": 100, "currency": "USD" } }),
        json!({ "clientVisible": false }),
    ];
    let free = async || {
        let free = json!({ "notes": "Between us", "priority": "HIGH", "percentage": 50, "name": "Look",
            "assigneeId": person(&acme, "dev").await, "deliverables": ["The site"] });
        update(&owner, &milestone, free).await.expect_ok();
    };
    made(&owner, "requestMilestoneApproval", json!({ "id": milestone }), "milestone").await;
    for fields in &agreed {
        let refused = update(&owner, &milestone, fields.clone()).await;
        expect_conflict(refused, "The client is asked to approve this milestone as it is");
    }
    free().await;
    made(&client, "approveMilestone", json!({ "id": milestone }), "milestone").await;
    for fields in &agreed {
        let refused = update(&owner, &milestone, fields.clone()).await;
        expect_conflict(refused, "The client approved this milestone; it stays as it is");
    }
    free().await;
    let rejected = new_milestone(&owner, &id, "No", json!({ "clientVisible": true })).await;
    made(&owner, "requestMilestoneApproval", json!({ "id": rejected }), "milestone").await;
    let no = json!({ "id": rejected, "comment": "Not like this" });
    made(&client, "rejectMilestone", no, "milestone").await;
    update(&owner, &rejected, json!({ "name": "Better" })).await.expect_ok();
}

// keeps: PR-7
#[tokio::test]
async fn client_is_asked_no_longer_about_what_is_waived() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, client, id) = (acme.owner(), acme.client(), project(&acme, 1).await);
    let milestone = new_milestone(&owner, &id, "Look", json!({ "clientVisible": true })).await;
    made(&owner, "requestMilestoneApproval", json!({ "id": milestone }), "milestone").await;
    let go = async |to: &str| {
        let moved = json!({ "id": milestone, "to": to });
        change(&owner, "transitionMilestone", moved, MILESTONE).await.expect_ok()
    };
    let waived = go("WAIVED").await;
    assert!(waived.data("transitionMilestone.milestone.approval").is_null(), "{waived}");
    let approved = change(&client, "approveMilestone", json!({ "id": milestone }), "milestone { id }").await;
    expect_conflict(approved, "Nobody has asked");
    go("IN_PROGRESS").await;
    update(&owner, &milestone, json!({ "name": "Another look" })).await.expect_ok();
    made(&owner, "requestMilestoneApproval", json!({ "id": milestone }), "milestone").await;
}

// keeps: PR-7
#[tokio::test]
async fn completed_milestone_is_done_as_a_whole() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    let milestone = new_milestone(&owner, &id, "Reached", json!({})).await;
    let reached = json!({ "id": milestone, "to": "COMPLETED" });
    made(&owner, "transitionMilestone", reached, "milestone").await;
    update(&owner, &milestone, json!({ "percentage": 99 }))
        .await
        .expect_field("percentage", "milestone_completed");
    update(&owner, &milestone, json!({ "percentage": 100 })).await.expect_ok();
}

// keeps: PR-1, PR-7
#[tokio::test]
async fn project_is_not_completed_while_a_milestone_is_open() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = made(&manager, "createProject", json!({ "name": "Nearly" }), "project").await;
    walk(&manager, &id, &["PLANNING", "IN_PROGRESS", "REVIEW"]).await;
    let late = new_milestone(&manager, &id, "One more", json!({})).await;
    let complete =
        async || change(&manager, "transitionProject", json!({ "id": id, "to": "COMPLETED" }), PROJECT).await;
    let begins = "Before review and completion every milestone is completed or waived. Still open: One more.";
    expect_conflict(complete().await, begins);
    made(&manager, "transitionMilestone", json!({ "id": late, "to": "WAIVED" }), "milestone").await;
    complete().await.expect_ok();
}
