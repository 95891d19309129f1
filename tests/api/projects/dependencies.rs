//! Dependencies between tasks and milestones: their kinds and lags, and that no work waits for itself.

use futures::future::join_all;
use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::{
    asks::{change, expect_conflict, expect_stale, new_project, new_task, project, walk},
    milestones::new_milestone,
};

const DEPENDENCY: &str = "dependency { id kind lagMinutes version predecessorTask { id } successorTask { id }
  predecessorMilestone { id } successorMilestone { id } project { id } }";

/// Lets one task wait for another.
async fn wait(who: &Actor, project: &str, earlier: &str, later: &str) -> Answer {
    let input = json!({ "projectId": project, "predecessorTaskId": earlier, "successorTaskId": later });
    change(who, "createDependency", input, DEPENDENCY).await
}

// keeps: PR-7, PR-9
#[tokio::test]
async fn dependencies_of_a_removed_milestone_are_in_the_trail() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let id = new_project(&owner, "Fewer").await;
    let task = new_task(&owner, &id, "a").await;
    let milestone = new_milestone(&owner, &id, "m", json!({})).await;
    let input = json!({ "projectId": id, "predecessorTaskId": task, "successorMilestoneId": milestone });
    let made = change(&owner, "createDependency", input, DEPENDENCY).await.expect_ok();
    let link = made.text("createDependency.dependency.id");
    change(&owner, "deleteMilestone", json!({ "id": milestone }), "id").await.expect_ok();
    world.settled().await;
    let query = "query($id: ID!) { events(subject: $id, first: 10) { nodes { kind } } }";
    let told = owner.run(query, json!({ "id": link })).await.expect_ok();
    assert_eq!(
        told.each("events.nodes", "kind"),
        [json!("projects.dependency.created"), json!("projects.dependency.deleted")]
    );
}

// keeps: PR-9
#[tokio::test]
async fn lag_is_bounded_on_both_sides() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Far apart").await;
    let (one, other) = (new_task(&manager, &id, "a").await, new_task(&manager, &id, "b").await);
    for (lag, fits) in [(i64::MIN, false), (-500_001, false), (i64::MAX, false), (-500_000, true)] {
        let input =
            json!({ "projectId": id, "predecessorTaskId": one, "successorTaskId": other, "lagMinutes": lag });
        let made = change(&manager, "createDependency", input, DEPENDENCY).await;
        if fits {
            made.expect_ok();
        } else {
            made.expect_field("lagMinutes", "lag_too_long");
        }
    }
}

// keeps: PR-9
#[tokio::test]
async fn work_waits_for_work_in_four_ways_with_lag_and_lead() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Four ways").await;
    let tasks = [new_task(&manager, &id, "a").await, new_task(&manager, &id, "b").await];
    let milestone = new_milestone(&manager, &id, "m", json!({})).await;
    let input = json!({
        "projectId": id, "predecessorTaskId": tasks[0], "successorMilestoneId": milestone,
        "kind": "START_TO_FINISH", "lagMinutes": -480,
    });
    let made = change(&manager, "createDependency", input, DEPENDENCY).await.expect_ok();
    let made = made.data("createDependency.dependency").clone();
    assert_eq!((&made["kind"], &made["lagMinutes"]), (&json!("START_TO_FINISH"), &json!(-480)));
    assert_eq!((&made["predecessorTask"]["id"], &made["successorTask"]), (&json!(tasks[0]), &Value::Null));
    for kind in ["FINISH_TO_START", "START_TO_START", "FINISH_TO_FINISH"] {
        let input = json!({ "id": made["id"], "kind": kind, "lagMinutes": 60 });
        let changed = change(&manager, "updateDependency", input, DEPENDENCY).await.expect_ok();
        assert_eq!(changed.text("updateDependency.dependency.kind"), kind);
    }
    let stale = json!({ "id": made["id"], "lagMinutes": 0, "expectedVersion": 1 });
    expect_stale(change(&manager, "updateDependency", stale, DEPENDENCY).await, 4);
    wait(&manager, &id, &tasks[0], &tasks[1]).await.expect_ok();
    let query = "query($task: ID!, $milestone: ID!) {
      task(id: $task) { successors { successorTask { title } successorMilestone { name } } }
      milestone(id: $milestone) { predecessors { predecessorTask { title } } }
    }";
    let read = manager.run(query, json!({ "task": tasks[0], "milestone": milestone })).await.expect_ok();
    assert_eq!(read.list("task.successors").len(), 2);
    assert_eq!(read.text("milestone.predecessors.0.predecessorTask.title"), "a");
    change(&manager, "deleteDependency", json!({ "id": made["id"] }), "id").await.expect_ok();
    let read = manager.run(query, json!({ "task": tasks[0], "milestone": milestone })).await.expect_ok();
    assert_eq!(read.list("milestone.predecessors").len(), 0);
}

// keeps: PR-9
#[tokio::test]
async fn cycle_is_refused_and_names_its_members() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Around").await;
    let a = new_task(&manager, &id, "Ask").await;
    let b = new_task(&manager, &id, "Build").await;
    let m = new_milestone(&manager, &id, "Launch", json!({})).await;
    wait(&manager, &id, &a, &b).await.expect_ok();
    let input = json!({ "projectId": id, "predecessorTaskId": b, "successorMilestoneId": m });
    change(&manager, "createDependency", input, DEPENDENCY).await.expect_ok();
    let input = json!({ "projectId": id, "predecessorMilestoneId": m, "successorTaskId": a });
    let refused = change(&manager, "createDependency", input, DEPENDENCY).await;
    let refused = refused.expect_field("successorTaskId", "dependency_cycle");
    let said =
        refused.errors()[0]["extensions"]["fields"][0]["message"].as_str().unwrap_or_default().to_owned();
    assert!(said.contains("Launch → #1 Ask → #2 Build → Launch"), "{said}");
    wait(&manager, &id, &a, &a).await.expect_field("successorTaskId", "dependency_cycle");
    expect_conflict(wait(&manager, &id, &a, &b).await, "One of these waits for the other already.");
}

// keeps: PR-9
#[tokio::test]
async fn ends_are_of_the_project_and_lags_within_bounds() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    let manager = acme.manager();
    let id = new_project(&manager, "Ends").await;
    let own = new_task(&manager, &id, "own").await;
    let other = new_task(&manager, &new_project(&manager, "Other").await, "other").await;
    let foreign = new_task(&globex.owner(), &project(&globex, 1).await, "foreign").await;
    for stranger in [&other, &foreign] {
        wait(&manager, &id, stranger, &own).await.expect_field("predecessorTaskId", "other_project");
        wait(&manager, &id, &own, stranger).await.expect_field("successorTaskId", "other_project");
    }
    for input in [
        json!({ "projectId": id, "successorTaskId": own }),
        json!({ "projectId": id, "predecessorTaskId": own, "predecessorMilestoneId": null }),
    ] {
        change(&manager, "createDependency", input, DEPENDENCY).await.expect_code("INVALID");
    }
    for lag in [500_001, -500_001] {
        let input =
            json!({ "projectId": id, "predecessorTaskId": own, "successorTaskId": own, "lagMinutes": lag });
        change(&manager, "createDependency", input, DEPENDENCY)
            .await
            .expect_field("lagMinutes", "lag_too_long");
    }
    let second = new_task(&manager, &id, "second").await;
    walk(&manager, &id, &["CANCELLED"]).await;
    wait(&manager, &id, &own, &second).await.expect_code("CONFLICT");
}

// keeps: PR-9
#[tokio::test]
async fn two_at_once_do_not_close_a_cycle_together() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let id = new_project(&owner, "Race").await;
    join_all([owner.token(), admin.token()]).await;
    let (a, b) = (new_task(&owner, &id, "a").await, new_task(&owner, &id, "b").await);
    let (one, other) = tokio::join!(wait(&owner, &id, &a, &b), wait(&admin, &id, &b, &a));
    let codes: Vec<Option<&str>> = vec![one.code(), other.code()];
    assert!(codes.contains(&None) && codes.contains(&Some("INVALID")), "{codes:?}");
}

// keeps: PR-9, ID-22
#[tokio::test]
async fn clients_see_no_dependencies() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = project(&acme, 1).await;
    let query = "query($id: ID!) { project(id: $id) { name dependencies { nodes { id } } } }";
    let answer = acme.client().run(query, json!({ "id": id })).await.expect_code("FORBIDDEN");
    assert!(answer.data("project.dependencies").is_null());
    let seen = acme.owner().run(query, json!({ "id": id })).await.expect_ok();
    assert!(!seen.list("project.dependencies.nodes").is_empty());
}

// keeps: PR-8, PR-9
#[tokio::test]
async fn task_and_its_parts_never_wait_for_each_other() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Within").await;
    let mut line: Vec<String> = Vec::new();
    for title in ["whole", "part", "part of the part"] {
        let task = new_task(&manager, &id, title).await;
        if let Some(parent) = line.last() {
            change(&manager, "updateTask", json!({ "id": task, "parentId": parent }), "task { id }")
                .await
                .expect_ok();
        }
        line.push(task);
    }
    for (earlier, later) in [(0, 1), (1, 0), (0, 2), (2, 0), (1, 2)] {
        let refused = wait(&manager, &id, &line[earlier], &line[later]).await;
        refused.expect_field("successorTaskId", "dependency_within");
    }
    let other = new_task(&manager, &id, "other").await;
    wait(&manager, &id, &other, &line[2]).await.expect_ok();
    wait(&manager, &id, &line[1], &new_task(&manager, &id, "after").await).await.expect_ok();
}

// keeps: PR-8, PR-9
#[tokio::test]
async fn what_waits_for_a_task_becomes_no_part_of_it() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Moved").await;
    let mut tasks: Vec<String> = Vec::new();
    for title in ["top", "inner", "branch", "leaf"] {
        tasks.push(new_task(&manager, &id, title).await);
    }
    let [top, inner, branch, leaf] = [0, 1, 2, 3].map(|place| tasks[place].clone());
    let put = async |task: &str, parent: &str| {
        let input = json!({ "id": task, "parentId": parent });
        change(&manager, "updateTask", input, "task { id }").await
    };
    put(&inner, &top).await.expect_ok();
    put(&leaf, &branch).await.expect_ok();
    let link = wait(&manager, &id, &leaf, &top).await.expect_ok();
    let link = link.text("createDependency.dependency.id");
    for (task, parent) in [(&leaf, &top), (&leaf, &inner), (&branch, &top), (&branch, &inner)] {
        put(task, parent).await.expect_field("parentId", "dependency_within");
    }
    let items = json!([{ "id": leaf, "parentId": null }, { "id": branch, "parentId": inner }]);
    let fields = "results { ok error { fields { path code } } }";
    let bulk = change(&manager, "bulkUpdateTasks", json!({ "items": items }), fields).await.expect_ok();
    assert_eq!(bulk.each("bulkUpdateTasks.results", "ok"), [json!(true), json!(true)]);
    put(&leaf, &branch).await.expect_field("parentId", "dependency_within");
    change(&manager, "deleteDependency", json!({ "id": link }), "id").await.expect_ok();
    put(&leaf, &branch).await.expect_ok();
}
