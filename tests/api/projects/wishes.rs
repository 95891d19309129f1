//! What was put somewhere by hand, and whole tasks with wishes of their own: what a schedule makes of them.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::{
    asks::{change, column, new_project},
    milestones::new_milestone,
    schedules::{bar, early, hours, planned, schedule, wait},
};
use crate::time::asks::set;

/// The wish of a task that cannot be kept.
fn wish(answer: &Answer, task: &str) -> Value {
    let conflicts = answer.list("schedule.conflicts");
    conflicts.iter().find(|one| one["item"]["taskId"] == task).cloned().unwrap_or(Value::Null)
}

/// A task that is put on a day by hand.
async fn put(who: &Actor, project: &str, title: &str, day: &str) -> String {
    let more = json!({ "startOn": day, "plan": { "durationMinutes": 480, "scheduling": "MANUAL" } });
    planned(who, project, title, more).await
}

// keeps: PR-11, PR-14
#[tokio::test]
async fn what_was_put_on_a_day_that_is_over_is_done_from_now_on_and_told() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Last month").await;
    let delivery = json!({ "id": id, "estimatedStart": "2026-02-02", "expectedDelivery": "2026-02-27" });
    change(&manager, "updateProject", delivery, "project { id }").await.expect_ok();
    let late = put(&manager, &id, "Late", "2026-02-02").await;
    let after = planned(&manager, &id, "After", hours(8)).await;
    wait(&manager, &id, &late, &after, json!({})).await;
    let coming = put(&manager, &id, "Coming", "2026-03-16").await;
    let told = schedule(&manager, &id).await.expect_ok();
    let now = told.text("schedule.asOf");
    assert!(early(&told, &late)[0] >= now, "{told}");
    assert!(early(&told, &after)[0] >= early(&told, &late)[1], "who follows waits for it");
    assert_eq!(bar(&told, &late)["startOn"], "2026-02-02", "its day stays");
    let missed = wish(&told, &late);
    assert_eq!(
        [&missed["wish"], &missed["wishedOn"], &missed["path"][0]["taskId"]],
        [&json!("MUST_START"), &json!("2026-02-02"), &json!(late)]
    );
    assert!(missed["byMinutes"].as_i64().unwrap() >= 20 * 480, "{missed}");
    let message = missed["message"].as_str().unwrap();
    assert!(message.contains("#1 Late was put on 2026-02-02 by hand and has not begun"), "{message}");
    assert_eq!(early(&told, &coming)[0], "2026-03-16T08:00:00Z");
    assert_eq!(wish(&told, &coming), Value::Null);
    let query = "query($id: ID!) { completionForecast(projectId: $id, runs: 10) { oddsByExpectedDelivery } }";
    let odds = manager.run(query, json!({ "id": id })).await.expect_ok();
    assert_eq!(odds.data("completionForecast.oddsByExpectedDelivery").as_f64(), Some(0.0));
    let french = schedule(&manager.speaking("fr"), &id).await.expect_ok();
    let message = wish(&french, &late)["message"].as_str().unwrap().to_owned();
    assert!(message.contains("n'a pas commencé"), "{message}");
}

// keeps: PR-11
#[tokio::test]
async fn waived_milestone_holds_up_nothing_by_its_lag_either() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Waived").await;
    let start = json!({ "id": id, "estimatedStart": "2026-03-09" });
    change(&manager, "updateProject", start, "project { id }").await.expect_ok();
    let mark = new_milestone(&manager, &id, "Agreed", json!({})).await;
    let task = planned(&manager, &id, "After", hours(8)).await;
    let link = json!({
        "projectId": id, "predecessorMilestoneId": mark, "successorTaskId": task, "lagMinutes": 10 * 480,
    });
    change(&manager, "createDependency", link, "dependency { id }").await.expect_ok();
    let held = schedule(&manager, &id).await.expect_ok();
    assert_eq!(early(&held, &task)[0], "2026-03-23T08:00:00Z");
    let waive = json!({ "id": mark, "to": "WAIVED" });
    change(&manager, "transitionMilestone", waive, "milestone { id }").await.expect_ok();
    let free = schedule(&manager, &id).await.expect_ok();
    assert_eq!(early(&free, &task)[0], "2026-03-09T08:00:00Z");
    assert_eq!(bar(&free, &task)["dates"]["driver"], "PROJECT");
    assert_eq!(free.list("schedule.links").len(), 1, "it is still told");
}

// keeps: PR-11
#[tokio::test]
async fn constraint_of_a_task_with_parts_holds_them_until_one_has_begun() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Whole").await;
    let start = json!({ "id": id, "estimatedStart": "2026-03-09" });
    change(&manager, "updateProject", start, "project { id }").await.expect_ok();
    let later = json!({ "plan": { "constraint": "NOT_EARLIER", "constraintOn": "2026-03-16" } });
    let whole = planned(&manager, &id, "Whole", later).await;
    let mut part = hours(8);
    part["parentId"] = json!(whole);
    let one = planned(&manager, &id, "One", part.clone()).await;
    let two = planned(&manager, &id, "Two", part).await;
    wait(&manager, &id, &one, &two, json!({})).await;
    let told = schedule(&manager, &id).await.expect_ok();
    assert_eq!(early(&told, &one)[0], "2026-03-16T08:00:00Z");
    assert_eq!(early(&told, &whole), ["2026-03-16T08:00:00Z", "2026-03-17T17:00:00Z"]);
    assert_eq!(bar(&told, &one)["dates"]["driver"], "CONSTRAINT");
    let before = planned(&manager, &id, "Before", hours(56)).await;
    wait(&manager, &id, &before, &whole, json!({})).await;
    let must = json!({ "id": whole, "plan": { "constraint": "MUST_START", "constraintOn": "2026-03-12" } });
    change(&manager, "updateTask", must, "task { id }").await.expect_ok();
    let told = schedule(&manager, &id).await.expect_ok();
    assert_eq!(early(&told, &one)[0], "2026-03-18T08:00:00Z", "links win");
    let missed = wish(&told, &whole);
    assert_eq!(
        [&missed["wish"], &missed["wishedOn"]],
        [&json!("MUST_START"), &json!("2026-03-12")],
        "{told}"
    );
    let doing = column(&manager, &id, "In progress").await;
    change(&manager, "updateTask", json!({ "id": one, "columnId": doing }), "task { id }").await.expect_ok();
    let begun = schedule(&manager, &id).await.expect_ok();
    assert_eq!(wish(&begun, &whole), Value::Null, "its start is past");
}

async fn put_into(who: &Actor, project: &str, task: &str, name: &str) {
    let to = column(who, project, name).await;
    change(who, "moveTask", json!({ "id": task, "columnId": to }), "task { id }").await.expect_ok();
}

// keeps: PR-11
#[tokio::test]
async fn task_whose_parts_are_done_is_late_no_more_and_its_lag_has_run_out() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Parts").await;
    let mut made = Vec::new();
    for kind in ["FINISH_TO_START", "START_TO_START"] {
        let whole = planned(&manager, &id, "Whole", json!({ "plan": { "deadlineOn": "2026-03-06" } })).await;
        let part = json!({ "parentId": whole, "plan": { "durationMinutes": 480 } });
        let one = planned(&manager, &id, "One", part.clone()).await;
        let two = planned(&manager, &id, "Two", part).await;
        let after = planned(&manager, &id, "After", hours(8)).await;
        wait(&manager, &id, &whole, &after, json!({ "kind": kind, "lagMinutes": 2_400 })).await;
        put_into(&manager, &id, &one, "Done").await;
        made.push([whole, two, after]);
    }
    set(&world, "2026-03-03T16:00:00Z");
    put_into(&manager, &id, &made[0][1], "Done").await;
    set(&world, "2026-03-16T09:00:00Z");
    let told = schedule(&manager, &id).await.expect_ok();
    assert_eq!(wish(&told, &made[0][0]), Value::Null, "it was done in time");
    assert_eq!(early(&told, &made[0][2])[0], "2026-03-16T09:00:00Z", "a week has gone by since it was done");
    assert_eq!(wish(&told, &made[1][0])["wish"], "DEADLINE", "the other part is late");
    assert_eq!(early(&told, &made[1][2])[0], "2026-03-16T09:00:00Z", "a week has gone by since it began");
}

// keeps: PR-11
#[tokio::test]
async fn task_with_parts_finishes_after_what_its_end_waits_for() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Ends").await;
    let long = planned(&manager, &id, "Long", hours(40)).await;
    let whole = planned(&manager, &id, "Whole", json!({})).await;
    let part = json!({ "parentId": whole, "plan": { "durationMinutes": 480 } });
    let part = planned(&manager, &id, "Part", part).await;
    wait(&manager, &id, &long, &whole, json!({ "kind": "FINISH_TO_FINISH" })).await;
    let told = schedule(&manager, &id).await.expect_ok();
    assert_eq!(early(&told, &whole)[1], early(&told, &long)[1]);
    assert!(early(&told, &part)[1] < early(&told, &long)[1], "its part waits for nothing");
}

// keeps: PR-11
#[tokio::test]
async fn what_must_start_today_is_not_late_today() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Today").await;
    let plan = json!({ "plan": { "durationMinutes": 480, "constraint": "MUST_START", "constraintOn": "2026-03-02" } });
    let task = planned(&manager, &id, "Today", plan).await;
    let today = schedule(&manager, &id).await.expect_ok();
    assert_eq!(wish(&today, &task), Value::Null);
    assert_eq!(bar(&today, &task)["dates"]["totalFloatMinutes"], 0);
    set(&world, "2026-03-03T10:00:00Z");
    let tomorrow = schedule(&manager, &id).await.expect_ok();
    assert_eq!(wish(&tomorrow, &task)["wish"], "MUST_START");
    assert_eq!(wish(&tomorrow, &task)["wishedOn"], "2026-03-02");
}

// keeps: PR-11
#[tokio::test]
async fn what_is_left_of_a_task_is_the_share_of_it_that_is_left_of_its_estimate() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Left").await;
    let week = json!({ "estimateMinutes": 480, "startOn": "2026-03-02", "dueOn": "2026-03-06" });
    let week = planned(&manager, &id, "A little each day", week).await;
    let day = json!({ "estimateMinutes": 480, "plan": { "durationMinutes": 480 } });
    let day = planned(&manager, &id, "More than thought", day).await;
    for (task, left) in [(&week, 480), (&day, 960)] {
        put_into(&manager, &id, task, "In progress").await;
        let input = json!({ "id": task, "remainingMinutes": left });
        change(&manager, "updateTask", input, "task { id }").await.expect_ok();
    }
    let told = schedule(&manager, &id).await.expect_ok();
    // Two days and five from Monday ten o'clock on, in Berlin.
    assert!(early(&told, &day)[1].starts_with("2026-03-04"), "{told}");
    assert!(early(&told, &week)[1].starts_with("2026-03-09"), "{told}");
    let input = json!({ "id": week, "remainingMinutes": 240 });
    change(&manager, "updateTask", input, "task { id }").await.expect_ok();
    let half = schedule(&manager, &id).await.expect_ok();
    assert!(early(&half, &week)[1].starts_with("2026-03-04"), "{half}");
}
