//! Places of tasks: where a task goes, and what becomes of many drops at once.

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{TASK, change, column, new_project, new_task, project, read_task, titles};

async fn relocate(who: &Actor, id: &str, fields: Value) -> Answer {
    let mut input = fields;
    input["id"] = json!(id);
    change(who, "moveTask", input, TASK).await
}

/// A project with tasks of these names, and their ids.
async fn board(who: &Actor, names: &[&str]) -> (String, Vec<String>) {
    let id = new_project(who, "A board").await;
    let mut tasks = Vec::new();
    for name in names {
        tasks.push(new_task(who, &id, name).await);
    }
    (id, tasks)
}

// keeps: PR-8
#[tokio::test]
async fn task_goes_right_behind_or_right_before_another() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let (id, tasks) = board(&manager, &["a", "b", "c", "d"]).await;
    let [a, b, c, d] = [0, 1, 2, 3].map(|place: usize| tasks[place].as_str());
    let order = async || titles(&manager, &id).await.concat();
    assert_eq!(order().await, "abcd");
    for (moved, place, expected) in [
        (d, json!({ "after": a }), "adbc"),
        (a, json!({ "before": c }), "dbac"),
        (c, json!({ "before": d }), "cdba"),
        (c, json!({}), "dbac"),
        (b, json!({ "after": d, "before": a }), "dbac"),
        (d, json!({ "after": c, "before": b }), "bacd"),
        (b, json!({ "after": d }), "acdb"),
    ] {
        relocate(&manager, moved, place.clone()).await.expect_ok();
        assert_eq!(order().await, expected, "{place}");
    }
    let between = json!({ "projectId": id, "title": "e", "after": a });
    change(&manager, "createTask", between, TASK).await.expect_ok();
    let first = json!({ "projectId": id, "title": "f", "before": a });
    change(&manager, "createTask", first, TASK).await.expect_ok();
    assert_eq!(order().await, "faecdb");
}

// keeps: PR-8
#[tokio::test]
async fn task_dropped_in_another_column_takes_its_state() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let (id, tasks) = board(&manager, &["a", "b"]).await;
    let done = column(&manager, &id, "Done").await;
    let moved =
        relocate(&manager, &tasks[1], json!({ "columnId": done, "before": tasks[0] })).await.expect_ok();
    assert_eq!(moved.text("moveTask.task.status"), "DONE");
    assert_eq!(moved.text("moveTask.task.column.id"), done);
    assert_eq!(moved.text("moveTask.task.completedAt"), "2026-03-02T09:00:00Z");
    assert_eq!(titles(&manager, &id).await, ["b", "a"]);
    assert_eq!(read_task(&manager, &tasks[0]).await.number("task.version"), 1, "the others stay as they are");
}

// keeps: PR-8
#[tokio::test]
async fn neighbour_of_another_project_is_refused_with_its_place() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let (id, tasks) = board(&manager, &["a"]).await;
    let other = new_task(&manager, &project(&acme, 1).await, "elsewhere").await;
    let globex = world.agency("globex");
    let foreign = new_task(&globex.owner(), &project(&globex, 1).await, "abroad").await;
    for stranger in [&other, &foreign] {
        relocate(&manager, &tasks[0], json!({ "after": stranger }))
            .await
            .expect_field("after", "other_project");
        relocate(&manager, &tasks[0], json!({ "before": stranger }))
            .await
            .expect_field("before", "other_project");
        let new = json!({ "projectId": id, "title": "new", "after": stranger });
        change(&manager, "createTask", new, TASK).await.expect_field("after", "other_project");
    }
    relocate(&manager, &tasks[0], json!({ "after": tasks[0] })).await.expect_field("after", "same_task");
    relocate(&manager, &tasks[0], json!({ "before": tasks[0] })).await.expect_field("before", "same_task");
    let column = column(&manager, &project(&acme, 1).await, "Done").await;
    relocate(&manager, &tasks[0], json!({ "columnId": column }))
        .await
        .expect_field("columnId", "other_board");
    relocate(&manager, &foreign, json!({})).await.expect_code("NOT_FOUND");
}

// keeps: PR-8
#[tokio::test]
async fn drops_at_one_place_at_once_are_all_behind_it_and_collide_nowhere() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let names = ["first", "a", "b", "c", "d", "e", "f", "g", "last"];
    let (id, tasks) = board(&owner, &names).await;
    admin.token().await;
    let moves = tasks[1..8].iter().enumerate().map(|(place, task)| {
        let who = if place % 2 == 0 { &owner } else { &admin };
        let spot = if place % 3 == 0 { json!({ "before": tasks[8] }) } else { json!({ "after": tasks[0] }) };
        relocate(who, task, spot)
    });
    for answer in join_all(moves).await {
        answer.expect_ok();
    }
    let order = titles(&owner, &id).await;
    assert_eq!((order[0].as_str(), order[8].as_str()), ("first", "last"), "{order:?}");
    let sorted: BTreeSet<&str> = order.iter().map(String::as_str).collect();
    assert_eq!(sorted, names.into_iter().collect(), "nobody is lost");
    let query = "query($id: ID!) { project(id: $id) { tasks(first: 100) { nodes { rank } } } }";
    let answer = owner.run(query, json!({ "id": id })).await.expect_ok();
    let ranks = answer.each("project.tasks.nodes", "rank");
    let distinct: BTreeSet<String> = ranks.iter().map(Value::to_string).collect();
    assert_eq!(distinct.len(), ranks.len(), "every task has a place of its own: {ranks:?}");
}

// keeps: PR-8
#[tokio::test]
async fn one_task_dropped_by_many_at_once_is_in_one_of_their_places() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let (id, tasks) = board(&owner, &["a", "b", "c", "x"]).await;
    admin.token().await;
    let spots = [&tasks[0], &tasks[1], &tasks[2], &tasks[0]];
    let moves = spots.iter().zip([&owner, &admin, &owner, &admin]);
    let moves = moves.map(|(behind, who)| relocate(who, &tasks[3], json!({ "after": behind })));
    for answer in join_all(moves).await {
        answer.expect_ok();
    }
    let order = titles(&owner, &id).await.concat();
    assert!(["axbc", "abxc", "abcx"].contains(&order.as_str()), "{order}");
}

// keeps: PR-8
#[tokio::test]
async fn place_that_is_used_again_and_again_never_runs_out() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let (id, tasks) = board(&manager, &["low", "high", "a", "b"]).await;
    for round in 0..60 {
        let (moved, other) = if round % 2 == 0 { (&tasks[2], &tasks[0]) } else { (&tasks[3], &tasks[0]) };
        relocate(&manager, moved, json!({ "after": other })).await.expect_ok();
    }
    let order = titles(&manager, &id).await;
    assert_eq!(order, ["low", "b", "a", "high"]);
    let rank = read_task(&manager, &tasks[3]).await.text("task.rank");
    assert!(rank.len() <= 48, "{rank} grows without end");
}
