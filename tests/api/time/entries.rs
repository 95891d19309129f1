//! Time that people write down: minutes of a day, or from when to when.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use tests::World;

use super::asks::{log, logged, read_entry, set, shared_project};
use crate::projects::asks::{
    change, expect_conflict, expect_stale, me, new_project, new_task, person, project, transition, walk,
};

const HOUR: Duration = Duration::from_secs(3600);

// keeps: PR-22
#[tokio::test]
async fn time_is_written_down_with_everything_that_was_said() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let dev = acme.developer();
    let project = shared_project(&acme, "Work").await;
    let task = new_task(&acme.manager(), &project, "Do it").await;
    let kind =
        change(&acme.admin(), "createActivityType", json!({ "name": "Design" }), "activityType { id }")
            .await
            .expect_ok()
            .text("createActivityType.activityType.id");
    let said = json!({
        "taskId": task, "activityTypeId": kind, "spentOn": "2026-02-27", "minutes": 90,
        "description": "مرحبا **bold**", "billable": false,
    });
    let written = log(&dev, said).await.expect_ok();
    let entry = written.data("createTimeEntry.timeEntries.0");
    let expected = json!({
        "id": entry["id"], "spentOn": "2026-02-27", "minutes": 90, "startedAt": null, "endedAt": null,
        "description": "مرحبا **bold**", "billable": false, "flagged": false, "status": "DRAFT", "reason": null,
        "claimed": false, "version": 1, "project": { "id": project }, "task": { "id": task },
        "activityType": { "id": kind }, "user": { "id": me(&dev).await }, "timesheet": entry["timesheet"],
    });
    assert_eq!(*entry, expected);
    assert!(entry["timesheet"]["id"].is_string());
    let plain = log(&dev, json!({ "projectId": project, "minutes": 1 })).await.expect_ok();
    assert_eq!(plain.text("createTimeEntry.timeEntries.0.spentOn"), "2026-03-02");
    assert_eq!(*plain.data("createTimeEntry.timeEntries.0.billable"), json!(true));
}

// keeps: PR-22
#[tokio::test]
async fn day_is_that_of_the_person_and_not_of_the_server() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let project = shared_project(&acme, "Late").await;
    let zone = |name| json!({ "timeZone": name });
    change(&acme.developer(), "updateProfile", zone("Asia/Tokyo"), "user { id }").await.expect_ok();
    change(&acme.manager(), "updateProfile", zone("America/New_York"), "user { id }").await.expect_ok();
    set(&world, "2026-03-02T23:30:00Z");
    let today = json!({ "projectId": project, "minutes": 5 });
    let there = log(&acme.developer(), today.clone()).await.expect_ok();
    assert_eq!(there.text("createTimeEntry.timeEntries.0.spentOn"), "2026-03-03");
    let here = log(&acme.manager(), today).await.expect_ok();
    assert_eq!(here.text("createTimeEntry.timeEntries.0.spentOn"), "2026-03-02");
    let tomorrow = json!({ "projectId": project, "minutes": 5, "spentOn": "2026-03-03" });
    log(&acme.developer(), tomorrow.clone()).await.expect_ok();
    log(&acme.manager(), tomorrow).await.expect_field("spentOn", "in_future");
}

// keeps: PR-22
#[tokio::test]
async fn time_across_midnight_becomes_an_entry_a_day() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let project = shared_project(&acme, "Night").await;
    let night = json!({
        "projectId": project, "startedAt": "2026-02-27T22:00:00Z", "endedAt": "2026-02-28T01:15:00Z",
    });
    let written = log(&acme.developer(), night).await.expect_ok();
    let days: Vec<Value> = written.each("createTimeEntry.timeEntries", "spentOn");
    assert_eq!(days, ["2026-02-27", "2026-02-28"]);
    assert_eq!(written.each("createTimeEntry.timeEntries", "minutes"), [60, 135]);
    assert_eq!(written.text("createTimeEntry.timeEntries.0.endedAt"), "2026-02-27T23:00:00Z");
}

// keeps: PR-22
#[tokio::test]
async fn day_takes_no_more_than_it_has_also_where_clocks_change() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Long").await);
    change(&dev, "updateProfile", json!({ "timeZone": "Europe/Berlin" }), "user { id }").await.expect_ok();
    let day = |day: &str, minutes: i64| json!({ "projectId": project, "spentOn": day, "minutes": minutes });
    logged(&dev, &project, "2026-02-27", 1_000).await;
    log(&dev, day("2026-02-27", 441)).await.expect_field("minutes", "day_full");
    log(&dev, day("2026-02-27", 440)).await.expect_ok();
    log(&dev, day("2026-02-27", 1)).await.expect_field("minutes", "day_full");
    for minutes in [2_881, i64::MAX, i64::MAX - 1_000] {
        log(&dev, day("2026-02-27", minutes)).await.expect_field("minutes", "too_large");
    }
    log(&dev, day("2026-02-27", i64::MIN)).await.expect_field("minutes", "too_short");
    set(&world, "2026-10-26T12:00:00Z");
    for (date, most) in [("2026-03-29", 23 * 60), ("2026-10-25", 25 * 60), ("2026-10-24", 24 * 60)] {
        log(&dev, day(date, most + 1)).await.expect_field("minutes", "day_full");
        log(&dev, day(date, most)).await.expect_ok();
    }
    // Reason: from one in the morning to four there are two hours in spring.
    let spring = json!({ "projectId": project, "startedAt": "2026-03-28T23:00:00Z", "endedAt": "2026-03-29T22:00:00Z" });
    log(&dev, spring).await.expect_field("endedAt", "day_full");
}

// keeps: PR-22
#[tokio::test]
async fn day_is_not_overfilled_by_entries_made_at_once() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "At once").await);
    let half = json!({ "projectId": project, "spentOn": "2026-02-27", "minutes": 720 });
    let tries = join_all((0..6).map(|_| log(&dev, half.clone()))).await;
    let done = tries.iter().filter(|answer| answer.errors().is_empty()).count();
    assert_eq!(done, 2, "two halves are a day");
    for refused in tries.into_iter().filter(|answer| !answer.errors().is_empty()) {
        refused.expect_field("minutes", "day_full");
    }
}

// keeps: PR-22
#[tokio::test]
async fn wrong_durations_are_refused_with_their_fields() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Wrong").await);
    let wrong = [
        (json!({}), "minutes", "no_duration"),
        (json!({ "minutes": 0 }), "minutes", "too_short"),
        (json!({ "minutes": -5 }), "minutes", "too_short"),
        (json!({ "minutes": 5, "startedAt": "2026-03-02T08:00:00Z" }), "minutes", "two_durations"),
        (json!({ "startedAt": "2026-03-02T08:00:00Z" }), "endedAt", "no_duration"),
        (
            json!({ "startedAt": "2026-03-02T08:00:00Z", "endedAt": "2026-03-02T07:00:00Z" }),
            "endedAt",
            "end_before_start",
        ),
        (
            json!({ "startedAt": "2026-03-02T08:00:00Z", "endedAt": "2026-03-02T10:00:00Z" }),
            "endedAt",
            "ends_in_future",
        ),
        (
            json!({ "startedAt": "2026-02-20T08:00:00Z", "endedAt": "2026-03-02T08:00:00Z" }),
            "endedAt",
            "stretch_too_long",
        ),
        (json!({ "minutes": 5, "spentOn": "2026-03-03" }), "spentOn", "in_future"),
    ];
    for (mut input, path, code) in wrong {
        input["projectId"] = json!(project);
        log(&dev, input).await.expect_field(path, code);
    }
    log(&dev, json!({ "minutes": 5 })).await.expect_field("projectId", "no_target");
    assert_eq!(world.counts().await["projects_time_entries"], 0);
}

// keeps: PR-22
#[tokio::test]
async fn project_that_is_over_or_put_away_takes_no_time() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, manager) = (acme.developer(), acme.manager());
    let over = shared_project(&acme, "Over").await;
    let entry = logged(&dev, &over, "2026-02-27", 30).await;
    transition(&manager, &over, "CANCELLED").await.expect_ok();
    let input = json!({ "projectId": over, "minutes": 5 });
    expect_conflict(log(&dev, input).await, "This project is CANCELLED");
    let more = json!({ "id": entry, "minutes": 45 });
    change(&dev, "updateTimeEntry", more, "timeEntry { id }").await.expect_code("CONFLICT");
    let away = shared_project(&acme, "Away").await;
    change(&acme.owner(), "archiveProject", json!({ "id": away }), "project { id }").await.expect_ok();
    log(&dev, json!({ "projectId": away, "minutes": 5 })).await.expect_code("CONFLICT");
    let open = shared_project(&acme, "Open").await;
    let task = new_task(&manager, &open, "Put away").await;
    change(&manager, "archiveTask", json!({ "id": task }), "task { id }").await.expect_ok();
    log(&dev, json!({ "taskId": task, "minutes": 5 })).await.expect_code("CONFLICT");
    walk(&manager, &open, &["PLANNING", "IN_PROGRESS"]).await;
    log(&dev, json!({ "projectId": open, "minutes": 5 })).await.expect_ok();
}

// keeps: PR-22
#[tokio::test]
async fn time_is_written_only_on_what_one_sees_and_what_belongs_together() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let dev = acme.developer();
    let hidden = new_project(&acme.owner(), "Hidden").await;
    log(&dev, json!({ "projectId": hidden, "minutes": 5 })).await.expect_code("NOT_FOUND");
    let foreign = project(&world.agency("globex"), 1).await;
    log(&acme.owner(), json!({ "projectId": foreign, "minutes": 5 })).await.expect_code("NOT_FOUND");
    let (one, other) = (shared_project(&acme, "One").await, shared_project(&acme, "Other").await);
    let task = new_task(&acme.manager(), &one, "Of one").await;
    let mixed = json!({ "projectId": other, "taskId": task, "minutes": 5 });
    log(&dev, mixed).await.expect_field("taskId", "other_project");
    for who in [acme.client(), acme.viewer(), acme.accountant(), acme.sales()] {
        log(&who, json!({ "projectId": one, "minutes": 5 })).await.expect_code("FORBIDDEN");
    }
    let theirs =
        json!({ "projectId": hidden, "title": "Theirs", "assigneeIds": [person(&acme, "dev").await] });
    let task = change(&acme.owner(), "createTask", theirs, "task { id }").await.expect_ok();
    let own = log(&dev, json!({ "taskId": task.text("createTask.task.id"), "minutes": 5 })).await.expect_ok();
    assert!(
        own.data("createTimeEntry.timeEntries.0.project").is_null(),
        "the task is theirs, the project is not"
    );
}

// keeps: PR-22
#[tokio::test]
async fn time_at_the_same_moment_is_written_and_warned_of() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Twice").await);
    let stretch = |from: &str, to: &str| json!({ "projectId": project, "startedAt": format!("2026-02-27T{from}:00Z"), "endedAt": format!("2026-02-27T{to}:00Z") });
    let first = log(&dev, stretch("09:00", "10:00")).await.expect_ok();
    assert_eq!(*first.data("createTimeEntry.warnings"), json!([]));
    let id = first.text("createTimeEntry.timeEntries.0.id");
    let second = log(&dev, stretch("09:59", "11:00")).await.expect_ok();
    assert_eq!(
        *second.data("createTimeEntry.warnings"),
        json!([{ "code": "overlaps", "timeEntry": { "id": id } }])
    );
    let touching = log(&dev, stretch("08:00", "09:00")).await.expect_ok();
    assert_eq!(*touching.data("createTimeEntry.warnings"), json!([]));
    let others = log(&acme.manager(), stretch("09:00", "10:00")).await.expect_ok();
    assert_eq!(*others.data("createTimeEntry.warnings"), json!([]), "two people may work at once");
    let moved =
        json!({ "id": second.text("createTimeEntry.timeEntries.0.id"), "startedAt": "2026-02-27T10:00:00Z" });
    let moved =
        change(&dev, "updateTimeEntry", moved, "timeEntry { minutes } warnings { code }").await.expect_ok();
    assert_eq!(moved.number("updateTimeEntry.timeEntry.minutes"), 60);
    assert_eq!(*moved.data("updateTimeEntry.warnings"), json!([]));
}

// keeps: PR-22
#[tokio::test]
async fn time_is_changed_and_taken_back_by_its_owner_alone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Mine").await);
    let other = shared_project(&acme, "Other").await;
    let id = logged(&dev, &project, "2026-02-27", 30).await;
    let update = async |who: &tests::Actor, mut fields: Value| {
        fields["id"] = json!(id);
        change(who, "updateTimeEntry", fields, &format!("timeEntry {{ {} }}", super::asks::ENTRY)).await
    };
    let changed = json!({ "projectId": other, "spentOn": "2026-02-26", "minutes": 45, "description": "More", "expectedVersion": 1 });
    let changed = update(&dev, changed).await.expect_ok();
    let entry = changed.data("updateTimeEntry.timeEntry");
    assert_eq!((&entry["minutes"], &entry["spentOn"]), (&json!(45), &json!("2026-02-26")));
    assert_eq!((&entry["project"]["id"], &entry["description"]), (&json!(other), &json!("More")));
    expect_stale(update(&dev, json!({ "minutes": 50, "expectedVersion": 1 })).await, 2);
    update(&acme.manager(), json!({ "minutes": 50 })).await.expect_code("FORBIDDEN");
    update(&acme.owner(), json!({ "minutes": 50 })).await.expect_code("FORBIDDEN");
    update(&world.agency("globex").owner(), json!({ "minutes": 50 })).await.expect_code("NOT_FOUND");
    update(&dev, json!({ "minutes": 0 })).await.expect_field("minutes", "too_short");
    let night = json!({ "startedAt": "2026-02-26T22:30:00Z", "endedAt": "2026-02-26T23:30:00Z" });
    update(&dev, night).await.expect_field("endedAt", "two_days");
    let timed = json!({ "startedAt": "2026-02-26T10:30:00Z", "endedAt": "2026-02-26T11:00:00Z" });
    let timed = update(&dev, timed).await.expect_ok();
    assert_eq!(timed.number("updateTimeEntry.timeEntry.minutes"), 30);
    let delete = async |who: &tests::Actor| change(who, "deleteTimeEntry", json!({ "id": id }), "id").await;
    delete(&acme.manager()).await.expect_code("FORBIDDEN");
    delete(&world.agency("globex").owner()).await.expect_code("NOT_FOUND");
    delete(&dev).await.expect_ok();
    read_entry(&dev, &id).await.expect_code("NOT_FOUND");
}

// keeps: PR-22
#[tokio::test]
async fn locked_days_take_no_time_and_keep_what_they_have() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Locked").await);
    let before = logged(&dev, &project, "2026-02-20", 30).await;
    let after = logged(&dev, &project, "2026-02-25", 30).await;
    let lock = json!({ "lockedThrough": "2026-02-22" });
    super::asks::arrange(&acme.manager(), lock.clone()).await.expect_code("FORBIDDEN");
    super::asks::arrange(&acme.admin(), lock).await.expect_ok();
    let input = json!({ "projectId": project, "spentOn": "2026-02-22", "minutes": 5 });
    log(&dev, input).await.expect_field("spentOn", "locked");
    let change_of = |id: &str, fields: Value| {
        let mut fields = fields;
        fields["id"] = json!(id);
        fields
    };
    let update = async |input: Value| change(&dev, "updateTimeEntry", input, "timeEntry { id }").await;
    update(change_of(&before, json!({ "minutes": 5 }))).await.expect_field("id", "locked");
    update(change_of(&after, json!({ "spentOn": "2026-02-22" }))).await.expect_field("spentOn", "locked");
    update(change_of(&after, json!({ "minutes": 5 }))).await.expect_ok();
    change(&dev, "deleteTimeEntry", json!({ "id": before }), "id").await.expect_field("id", "locked");
    world.clock.advance(24 * HOUR);
    super::asks::arrange(&acme.admin(), json!({ "lockedThrough": null })).await.expect_ok();
    update(change_of(&before, json!({ "minutes": 5 }))).await.expect_ok();
}
