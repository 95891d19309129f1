//! Time where the work is: on projects and tasks, entry by entry and added up.

use serde_json::json;
use tests::World;

use super::asks::{approve, log, logged, shared_project, submit};
use crate::projects::asks::new_task;

const MONDAY: &str = "2026-02-23";

const READ: &str = "query($id: ID!) { project(id: $id) {
  timeTotals { minutes billableMinutes approvedMinutes }
  timeEntries(first: 2) { totalCount nodes { minutes } }
  unpaid: timeEntries(filter: { billable: false }) { nodes { minutes } }
  tasks(orderBy: { field: NUMBER }) { nodes { timeTotals { minutes } timeEntries { nodes { minutes } } } }
} }";

// keeps: PR-22, PR-23
#[tokio::test]
async fn time_of_a_project_and_of_its_tasks_is_added_up_as_far_as_one_sees_it() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, manager) = (acme.developer(), acme.manager());
    let project = shared_project(&acme, "Sum").await;
    let mut tasks = Vec::new();
    for title in ["One", "Two", "Three"] {
        tasks.push(new_task(&manager, &project, title).await);
    }
    let approved = logged(&dev, &project, MONDAY, 100).await;
    submit(&dev, MONDAY).await.expect_ok();
    approve(&manager, &[&approved]).await.expect_ok();
    log(&dev, json!({ "taskId": tasks[0], "minutes": 20, "billable": false })).await.expect_ok();
    log(&manager, json!({ "taskId": tasks[0], "minutes": 3 })).await.expect_ok();
    log(&manager, json!({ "taskId": tasks[1], "minutes": 7 })).await.expect_ok();

    let read = async |who: &tests::Actor| who.run(READ, json!({ "id": project })).await.expect_ok();
    let all = read(&manager).await;
    let totals = json!({ "minutes": 130, "billableMinutes": 110, "approvedMinutes": 100 });
    assert_eq!(*all.data("project.timeTotals"), totals);
    assert_eq!(all.number("project.timeEntries.totalCount"), 4);
    assert_eq!(all.each("project.unpaid.nodes", "minutes"), [20]);
    let of_tasks = all.each("project.tasks.nodes", "timeTotals.minutes");
    assert_eq!(of_tasks, [23, 7, 0], "{all}");
    let own = read(&dev).await;
    assert_eq!(*own.data("project.timeTotals.minutes"), json!(120), "the manager's time is the manager's");
    assert_eq!(own.each("project.tasks.nodes", "timeTotals.minutes"), [20, 0, 0]);
}

// keeps: PR-22
#[tokio::test]
async fn totals_of_many_tasks_are_one_statement_more() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, manager) = (acme.developer(), acme.manager());
    let project = shared_project(&acme, "Many").await;
    for number in 0..12 {
        let task = new_task(&manager, &project, &format!("Task {number}")).await;
        log(&dev, json!({ "taskId": task, "minutes": 5 })).await.expect_ok();
    }
    let plain = "query($first: Int, $id: ID!) { project(id: $id) { tasks(first: $first) { nodes { id } } } }";
    let summed = plain.replace("{ id } }", "{ id timeTotals { minutes } } }");
    let count = async |query: &str, first: i32| {
        let variables = json!({ "id": project, "first": first });
        manager.run(query, variables.clone()).await.expect_ok();
        manager.run(query, variables).await.expect_ok().statements.unwrap_or_default()
    };
    let bare = count(plain, 12).await;
    assert_eq!(count(&summed, 2).await, bare + 1);
    assert_eq!(count(&summed, 12).await, bare + 1);
}

// keeps: PR-22
#[tokio::test]
async fn clients_and_other_agencies_hear_of_no_hours() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let project = shared_project(&acme, "Quiet").await;
    logged(&acme.developer(), &project, MONDAY, 60).await;
    let query = "{ projects { nodes { timeTotals { minutes } timeEntries { totalCount } } } }";
    for who in [acme.client(), acme.viewer()] {
        let refused = who.run(query, json!({})).await;
        assert_eq!(refused.code(), Some("FORBIDDEN"), "{refused}");
        let (shown, hidden) = (json!(null), refused.each("projects.nodes", "timeTotals"));
        assert!(!hidden.is_empty() && hidden.iter().all(|totals| *totals == shown), "{refused}");
    }
    let other = world.agency("globex").owner().run(READ, json!({ "id": project })).await;
    assert_eq!(other.code(), Some("NOT_FOUND"), "{other}");
}
