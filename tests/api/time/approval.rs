//! What managers decide about time that was handed in.

use futures::future::join_all;
use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{ENTRY, approve, log, logged, read_entry, shared_project, submit};
use crate::projects::asks::{change, expect_conflict, expect_stale, new_member, new_project, person};

const MONDAY: &str = "2026-02-23";

async fn decide(who: &Actor, name: &str, input: Value) -> Answer {
    change(who, name, input, "timesheet { id status reason version decidedBy { id } }").await
}

async fn reject(who: &Actor, ids: &[&str], reason: &str) -> Answer {
    let input = json!({ "ids": ids, "reason": reason });
    change(who, "rejectTimeEntries", input, &format!("timeEntries {{ {ENTRY} }}")).await
}

async fn week_of(who: &Actor) -> (String, String) {
    let query = "{ timesheets(first: 1) { nodes { id status } } }";
    let answer = who.run(query, json!({})).await.expect_ok();
    (answer.text("timesheets.nodes.0.id"), answer.text("timesheets.nodes.0.status"))
}

// keeps: PR-23
#[tokio::test]
async fn week_is_approved_when_all_its_managers_have_approved_their_part() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let dev = acme.developer();
    let mine = shared_project(&acme, "The manager's").await;
    let other = new_project(&acme.owner(), "The owner's").await;
    new_member(&acme.owner(), &other, &person(&acme, "dev").await).await;
    let (one, two) = (logged(&dev, &mine, MONDAY, 60).await, logged(&dev, &other, MONDAY, 30).await);
    let (week, _) = week_of(&dev).await;
    decide(&acme.manager(), "approveTimesheet", json!({ "id": week })).await.expect_code("CONFLICT");
    approve(&acme.manager(), &[&one]).await.expect_code("CONFLICT");
    submit(&dev, MONDAY).await.expect_ok();
    approve(&acme.manager(), &[&one, &two]).await.expect_code("NOT_FOUND");
    let part = decide(&acme.manager(), "approveTimesheet", json!({ "id": week })).await.expect_ok();
    assert_eq!(part.text("approveTimesheet.timesheet.status"), "SUBMITTED");
    assert_eq!(read_entry(&dev, &one).await.text("timeEntry.status"), "APPROVED");
    assert_eq!(read_entry(&dev, &two).await.text("timeEntry.status"), "SUBMITTED");
    decide(&acme.manager(), "approveTimesheet", json!({ "id": week })).await.expect_code("CONFLICT");
    approve(&acme.owner(), &[&two]).await.expect_ok();
    assert_eq!(week_of(&dev).await.1, "APPROVED");
    log(&dev, json!({ "projectId": mine, "spentOn": "2026-02-24", "minutes": 5 }))
        .await
        .expect_field("spentOn", "week_closed");
}

// keeps: PR-23
#[tokio::test]
async fn last_parts_of_a_week_approved_at_once_complete_it() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "At once").await);
    let days = ["2026-02-23", "2026-02-24", "2026-02-25", "2026-02-26"];
    let mut ids = Vec::new();
    for day in days {
        ids.push(logged(&dev, &project, day, 60).await);
    }
    submit(&dev, MONDAY).await.expect_ok();
    let managers = [acme.manager(), acme.owner(), acme.admin(), acme.manager()];
    let approvals = managers.iter().zip(&ids).map(async |(who, id)| approve(who, &[id]).await);
    for answer in join_all(approvals).await {
        answer.expect_ok();
    }
    assert_eq!(week_of(&dev).await.1, "APPROVED");
}

// keeps: PR-23
#[tokio::test]
async fn time_is_sent_back_with_a_reason_and_handed_in_again() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Back").await);
    let wrong = logged(&dev, &project, MONDAY, 600).await;
    let right = logged(&dev, &project, "2026-02-24", 60).await;
    submit(&dev, MONDAY).await.expect_ok();
    reject(&acme.manager(), &[&wrong], " ").await.expect_field("reason", "required");
    reject(&dev, &[&wrong], "No").await.expect_code("FORBIDDEN");
    let back = reject(&acme.manager(), &[&wrong], "Ten hours?").await.expect_ok();
    assert_eq!(back.text("rejectTimeEntries.timeEntries.0.reason"), "Ten hours?");
    assert_eq!(week_of(&dev).await.1, "REJECTED");
    change(&dev, "updateTimeEntry", json!({ "id": right, "minutes": 5 }), "timeEntry { id }")
        .await
        .expect_code("CONFLICT");
    let mended = json!({ "id": wrong, "minutes": 480 });
    let mended = change(&dev, "updateTimeEntry", mended, "timeEntry { status reason }").await.expect_ok();
    assert_eq!(*mended.data("updateTimeEntry.timeEntry"), json!({ "status": "DRAFT", "reason": null }));
    submit(&dev, MONDAY).await.expect_ok();
    let (week, _) = week_of(&dev).await;
    let done = decide(&acme.manager(), "approveTimesheet", json!({ "id": week })).await.expect_ok();
    assert_eq!(done.text("approveTimesheet.timesheet.status"), "APPROVED");
    let late = decide(&acme.manager(), "rejectTimesheet", json!({ "id": week, "reason": "Late" })).await;
    late.expect_code("CONFLICT");
}

// keeps: PR-23
#[tokio::test]
async fn whole_week_is_sent_back_with_a_reason() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Whole").await);
    let ids = [logged(&dev, &project, MONDAY, 60).await, logged(&dev, &project, "2026-02-24", 60).await];
    submit(&dev, MONDAY).await.expect_ok();
    let (week, _) = week_of(&dev).await;
    let stale = json!({ "id": week, "reason": "Incomplete", "expectedVersion": 1 });
    expect_stale(decide(&acme.manager(), "rejectTimesheet", stale).await, 2);
    let back = json!({ "id": week, "reason": "Incomplete", "expectedVersion": 2 });
    let back = decide(&acme.manager(), "rejectTimesheet", back).await.expect_ok();
    assert_eq!(back.text("rejectTimesheet.timesheet.reason"), "Incomplete");
    for id in &ids {
        assert_eq!(read_entry(&dev, id).await.text("timeEntry.status"), "REJECTED");
    }
}

// keeps: PR-23
#[tokio::test]
async fn nobody_but_the_whole_agencys_approvers_decides_about_their_own_time() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let project = shared_project(&acme, "Own").await;
    let id = logged(&manager, &project, MONDAY, 60).await;
    submit(&manager, MONDAY).await.expect_ok();
    approve(&manager, &[&id]).await.expect_code("FORBIDDEN");
    let (week, _) = week_of(&manager).await;
    decide(&manager, "approveTimesheet", json!({ "id": week })).await.expect_code("CONFLICT");
    approve(&world.agency("globex").owner(), &[&id]).await.expect_code("NOT_FOUND");
    for who in [acme.developer(), acme.accountant(), acme.client()] {
        approve(&who, &[&id]).await.expect_code("FORBIDDEN");
    }
    approve(&acme.admin(), &[&id]).await.expect_ok();
}

// keeps: PR-23
#[tokio::test]
async fn administrator_opens_a_week_again_and_its_rates_are_open_again() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Again").await);
    let rate = json!({ "validFrom": "2026-01-01", "amount": { "amount": "10000", "currency": "EUR" } });
    change(&acme.admin(), "setBillRate", rate, "billRate { id }").await.expect_ok();
    let id = logged(&dev, &project, MONDAY, 60).await;
    let (week, _) = week_of(&dev).await;
    let reopen =
        async |who: Actor| decide(&who, "reopenTimesheet", json!({ "id": week, "reason": "Forgot" })).await;
    expect_conflict(reopen(acme.admin()).await, "This week is open already.");
    submit(&dev, MONDAY).await.expect_ok();
    approve(&acme.manager(), &[&id]).await.expect_ok();
    reopen(acme.manager()).await.expect_code("FORBIDDEN");
    reopen(dev.clone()).await.expect_code("FORBIDDEN");
    let open = reopen(acme.admin()).await.expect_ok();
    assert_eq!(open.text("reopenTimesheet.timesheet.status"), "OPEN");
    assert_eq!(open.text("reopenTimesheet.timesheet.reason"), "Forgot");
    assert_eq!(read_entry(&dev, &id).await.text("timeEntry.status"), "DRAFT");
    let rates = super::asks::read_rates(&acme.manager(), &id).await;
    assert_eq!(*rates.data("timeEntry.billRate.fixed"), json!(false));
    change(&dev, "updateTimeEntry", json!({ "id": id, "minutes": 61 }), "timeEntry { id }").await.expect_ok();
}
