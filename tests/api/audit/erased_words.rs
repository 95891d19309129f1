//! What somebody said where things are about others: it goes when they are erased, and how they decided stays.

use serde_json::json;
use tests::{Snapshot, World};

use super::erasing::{approved, ask};
use super::support::sealed;
use crate::projects::asks::{change, person, project};
use crate::projects::milestones::new_milestone;

/// Where a snapshot has a word, sealed parts opened.
fn telling(snapshot: &Snapshot, word: &str) -> Vec<String> {
    let line = |(table, row): (&str, &tests::Row)| {
        let text = serde_json::Value::Object(row.clone()).to_string();
        text.contains(word).then(|| format!("{table}: {text}"))
    };
    snapshot.all().filter_map(line).collect()
}

// keeps: AU-12, PR-7, PR-19
#[tokio::test]
async fn what_a_client_said_when_they_decided_goes_with_them() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, client, id) = (acme.owner(), acme.client(), project(&acme, 1).await);
    let milestone = new_milestone(&owner, &id, "Look", json!({ "clientVisible": true })).await;
    let answer = async |name: &str, comment: &str| {
        let request = json!({ "id": milestone });
        change(&owner, "requestMilestoneApproval", request, "milestone { id }").await.expect_ok();
        change(&client, name, json!({ "id": milestone, "comment": comment }), "milestone { id }")
            .await
            .expect_ok();
    };
    answer("rejectMilestone", "quackish at first").await;
    answer("approveMilestone", "quackish at last").await;
    let input = json!({ "projectId": id, "title": "One more page" });
    let made = change(&owner, "createChangeRequest", input, "changeRequest { id }").await.expect_ok();
    let request = made.text("createChangeRequest.changeRequest.id");
    change(&owner, "submitChangeRequest", json!({ "id": request }), "changeRequest { id }").await.expect_ok();
    let said = |word: &str| json!({ "id": request, "comment": word });
    change(&client, "approveChangeRequest", said("quackish too"), "changeRequest { id }").await.expect_ok();
    change(&owner, "approveChangeRequest", said("barkish"), "changeRequest { id }").await.expect_ok();
    sealed(&world).await;
    let before = world.snapshot().await;
    assert!(telling(&before, "quackish").len() > 3, "{:#?}", telling(&before, "quackish"));
    assert_eq!(telling(&before, "barkish").len(), 1, "the team's comment is in the request alone");

    let asked = ask(&owner, &person(&acme, "client").await).await;
    let names = asked.each("requestErasure.request.preview.holdings", "name");
    for name in ["projects.milestones", "projects.change_requests"] {
        assert!(names.contains(&json!(name)), "{asked}");
    }
    approved(&acme.admin(), &asked.text("requestErasure.request.id")).await;
    world.settled().await;
    let after = world.snapshot().await;
    assert!(telling(&after, "quackish").is_empty(), "{:#?}", telling(&after, "quackish"));
    let rows = world.rows("projects_milestones", "WHERE approval_decided_at IS NOT NULL").await;
    let row = rows.iter().find(|row| row["name"] == "Look").unwrap();
    assert_eq!((&row["approval"], &row["approval_decided_by"]), (&json!("approved"), &json!(null)));
}
