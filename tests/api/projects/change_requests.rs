//! Change requests: their course, who agrees, and that each is applied once.

use futures::future::join_all;
use kernel::id::{ChangeClaimId, ProjectId};
use projects::change_request::line::{Claimed, claim, release};
use serde_json::{Value, json};
use tests::{Actor, Agency, Answer, World};

use super::asks::{ask, change, expect_conflict, expect_stale, new_project, person, project, refusals};
use crate::time::asks::platform;

const CHANGE: &str = "changeRequest {
  id title description scope notes days amount { amount currency } billable status submittedAt staffAnswer
  staffAnsweredAt staffComment clientAnswer clientAnsweredAt clientComment appliedAt version
  submittedBy { id } staffAnsweredBy { id } clientAnsweredBy { id } appliedBy { id }
}";

/// What a client may ask of one.
const SHOWN: &str =
    "changeRequest { id status clientAnswer clientComment amount { amount } clientAnsweredBy { id } }";

async fn new_change(who: &Actor, project: &str, mut more: Value) -> String {
    more["projectId"] = json!(project);
    more["title"] = more.get("title").cloned().unwrap_or(json!("One more page"));
    change(who, "createChangeRequest", more, CHANGE)
        .await
        .expect_ok()
        .text("createChangeRequest.changeRequest.id")
}

async fn step(who: &Actor, name: &str, id: &str) -> Answer {
    let fields = if who.email().starts_with("client") { SHOWN } else { CHANGE };
    change(who, name, json!({ "id": id }), fields).await
}

/// The first project of the agency, which is the clients', with a budget and dates of its own.
async fn priced(acme: &Agency<'_>) -> String {
    let id = project(acme, 1).await;
    let input = json!({
        "id": id, "budget": { "amount": "1000000", "currency": "EUR" }, "estimatedStart": "2028-01-10",
        "estimatedEnd": "2028-02-28", "expectedDelivery": "2028-03-01", "billingType": "FIXED_FEE",
    });
    change(&acme.owner(), "updateProject", input, "project { id }").await.expect_ok();
    id
}

async fn plan(who: &Actor, id: &str) -> Value {
    let query = "query($id: ID!) { project(id: $id) { budget { amount } estimatedEnd expectedDelivery } }";
    who.run(query, json!({ "id": id })).await.expect_ok().data("project").clone()
}

/// One that everybody agreed to.
async fn agreed(acme: &Agency<'_>, project: &str, more: Value) -> String {
    let id = new_change(&acme.owner(), project, more).await;
    step(&acme.owner(), "submitChangeRequest", &id).await.expect_ok();
    step(&acme.client(), "approveChangeRequest", &id).await.expect_ok();
    step(&acme.owner(), "approveChangeRequest", &id).await.expect_ok();
    id
}

// keeps: PR-19
#[tokio::test]
async fn change_is_approved_by_both_sides_and_then_applied() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, client, id) = (acme.owner(), acme.client(), priced(&acme).await);
    let more = json!({ "days": 1, "amount": { "amount": "50000", "currency": "EUR" }, "notes": "Cheap" });
    let change_id = new_change(&owner, &id, more).await;
    for name in ["approveChangeRequest", "applyChangeRequest"] {
        expect_conflict(step(&owner, name, &change_id).await, "This change request is DRAFT");
    }
    let submitted = step(&owner, "submitChangeRequest", &change_id).await.expect_ok();
    assert_eq!(submitted.text("submitChangeRequest.changeRequest.status"), "SUBMITTED");
    let edit = json!({ "id": change_id, "title": "Later" });
    expect_conflict(
        change(&owner, "updateChangeRequest", edit, CHANGE).await,
        "This change request is SUBMITTED",
    );
    let staff = step(&owner, "approveChangeRequest", &change_id).await.expect_ok();
    assert_eq!(
        staff.text("approveChangeRequest.changeRequest.status"),
        "SUBMITTED",
        "the client has to agree"
    );
    expect_conflict(step(&owner, "approveChangeRequest", &change_id).await, "Your side has answered");
    let said = json!({ "id": change_id, "comment": "Gladly" });
    let theirs = change(&client, "approveChangeRequest", said, SHOWN).await.expect_ok();
    let theirs = theirs.data("approveChangeRequest.changeRequest").clone();
    assert_eq!((&theirs["status"], &theirs["clientComment"]), (&json!("APPROVED"), &json!("Gladly")));
    assert_eq!(theirs["clientAnsweredBy"]["id"], person(&acme, "client").await.as_str());
    step(&client, "applyChangeRequest", &change_id).await.expect_code("FORBIDDEN");
    let before = plan(&owner, &id).await;
    assert_eq!(before["budget"]["amount"], "1000000");
    step(&acme.manager(), "applyChangeRequest", &change_id).await.expect_ok();
    let expected = json!({
        "budget": { "amount": "1050000" }, "estimatedEnd": "2028-02-29", "expectedDelivery": "2028-03-02",
    });
    assert_eq!(plan(&owner, &id).await, expected);
    expect_conflict(step(&owner, "applyChangeRequest", &change_id).await, "This change request is APPLIED");
    assert_eq!(plan(&owner, &id).await, expected);
}

// keeps: PR-19
#[tokio::test]
async fn sixteen_who_apply_at_once_apply_it_once() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = priced(&acme).await;
    let more = json!({ "days": 10, "amount": { "amount": "7", "currency": "EUR" } });
    let change_id = agreed(&acme, &id, more).await;
    let owner = acme.owner();
    let tries = (0..16).map(async |_| {
        loop {
            let answer = step(&owner, "applyChangeRequest", &change_id).await;
            // Reason: whoever is told that the database is busy tries again.
            match answer.code() {
                Some("UNAVAILABLE") => tokio::task::yield_now().await,
                code => break code.map(str::to_owned),
            }
        }
    });
    let codes = join_all(tries).await;
    assert_eq!(codes.iter().filter(|code| code.is_none()).count(), 1, "{codes:?}");
    assert!(codes.iter().flatten().all(|code| code == "CONFLICT"), "{codes:?}");
    assert_eq!(plan(&owner, &id).await["budget"]["amount"], "1000007");
    assert_eq!(plan(&owner, &id).await["expectedDelivery"], "2028-03-11");
    assert_eq!(world.number("SELECT count(*) AS n FROM projects_change_lines").await, 1);
}

// keeps: PR-19
#[tokio::test]
async fn applied_amount_is_offered_for_billing_and_claimed_once() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = priced(&acme).await;
    let credit = json!({ "title": "Leave out", "amount": { "amount": "-300", "currency": "EUR" } });
    let free = json!({ "title": "Days alone", "days": 3 });
    let unbilled =
        json!({ "title": "Ours", "amount": { "amount": "5", "currency": "EUR" }, "billable": false });
    for more in [credit, free, unbilled] {
        let change_id = agreed(&acme, &id, more).await;
        step(&acme.owner(), "applyChangeRequest", &change_id).await.expect_ok();
    }
    let viewer = platform(&world, "acme").await;
    let project: ProjectId = id.parse().unwrap();
    let take = async || -> Option<Claimed> {
        loop {
            let act = async |act: &mut kernel::act::Act| claim(act, &[project]).await;
            match viewer.act(&world.app(0).db, "test.claim", act).await {
                Err(kernel::Error::Unavailable(_)) => tokio::task::yield_now().await,
                done => break done.unwrap(),
            }
        }
    };
    let give_back = async |id: ChangeClaimId| {
        viewer.act(&world.app(0).db, "test.release", async |act| release(act, id).await).await
    };
    let taken: Vec<Claimed> =
        join_all((0..8).map(async |_| take().await)).await.into_iter().flatten().collect();
    let told: Vec<(&str, i64)> = taken
        .iter()
        .flat_map(|claim| &claim.lines)
        .map(|line| (line.description.as_str(), line.amount.amount))
        .collect();
    assert_eq!(told, [("Leave out", -300)]);
    give_back(taken[0].id).await.unwrap();
    let again = take().await.unwrap();
    assert_eq!(again.lines, taken[0].lines);
    let stale = give_back(taken[0].id).await;
    assert!(matches!(stale, Err(kernel::Error::Conflict { .. })), "what another bill took stays its own");
    assert_eq!(take().await, None);
    give_back(again.id).await.unwrap();
    // Reason: a task of this runtime gives the connection back to its pool; the end of the world waits for it.
    world.settled().await;
}

// keeps: PR-19, ID-22
#[tokio::test]
async fn client_sees_what_was_handed_to_them_without_what_the_team_says() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, client, id) = (acme.owner(), acme.client(), priced(&acme).await);
    let more = json!({ "notes": "They pay anything", "amount": { "amount": "77", "currency": "EUR" } });
    let change_id = new_change(&owner, &id, more.clone()).await;
    let foreign = new_change(&owner, &project(&acme, 3).await, json!({})).await;
    step(&owner, "submitChangeRequest", &foreign).await.expect_ok();
    let query = "query($id: ID!) { changeRequest(id: $id) { title notes staffComment amount { amount } } }";
    for hidden in [&change_id, &foreign] {
        client.run(query, json!({ "id": hidden })).await.expect_code("NOT_FOUND");
        step(&client, "approveChangeRequest", hidden).await.expect_code("NOT_FOUND");
    }
    step(&owner, "submitChangeRequest", &change_id).await.expect_ok();
    let answered = json!({ "id": change_id, "comment": "Money for nothing" });
    change(&owner, "approveChangeRequest", answered, CHANGE).await.expect_ok();
    let answer = client.run(query, json!({ "id": change_id })).await;
    let refused =
        ["notes", "staffComment"].map(|name| (format!("changeRequest.{name}"), "FORBIDDEN".to_owned()));
    assert_eq!(refusals(&answer), refused, "{answer}");
    assert_eq!(
        answer.text("changeRequest.amount.amount"),
        "77",
        "what they are asked to pay is theirs to know"
    );
    assert!(!answer.body.to_string().contains("anything") && !answer.body.to_string().contains("nothing"));
    let waiting = "{ changeRequests(filter: { awaitsClient: true }) { nodes { id } } }";
    assert!(ask(&client, waiting).await.expect_ok().ids("changeRequests.nodes").contains(&change_id));
    let no = json!({ "id": change_id, "comment": " " });
    change(&client, "rejectChangeRequest", no, SHOWN).await.expect_field("comment", "required");
    let no = json!({ "id": change_id, "comment": "Too dear" });
    let rejected = change(&acme.client_admin(), "rejectChangeRequest", no, SHOWN).await.expect_ok();
    assert_eq!(rejected.text("rejectChangeRequest.changeRequest.status"), "REJECTED");
    expect_conflict(
        step(&client, "approveChangeRequest", &change_id).await,
        "This change request is REJECTED",
    );
    expect_conflict(step(&owner, "applyChangeRequest", &change_id).await, "This change request is REJECTED");
    assert!(!ask(&client, waiting).await.expect_ok().ids("changeRequests.nodes").contains(&change_id));
    let read = acme.developer().run(query, json!({ "id": change_id })).await;
    assert_eq!(refusals(&read), [("changeRequest.amount".to_owned(), "FORBIDDEN".to_owned())], "{read}");
    let priced = json!({ "projectId": id, "title": "x", "amount": { "amount": 1, "currency": "EUR" } });
    change(&acme.developer(), "createChangeRequest", priced, CHANGE).await.expect_code("FORBIDDEN");
    step(&world.agency("globex").owner(), "applyChangeRequest", &change_id).await.expect_code("NOT_FOUND");
}

// keeps: PR-19
#[tokio::test]
async fn wrong_changes_are_named_and_impossible_ones_refused() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), priced(&acme).await);
    for (field, value, path, code) in [
        ("title", json!(""), "title", "required"),
        ("days", json!(3_651), "days", "out_of_range"),
        ("scope", json!("a\u{1b}b"), "scope", "forbidden_character"),
        ("amount", json!({ "amount": 1, "currency": "USD" }), "amount.currency", "currency_mismatch"),
    ] {
        let mut input = json!({ "projectId": id, "title": "Fine" });
        input[field] = value;
        change(&owner, "createChangeRequest", input, CHANGE).await.expect_field(path, code);
    }
    let draft = new_change(&owner, &id, json!({})).await;
    let edit = json!({ "id": draft, "days": 4, "expectedVersion": 1 });
    let edited = change(&owner, "updateChangeRequest", edit.clone(), CHANGE).await.expect_ok();
    assert_eq!(edited.number("updateChangeRequest.changeRequest.days"), 4);
    expect_stale(change(&owner, "updateChangeRequest", edit, CHANGE).await, 2);
    change(&owner, "deleteChangeRequest", json!({ "id": draft }), "id").await.expect_ok();
    let early = agreed(&acme, &id, json!({ "days": -60 })).await;
    expect_conflict(step(&owner, "applyChangeRequest", &early).await, "The end cannot be before the start");
    let dear = agreed(&acme, &id, json!({ "amount": { "amount": "-1000001", "currency": "EUR" } })).await;
    expect_conflict(step(&owner, "applyChangeRequest", &dear).await, "With this change the budget");
    assert_eq!(plan(&owner, &id).await["budget"]["amount"], "1000000", "nothing is applied by half");
    expect_conflict(
        change(&owner, "deleteChangeRequest", json!({ "id": dear }), "id").await,
        "This change request is",
    );
}

// keeps: PR-19
#[tokio::test]
async fn project_without_a_client_needs_the_agency_alone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let id = new_project(&manager, "Ours").await;
    let change_id = new_change(&manager, &id, json!({ "days": 2 })).await;
    step(&manager, "submitChangeRequest", &change_id).await.expect_ok();
    let done = step(&manager, "approveChangeRequest", &change_id).await.expect_ok();
    assert_eq!(done.text("approveChangeRequest.changeRequest.status"), "APPROVED");
    step(&manager, "applyChangeRequest", &change_id).await.expect_ok();
}
