//! What becomes of time when its person or project goes.

use std::time::Duration;

use projects::{
    change_request::line,
    time::claim::{Wanted, claim},
};
use serde_json::json;
use tests::World;

use super::asks::{approve, logged, platform, read_entry, shared_project, start, submit};
use crate::projects::asks::{change, expect_conflict, new_project, person};

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

// keeps: PR-19, PR-25
#[tokio::test]
async fn purged_project_keeps_its_changes_that_are_billed() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let project = new_project(&owner, "Changed").await;
    let amount = json!({ "amount": "500", "currency": "EUR" });
    let input = json!({ "projectId": project, "title": "More", "amount": amount, "billable": true });
    let id = change(&owner, "createChangeRequest", input, "changeRequest { id }").await.expect_ok();
    let id = json!({ "id": id.text("createChangeRequest.changeRequest.id") });
    for step in ["submitChangeRequest", "approveChangeRequest", "applyChangeRequest"] {
        change(&owner, step, id.clone(), "changeRequest { id }").await.expect_ok();
    }
    change(&owner, "archiveProject", json!({ "id": project }), "project { id }").await.expect_ok();
    world.clock.advance(31 * DAY);
    let viewer = platform(&world, "acme").await;
    let of = [project.parse().unwrap()];
    let take = async |act: &mut kernel::act::Act| line::claim(act, &of).await;
    let claimed = viewer.act(&world.app(0).db, "test.claim", take).await.unwrap().unwrap();
    let purge = async || change(&owner, "purgeProject", json!({ "id": project }), "id").await;
    expect_conflict(purge().await, "A change of this project was taken for billing");
    let give_back = async |act: &mut kernel::act::Act| line::release(act, claimed.id).await;
    viewer.act(&world.app(0).db, "test.release", give_back).await.unwrap();
    purge().await.expect_ok();
    // Reason: a task of this runtime gives the connection back to its pool, which the end of the world waits for.
    world.settled().await;
}

// keeps: PR-24
#[tokio::test]
async fn hours_that_wait_keep_their_rates_when_their_person_goes() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, dev, manager) = (acme.owner(), acme.developer(), acme.manager());
    let (left, deleted) = (shared_project(&acme, "Left").await, shared_project(&acme, "Deleted").await);
    let user = person(&acme, "dev").await;
    let amount = |cents: &str| json!({ "amount": cents, "currency": "EUR" });
    let members = "query($id: ID!) { project(id: $id) { members { nodes { id user { id } } } } }";
    let members = owner.run(members, json!({ "id": left })).await.expect_ok();
    let members = members.list("project.members.nodes");
    let member = members.iter().find(|member| member["user"]["id"] == user.as_str()).unwrap()["id"].clone();
    let rated = json!({ "id": member, "billRate": amount("7000") });
    change(&owner, "updateProjectMember", rated, "member { id }").await.expect_ok();
    let rate = json!({ "userId": user, "validFrom": "2026-01-01", "amount": amount("8000") });
    change(&owner, "setBillRate", rate.clone(), "billRate { id }").await.expect_ok();
    change(&owner, "setCostRate", rate, "costRate { id }").await.expect_ok();
    let general = json!({ "validFrom": "2026-01-01", "amount": amount("1000") });
    change(&owner, "setBillRate", general, "billRate { id }").await.expect_ok();
    let (one, two) =
        (logged(&dev, &left, "2026-02-23", 60).await, logged(&dev, &deleted, "2026-02-24", 60).await);
    let own = logged(&dev, &deleted, "2026-02-25", 60).await;
    submit(&dev, "2026-02-23").await.expect_ok();
    let gone = json!({ "id": member, "leftOn": "2026-03-02" });
    change(&owner, "removeProjectMember", gone, "member { id }").await.expect_ok();
    let billed = async |id: &str| {
        let read = super::asks::read_rates(&owner, id).await.expect_ok();
        let told = |of: &str| read.data(&format!("timeEntry.{of}.amount.amount")).clone();
        (told("billRate"), told("costRate"))
    };
    assert_eq!(billed(&one).await, (json!("7000"), json!("8000")), "who left was there on that day");
    change(&owner, "deleteUser", json!({ "id": user }), "userId").await.expect_ok();
    assert_eq!(billed(&one).await, (json!("7000"), json!("8000")));
    assert_eq!(billed(&two).await, (json!("8000"), json!("8000")));
    let special = json!({ "id": own, "rate": amount("9000") });
    change(&manager, "setTimeEntryRate", special, "timeEntry { id }").await.expect_ok();
    approve(&owner, &[&one, &two, &own]).await.expect_ok();
    assert_eq!(billed(&one).await, (json!("7000"), json!("8000")));
    assert_eq!(billed(&two).await, (json!("8000"), json!("8000")));
    assert_eq!(billed(&own).await, (json!("9000"), json!("8000")), "what was said of it later counts");
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
