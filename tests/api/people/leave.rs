//! Leave: asked for, decided, taken back; who sees why; what it costs; and that it counts at once.

use futures::future::join_all;
use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use crate::projects::asks::{ask, change, expect_conflict, expect_stale, person};

pub(super) const LEAVE: &str =
    "leave { id userId kind from to minutesPerDay note status reason workingMinutes version user { id } }";

/// Asks for leave.
pub(super) async fn request(who: &Actor, from: &str, to: &str, more: Value) -> Answer {
    let mut input = more;
    (input["from"], input["to"]) = (json!(from), json!(to));
    if input["kind"].is_null() {
        input["kind"] = json!("VACATION");
    }
    change(who, "requestLeave", input, LEAVE).await
}

/// Asks for leave that somebody else approves, and gives its id.
pub(super) async fn approved(who: &Actor, decider: &Actor, from: &str, to: &str, more: Value) -> String {
    let id = request(who, from, to, more).await.expect_ok().text("requestLeave.leave.id");
    change(decider, "approveLeave", json!({ "id": id }), LEAVE).await.expect_ok();
    id
}

async fn minutes(who: &Actor, user: &str, from: &str, to: &str) -> Vec<Value> {
    let query = "query($user: ID!, $from: Date!, $to: Date!) { workingDays(userId: $user, from: $from, to: $to) { minutes reason } }";
    let answer = who.run(query, json!({ "user": user, "from": from, "to": to })).await.expect_ok();
    answer.each("workingDays", "minutes")
}

// keeps: PR-27
#[tokio::test]
async fn leave_counts_from_its_approval_and_costs_no_free_day() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev, me) = (acme.manager(), acme.developer(), person(&acme, "dev").await);
    let calendar = json!({ "name": "DE", "country": "DE", "weeklyHours": super::week("09:00", "17:00") });
    change(&manager, "createWorkCalendar", calendar, "workCalendar { id }").await.expect_ok();
    let asked = request(&dev, "2026-04-01", "2026-04-07", json!({ "note": "إجازة" })).await.expect_ok();
    let leave = asked.data("requestLeave.leave");
    assert_eq!((&leave["status"], &leave["note"]), (&json!("REQUESTED"), &json!("إجازة")));
    assert_eq!(leave["workingMinutes"], 3 * 480, "Good Friday, the weekend and Easter Monday cost nothing");
    assert_eq!(minutes(&dev, &me, "2026-04-01", "2026-04-02").await, [json!(480), json!(480)]);
    let id = &leave["id"];
    let approve = json!({ "id": id, "expectedVersion": 1 });
    change(&manager, "approveLeave", approve.clone(), LEAVE).await.expect_ok();
    expect_stale(change(&manager, "approveLeave", approve, LEAVE).await, 2);
    expect_conflict(
        change(&manager, "approveLeave", json!({ "id": id }), LEAVE).await,
        "This leave is APPROVED",
    );
    let days = minutes(&dev, &me, "2026-04-01", "2026-04-08").await;
    assert_eq!(days, [0, 0, 0, 0, 0, 0, 0, 480].map(|minutes| json!(minutes)));
    change(&dev, "cancelLeave", json!({ "id": id }), LEAVE).await.expect_ok();
    assert_eq!(minutes(&dev, &me, "2026-04-01", "2026-04-01").await, [json!(480)]);
    approved(&dev, &manager, "2026-04-01", "2026-04-01", json!({ "minutesPerDay": 120 })).await;
    assert_eq!(minutes(&dev, &me, "2026-04-01", "2026-04-01").await, [json!(360)]);
}

// keeps: PR-27
#[tokio::test]
async fn every_wrong_field_of_leave_is_named() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, dev) = (acme.owner(), acme.developer());
    request(&dev, "2026-03-10", "2026-03-12", json!({})).await.expect_ok();
    for (from, to, more, path, code) in [
        ("2026-03-05", "2026-03-04", json!({}), "to", "bad_range"),
        ("2026-03-05", "2030-03-04", json!({}), "to", "bad_range"),
        ("2026-03-01", "2026-03-04", json!({}), "from", "leave_past"),
        ("2026-03-12", "2026-03-13", json!({}), "from", "leave_overlaps"),
        ("2026-04-01", "2026-04-01", json!({ "minutesPerDay": 0 }), "minutesPerDay", "out_of_range"),
        ("2026-04-01", "2026-04-01", json!({ "note": "x".repeat(2_001) }), "note", "too_long"),
    ] {
        let answer = request(&dev, from, to, more).await.expect_field(path, code);
        if code == "leave_overlaps" {
            assert!(answer.message().unwrap().contains("from 2026-03-10 to 2026-03-12 (lve_"), "{answer}");
        }
    }
    request(&dev, "2026-02-27", "2026-03-01", json!({ "kind": "SICK" })).await.expect_ok();
    let forgotten = json!({ "userId": person(&acme, "dev").await });
    request(&owner, "2026-02-26", "2026-02-26", forgotten).await.expect_ok();
    let client = person(&acme, "client").await;
    let stranger = person(&world.agency("globex"), "dev").await;
    for (user, code) in [(client, "not_staff"), (stranger, "not_in_tenant")] {
        request(&owner, "2026-04-01", "2026-04-01", json!({ "userId": user }))
            .await
            .expect_field("userId", code);
    }
}

// keeps: PR-27
#[tokio::test]
async fn two_requests_for_one_day_at_once_are_one() {
    let world = World::builder().nodes(2).build().await;
    let dev = world.agency("acme").developer();
    let asked = (0..6).map(|place| {
        let who = dev.on(place % 2);
        async move { request(&who, "2026-05-04", "2026-05-05", json!({})).await.code().map(str::to_owned) }
    });
    let codes = join_all(asked).await;
    assert_eq!(codes.iter().filter(|code| code.is_none()).count(), 1, "{codes:?}");
    let list = ask(&dev, "{ leaves { totalCount } }").await.expect_ok();
    assert_eq!(list.number("leaves.totalCount"), 1);
}

// keeps: PR-27
#[tokio::test]
async fn nobody_but_the_owner_decides_about_their_own() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager, dev) = (acme.owner(), acme.manager(), acme.developer());
    let id = |answer: Answer| answer.expect_ok().text("requestLeave.leave.id");
    let managers = id(request(&manager, "2026-05-04", "2026-05-05", json!({})).await);
    let reject = |id: &str, reason: &str| json!({ "id": id, "reason": reason });
    change(&manager, "approveLeave", json!({ "id": managers }), LEAVE).await.expect_code("FORBIDDEN");
    change(&manager, "rejectLeave", reject(&managers, "No"), LEAVE).await.expect_code("FORBIDDEN");
    change(&owner, "rejectLeave", reject(&managers, " "), LEAVE).await.expect_field("reason", "required");
    let rejected =
        change(&owner, "rejectLeave", reject(&managers, "Too much to do"), LEAVE).await.expect_ok();
    assert_eq!(rejected.text("rejectLeave.leave.reason"), "Too much to do");
    let again = change(&owner, "approveLeave", json!({ "id": managers }), LEAVE).await;
    expect_conflict(again, "This leave is REJECTED");
    request(&manager, "2026-05-04", "2026-05-05", json!({})).await.expect_ok();
    let owners = id(request(&owner, "2026-05-04", "2026-05-05", json!({})).await);
    change(&owner, "approveLeave", json!({ "id": owners }), LEAVE).await.expect_ok();
    let theirs = id(request(&dev, "2026-03-02", "2026-03-03", json!({})).await);
    change(&dev, "approveLeave", json!({ "id": theirs }), LEAVE).await.expect_code("FORBIDDEN");
    change(&manager, "approveLeave", json!({ "id": theirs }), LEAVE).await.expect_ok();
    change(&dev, "cancelLeave", json!({ "id": theirs }), LEAVE).await.expect_code("FORBIDDEN");
    change(&manager, "cancelLeave", json!({ "id": theirs }), LEAVE).await.expect_ok();
    let other = person(&acme, "pm").await;
    request(&dev, "2026-06-01", "2026-06-01", json!({ "userId": other })).await.expect_code("FORBIDDEN");
}

// keeps: PR-27, ID-22
#[tokio::test]
async fn others_see_that_somebody_is_away_and_not_why() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), acme.developer());
    let id =
        approved(&dev, &manager, "2026-03-02", "2026-03-03", json!({ "kind": "SICK", "note": "Flu" })).await;
    let waits = request(&dev, "2026-06-01", "2026-06-01", json!({})).await.expect_ok();
    let waits = waits.text("requestLeave.leave.id");
    let query = "query($id: ID!) { leave(id: $id) { kind note status from } leaves { nodes { id } } }";
    for (who, open) in [(&dev, true), (&manager, true), (&acme.accountant(), false), (&acme.viewer(), false)]
    {
        let seen = who.run(query, json!({ "id": id })).await.expect_ok();
        let told = (seen.data("leave.kind").clone(), seen.data("leave.note").clone());
        assert_eq!(told, if open { (json!("SICK"), json!("Flu")) } else { (Value::Null, Value::Null) });
        assert_eq!(seen.list("leaves.nodes").len(), if open { 2 } else { 1 });
        let one = who.run("query($id: ID!) { leave(id: $id) { id } }", json!({ "id": waits })).await;
        if open {
            one.expect_ok()
        } else {
            one.expect_code("NOT_FOUND")
        };
    }
    for client in [acme.client(), acme.client_admin()] {
        ask(&client, "{ leaves { totalCount } }").await.expect_code("FORBIDDEN");
        request(&client, "2026-06-01", "2026-06-01", json!({})).await.expect_code("FORBIDDEN");
    }
    let foreign = world.agency("globex").owner();
    foreign.run(query, json!({ "id": id })).await.expect_code("NOT_FOUND");
    change(&foreign, "approveLeave", json!({ "id": waits }), LEAVE).await.expect_code("NOT_FOUND");
}
