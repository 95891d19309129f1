//! The grid of a week: read in few statements, written at once or not at all.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{log, logged, set, shared_project, submit};
use crate::projects::asks::{change, new_task, person, project, transition};

const MONDAY: &str = "2026-02-23";

const GRID: &str = "query($date: Date!, $user: ID) { timesheetWeek(date: $date, userId: $user) {
  weekStart days timesheet { id status } dayMinutes totalMinutes
  rows { project { id } task { id } activityType { id } totalMinutes cells { date minutes timeEntries { id } } }
} }";

async fn grid(who: &Actor, date: &str) -> Answer {
    who.run(GRID, json!({ "date": date })).await.expect_ok()
}

async fn write(who: &Actor, cells: Value) -> Answer {
    let input = json!({ "weekStart": MONDAY, "cells": cells });
    change(who, "writeTimesheet", input, "timesheet { id status } timeEntries { id minutes spentOn }").await
}

fn cell(project: &str, date: &str, minutes: i64) -> Value {
    json!({ "projectId": project, "date": date, "minutes": minutes })
}

// keeps: PR-23
#[tokio::test]
async fn week_is_written_at_once_and_read_as_it_was_written() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let dev = acme.developer();
    let (one, other) = (shared_project(&acme, "One").await, shared_project(&acme, "Other").await);
    let task = new_task(&acme.manager(), &other, "Of other").await;
    let of_task = json!({ "taskId": task, "date": "2026-02-24", "minutes": 45, "description": "Half" });
    let cells = json!([cell(&one, MONDAY, 480), cell(&one, "2026-02-24", 60), of_task]);
    let written = write(&dev, cells).await.expect_ok();
    assert_eq!(written.each("writeTimesheet.timeEntries", "minutes"), [480, 60, 45]);
    assert_eq!(written.text("writeTimesheet.timesheet.status"), "OPEN");
    let read = grid(&dev, "2026-02-26").await;
    assert_eq!(read.text("timesheetWeek.weekStart"), MONDAY);
    assert_eq!(*read.data("timesheetWeek.dayMinutes"), json!([480, 105, 0, 0, 0, 0, 0]));
    assert_eq!(read.number("timesheetWeek.totalMinutes"), 585);
    assert_eq!(read.list("timesheetWeek.rows").len(), 2);
    let again = json!([cell(&one, MONDAY, 0), cell(&one, "2026-02-24", 60), cell(&one, "2026-02-25", 30)]);
    let written = write(&dev, again).await.expect_ok();
    assert_eq!(
        written.each("writeTimesheet.timeEntries", "spentOn"),
        ["2026-02-25"],
        "what changed and is there"
    );
    let read = grid(&dev, MONDAY).await;
    assert_eq!(*read.data("timesheetWeek.dayMinutes"), json!([0, 105, 30, 0, 0, 0, 0]));
}

// keeps: PR-23
#[tokio::test]
async fn grid_takes_four_statements_however_much_is_in_it() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let dev = acme.developer();
    let kind =
        change(&acme.admin(), "createActivityType", json!({ "name": "Design" }), "activityType { id }")
            .await
            .expect_ok()
            .text("createActivityType.activityType.id");
    let mut cells = Vec::new();
    for number in 0..6 {
        let project = shared_project(&acme, &format!("Number {number}")).await;
        let task = new_task(&acme.manager(), &project, "Something").await;
        for day in 23..28 {
            let date = format!("2026-02-{day}");
            cells.push(cell(&project, &date, 20));
            cells.push(json!({ "taskId": task, "activityTypeId": kind, "date": date, "minutes": 10 }));
        }
    }
    let statements = write(&dev, json!(cells)).await.expect_ok().statements.unwrap();
    let read = grid(&dev, MONDAY).await.expect_statements(4);
    assert_eq!(read.number("timesheetWeek.totalMinutes"), 6 * 5 * 30);
    assert_eq!(read.list("timesheetWeek.rows").len(), 12);
    grid(&dev, "2025-02-24").await.expect_statements(4);
    assert!(statements <= 25, "{statements} statements for sixty cells");
}

// keeps: PR-23
#[tokio::test]
async fn every_wrong_cell_is_named_and_nothing_is_half_saved() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let dev = acme.developer();
    let (open, over) = (shared_project(&acme, "Open").await, shared_project(&acme, "Over").await);
    transition(&acme.manager(), &over, "CANCELLED").await.expect_ok();
    let foreign = project(&world.agency("globex"), 1).await;
    let several = json!({ "projectId": open, "spentOn": "2026-02-25", "minutes": 5, "description": "a" });
    log(&dev, several.clone()).await.expect_ok();
    log(&dev, several).await.expect_ok();
    let timed =
        json!({ "projectId": open, "startedAt": "2026-02-26T09:00:00Z", "endedAt": "2026-02-26T10:00:00Z" });
    log(&dev, timed).await.expect_ok();
    let before = world.counts().await;
    let cells = json!([
        cell(&open, MONDAY, 60),
        cell(&open, MONDAY, 61),
        cell(&over, MONDAY, 60),
        cell(&foreign, MONDAY, 60),
        cell(&open, "2026-03-02", 60),
        cell(&open, "2026-02-24", -1),
        cell(&open, "2026-02-25", 12),
        cell(&open, "2026-02-26", 30),
        cell(&open, "2026-02-27", 1_441),
        json!({ "date": "2026-02-28", "minutes": 5 }),
    ]);
    let refused = write(&dev, cells).await;
    let expected = [
        ("cells.1.date", "twice"),
        ("cells.2.projectId", "project_closed"),
        ("cells.3.projectId", "not_found"),
        ("cells.4.date", "other_week"),
        ("cells.5.minutes", "bad_minutes"),
        ("cells.6.minutes", "several_entries"),
        ("cells.7.minutes", "timed_entry"),
        ("cells.8.minutes", "day_full"),
        ("cells.9.projectId", "no_target"),
    ];
    for (path, code) in expected {
        assert_eq!(refused.fields().get(path).map(String::as_str), Some(code), "{path}\n{refused}");
    }
    assert_eq!(refused.fields().len(), expected.len(), "{refused}");
    assert_eq!(world.counts().await["projects_time_entries"], before["projects_time_entries"]);
    let tuesday = json!({ "weekStart": "2026-02-24", "cells": [] });
    change(&dev, "writeTimesheet", tuesday, "timesheet { id }").await.expect_field("weekStart", "not_monday");
    let many: Vec<Value> = (0..501).map(|_| cell(&open, MONDAY, 1)).collect();
    write(&dev, json!(many)).await.expect_field("cells", "too_many");
}

// keeps: PR-23
#[tokio::test]
async fn day_to_come_is_refused_at_its_cell() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Soon").await);
    set(&world, "2026-02-25T12:00:00Z");
    let cells = json!([cell(&project, "2026-02-25", 60), cell(&project, "2026-02-26", 60)]);
    write(&dev, cells).await.expect_field("cells.1.date", "in_future");
    write(&dev, json!([cell(&project, "2026-02-25", 60)])).await.expect_ok();
}

// keeps: PR-23
#[tokio::test]
async fn week_that_is_handed_in_changes_no_more_and_is_handed_in_once() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Handed in").await);
    submit(&dev, MONDAY).await.expect_field("weekStart", "empty_week");
    submit(&dev, "2026-02-24").await.expect_field("weekStart", "not_monday");
    let id = logged(&dev, &project, MONDAY, 60).await;
    let week = submit(&dev, MONDAY).await.expect_ok();
    assert_eq!(week.text("submitTimesheet.timesheet.status"), "SUBMITTED");
    submit(&dev, MONDAY).await.expect_code("CONFLICT");
    write(&dev, json!([cell(&project, MONDAY, 61)])).await.expect_field("cells.0.minutes", "entry_closed");
    write(&dev, json!([cell(&project, "2026-02-24", 5)])).await.expect_field("cells.0.date", "week_closed");
    write(&dev, json!([cell(&project, MONDAY, 60)])).await.expect_ok();
    let more = json!({ "projectId": project, "spentOn": "2026-02-24", "minutes": 5 });
    log(&dev, more).await.expect_field("spentOn", "week_closed");
    change(&dev, "updateTimeEntry", json!({ "id": id, "minutes": 5 }), "timeEntry { id }")
        .await
        .expect_code("CONFLICT");
    change(&dev, "deleteTimeEntry", json!({ "id": id }), "id").await.expect_code("CONFLICT");
    logged(&dev, &project, "2026-03-02", 5).await;
}

// keeps: PR-23
#[tokio::test]
async fn grid_of_somebody_else_shows_what_the_viewer_answers_for() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, mine) = (acme.developer(), shared_project(&acme, "The manager's").await);
    let hidden = crate::projects::asks::new_project(&acme.owner(), "The owner's").await;
    let user = person(&acme, "dev").await;
    crate::projects::asks::new_member(&acme.owner(), &hidden, &user).await;
    write(&dev, json!([cell(&mine, MONDAY, 60), cell(&hidden, MONDAY, 30)])).await.expect_ok();
    let seen = async |who: Actor| {
        let answer = who.run(GRID, json!({ "date": MONDAY, "user": user })).await.expect_ok();
        answer.number("timesheetWeek.totalMinutes")
    };
    assert_eq!(seen(acme.owner()).await, 90);
    assert_eq!(seen(acme.manager()).await, 60);
    assert_eq!(seen(acme.accountant()).await, 90);
    assert_eq!(seen(world.agency("globex").owner()).await, 0);
    for who in [acme.client(), acme.viewer(), acme.sales()] {
        who.run(GRID, json!({ "date": MONDAY, "user": user })).await.expect_code("FORBIDDEN");
    }
}
