//! Forecasts of completion: odds, reproducible by their seed, from three points or the team's own past.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::{
    asks::{change, column, expect_conflict, new_project, project},
    milestones::new_milestone,
    schedules::{hours, planned, schedule, wait},
};
use crate::time::asks::logged;

const FORECAST: &str = "query($id: ID!, $runs: Int! = 200, $seed: Int! = 1) {
  completionForecast(projectId: $id, runs: $runs, seed: $seed) {
    runs seed finish p50 p80 p95 expectedDelivery oddsByExpectedDelivery histogram { from to count }
    threePointCount historyCount fixedCount history historySize criticality { taskId index } } }";

async fn forecast(who: &Actor, project: &str) -> Answer {
    who.run(FORECAST, json!({ "id": project })).await
}

/// A task with a best and a worst case, in hours.
fn between(best: i64, likely: i64, worst: i64) -> Value {
    json!({ "plan": {
        "optimisticMinutes": best * 60, "durationMinutes": likely * 60, "pessimisticMinutes": worst * 60,
    } })
}

// keeps: PR-14
#[tokio::test]
async fn forecast_has_odds_between_best_and_worst_and_is_reproducible() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Uncertain").await;
    let dates = json!({ "id": id, "estimatedStart": "2026-03-09", "expectedDelivery": "2026-03-11" });
    change(&manager, "updateProject", dates, "project { id }").await.expect_ok();
    let one = planned(&manager, &id, "One", between(4, 8, 24)).await;
    let two = planned(&manager, &id, "Two", between(4, 8, 24)).await;
    let side = planned(&manager, &id, "Side", hours(1)).await;
    wait(&manager, &id, &one, &two, json!({})).await;
    let told = forecast(&manager, &id).await.expect_ok();
    let at = |name: &str| told.text(&format!("completionForecast.{name}"));
    assert_eq!(at("finish"), "2026-03-10T17:00:00Z");
    assert!(at("p50") <= at("p80") && at("p80") <= at("p95"), "{told}");
    assert!(at("p50").as_str() > "2026-03-10T08:00:00Z" && at("p95").as_str() <= "2026-03-16T17:00:00Z");
    let odds = told.data("completionForecast.oddsByExpectedDelivery").as_f64().unwrap();
    assert!(odds > 0.05 && odds < 0.95, "{odds}");
    let bins = told.list("completionForecast.histogram");
    assert_eq!(bins.iter().map(|bin| bin["count"].as_i64().unwrap()).sum::<i64>(), 200);
    assert!(bins.len() <= 40);
    let counts = ["threePoint", "history", "fixed"]
        .map(|name| told.number(&format!("completionForecast.{name}Count")));
    // Reason: whether the agency has a past to learn from is the seed's affair.
    assert_eq!((counts[0], counts[1] + counts[2]), (2, 1));
    let critical = told.list("completionForecast.criticality");
    let index = |id: &str| {
        critical.iter().find(|task| task["taskId"] == id).map(|task| task["index"].as_f64().unwrap())
    };
    assert_eq!((index(&one), index(&two)), (Some(1.0), Some(1.0)));
    assert_eq!(index(&side), None, "an hour never drives what takes days");
    let again = forecast(&manager, &id).await.expect_ok();
    assert_eq!(again.body["data"], told.body["data"]);
    let other = manager.run(FORECAST, json!({ "id": id, "seed": 2 })).await.expect_ok();
    assert_ne!(other.data("completionForecast.histogram"), told.data("completionForecast.histogram"));
    for runs in [0, 5_001] {
        manager.run(FORECAST, json!({ "id": id, "runs": runs })).await.expect_field("runs", "out_of_range");
    }
}

// keeps: PR-14
#[tokio::test]
async fn team_that_takes_twice_its_estimates_is_expected_to_go_on_so() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Learning").await;
    let open = planned(&manager, &id, "Open", json!({ "estimateMinutes": 480 })).await;
    let done = column(&manager, &id, "Done").await;
    let before = forecast(&manager, &id).await.expect_ok();
    for number in 0..10 {
        let past = json!({ "estimateMinutes": 60, "columnId": done });
        let task = planned(&manager, &id, &format!("Past {number}"), past).await;
        let time = json!({ "projectId": id, "taskId": task, "spentOn": "2026-02-26", "minutes": 120 });
        change(&manager, "createTimeEntry", time, "timeEntries { id }").await.expect_ok();
    }
    let told = forecast(&manager, &id).await.expect_ok();
    assert_eq!(told.text("completionForecast.history"), "PROJECT");
    assert_eq!(told.number("completionForecast.historySize"), 10);
    assert_eq!(told.number("completionForecast.historyCount"), 1);
    let [finish, p50, p95] =
        ["finish", "p50", "p95"].map(|name| told.text(&format!("completionForecast.{name}")));
    assert_eq!(p50, p95, "there is one ratio only");
    assert!(p50 > finish, "{told}");
    assert_eq!(told.list("completionForecast.criticality")[0]["taskId"], open.as_str());
    assert_ne!(before.text("completionForecast.history"), "PROJECT");
    logged(&manager, &id, "2026-02-27", 30).await;
    let same = forecast(&manager, &id).await.expect_ok();
    assert_eq!(same.text("completionForecast.p50"), p50, "time on no task says nothing about tasks");
}

// keeps: PR-14
#[tokio::test]
async fn forecast_of_nothing_has_no_dates_and_clients_get_none() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = new_project(&acme.manager(), "Nothing").await;
    let told = forecast(&acme.manager(), &id).await.expect_ok();
    for name in ["finish", "p50", "oddsByExpectedDelivery"] {
        assert_eq!(*told.data(&format!("completionForecast.{name}")), Value::Null, "{name}");
    }
    assert!(told.list("completionForecast.histogram").is_empty());
    let seeded = project(&acme, 1).await;
    forecast(&acme.client(), &seeded).await.expect_code("FORBIDDEN");
    forecast(&world.agency("globex").owner(), &seeded).await.expect_code("NOT_FOUND");
    let of_viewer = forecast(&acme.viewer(), &seeded).await.expect_ok();
    assert!(of_viewer.number("completionForecast.fixedCount") >= 0);
}

// keeps: PR-11, PR-14
#[tokio::test]
async fn forecast_beyond_the_years_that_are_written_ends_with_them() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Centuries").await;
    // Reason: 50 million minutes are some four hundred years of an agency that works 40 hours a week.
    let plan = json!({
        "optimisticMinutes": 50_000_000, "durationMinutes": 50_000_000, "pessimisticMinutes": 100_000_000,
        "constraint": "NOT_EARLIER", "constraintOn": "9500-01-04",
    });
    let task = planned(&manager, &id, "Cathedral", json!({ "plan": plan })).await;
    let told = forecast(&manager, &id).await.expect_ok();
    assert!(told.text("completionForecast.finish").starts_with("9899"), "{told}");
    assert!(told.text("completionForecast.p95").starts_with("9999-12-31T2"), "{told}");
    let bins = told.list("completionForecast.histogram");
    assert!((2..=40).contains(&bins.len()), "{told}");
    assert_eq!(bins.iter().map(|bin| bin["count"].as_i64().unwrap()).sum::<i64>(), 200);
    assert_eq!(bins[bins.len() - 1]["to"], "9999-12-31");
    let pairs = bins.windows(2);
    assert!(pairs.into_iter().all(|pair| pair[0]["to"].as_str() < pair[1]["from"].as_str()), "{told}");
    let longer = json!({ "durationMinutes": 100_000_000 });
    change(&manager, "updateTask", json!({ "id": task, "plan": longer }), "task { id }").await.expect_ok();
    expect_conflict(forecast(&manager, &id).await, "This plan is not finished by 9999-12-31");
    expect_conflict(schedule(&manager, &id).await, "This plan is not finished by 9999-12-31");
    let french = schedule(&manager.speaking("fr"), &id).await;
    expect_conflict(french, "Ce plan n'est pas terminé le 9999-12-31");
}

// keeps: PR-14
#[tokio::test]
async fn nothing_to_do_has_no_odds_and_what_is_waived_finishes_nothing() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Nothing yet").await;
    let delivery = json!({ "id": id, "expectedDelivery": "2026-02-27" });
    change(&manager, "updateProject", delivery, "project { id }").await.expect_ok();
    let odds = async || {
        let told = forecast(&manager, &id).await.expect_ok();
        let bins = told.list("completionForecast.histogram").len();
        (told.data("completionForecast.oddsByExpectedDelivery").clone(), bins)
    };
    assert_eq!(odds().await, (Value::Null, 0));
    let mark = new_milestone(&manager, &id, "Dropped", json!({})).await;
    assert_eq!(odds().await, (json!(0.0), 1));
    let waive = json!({ "id": mark, "to": "WAIVED" });
    change(&manager, "transitionMilestone", waive, "milestone { id }").await.expect_ok();
    assert_eq!(odds().await, (Value::Null, 0));
}
