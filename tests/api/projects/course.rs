//! The course of a project: from intake to its end, by every way there is and by none other.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use tests::{Actor, World};

use super::asks::{
    PROJECT, change, expect_conflict, expect_stale, new_project, project, read_project, transition, walk,
};

/// Where a project may go from each status, and how it gets there from intake.
const COURSE: &[(&str, &[&str], &[&str])] = &[
    ("INTAKE", &["PLANNING", "ON_HOLD", "CANCELLED"], &[]),
    ("PLANNING", &["IN_PROGRESS", "ON_HOLD", "CANCELLED"], &["PLANNING"]),
    ("IN_PROGRESS", &["REVIEW", "ON_HOLD", "CANCELLED"], &["PLANNING", "IN_PROGRESS"]),
    ("REVIEW", &["COMPLETED", "IN_PROGRESS", "ON_HOLD", "CANCELLED"], &["PLANNING", "IN_PROGRESS", "REVIEW"]),
    ("COMPLETED", &[], &["PLANNING", "IN_PROGRESS", "REVIEW", "COMPLETED"]),
    ("ON_HOLD", &["INTAKE", "CANCELLED"], &["ON_HOLD"]),
    ("CANCELLED", &[], &["CANCELLED"]),
];

async fn at(who: &Actor, way: &[&str]) -> String {
    let id = new_project(who, "On its way").await;
    walk(who, &id, way).await;
    id
}

// keeps: PR-1
#[tokio::test]
async fn project_goes_wherever_its_course_allows() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    for (from, allowed, way) in COURSE {
        for to in *allowed {
            let id = at(&manager, way).await;
            let moved = transition(&manager, &id, to).await.expect_ok();
            assert_eq!(moved.text("transitionProject.project.status"), *to, "from {from}\n{moved}");
        }
    }
}

// keeps: PR-1
#[tokio::test]
async fn transition_off_the_course_is_refused_and_names_the_allowed_ones() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    for (from, allowed, way) in COURSE {
        let id = at(&manager, way).await;
        let before = read_project(&manager, &id).await.expect_ok();
        assert_eq!(*before.data("project.allowedTransitions"), json!(allowed), "from {from}");
        let named = if allowed.is_empty() { "—".to_owned() } else { allowed.join(", ") };
        for (to, ..) in COURSE.iter().filter(|(to, ..)| !allowed.contains(to)) {
            let refused = transition(&manager, &id, to).await;
            let said = format!("A project in {from} cannot become {to}. Allowed: {named}.");
            expect_conflict(refused, &said);
        }
        let after = read_project(&manager, &id).await.expect_ok();
        assert_eq!(after.data("project"), before.data("project"), "a refusal changes nothing");
    }
}

// keeps: PR-1
#[tokio::test]
async fn refusal_is_said_in_the_language_of_the_request() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "En français").await;
    let refused = transition(&manager.speaking("fr"), &id, "REVIEW").await;
    let said = "Un projet en INTAKE ne peut pas passer à REVIEW. Autorisés : PLANNING, ON_HOLD, CANCELLED.";
    expect_conflict(refused, said);
    let wrong = json!({ "id": id, "estimatedStart": "2026-05-02", "estimatedEnd": "2026-05-01" });
    let refused = change(&manager.speaking("fr-CA, en;q=0.5"), "updateProject", wrong, PROJECT).await;
    assert_eq!(refused.message(), Some("La fin ne peut pas précéder le début."));
    refused.expect_field("estimatedEnd", "end_before_start");
}

// keeps: PR-1
#[tokio::test]
async fn project_on_hold_goes_on_where_it_stopped() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    for (from, _, way) in
        COURSE.iter().filter(|(from, ..)| !["COMPLETED", "ON_HOLD", "CANCELLED"].contains(from))
    {
        let id = at(&manager, way).await;
        let held = transition(&manager, &id, "ON_HOLD").await.expect_ok();
        let allowed = held.data("transitionProject.project.allowedTransitions");
        assert_eq!(*allowed, json!([from, "CANCELLED"]));
        let elsewhere = if *from == "PLANNING" { "IN_PROGRESS" } else { "PLANNING" };
        let said = format!("A project in ON_HOLD cannot become {elsewhere}. Allowed: {from}, CANCELLED.");
        expect_conflict(transition(&manager, &id, elsewhere).await, &said);
        let on = transition(&manager, &id, from).await.expect_ok();
        assert_eq!(on.text("transitionProject.project.status"), *from);
        let again = on.list("transitionProject.project.allowedTransitions");
        assert!(again.contains(&json!("ON_HOLD")), "it can be held again\n{on}");
    }
}

/// Statuses with the dates on which work began and ended.
async fn dates(who: &Actor, id: &str) -> [Value; 3] {
    let read = read_project(who, id).await.expect_ok();
    ["status", "actualStart", "actualEnd"].map(|name| read.data(&format!("project.{name}")).clone())
}

// keeps: PR-1
#[tokio::test]
async fn work_is_dated_by_the_days_of_the_agency() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = at(&manager, &["PLANNING"]).await;
    assert_eq!(dates(&manager, &id).await, [json!("PLANNING"), Value::Null, Value::Null]);
    // Reason: 23:30 on Monday in London is Tuesday in Berlin, where the agency is.
    world.clock.advance(Duration::from_secs(14 * 3600 + 1800));
    walk(&manager, &id, &["IN_PROGRESS"]).await;
    assert_eq!(dates(&manager, &id).await, [json!("IN_PROGRESS"), json!("2026-03-03"), Value::Null]);
    world.clock.advance(Duration::from_secs(48 * 3600));
    walk(&manager, &id, &["REVIEW", "IN_PROGRESS", "ON_HOLD", "IN_PROGRESS", "REVIEW"]).await;
    assert_eq!(dates(&manager, &id).await, [json!("REVIEW"), json!("2026-03-03"), Value::Null]);
    walk(&manager, &id, &["COMPLETED"]).await;
    assert_eq!(dates(&manager, &id).await, [json!("COMPLETED"), json!("2026-03-03"), json!("2026-03-05")]);
}

// keeps: PR-1
#[tokio::test]
async fn project_given_up_ends_only_if_work_had_begun() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let never = at(&manager, &["PLANNING", "CANCELLED"]).await;
    assert_eq!(dates(&manager, &never).await, [json!("CANCELLED"), Value::Null, Value::Null]);
    let begun = at(&manager, &["PLANNING", "IN_PROGRESS", "ON_HOLD", "CANCELLED"]).await;
    let monday = json!("2026-03-02");
    assert_eq!(dates(&manager, &begun).await, [json!("CANCELLED"), monday.clone(), monday]);
}

// keeps: PR-1
#[tokio::test]
async fn of_two_decisions_on_the_same_version_one_is_done() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = at(&manager, &["PLANNING"]).await;
    let version = read_project(&manager, &id).await.number("project.version");
    let decide = async |to: &'static str| {
        let input = json!({ "id": id, "to": to, "expectedVersion": version });
        change(&manager, "transitionProject", input, PROJECT).await
    };
    let (done, refused): (Vec<_>, Vec<_>) = join_all(["IN_PROGRESS", "ON_HOLD", "CANCELLED"].map(decide))
        .await
        .into_iter()
        .partition(|answer| answer.errors().is_empty());
    assert_eq!((done.len(), refused.len()), (1, 2), "{done:#?}{refused:#?}");
    for answer in refused {
        expect_stale(answer, version + 1);
    }
    let status = read_project(&manager, &id).await.text("project.status");
    assert_eq!(status, done[0].text("transitionProject.project.status"));
}

// keeps: PR-1
#[tokio::test]
async fn stale_version_tells_the_current_one() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = at(&manager, &["PLANNING"]).await;
    let input = json!({ "id": id, "to": "IN_PROGRESS", "expectedVersion": 1 });
    expect_stale(change(&manager, "transitionProject", input, PROJECT).await, 2);
    let input = json!({ "id": id, "to": "IN_PROGRESS", "expectedVersion": 2 });
    change(&manager, "transitionProject", input, PROJECT).await.expect_ok();
}

// keeps: PR-1
#[tokio::test]
async fn project_is_moved_only_by_who_may_move_this_one() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let led = project(&acme, 1).await;
    transition(&acme.developer(), &led, "ON_HOLD").await.expect_code("FORBIDDEN");
    transition(&acme.client(), &led, "ON_HOLD").await.expect_code("FORBIDDEN");
    transition(&acme.viewer(), &led, "ON_HOLD").await.expect_code("FORBIDDEN");
    transition(&world.agency("globex").owner(), &led, "ON_HOLD").await.expect_code("NOT_FOUND");
    transition(&world.nobody(), &led, "ON_HOLD").await.expect_code("UNAUTHENTICATED");
    let other = project(&acme, 4).await;
    transition(&acme.manager(), &other, "COMPLETED").await.expect_code("NOT_FOUND");
    transition(&acme.manager(), &led, "ON_HOLD").await.expect_ok();
    transition(&acme.admin(), &other, "COMPLETED").await.expect_ok();
}

// keeps: PR-1
#[tokio::test]
async fn note_is_bounded_and_status_is_a_word_of_the_course() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "With a note").await;
    let with = |note: String| json!({ "id": id, "to": "PLANNING", "note": note });
    let refused = change(&manager, "transitionProject", with("x".repeat(2_001)), PROJECT).await;
    refused.expect_field("note", "too_long");
    let refused = change(&manager, "transitionProject", with("bell\u{7}".to_owned()), PROJECT).await;
    refused.expect_field("note", "forbidden_character");
    let unknown = json!({ "id": id, "to": "DONE" });
    change(&manager, "transitionProject", unknown, PROJECT).await.expect_code("GRAPHQL_VALIDATION_FAILED");
    change(&manager, "transitionProject", with("x".repeat(2_000)), PROJECT).await.expect_ok();
}
