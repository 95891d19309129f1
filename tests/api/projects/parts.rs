//! What tasks consist of: parts, checklists, labels, and rules by which they come again.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::{
    asks::{change, column, expect_conflict, new_project, new_task, person, project, refusals, titles},
    milestones::new_milestone,
};

const TASK: &str = "task { id title status startOn dueOn recurrence version checklist { id text done }
  labels { id name color } parent { id } milestone { id } subtasks { nodes { title } } assignees { id } }";

async fn edit(who: &Actor, id: &str, mut fields: Value) -> Answer {
    fields["id"] = json!(id);
    change(who, "updateTask", fields, TASK).await
}

async fn part(who: &Actor, project: &str, parent: Option<&str>, title: &str) -> Answer {
    let input = json!({ "projectId": project, "title": title, "parentId": parent });
    change(who, "createTask", input, TASK).await
}

// keeps: PR-8
#[tokio::test]
async fn tasks_have_parts_to_a_depth_and_never_contain_themselves() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Parts").await;
    let mut line: Vec<String> = Vec::new();
    for level in 1..=5 {
        let parent = line.last().map(String::as_str);
        let made = part(&manager, &id, parent, &format!("Level {level}")).await.expect_ok();
        line.push(made.text("createTask.task.id"));
    }
    part(&manager, &id, Some(&line[4]), "Level 6").await.expect_field("parentId", "too_deep");
    for inner in [&line[0], &line[1], &line[4]] {
        edit(&manager, &line[0], json!({ "parentId": inner }))
            .await
            .expect_field("parentId", "within_itself");
    }
    let other = new_task(&manager, &new_project(&manager, "Other").await, "other").await;
    edit(&manager, &line[0], json!({ "parentId": other })).await.expect_field("parentId", "other_project");
    let read = edit(&manager, &line[0], json!({ "title": "Top" })).await.expect_ok();
    assert_eq!(read.text("updateTask.task.subtasks.nodes.0.title"), "Level 2");
    let moved = edit(&manager, &line[4], json!({ "parentId": line[0] })).await.expect_ok();
    assert_eq!(moved.text("updateTask.task.parent.id"), line[0]);
    let query =
        "query($id: ID!) { project(id: $id) { tasks(filter: { topLevel: true }) { nodes { title } } } }";
    let top = manager.run(query, json!({ "id": id })).await.expect_ok();
    assert_eq!(top.each("project.tasks.nodes", "title"), [json!("Top")]);
}

// keeps: PR-8
#[tokio::test]
async fn parts_moved_in_one_bulk_close_no_circle() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Circle").await;
    let (a, b) = (new_task(&manager, &id, "a").await, new_task(&manager, &id, "b").await);
    let items = json!([{ "id": a, "parentId": b }, { "id": b, "parentId": a }]);
    let fields = "results { ok error { fields { path code } } }";
    let answer = change(&manager, "bulkUpdateTasks", json!({ "items": items }), fields).await.expect_ok();
    assert_eq!(answer.each("bulkUpdateTasks.results", "ok"), [json!(true), json!(false)]);
    assert_eq!(answer.text("bulkUpdateTasks.results.1.error.fields.0.code"), "within_itself");
}

// keeps: PR-8
#[tokio::test]
async fn steps_are_ticked_by_several_people_at_once() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let id = new_project(&owner, "Steps").await;
    let steps = json!([{ "text": "one" }, { "text": "two" }, { "text": "three" }]);
    let input = json!({ "projectId": id, "title": "Listed", "checklist": steps });
    let made = change(&owner, "createTask", input, TASK).await.expect_ok();
    let task = made.text("createTask.task.id");
    assert_eq!(made.each("createTask.task.checklist", "id"), [json!(1), json!(2), json!(3)]);
    let tick = async |who: &Actor, item: i32| {
        let input = json!({ "taskId": task, "itemId": item, "done": true });
        change(who, "tickChecklistItem", input, TASK).await
    };
    admin.token().await;
    let (one, other) = tokio::join!(tick(&owner, 1), tick(&admin, 3));
    one.expect_ok();
    other.expect_ok();
    let read = edit(&owner, &task, json!({ "title": "Read" })).await.expect_ok();
    assert_eq!(read.each("updateTask.task.checklist", "done"), [json!(true), json!(false), json!(true)]);
    tick(&owner, 9).await.expect_field("itemId", "no_such_step");
    let kept = json!({ "checklist": [{ "id": 3, "text": "third", "done": true }, { "text": "four" }] });
    let kept = edit(&owner, &task, kept).await.expect_ok();
    assert_eq!(kept.each("updateTask.task.checklist", "id"), [json!(3), json!(4)]);
    let wrong = json!({ "checklist": [{ "id": 1, "text": "gone" }] });
    edit(&owner, &task, wrong).await.expect_field("checklist.0.id", "no_such_step");
}

async fn label(who: &Actor, project: Option<&str>, name: &str) -> Answer {
    let input = json!({ "projectId": project, "name": name, "color": "#AA00ff" });
    change(who, "createTaskLabel", input, "label { id name color version }").await
}

// keeps: PR-8
#[tokio::test]
async fn labels_are_of_the_agency_or_of_one_project() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager) = (acme.owner(), acme.manager());
    let id = new_project(&manager, "Labels").await;
    let everywhere = label(&owner, None, "Risky").await.expect_ok();
    assert_eq!(everywhere.text("createTaskLabel.label.color"), "#aa00ff");
    label(&manager, None, "Mine").await.expect_code("FORBIDDEN");
    let own = label(&manager, Some(&id), "Risky").await.expect_ok();
    expect_conflict(label(&manager, Some(&id), "Risky").await, "There is a label of this name.");
    expect_conflict(label(&owner, None, "Risky").await, "There is a label of this name.");
    let wrong = json!({ "name": "x", "color": "red" });
    change(&owner, "createTaskLabel", wrong, "label { id }").await.expect_field("color", "bad_color");
    let other = label(&owner, Some(&project(&acme, 1).await), "Theirs").await.expect_ok();
    let ids = [&everywhere, &own, &other].map(|made| made.text("createTaskLabel.label.id"));
    let task = new_task(&manager, &id, "Labelled").await;
    let labelled = edit(&manager, &task, json!({ "labelIds": [ids[0], ids[1]] })).await.expect_ok();
    assert_eq!(labelled.each("updateTask.task.labels", "name"), [json!("Risky"), json!("Risky")]);
    assert_eq!(labelled.number("updateTask.task.version"), 2);
    edit(&manager, &task, json!({ "labelIds": [ids[2]] })).await.expect_field("labelIds.0", "other_project");
    let query = "query($ids: [ID!]) { tasks(filter: { labelIds: $ids }) { nodes { id } } }";
    let found = manager.run(query, json!({ "ids": [ids[1]] })).await.expect_ok();
    assert_eq!(found.ids("tasks.nodes"), std::slice::from_ref(&task));
    change(&manager, "deleteTaskLabel", json!({ "id": ids[1] }), "id").await.expect_ok();
    let left = edit(&manager, &task, json!({ "title": "Left" })).await.expect_ok();
    assert_eq!(left.list("updateTask.task.labels").len(), 1);
}

// keeps: PR-8, ID-22
#[tokio::test]
async fn clients_see_neither_labels_nor_checklists() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    let made = label(&owner, None, "Difficult client").await.expect_ok();
    let made = made.text("createTaskLabel.label.id");
    let input = json!({ "projectId": id, "title": "Inner", "labelIds": [made], "checklist": [{ "text": "Calm them" }] });
    let task = change(&owner, "createTask", input, TASK).await.expect_ok().text("createTask.task.id");
    let query = "query($id: ID!) { task(id: $id) { title labels { name } checklist { text } } }";
    let answer = acme.client().run(query, json!({ "id": task })).await;
    let refused = ["checklist", "labels"].map(|name| (format!("task.{name}"), "FORBIDDEN".to_owned()));
    assert_eq!(refusals(&answer), refused);
    let filtered = "query($ids: [ID!]) { tasks(filter: { labelIds: $ids }) { totalCount } }";
    acme.client().run(filtered, json!({ "ids": [made] })).await.expect_code("FORBIDDEN");
    assert!(!answer.body.to_string().contains("Calm"));
}

// keeps: PR-8
#[tokio::test]
async fn done_task_comes_again_by_its_rule() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, developer) = (acme.manager(), person(&acme, "dev").await);
    let id = new_project(&manager, "Again").await;
    let milestone = new_milestone(&manager, &id, "m", json!({})).await;
    let today = world.clock.now().date_naive();
    let due = today + chrono::Duration::days(2);
    let input = json!({
        "projectId": id, "title": "Back up", "startOn": today.to_string(), "dueOn": due.to_string(),
        "assigneeIds": [developer], "milestoneId": milestone, "checklist": [{ "text": "Check", "done": true }],
        "recurrence": "rrule:freq=daily;interval=7;count=2",
        "plan": {
            "durationMinutes": 90, "constraint": "NOT_EARLIER", "constraintOn": today.to_string(),
            "deadlineOn": due.to_string(), "optimisticMinutes": 60, "pessimisticMinutes": 120,
        },
    });
    let made = change(&manager, "createTask", input, TASK).await.expect_ok();
    assert_eq!(made.text("createTask.task.recurrence"), "FREQ=DAILY;INTERVAL=7;COUNT=2");
    let (task, done) = (made.text("createTask.task.id"), column(&manager, &id, "Done").await);
    let moved = change(&manager, "moveTask", json!({ "id": task, "columnId": done }), TASK).await.expect_ok();
    assert!(moved.data("moveTask.task.recurrence").is_null(), "the rule went on");
    let query =
        "query($id: ID!) { project(id: $id) { tasks { nodes { id title status startOn dueOn recurrence number
      assignees { id } milestone { id } checklist { done }
      plan { durationMinutes constraint constraintOn deadlineOn optimisticMinutes pessimisticMinutes } } } } }";
    let tasks = manager.run(query, json!({ "id": id })).await.expect_ok();
    let next = &tasks.list("project.tasks.nodes")[1];
    let (start, later) = (today + chrono::Duration::days(7), due + chrono::Duration::days(7));
    assert_eq!((&next["startOn"], &next["dueOn"]), (&json!(start.to_string()), &json!(later.to_string())));
    assert_eq!((&next["status"], &next["number"]), (&json!("TODO"), &json!(2)));
    assert_eq!(next["assignees"], json!([{ "id": developer }]));
    assert_eq!(next["milestone"]["id"], milestone.as_str());
    assert_eq!(next["checklist"], json!([{ "done": false }]));
    let plan = json!({
        "durationMinutes": 90, "constraint": "NOT_EARLIER", "constraintOn": start.to_string(),
        "deadlineOn": later.to_string(), "optimisticMinutes": 60, "pessimisticMinutes": 120,
    });
    assert_eq!(next["plan"], plan, "as far from its due date as before");
    // Taken up and done again, the first one has nothing to go on with.
    let todo = column(&manager, &id, "To do").await;
    change(&manager, "moveTask", json!({ "id": task, "columnId": todo }), TASK).await.expect_ok();
    edit(&manager, &task, json!({ "columnId": done })).await.expect_ok();
    assert_eq!(titles(&manager, &id).await.len(), 2);
    let next = next["id"].as_str().unwrap_or_default().to_owned();
    edit(&manager, &next, json!({ "columnId": done })).await.expect_ok();
    assert_eq!(titles(&manager, &id).await.len(), 2, "the second one was the last");
}

// keeps: PR-8
#[tokio::test]
async fn rule_needs_a_day_and_is_read_before_it_is_kept() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Rules").await;
    let task = new_task(&manager, &id, "No day").await;
    let daily = json!({ "recurrence": "FREQ=DAILY" });
    edit(&manager, &task, daily.clone()).await.expect_field("recurrence", "recurrence_without_day");
    for wrong in ["every day", "FREQ=HOURLY", "FREQ=DAILY;BYHOUR=9", "FREQ=DAILY;COUNT=0"] {
        let input = json!({ "dueOn": "2028-02-29", "recurrence": wrong });
        edit(&manager, &task, input).await.expect_field("recurrence", "bad_recurrence");
    }
    for never in ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;UNTIL=20280228"] {
        let input = json!({ "dueOn": "2028-02-29", "recurrence": never });
        edit(&manager, &task, input).await.expect_field("recurrence", "recurrence_never");
    }
    let leap = json!({ "dueOn": "2028-02-29", "recurrence": "FREQ=YEARLY" });
    edit(&manager, &task, leap).await.expect_ok();
    let done = column(&manager, &id, "Done").await;
    edit(&manager, &task, json!({ "columnId": done })).await.expect_ok();
    let query = "query($id: ID!) { project(id: $id) { tasks { nodes { dueOn } } } }";
    let days = manager.run(query, json!({ "id": id })).await.expect_ok();
    assert_eq!(days.each("project.tasks.nodes", "dueOn"), [json!("2028-02-29"), json!("2032-02-29")]);
    edit(&manager, &task, daily).await.expect_field("recurrence", "recurrence_when_done");
}

// keeps: PR-8
#[tokio::test]
async fn many_tasks_that_recur_go_on_in_as_many_statements_as_few() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let id = new_project(&manager, "Many").await;
    let done = column(&manager, &id, "Done").await;
    let mut tasks = Vec::new();
    for number in 0..14 {
        let input = json!({ "projectId": id, "title": format!("{number}"), "dueOn": "2030-01-01", "recurrence": "FREQ=DAILY" });
        tasks.push(change(&manager, "createTask", input, TASK).await.expect_ok().text("createTask.task.id"));
    }
    let bulk = async |tasks: &[String]| {
        let items: Vec<Value> = tasks.iter().map(|task| json!({ "id": task, "columnId": done })).collect();
        let input = json!({ "items": items });
        change(&manager, "bulkUpdateTasks", input, "results { ok }").await.expect_ok()
    };
    let few = bulk(&tasks[..2]).await.statements.unwrap();
    bulk(&tasks[2..]).await.expect_statements(few);
    let numbers = "query($id: ID!) { project(id: $id) { tasks(first: 100, orderBy: { field: NUMBER }) { nodes { number rank } } } }";
    let read = manager.run(numbers, json!({ "id": id })).await.expect_ok();
    let numbers: Vec<Value> = (1..=28).map(Value::from).collect();
    assert_eq!(read.each("project.tasks.nodes", "number"), numbers);
}
