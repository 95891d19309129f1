//! The harness itself: worlds that do not know each other and leave nothing behind.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use platform::settings::DatabaseSettings;
use serde_json::json;
use tests::World;

const NAMES: &str = "{ projects(first: 100) { nodes { id name } } }";

#[tokio::test]
async fn worlds_at_once_do_not_see_each_other() {
    let (one, other) = tokio::join!(World::new(), World::new());
    let create = "mutation($input: CreateProjectInput!) { createProject(input: $input) { project { id } } }";
    let input = json!({ "input": { "name": "Only here" } });
    let owner = one.agency("acme").owner();
    let id = owner.run(create, input).await.expect_ok().text("createProject.project.id");
    let there = other.agency("acme").owner().run(NAMES, json!({})).await.expect_ok();
    assert!(!there.ids("projects.nodes").contains(&id));
    assert_eq!(one.counts().await["projects_projects"], other.counts().await["projects_projects"] + 1);
    one.clock.advance(std::time::Duration::from_secs(60));
    assert_ne!(one.clock.now(), other.clock.now());
}

#[tokio::test]
async fn worlds_are_born_equal() {
    let (one, other) = tokio::join!(World::new(), World::new());
    // Reason: each world's first node made the key that it signs with, and knows its consumers and
    // schedules when it comes to that.
    let keys = ["identity_signing_keys", "event_consumers", "job_schedules"];
    let (one, other) = (one.snapshot().await.without(&keys), other.snapshot().await.without(&keys));
    assert_eq!(one.changes(&other), [""; 0]);
}

#[test]
fn world_of_a_test_that_panicked_leaves_nothing_behind() {
    let mut place: Option<(PathBuf, DatabaseSettings)> = None;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let world = World::new().await;
            world.agency("acme").owner().run(NAMES, json!({})).await.expect_ok();
            let config = &world.app(0).config;
            place = Some((config.data_dir.clone(), config.database.clone()));
            world.nobody().run("{ viewer { user { id } } }", json!({})).await.expect_ok();
        });
    }));
    assert!(panicked.is_err(), "nobody has no viewer");
    let (folder, settings) = place.unwrap();
    assert!(!folder.exists(), "{} is still there", folder.display());
    let gone = runtime.block_on(platform::db::connect(&settings));
    assert!(gone.is_err(), "the database is still there");
}

#[tokio::test]
async fn nodes_of_a_world_share_database_and_news() {
    let world = World::builder().nodes(2).build().await;
    let manager = world.agency("acme").manager();
    let names = manager.run(NAMES, json!({})).await.expect_ok();
    let there = manager.on(1).run(NAMES, json!({})).await.expect_ok();
    assert_eq!(names.body["data"], there.body["data"]);
    world.stop_node(1).await;
    manager.run(NAMES, json!({})).await.expect_ok();
}
