//! What the calendar does about time: forgotten timers, and weeks that were not handed in.

use std::time::Duration;

use kernel::act::NewJob;
use serde_json::json;
use tests::World;

use super::asks::{arrange, logged, platform, set, shared_project, start, submit};
use crate::projects::asks::{ask, change, transition};

const HOUR: Duration = Duration::from_secs(3600);

/// Does a job of this kind for an agency.
async fn run(world: &World, kind: &'static str) {
    let viewer = platform(world, "acme").await;
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
