//! What the calendar does about time: forgotten timers, and weeks that were not handed in.

use std::time::Duration;

use kernel::act::NewJob;
use projects::time::timer::guard;
use serde_json::json;
use tests::World;

use super::asks::{arrange, logged, platform, set, shared_project, start, submit};
use crate::{
    jobs::stop_the_calendar,
    projects::asks::{ask, change, transition},
};

const HOUR: Duration = Duration::from_secs(3600);

/// Does a job of this kind for an agency.
async fn run(world: &World, kind: &'static str) {
    run_of(world, "acme", kind).await;
}

async fn run_of(world: &World, agency: &str, kind: &'static str) {
    let viewer = platform(world, agency).await;
    let job = NewJob::new(kind, String::new());
    viewer.act(&world.app(0).db, "test.enqueue", async |act| Ok(act.enqueue(job))).await.unwrap();
    world.settled().await;
}

// keeps: PR-21
#[tokio::test]
async fn forgotten_timer_is_flagged_once_and_its_owner_told() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Forgotten").await);
    start(&dev, &project).await.expect_ok();
    world.clock.advance(10 * HOUR - Duration::from_secs(1));
    run(&world, gateway::worker::time::GUARD).await;
    let flagged =
        async || ask(&dev, "{ timer { flaggedAt } }").await.expect_ok().data("timer.flaggedAt").clone();
    assert!(flagged().await.is_null());
    world.clock.advance(Duration::from_secs(1));
    run(&world, gateway::worker::time::GUARD).await;
    assert!(flagged().await.is_string(), "it runs on and is flagged");
    let mail = world.mail_to(&acme.email("dev")).await;
    assert!(mail.message.subject.contains("10"), "{}", mail.message.subject);
    world.clock.advance(HOUR);
    run(&world, gateway::worker::time::GUARD).await;
    assert_eq!(world.mails_to(&acme.email("dev")).len(), 1, "told once");
    let stopped = super::asks::stop(&dev, json!({})).await.expect_ok();
    assert_eq!(stopped.each("stopTimer.timeEntries", "flagged")[0], true);
}

// keeps: PR-21
#[tokio::test]
async fn forgotten_timer_is_stopped_where_the_agency_wants_it_and_what_cannot_be_is_left() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, manager) = (acme.developer(), acme.manager());
    arrange(&acme.admin(), json!({ "timerHours": 4, "timerAction": "STOP" })).await.expect_ok();
    let (open, closed) = (shared_project(&acme, "Open").await, shared_project(&acme, "Closed").await);
    start(&dev, &open).await.expect_ok();
    start(&manager, &closed).await.expect_ok();
    transition(&manager, &closed, "CANCELLED").await.expect_ok();
    world.clock.advance(7 * HOUR);
    run(&world, gateway::worker::time::GUARD).await;
    assert!(ask(&dev, "{ timer { id } }").await.data("timer").is_null());
    let entries = ask(&dev, "{ timeEntries { nodes { minutes flagged status } } }").await.expect_ok();
    let expected = json!([{ "minutes": 240, "flagged": true, "status": "DRAFT" }]);
    assert_eq!(*entries.data("timeEntries.nodes"), expected);
    assert!(ask(&manager, "{ timer { flaggedAt } }").await.data("timer.flaggedAt").is_string());
    assert_eq!(world.mails_to(&acme.email("dev")).len(), 1);
    assert_eq!(world.mails_to(&acme.email("pm")).len(), 1);
}

// keeps: PR-23
#[tokio::test]
async fn who_has_not_handed_in_last_week_is_reminded_on_monday_morning() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, manager) = (acme.developer(), acme.manager());
    let project = shared_project(&acme, "Owed").await;
    arrange(&acme.admin(), json!({ "reminders": true })).await.expect_ok();
    let schedules = world.rows("job_schedules", "WHERE name = 'timesheet-reminders'").await;
    assert_eq!(schedules.len(), 1);
    assert_eq!(schedules[0]["cron"], "0 9 * * 1");
    set(&world, "2026-03-06T12:00:00Z");
    logged(&dev, &project, "2026-03-05", 60).await;
    logged(&manager, &project, "2026-03-05", 60).await;
    submit(&manager, "2026-03-02").await.expect_ok();
    set(&world, "2026-03-09T12:00:00Z");
    run(&world, projects::time::reminder::JOB).await;
    let mail = world.mail_to(&acme.email("dev")).await;
    assert!(mail.message.subject.contains("2026-03-02"), "{}", mail.message.subject);
    assert!(world.mails_to(&acme.email("pm")).is_empty(), "theirs is handed in");
    arrange(&acme.admin(), json!({ "reminders": false })).await.expect_ok();
    assert!(world.rows("job_schedules", "WHERE name = 'timesheet-reminders'").await.is_empty());
    change(&dev, "updateTimeSettings", json!({ "reminders": true }), "timeSettings { version }")
        .await
        .expect_code("FORBIDDEN");
}

// keeps: PR-23
#[tokio::test]
async fn nobody_is_reminded_of_a_week_with_nothing_in_it() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Emptied").await);
    arrange(&acme.admin(), json!({ "reminders": true })).await.expect_ok();
    let id = logged(&dev, &project, "2026-02-24", 60).await;
    change(&dev, "deleteTimeEntry", json!({ "id": id }), "id").await.expect_ok();
    run(&world, projects::time::reminder::JOB).await;
    assert!(world.mails_to(&acme.email("dev")).is_empty());
    logged(&dev, &project, "2026-02-24", 60).await;
    run(&world, projects::time::reminder::JOB).await;
    world.mail_to(&acme.email("dev")).await;
}

// keeps: PR-21
#[tokio::test]
async fn what_fails_in_one_agency_keeps_no_other_from_being_looked_at() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    for agency in [&acme, &globex] {
        let project = shared_project(agency, "Forgotten").await;
        start(&agency.developer(), &project).await.expect_ok();
    }
    stop_the_calendar(&world).await;
    world.clock.advance(11 * HOUR);
    // Reason: an agency whose clocks nobody knows cannot be looked at.
    let zone = world.rows("identity_tenants", "WHERE slug = 'acme'").await[0]["time_zone"].clone();
    let set = async |zone: &str| {
        world.execute(&format!("UPDATE identity_tenants SET time_zone = '{zone}' WHERE slug = 'acme'")).await;
    };
    set("Nowhere/Never").await;
    run_of(&world, "globex", gateway::worker::time::GUARD).await;
    let flagged = ask(&globex.developer(), "{ timer { flaggedAt } }").await.expect_ok();
    assert!(flagged.data("timer.flaggedAt").is_string());
    set(zone.as_str().unwrap()).await;
    let left = world.rows("projects_timers", "WHERE flagged_at IS NULL").await;
    assert_eq!(left.len(), 1, "the other agency could not be looked at");
}

// keeps: PR-21
#[tokio::test]
async fn timer_that_was_stopped_meanwhile_keeps_no_other_from_being_flagged() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, manager) = (acme.developer(), acme.manager());
    let project = shared_project(&acme, "Raced").await;
    start(&dev, &project).await.expect_ok();
    start(&manager, &project).await.expect_ok();
    stop_the_calendar(&world).await;
    world.clock.advance(11 * HOUR);
    let viewer = platform(&world, "acme").await;
    let app = world.app(0);
    let (_, _, found) = guard::forgotten(&app.db, &viewer).await.unwrap();
    assert_eq!(found.len(), 2);
    super::asks::stop(&dev, json!({})).await.expect_ok();
    let told = viewer.act(&app.db, "test.flag", async |act| guard::flag(act, &found).await).await.unwrap();
    assert_eq!(told.len(), 1, "the other one's");
    world.settled().await;
    assert!(ask(&manager, "{ timer { flaggedAt } }").await.data("timer.flaggedAt").is_string());
}
