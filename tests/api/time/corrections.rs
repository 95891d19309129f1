//! Corrections of time that was sent back: possible whatever became of the project and the kind of work meanwhile.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{approve, logged, shared_project, start, stop, submit};
use crate::projects::asks::{change, expect_conflict, transition};

const MONDAY: &str = "2026-02-23";

async fn reject(who: &Actor, ids: &[&str]) {
    let input = json!({ "ids": ids, "reason": "Look again" });
    change(who, "rejectTimeEntries", input, "timeEntries { id }").await.expect_ok();
}

async fn update(who: &Actor, id: &str, mut fields: Value) -> Answer {
    fields["id"] = json!(id);
    change(who, "updateTimeEntry", fields, "timeEntry { id minutes status }").await
}

async fn week(who: &Actor) -> (String, String, bool) {
    let query = "{ timesheets(first: 1) { nodes { id status decidedAt } } }";
    let answer = who.run(query, json!({})).await.expect_ok();
    let decided = answer.data("timesheets.nodes.0.decidedAt").is_string();
    (answer.text("timesheets.nodes.0.id"), answer.text("timesheets.nodes.0.status"), decided)
}

// keeps: PR-22, PR-23
#[tokio::test]
async fn time_that_was_sent_back_is_corrected_after_its_project_and_kind_of_work_are_gone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, manager, admin) = (acme.developer(), acme.manager(), acme.admin());
    let project = shared_project(&acme, "Over soon").await;
    let kind = change(&admin, "createActivityType", json!({ "name": "Old" }), "activityType { id }").await;
    let kind = kind.expect_ok().text("createActivityType.activityType.id");
    let of_kind = json!({ "projectId": project, "activityTypeId": kind, "spentOn": MONDAY, "minutes": 90 });
    let one = super::asks::log(&dev, of_kind).await.expect_ok().text("createTimeEntry.timeEntries.0.id");
    let two = logged(&dev, &project, "2026-02-24", 90).await;
    let three = logged(&dev, &project, "2026-02-25", 90).await;
    submit(&dev, MONDAY).await.expect_ok();
    reject(&manager, &[&one, &two, &three]).await;
    let away = json!({ "id": kind, "archived": true });
    change(&admin, "updateActivityType", away, "activityType { id }").await.expect_ok();
    update(&dev, &one, json!({ "minutes": 91 })).await.expect_field("activityTypeId", "activity_archived");
    update(&dev, &one, json!({ "minutes": 80, "description": "Shorter" })).await.expect_ok();
    transition(&manager, &project, "CANCELLED").await.expect_ok();
    update(&dev, &two, json!({ "minutes": 91 })).await.expect_code("CONFLICT");
    let shorter = update(&dev, &two, json!({ "minutes": 60, "spentOn": "2026-02-26" })).await.expect_ok();
    assert_eq!(shorter.number("updateTimeEntry.timeEntry.minutes"), 60);
    let cells = |minutes: [i64; 3]| {
        let dates = [MONDAY, "2026-02-26", "2026-02-25"];
        let cells = dates.iter().zip(minutes).map(|(date, minutes)| {
            let kind = if *date == MONDAY { json!(kind) } else { Value::Null };
            json!({ "projectId": project, "activityTypeId": kind, "date": date, "minutes": minutes })
        });
        json!({ "weekStart": MONDAY, "cells": cells.collect::<Vec<_>>() })
    };
    let grown = change(&dev, "writeTimesheet", cells([80, 61, 90]), "timeEntries { id }").await;
    assert_eq!(grown.fields()["cells.1.projectId"], "project_closed");
    let written = change(&dev, "writeTimesheet", cells([70, 30, 0]), "timeEntries { minutes }").await;
    assert_eq!(written.expect_ok().each("writeTimesheet.timeEntries", "minutes"), [70, 30]);
    submit(&dev, MONDAY).await.expect_ok();
    approve(&manager, &[&one, &two]).await.expect_ok();
    assert_eq!(week(&dev).await.1, "APPROVED");
}

// keeps: PR-21
#[tokio::test]
async fn timer_is_stopped_whose_kind_of_work_was_put_away() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, admin) = (acme.developer(), acme.admin());
    let project = shared_project(&acme, "Timed").await;
    let kind = change(&admin, "createActivityType", json!({ "name": "Old" }), "activityType { id }").await;
    let kind = kind.expect_ok().text("createActivityType.activityType.id");
    let input = json!({ "projectId": project, "activityTypeId": kind });
    change(&dev, "startTimer", input.clone(), "timer { id }").await.expect_ok();
    let away = json!({ "id": kind, "archived": true });
    change(&admin, "updateActivityType", away, "activityType { id }").await.expect_ok();
    world.clock.advance(Duration::from_secs(600));
    let stopped = stop(&dev, json!({})).await.expect_ok();
    assert_eq!(stopped.text("stopTimer.timeEntries.0.activityType.id"), kind);
    change(&dev, "startTimer", input, "timer { id }")
        .await
        .expect_field("activityTypeId", "activity_archived");
}

// keeps: PR-23
#[tokio::test]
async fn week_whose_rejected_time_is_taken_back_is_finished() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, manager) = (acme.developer(), acme.manager());
    let project = shared_project(&acme, "Taken back").await;
    let right = logged(&dev, &project, MONDAY, 60).await;
    let wrong = logged(&dev, &project, "2026-02-24", 60).await;
    submit(&dev, MONDAY).await.expect_ok();
    approve(&manager, &[&right]).await.expect_ok();
    reject(&manager, &[&wrong]).await;
    change(&dev, "deleteTimeEntry", json!({ "id": wrong }), "id").await.expect_ok();
    assert_eq!(week(&dev).await.1, "REJECTED");
    let done = submit(&dev, MONDAY).await.expect_ok();
    assert_eq!(done.text("submitTimesheet.timesheet.status"), "APPROVED");
    let (_, status, decided) = week(&dev).await;
    assert_eq!((status.as_str(), decided), ("APPROVED", true));
    expect_conflict(submit(&dev, MONDAY).await, "This week was handed in already.");
}

// keeps: PR-23
#[tokio::test]
async fn week_whose_rest_still_waits_is_handed_in_again_when_the_rejected_time_is_taken_back() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, manager) = (acme.developer(), acme.manager());
    let project = shared_project(&acme, "Still waits").await;
    let waits = logged(&dev, &project, MONDAY, 60).await;
    let wrong = logged(&dev, &project, "2026-02-24", 60).await;
    submit(&dev, MONDAY).await.expect_ok();
    reject(&manager, &[&wrong]).await;
    change(&dev, "deleteTimeEntry", json!({ "id": wrong }), "id").await.expect_ok();
    let again = submit(&dev, MONDAY).await.expect_ok();
    assert_eq!(again.text("submitTimesheet.timesheet.status"), "SUBMITTED");
    reject(&manager, &[&waits]).await;
    change(&dev, "deleteTimeEntry", json!({ "id": waits }), "id").await.expect_ok();
    submit(&dev, MONDAY).await.expect_field("weekStart", "empty_week");
}

// keeps: PR-21, PR-23
#[tokio::test]
async fn week_is_not_handed_in_while_a_timer_measures_its_time() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Measured").await);
    logged(&dev, &project, MONDAY, 60).await;
    logged(&dev, &project, "2026-03-02", 60).await;
    start(&dev, &project).await.expect_ok();
    submit(&dev, MONDAY).await.expect_ok();
    expect_conflict(submit(&dev, "2026-03-02").await, "A timer has been running since 2026-03-02");
    world.clock.advance(Duration::from_secs(7 * 86_400));
    expect_conflict(submit(&dev, "2026-03-02").await, "A timer has been running since 2026-03-02");
    stop(&dev, json!({ "endedAt": "2026-03-02T10:00:00Z" })).await.expect_ok();
    let handed_in = submit(&dev, "2026-03-02").await.expect_ok();
    assert_eq!(handed_in.text("submitTimesheet.timesheet.status"), "SUBMITTED");
}
