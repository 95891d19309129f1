//! What becomes of time when its person or project goes.

use std::time::Duration;

use projects::time::claim::{Wanted, claim};
use serde_json::json;
use tests::World;

use super::asks::{approve, logged, platform, read_entry, shared_project, start, submit};
use crate::projects::asks::{change, expect_conflict, person};

const DAY: Duration = Duration::from_secs(24 * 3600);

// keeps: PR-22
#[tokio::test]
async fn hours_of_somebody_who_left_stay_and_their_timer_and_rates_go() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Left").await);
    let user = person(&acme, "dev").await;
    let id = logged(&dev, &project, "2026-02-27", 60).await;
    start(&dev, &project).await.expect_ok();
    let rate =
        json!({ "userId": user, "validFrom": "2026-01-01", "amount": { "amount": "1", "currency": "EUR" } });
    change(&acme.owner(), "setBillRate", rate.clone(), "billRate { id }").await.expect_ok();
    change(&acme.owner(), "setCostRate", rate, "costRate { id }").await.expect_ok();
    let remove = json!({ "id": user });
    change(&acme.owner(), "deleteUser", remove, "userId").await.expect_ok();
    let entry = read_entry(&acme.owner(), &id).await.expect_ok();
    assert_eq!(entry.number("timeEntry.minutes"), 60);
    assert!(entry.data("timeEntry.user").is_null());
    let counts = world.counts().await;
    let gone = ["projects_timers", "projects_bill_rates", "projects_cost_rates"].map(|table| counts[table]);
    assert_eq!(gone, [0, 0, 0]);
}

// keeps: PR-22, PR-25
#[tokio::test]
async fn purged_project_takes_its_time_along_unless_it_is_billed() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, dev) = (acme.owner(), acme.developer());
    let (plain, billed) = (shared_project(&acme, "Plain").await, shared_project(&acme, "Billed").await);
    let rate = json!({ "projectId": billed, "validFrom": "2026-01-01", "amount": { "amount": "1", "currency": "EUR" } });
    change(&owner, "setBillRate", rate, "billRate { id }").await.expect_ok();
    logged(&dev, &plain, "2026-02-27", 60).await;
    start(&dev, &plain).await.expect_ok();
    let id = logged(&dev, &billed, "2026-02-27", 60).await;
    submit(&dev, "2026-02-23").await.expect_ok();
    approve(&acme.manager(), &[&id]).await.expect_ok();
    let viewer = platform(&world, "acme").await;
    let taken = viewer.act(&world.db, "test.claim", async |act| claim(act, &Wanted::default()).await).await;
    assert_eq!(taken.unwrap().unwrap().lines.len(), 1);
    for project in [&plain, &billed] {
        change(&owner, "archiveProject", json!({ "id": project }), "project { id }").await.expect_ok();
    }
    world.clock.advance(31 * DAY);
    change(&owner, "purgeProject", json!({ "id": plain }), "id").await.expect_ok();
    let refused = change(&owner, "purgeProject", json!({ "id": billed }), "id").await;
    expect_conflict(refused, "Time of this project was taken for billing");
    let counts = world.counts().await;
    assert_eq!((counts["projects_timers"], counts["projects_time_entries"]), (0, 1));
}

// keeps: PR-22, AU-12
#[tokio::test]
async fn hours_of_somebody_who_was_erased_stay_without_them_and_their_words() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Erased").await);
    let user = person(&acme, "dev").await;
    let said =
        json!({ "projectId": project, "spentOn": "2026-02-27", "minutes": 60, "description": "With Ada" });
    super::asks::log(&dev, said).await.expect_ok();
    let other = logged(&acme.manager(), &project, "2026-02-27", 30).await;
    let viewer = platform(&world, "acme").await;
    let id = user.parse().unwrap();
    let erased =
        viewer.act(&world.db, "test.erase", async |act| projects::time::people::erase_user(act, id).await);
    erased.await.unwrap();
    let entries = world.rows("projects_time_entries", "ORDER BY id").await;
    assert_eq!(entries.len(), 2);
    assert_eq!((&entries[0]["minutes"], &entries[0]["description"]), (&json!(60), &json!("")));
    assert!(entries[0]["user_id"].is_null() && !entries[1]["user_id"].is_null());
    let weeks = world.rows("projects_timesheets", "WHERE user_id IS NULL").await;
    assert_eq!(weeks.len(), 1);
    read_entry(&acme.manager(), &other).await.expect_ok();
}
