//! `events`: what partners read, in order, behind a cursor.

use std::time::Duration;

use serde_json::{Value, json};
use tests::World;

use super::asks::{everything, last_cursor, page, texts};
use crate::{
    jobs::stop_the_calendar,
    projects::asks::{change, new_project, new_task, project},
};

// keeps: AU-14
#[tokio::test]
async fn partner_reads_on_behind_the_last_cursor_and_misses_nothing() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let partner = owner.key(&[
        ("audit.event.read", "TENANT"),
        ("projects.project.read", "TENANT"),
        ("projects.task.read", "TENANT"),
    ]);
    let partner = partner.await;
    world.settled().await;
    let mut cursor = last_cursor(&partner).await;
    let project = new_project(&owner, "Lighthouse").await;
    let tasks: Vec<String> = [
        new_task(&owner, &project, "Paint").await,
        new_task(&owner, &project, "Polish").await,
        new_task(&owner, &project, "Light").await,
    ]
    .into();
    world.settled().await;
    let of_task = json!({ "kinds": ["projects.task.created"] });
    let mut heard = Vec::new();
    for number in 0..3 {
        let mut variables = of_task.clone();
        variables["after"] = json!(cursor);
        variables["first"] = json!(1);
        let answer = page(&partner, variables).await.expect_ok();
        let [event] = answer.list("events.nodes") else { panic!("{answer}") };
        heard.push(event["subjectId"].as_str().unwrap().to_owned());
        assert_eq!((&event["subjectType"], &event["version"]), (&json!("Task"), &json!(1)));
        assert_eq!(event["payload"]["action"], "projects.task.create");
        assert_eq!(event["occurredAt"], "2026-03-02T09:00:00Z");
        assert_eq!(event["auditEntryId"], Value::Null, "the key may not read the trail");
        assert_eq!(event["cursor"], *answer.data("events.pageInfo.endCursor"));
        assert_eq!(answer.data("events.pageInfo.hasNextPage"), &json!(number < 2));
        cursor = answer.text("events.pageInfo.endCursor");
    }
    assert_eq!(heard, tasks);
    let end =
        page(&partner, json!({ "after": cursor, "kinds": ["projects.task.created"] })).await.expect_ok();
    assert_eq!((end.list("events.nodes").len(), end.data("events.pageInfo.endCursor")), (0, &Value::Null));
    let again = everything(&partner, json!({ "subject": tasks[0] })).await;
    assert_eq!(texts(&again, "kind"), ["projects.task.created"], "it can be read again and again");
}

// keeps: AU-14
#[tokio::test]
async fn events_are_chosen_by_kind_and_subject() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let (one, other) = (new_project(&owner, "One").await, new_project(&owner, "Other").await);
    change(&owner, "updateProject", json!({ "id": one, "name": "Renamed" }), "__typename").await.expect_ok();
    world.settled().await;
    let of_one = everything(&owner, json!({ "subject": one })).await;
    assert_eq!(texts(&of_one, "kind"), ["projects.project.created", "projects.project.updated"]);
    assert_eq!(of_one[1]["payload"]["changed"], json!(["name"]));
    assert!(of_one[1]["auditEntryId"].as_str().unwrap().starts_with("aud_"));
    let made = everything(&owner, json!({ "kinds": ["projects.project.created"] })).await;
    let made = texts(&made, "subjectId");
    assert_eq!(made.len(), 8, "the seeds' and two");
    assert_eq!(made[6..], [one, other]);
    let unknown = json!({ "kinds": ["projects.project.created", "projects.project.sold"] });
    page(&owner, unknown).await.expect_field("kinds.1", "unknown_kind");
    let mut ids = texts(&everything(&owner, json!({})).await, "id");
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

// keeps: AU-14
#[tokio::test]
async fn page_of_events_takes_few_statements_whatever_it_shows() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    // Reason: who somebody is, is looked up once.
    page(&owner, json!({ "first": 1 })).await.expect_ok();
    let few = page(&owner, json!({ "first": 1 })).await.expect_ok().expect_statements(3);
    let many = page(&owner, json!({ "first": 100 })).await.expect_ok();
    assert_eq!(many.list("events.nodes").len(), 100);
    assert_eq!(many.statements, few.statements);
}

// keeps: AU-14
#[tokio::test]
async fn cursor_is_good_for_as_long_as_its_event_is_kept() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    new_project(&owner, "Old").await;
    world.settled().await;
    let cursor = last_cursor(&owner).await;
    let stranger = world.agency("globex").owner();
    page(&stranger, json!({ "after": cursor })).await.expect_field("after", "cursor_expired");
    page(&owner, json!({ "after": "nonsense" })).await.expect_field("after", "foreign_cursor");
    stop_the_calendar(&world).await;
    world.clock.advance(Duration::from_secs(29 * 24 * 60 * 60));
    page(&owner.elsewhere(), json!({ "after": cursor })).await.expect_ok();
    world.clock.advance(Duration::from_secs(2 * 24 * 60 * 60));
    let owner = owner.elsewhere();
    owner.token().await;
    let late = page(&owner, json!({ "after": cursor })).await.expect_field("after", "cursor_expired");
    assert!(late.to_string().contains("2026-03-03T09:00:00Z"), "it says from where one can read: {late}");
    world.settled().await;
    let before = world.events().await.len();
    gateway::worker::tidy(world.app(0)).await.unwrap();
    let kept = world.events().await;
    assert!(kept.len() < before && !kept.is_empty(), "{before} events, then {}", kept.len());
    assert!(kept.iter().all(|event| event["occurred_at"].as_str().unwrap() > "2026-03-20"), "{kept:#?}");
    let rest = everything(&owner, json!({})).await;
    assert!(!rest.is_empty() && rest.iter().all(|event| event["subjectType"] != "Project"));
}

// keeps: AU-14
#[tokio::test]
async fn event_of_what_is_gone_is_for_who_reads_all_of_its_kind() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let id = new_project(&owner, "Gone").await;
    let seeded = project(&world.agency("acme"), 1).await;
    for name in ["archiveProject", "purgeProject"] {
        change(&owner, name, json!({ "id": id }), "__typename").await;
    }
    stop_the_calendar(&world).await;
    world.clock.advance(Duration::from_secs(31 * 24 * 60 * 60));
    let owner = owner.elsewhere();
    change(&owner, "purgeProject", json!({ "id": id }), "__typename").await.expect_ok();
    world.settled().await;
    let told = everything(&owner, json!({ "subject": id })).await;
    assert_eq!(texts(&told, "kind").last().map(String::as_str), Some("projects.project.deleted"));
    assert!(!everything(&owner, json!({ "subject": seeded })).await.is_empty());
}
