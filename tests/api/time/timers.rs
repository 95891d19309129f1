//! Timers: one runs at most, and what it measured becomes time of the right days.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use tests::{Actor, World};

use super::asks::{logged, set, shared_project, start, stop, submit};
use crate::projects::asks::{ask, change, expect_conflict, new_task, transition};

const MINUTE: Duration = Duration::from_secs(60);

async fn running(who: &Actor) -> Value {
    ask(who, "{ timer { id minutes project { id } description } }").await.expect_ok().data("timer").clone()
}

// keeps: PR-21
#[tokio::test]
async fn timer_measures_until_it_is_stopped() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Measured").await);
    assert!(running(&dev).await.is_null());
    start(&dev, &project).await.expect_ok();
    world.clock.advance(90 * MINUTE + Duration::from_secs(59));
    assert_eq!(running(&dev).await["minutes"], 90);
    assert!(running(&acme.manager()).await.is_null(), "the timer of somebody else is not mine");
    let stopped = stop(&dev, json!({ "description": "Done" })).await.expect_ok();
    let entry = stopped.data("stopTimer.timeEntries.0");
    assert_eq!((&entry["minutes"], &entry["spentOn"]), (&json!(90), &json!("2026-03-02")));
    assert_eq!((&entry["description"], &entry["status"]), (&json!("Done"), &json!("DRAFT")));
    assert!(running(&dev).await.is_null());
    expect_conflict(stop(&dev, json!({})).await, "No timer is running.");
}

// keeps: PR-21
#[tokio::test]
async fn one_timer_runs_however_many_are_started_at_once() {
    let world = World::builder().nodes(2).build().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Once").await);
    let devices: Vec<Actor> = (0..8).map(|device| dev.on(device % 2)).collect();
    dev.token().await;
    let tries = join_all(devices.iter().map(|device| start(device, &project))).await;
    let (done, refused): (Vec<_>, Vec<_>) = tries.into_iter().partition(|answer| answer.errors().is_empty());
    assert_eq!((done.len(), refused.len()), (1, 7));
    for answer in refused {
        expect_conflict(answer, "A timer is running already.");
    }
    start(&acme.manager(), &project).await.expect_ok();
    assert_eq!(world.counts().await["projects_timers"], 2, "each person has one");
}

// keeps: PR-21
#[tokio::test]
async fn database_itself_refuses_a_second_timer() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Unique").await);
    start(&dev, &project).await.expect_ok();
    let columns =
        "tenant_id, user_id, project_id, description, billable, started_at, created_at, updated_at, version";
    let copy =
        format!("INSERT INTO projects_timers (id, {columns}) SELECT user_id, {columns} FROM projects_timers");
    let refused = world.try_execute(&copy).await.unwrap_err();
    assert!(refused.to_lowercase().contains("unique"), "{refused}");
}

// keeps: PR-21
#[tokio::test]
async fn timer_across_midnight_and_a_change_of_clocks_is_split_by_the_persons_days() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Night").await);
    change(&dev, "updateProfile", json!({ "timeZone": "Europe/Berlin" }), "user { id }").await.expect_ok();
    // Reason: in Berlin, from 22:00 on Saturday to 04:00 on Sunday are five hours, for the clocks skip one.
    set(&world, "2026-03-28T21:00:00Z");
    start(&dev, &project).await.expect_ok();
    set(&world, "2026-03-29T02:00:00Z");
    let stopped = stop(&dev, json!({})).await.expect_ok();
    assert_eq!(stopped.each("stopTimer.timeEntries", "spentOn"), ["2026-03-28", "2026-03-29"]);
    assert_eq!(stopped.each("stopTimer.timeEntries", "minutes"), [120, 180]);
}

// keeps: PR-21
#[tokio::test]
async fn timer_of_a_moment_counts_a_minute() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Short").await);
    start(&dev, &project).await.expect_ok();
    let stopped = stop(&dev, json!({})).await.expect_ok();
    assert_eq!(stopped.each("stopTimer.timeEntries", "minutes"), [1]);
}

// keeps: PR-21
#[tokio::test]
async fn switching_writes_the_one_down_and_starts_the_other() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, manager) = (acme.developer(), acme.manager());
    let (one, other) = (shared_project(&acme, "One").await, shared_project(&acme, "Other").await);
    let task = new_task(&manager, &other, "Of other").await;
    start(&dev, &one).await.expect_ok();
    world.clock.advance(10 * MINUTE);
    let fields = "timer { project { id } task { id } startedAt } timeEntries { minutes project { id } }";
    let switched = change(&dev, "switchTimer", json!({ "taskId": task }), fields).await.expect_ok();
    assert_eq!(
        *switched.data("switchTimer.timeEntries"),
        json!([{ "minutes": 10, "project": { "id": one } }])
    );
    assert_eq!(switched.text("switchTimer.timer.project.id"), other);
    assert_eq!(switched.text("switchTimer.timer.startedAt"), "2026-03-02T09:10:00Z");
    let foreign = crate::projects::asks::project(&world.agency("globex"), 1).await;
    change(&dev, "switchTimer", json!({ "projectId": foreign }), fields).await.expect_code("NOT_FOUND");
    assert_eq!(running(&dev).await["project"]["id"], other, "a switch that is refused changes nothing");
    let none = change(&manager, "switchTimer", json!({ "projectId": one }), fields).await.expect_ok();
    assert_eq!(*none.data("switchTimer.timeEntries"), json!([]), "nothing ran");
}

// keeps: PR-21, PR-22
#[tokio::test]
async fn timer_and_other_time_at_the_same_moment_warn_of_each_other() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Overlapping").await);
    let started = start(&dev, &project).await.expect_ok().text("startTimer.timer.id");
    world.clock.advance(60 * MINUTE);
    let warnings = "warnings { code message timeEntry { id } timer { id } }";
    let create = async |from: &str, to: &str| {
        let input = json!({ "projectId": project, "startedAt": from, "endedAt": to });
        let fields = format!("timeEntries {{ id }} {warnings}");
        change(&dev, "createTimeEntry", input, &fields).await.expect_ok()
    };
    let apart = create("2026-03-02T07:00:00Z", "2026-03-02T09:00:00Z").await;
    assert_eq!(*apart.data("createTimeEntry.warnings"), json!([]), "it ended as the timer began");
    let within = create("2026-03-02T09:10:00Z", "2026-03-02T09:20:00Z").await;
    let warned = within.data("createTimeEntry.warnings.0");
    assert_eq!((&warned["code"], &warned["timer"]["id"]), (&json!("overlaps_timer"), &json!(started)));
    assert!(warned["timeEntry"].is_null() && warned["message"].is_string());
    let id = within.text("createTimeEntry.timeEntries.0.id");
    let switched = change(&dev, "switchTimer", json!({ "projectId": project }), warnings).await.expect_ok();
    assert_eq!(switched.text("switchTimer.warnings.0.timeEntry.id"), id);
    world.clock.advance(10 * MINUTE);
    let stopped = change(&dev, "stopTimer", json!({}), warnings).await.expect_ok();
    assert_eq!(*stopped.data("stopTimer.warnings"), json!([]), "the next begins where the other ended");
}

// keeps: PR-21, PR-23
#[tokio::test]
async fn timer_begins_in_no_week_that_was_handed_in() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Handed in").await);
    logged(&dev, &project, "2026-03-02", 60).await;
    submit(&dev, "2026-03-02").await.expect_ok();
    for name in ["startTimer", "switchTimer"] {
        let begun = change(&dev, name, json!({ "projectId": project }), "timer { id }").await;
        expect_conflict(
            begun,
            "The week of 2026-03-02 is handed in. It changes again when somebody sends it back.",
        );
    }
    assert!(running(&dev).await.is_null());
    world.clock.advance(Duration::from_secs(7 * 86_400));
    start(&dev, &project).await.expect_ok();
}

// keeps: PR-21
#[tokio::test]
async fn discarded_timer_leaves_no_time() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Never").await);
    let started = start(&dev, &project).await.expect_ok();
    world.clock.advance(10 * MINUTE);
    let discard = "mutation { discardTimer { id } }";
    let gone = ask(&dev, discard).await.expect_ok();
    assert_eq!(gone.text("discardTimer.id"), started.text("startTimer.timer.id"));
    expect_conflict(ask(&dev, discard).await, "No timer is running.");
    assert_eq!(world.counts().await["projects_time_entries"], 0);
    for who in [acme.client(), acme.viewer(), acme.accountant()] {
        ask(&who, discard).await.expect_code("FORBIDDEN");
    }
}

// keeps: PR-21
#[tokio::test]
async fn timer_on_a_project_that_was_closed_can_go_elsewhere_or_end_earlier() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let dev = acme.developer();
    let (closed, open) = (shared_project(&acme, "Closed").await, shared_project(&acme, "Open").await);
    start(&dev, &closed).await.expect_ok();
    transition(&acme.manager(), &closed, "CANCELLED").await.expect_ok();
    world.clock.advance(80 * 60 * MINUTE);
    stop(&dev, json!({})).await.expect_code("CONFLICT");
    stop(&dev, json!({ "projectId": open })).await.expect_field("endedAt", "stretch_too_long");
    stop(&dev, json!({ "projectId": open, "endedAt": "2027-01-01T00:00:00Z" }))
        .await
        .expect_field("endedAt", "ends_in_future");
    stop(&dev, json!({ "projectId": open, "endedAt": "2026-03-01T00:00:00Z" }))
        .await
        .expect_field("endedAt", "end_before_start");
    let ended = json!({ "projectId": open, "endedAt": "2026-03-02T11:00:00Z" });
    let stopped = stop(&dev, ended).await.expect_ok();
    assert_eq!(stopped.each("stopTimer.timeEntries", "minutes"), [120]);
    assert_eq!(stopped.text("stopTimer.timeEntries.0.project.id"), open);
}

// keeps: PR-21
#[tokio::test]
async fn owner_alone_hears_of_the_timer_on_every_device() {
    let world = World::builder().nodes(2).build().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Live").await);
    let watch = "subscription { timerChanged { kind timer { project { id } } } }";
    let mut socket = dev.on(1).socket().await;
    let mut mine = socket.subscribe(watch, json!({}));
    let mut others = acme.manager().socket().await;
    let mut theirs = others.subscribe(watch, json!({}));
    let mut clients = acme.client().socket().await;
    let refused = clients.subscribe(watch, json!({})).next().await.expect("an answer");
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    heard_of(&acme.manager(), &project, &mut theirs).await;
    heard_of(&dev, &project, &mut mine).await;
    start(&dev, &project).await.expect_ok();
    let started = mine.next().await.expect("a message");
    let expected = json!({ "kind": "STARTED", "timer": { "project": { "id": project } } });
    assert_eq!(started["data"]["timerChanged"], expected);
    stop(&dev, json!({})).await.expect_ok();
    let stopped = mine.next().await.expect("a message");
    assert_eq!(stopped["data"]["timerChanged"], json!({ "kind": "STOPPED", "timer": null }));
    start(&acme.manager(), &project).await.expect_ok();
    let first = theirs.next().await.expect("a message");
    assert_eq!(
        first["data"]["timerChanged"]["kind"], "STARTED",
        "the manager heard nothing of the developer's"
    );
}

/// Makes noise until a subscription has begun, for the protocol does not tell; leaves no timer and nothing unheard.
async fn heard_of(who: &Actor, project: &str, heard: &mut tests::Subscription) {
    let mut begun = false;
    while !begun {
        start(who, project).await.expect_ok();
        begun = heard.next_within(Duration::from_millis(200)).await.is_ok();
        ask(who, "mutation { discardTimer { id } }").await.expect_ok();
    }
    let stopped = heard.next().await.expect("a message");
    assert_eq!(stopped["data"]["timerChanged"]["kind"], "STOPPED");
}
