//! How the work of people turns out: estimates against time, throughput, in time or not, and who may know.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{change, column, me, new_project, person, project};
use crate::time::asks::{log, logged, shared_project, submit};

const DAY: Duration = Duration::from_secs(86_400);

const TEAM: &str = "query($from: Date!, $to: Date!, $projects: [ID!]) {
  teamPerformance(from: $from, to: $to, projectIds: $projects) {
    people { userId name performance { ...figures } } total { ...figures } } }
fragment figures on Performance { tasksDone tasksDue tasksOnTime onTimeRate throughput weeks { weekStart tasksDone }
  comparedTasks estimatedMinutes actualMinutes estimateRatio estimateAccuracy trackedMinutes }";

async fn team(who: &Actor, (from, to): (&str, &str), projects: &[&str]) -> Answer {
    who.run(TEAM, json!({ "from": from, "to": to, "projects": projects })).await
}

/// Makes a task for people, with time on it, finishes it and gives its id.
async fn finished(
    who: &Actor,
    project: &str,
    people: &[&str],
    (estimate, minutes): (i64, i64),
    due: &str,
) -> String {
    let input = json!({
        "projectId": project, "title": "Finished", "estimateMinutes": estimate, "dueOn": due, "assigneeIds": people,
    });
    let task = change(who, "createTask", input, "task { id }").await.expect_ok().text("createTask.task.id");
    let time = json!({ "projectId": project, "taskId": task, "spentOn": "2026-03-02", "minutes": minutes });
    change(who, "createTimeEntry", time, "timeEntries { id }").await.expect_ok();
    let done = column(who, project, "Done").await;
    change(who, "moveTask", json!({ "id": task, "columnId": done }), "task { id }").await.expect_ok();
    task
}

/// Writes ten times too much time on a task, which is sent back.
pub(super) async fn sent_back(who: &Actor, lead: &Actor, task: &str) {
    let time = json!({ "taskId": task, "spentOn": "2026-03-01", "minutes": 600 });
    let wrong = log(who, time).await.expect_ok().text("createTimeEntry.timeEntries.0.id");
    submit(who, "2026-02-23").await.expect_ok();
    let reject = json!({ "ids": [wrong], "reason": "Ten hours?" });
    change(lead, "rejectTimeEntries", reject, "timeEntries { id }").await.expect_ok();
}

// keeps: PR-31
#[tokio::test]
async fn performance_is_that_of_finished_tasks_and_written_time() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let id = shared_project(&acme, "Performed").await;
    let (dev, lead) = (person(&acme, "dev").await, me(&manager).await);
    let task = finished(&manager, &id, &[&dev], (60, 90), "2026-03-02").await;
    sent_back(&acme.developer(), &manager, &task).await;
    finished(&manager, &id, &[&dev, &lead], (120, 60), "2026-03-01").await;
    logged(&acme.developer(), &id, "2026-03-02", 30).await;
    world.clock.advance(7 * DAY);
    finished(&manager, &id, &[&lead], (100, 100), "2026-03-20").await;
    let answer = team(&manager, ("2026-03-01", "2026-03-14"), &[&id]).await.expect_ok();
    let of = |user: &str| {
        let people = answer.list("teamPerformance.people");
        people.iter().find(|person| person["userId"] == user).unwrap()["performance"].clone()
    };
    let expected = json!({
        "tasksDone": 2, "tasksDue": 2, "tasksOnTime": 1, "onTimeRate": 5_000, "throughput": 1.0,
        "weeks": [{ "weekStart": "2026-03-02", "tasksDone": 2 }],
        "comparedTasks": 2, "estimatedMinutes": 180, "actualMinutes": 150, "estimateRatio": 0.8333,
        "estimateAccuracy": 0.5, "trackedMinutes": 30,
    });
    assert_eq!(of(&dev), expected);
    let leads = of(&lead);
    assert_eq!((&leads["tasksDone"], &leads["trackedMinutes"]), (&json!(2), &json!(250)));
    let total = answer.data("teamPerformance.total");
    assert_eq!((&total["tasksDone"], &total["trackedMinutes"]), (&json!(3), &json!(280)), "each task once");
    assert_eq!(total["weeks"].as_array().map(Vec::len), Some(2));
    let names: Vec<&Value> =
        answer.list("teamPerformance.people").iter().map(|person| &person["name"]).collect();
    assert!(names.iter().all(|name| name.is_string()), "{answer}");
    let empty = team(&manager, ("2025-01-01", "2025-01-31"), &[&id]).await.expect_ok();
    assert_eq!(empty.number("teamPerformance.total.tasksDone"), 0);
    assert!(empty.data("teamPerformance.total.estimateAccuracy").is_null());
    answer.expect_statements(6);
}

// keeps: PR-31
#[tokio::test]
async fn performance_is_private_to_those_who_lead() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let days = ("2026-01-01", "2026-12-31");
    let hidden = new_project(&acme.owner(), "Not the manager's").await;
    logged(&acme.owner(), &hidden, "2026-03-02", 60).await;
    let seen = |answer: &Answer| answer.number("teamPerformance.total.trackedMinutes");
    assert_eq!(seen(&team(&acme.owner(), days, &[&hidden]).await.expect_ok()), 60);
    assert_eq!(
        seen(&team(&acme.manager(), days, &[&hidden]).await.expect_ok()),
        0,
        "only of projects they lead"
    );
    for who in
        [acme.developer(), acme.accountant(), acme.sales(), acme.viewer(), acme.client(), acme.editor()]
    {
        team(&who, days, &[]).await.expect_code("FORBIDDEN");
    }
    let other = world.agency("globex").owner();
    let theirs = project(&acme, 1).await;
    assert_eq!(seen(&team(&other, days, &[&theirs, &hidden]).await.expect_ok()), 0);
    team(&acme.owner(), ("2026-03-02", "2026-03-01"), &[]).await.expect_field("to", "end_before_start");
    team(&acme.owner(), ("2026-01-01", "2027-01-02"), &[]).await.expect_field("to", "too_many_days");
}

// keeps: PR-31
#[tokio::test]
async fn task_with_parts_is_its_parts_and_not_one_more() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let id = shared_project(&acme, "Whole").await;
    let dev = person(&acme, "dev").await;
    let mut made = Vec::<String>::new();
    for parent in [None, Some(0)] {
        let parent = parent.map(|place: usize| made[place].clone());
        let input = json!({
            "projectId": id, "title": "Done", "estimateMinutes": 600, "assigneeIds": [dev], "parentId": parent,
        });
        let task = change(&manager, "createTask", input, "task { id }").await.expect_ok();
        made.push(task.text("createTask.task.id"));
    }
    let done = column(&manager, &id, "Done").await;
    for task in made.iter().rev() {
        let time = json!({ "projectId": id, "taskId": task, "spentOn": "2026-03-02", "minutes": 60 });
        change(&manager, "createTimeEntry", time, "timeEntries { id }").await.expect_ok();
        change(&manager, "moveTask", json!({ "id": task, "columnId": done }), "task { id }")
            .await
            .expect_ok();
    }
    let answer = team(&manager, ("2026-03-01", "2026-03-14"), &[&id]).await.expect_ok();
    let total = answer.data("teamPerformance.total");
    assert_eq!([&total["tasksDone"], &total["estimatedMinutes"]], [1, 600]);
}
