//! How well projects go: the score and its parts, how they are weighed, and what is recorded in the night.

use std::{collections::BTreeSet, time::Duration};

use futures::future::join_all;
use kernel::act::NewJob;
use projects::health::record;
use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::{
    asks::{change, column, expect_stale, new_project, project, refusals},
    risks::new_risk,
};
use crate::time::asks::{logged, platform};

const DAY: Duration = Duration::from_secs(86_400);

const REPORT: &str = "query($id: ID!) { project(id: $id) { health healthReport { score change
  schedule { score weight measure } budget { score weight measure } scope { score weight measure }
  risk { score weight measure } sentiment { score weight measure }
  trend { on score schedule budget scope risk sentiment } } } }";

async fn report(who: &Actor, project: &str) -> Answer {
    who.run(REPORT, json!({ "id": project })).await
}

async fn night(world: &World) {
    let viewer = platform(world, "acme").await;
    let job = NewJob::new(record::JOB, String::new());
    viewer.act(&world.app(0).db, "test.enqueue", async |act| Ok(act.enqueue(job))).await.unwrap();
    world.settled().await;
}

async fn weigh(who: &Actor, input: Value) -> Answer {
    change(
        who,
        "updateHealthSettings",
        input,
        "healthSettings { schedule budget scope risk sentiment version }",
    )
    .await
}

/// A project of ten hours of work, all of it due yesterday, with a budget of eight and two risks of the worst kind.
async fn ailing(world: &World) -> (Actor, String, String) {
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Ailing").await;
    let input = json!({ "id": id, "budgetMinutes": 480 });
    change(&manager, "updateProject", input, "project { id }").await.expect_ok();
    let late = json!({ "projectId": id, "title": "Late", "estimateMinutes": 600, "dueOn": "2026-03-01" });
    let task =
        change(&manager, "createTask", late, "task { id }").await.expect_ok().text("createTask.task.id");
    for title in ["Fire", "Flood"] {
        new_risk(&manager, &id, title, (5, 5), json!({})).await;
    }
    (manager, id, task)
}

// keeps: PR-16
#[tokio::test]
async fn score_is_the_mean_of_its_parts_by_their_weights() {
    let world = World::new().await;
    let (manager, id, task) = ailing(&world).await;
    let before = report(&manager, &id).await.expect_ok();
    let part = |score: Option<i64>, weight: i64, measure: Option<f64>| json!({ "score": score, "weight": weight, "measure": measure });
    let parts = before.data("project.healthReport").clone();
    assert_eq!(parts["schedule"], part(Some(0), 30, Some(1.0)), "all of it ought to be done");
    // (0 + 600 − 0 − 480) ÷ 480, and 600 against 480.
    assert_eq!(parts["budget"], part(Some(50), 25, Some(0.25)));
    assert_eq!(parts["scope"], part(Some(50), 15, Some(0.25)));
    assert_eq!(parts["risk"], part(Some(50), 15, Some(50.0)));
    assert_eq!(parts["sentiment"], part(None, 15, None), "the client was not asked");
    // (0 × 30 + 50 × 25 + 50 × 15 + 50 × 15) ÷ 85
    assert_eq!(parts["score"], 32);
    assert!(before.data("project.health").is_null(), "no night was there yet");
    logged(&manager, &id, "2026-03-02", 60).await;
    let to = column(&manager, &id, "Done").await;
    change(&manager, "moveTask", json!({ "id": task, "columnId": to }), "task { id }").await.expect_ok();
    let after = report(&manager, &id).await.expect_ok();
    assert_eq!(after.number("project.healthReport.schedule.score"), 100);
    assert_eq!(after.number("project.healthReport.budget.score"), 100, "an hour instead of ten");
}

// keeps: PR-16
#[tokio::test]
async fn agency_weighs_the_parts_itself() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, id, _) = ailing(&world).await;
    let only =
        json!({ "schedule": 0, "budget": 0, "scope": 0, "risk": 7, "sentiment": 0, "expectedVersion": 0 });
    let set = weigh(&acme.owner(), only).await.expect_ok();
    assert_eq!(set.number("updateHealthSettings.healthSettings.version"), 1);
    assert_eq!(report(&manager, &id).await.expect_ok().number("project.healthReport.score"), 50);
    expect_stale(weigh(&acme.owner(), json!({ "risk": 8, "expectedVersion": 0 })).await, 1);
    weigh(&acme.owner(), json!({ "risk": 0 })).await.expect_field("schedule", "no_weight");
    weigh(&acme.owner(), json!({ "risk": 101 })).await.expect_field("risk", "out_of_range");
    weigh(&acme.owner(), json!({ "scope": -1 })).await.expect_field("scope", "out_of_range");
    weigh(&acme.owner(), json!({ "budget": null })).await.expect_field("budget", "required");
    for who in [&manager, &acme.developer(), &acme.viewer(), &acme.client()] {
        weigh(who, json!({ "risk": 1 })).await.expect_code("FORBIDDEN");
    }
    let query = "{ healthSettings { risk schedule version } }";
    let read = acme.developer().run(query, json!({})).await.expect_ok();
    assert_eq!((read.number("healthSettings.risk"), read.number("healthSettings.version")), (7, 1));
    acme.client().run(query, json!({})).await.expect_code("FORBIDDEN");
    let other = world.agency("globex").owner().run(query, json!({})).await.expect_ok();
    assert_eq!((other.number("healthSettings.schedule"), other.number("healthSettings.version")), (30, 0));
}

// keeps: PR-16
#[tokio::test]
async fn score_is_recorded_once_a_night_and_tells_its_way() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, id, _) = ailing(&world).await;
    night(&world).await;
    let first = world.counts().await["projects_health_scores"];
    night(&world).await;
    assert_eq!(world.counts().await["projects_health_scores"], first, "once a day");
    let recorded = report(&manager, &id).await.expect_ok();
    assert_eq!(recorded.number("project.health"), 32);
    assert_eq!(*recorded.data("project.healthReport.trend"), json!([]), "today is no past");
    for _ in 0..7 {
        world.clock.advance(DAY);
        night(&world).await;
    }
    let risks = "query($id: ID!) { project(id: $id) { risks(first: 5) { nodes { id } } } }";
    for risk in manager.run(risks, json!({ "id": id })).await.expect_ok().ids("project.risks.nodes") {
        change(&manager, "updateRisk", json!({ "id": risk, "status": "CLOSED" }), "risk { id }")
            .await
            .expect_ok();
    }
    let week = report(&manager, &id).await.expect_ok();
    let days = week.each("project.healthReport.trend", "on");
    assert_eq!((days.len(), &days[0], &days[6]), (7, &json!("2026-03-02"), &json!("2026-03-08")));
    let first = week.data("project.healthReport.trend.0").clone();
    let parts = json!({ "on": "2026-03-02", "score": 32, "schedule": 0, "budget": 50, "scope": 50, "risk": 50, "sentiment": null });
    assert_eq!(first, parts);
    let now = week.number("project.healthReport.score");
    assert_eq!((now, week.number("project.healthReport.change")), (41, 9), "3 500 ÷ 85");
    let short =
        "query($id: ID!, $days: Int!) { project(id: $id) { healthReport { trend(days: $days) { on } } } }";
    let two = manager.run(short, json!({ "id": id, "days": 2 })).await.expect_ok();
    assert_eq!(two.each("project.healthReport.trend", "on"), [json!("2026-03-07"), json!("2026-03-08")]);
    for days in [0, 367, -1] {
        manager.run(short, json!({ "id": id, "days": days })).await.expect_field("days", "out_of_range");
    }
    let worst =
        "{ projects(first: 1, filter: { maxHealth: 40 }, orderBy: { field: HEALTH }) { nodes { id } } }";
    assert_eq!(acme.manager().run(worst, json!({})).await.expect_ok().ids("projects.nodes"), [id]);
}

// keeps: PR-16
#[tokio::test]
async fn first_weights_written_by_two_at_once_are_both_kept() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    owner.token().await;
    let wishes = [json!({ "risk": 7 }), json!({ "scope": 9 }), json!({ "budget": 11 })];
    let answers = join_all(wishes.iter().map(|wish| weigh(&owner, wish.clone()))).await;
    assert!(answers.iter().any(|answer| answer.code().is_none()), "somebody is first");
    for (answer, wish) in answers.into_iter().zip(wishes) {
        if answer.code().is_some() {
            answer.expect_code("CONFLICT");
            weigh(&owner, wish).await.expect_ok();
        }
    }
    let read = owner.run("{ healthSettings { risk scope budget version } }", json!({})).await.expect_ok();
    let kept = json!({ "risk": 7, "scope": 9, "budget": 11, "version": 3 });
    assert_eq!(*read.data("healthSettings"), kept);
}

// keeps: PR-16
#[tokio::test]
async fn scores_recorded_by_two_at_once_are_one_a_day() {
    let world = World::new().await;
    let (manager, id, _) = ailing(&world).await;
    let (viewer, app) = (platform(&world, "acme").await, world.app(0));
    let both = join_all([(); 2].map(|()| record::some(&app.db, &viewer))).await;
    both.into_iter().for_each(|done| assert!(!done.unwrap(), "there are few projects"));
    let scores = world.snapshot().await.of_tenant(world.agency("acme").tenant().await);
    let day = |row: &tests::Row| row["scored_on"].to_string();
    let newest = scores.rows("projects_health_scores").map(day).max().unwrap();
    let of: Vec<_> = scores.rows("projects_health_scores").filter(|row| day(row) == newest).collect();
    let projects: BTreeSet<String> = of.iter().map(|row| row["project_id"].to_string()).collect();
    assert_eq!((of.len(), of.len() > 1), (projects.len(), true), "each project has one");
    assert_eq!(report(&manager, &id).await.expect_ok().number("project.health"), 32);
}

// keeps: PR-16
#[tokio::test]
async fn project_that_is_over_or_put_away_has_no_report() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, id, _) = ailing(&world).await;
    change(&manager, "transitionProject", json!({ "id": id, "to": "CANCELLED" }), "project { id }")
        .await
        .expect_ok();
    assert!(report(&manager, &id).await.expect_ok().data("project.healthReport").is_null());
    let seeded = project(&acme, 1).await;
    change(&acme.owner(), "archiveProject", json!({ "id": seeded }), "project { id }").await.expect_ok();
    assert!(report(&acme.owner(), &seeded).await.expect_ok().data("project.healthReport").is_null());
}

// keeps: PR-16, ID-22
#[tokio::test]
async fn parts_are_refused_to_those_who_may_not_see_what_they_are_made_of() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = project(&acme, 1).await;
    night(&world).await;
    world.clock.advance(DAY);
    let of = |names: &[&str]| {
        let one = |name: &&str| (format!("project.healthReport.{name}"), "FORBIDDEN".to_owned());
        let day = |name: &&str| (format!("project.healthReport.trend.0.{name}"), "FORBIDDEN".to_owned());
        let mut all: Vec<_> = names.iter().map(one).chain(names.iter().map(day)).collect();
        all.sort();
        all
    };
    for (who, refused) in [
        (acme.manager(), of(&[])),
        (acme.accountant(), of(&["sentiment"])),
        (acme.developer(), of(&["budget", "scope", "sentiment"])),
        (acme.viewer(), of(&["budget", "scope", "sentiment"])),
    ] {
        let answer = who.run(&REPORT.replace("trend {", "trend(days: 1) {"), json!({ "id": id })).await;
        assert_eq!(refusals(&answer), refused, "{answer}");
        assert!(!answer.data("project.healthReport.schedule").is_null());
    }
}

// keeps: PR-16
#[tokio::test]
async fn client_learns_how_projects_go_from_no_filter_and_no_order() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = project(&acme, 1).await;
    let lists = ["projects", "project(id: $id) { subprojects", "project(id: $id) { account { projects"];
    let asked = [
        "orderBy: { field: HEALTH }",
        "filter: { maxHealth: 40 }",
        "filter: { or: [{ search: \"a\" }, { or: [{ maxHealth: 40 }] }] }",
    ];
    for list in lists {
        for by in asked {
            let ends = "}".repeat(list.matches('{').count());
            let query = format!("query($id: ID!) {{ {list}({by}) {{ edges {{ cursor }} }} {ends} }}");
            let query = if list == "projects" { query.replace("($id: ID!)", "") } else { query };
            acme.manager().run(&query, json!({ "id": id })).await.expect_ok();
            let answer = acme.client().run(&query, json!({ "id": id })).await;
            assert_eq!(answer.code(), Some("FORBIDDEN"), "{query}\n{answer}");
            assert!(!answer.to_string().contains("cursor\""), "{query}\n{answer}");
        }
    }
}
