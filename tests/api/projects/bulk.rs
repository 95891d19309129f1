//! Changes of many tasks at once: each is done or answered with its own reason.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{
    change, column, expect_stale, new_project, new_role, new_task, person, project, read_task, walk,
};

const RESULTS: &str = "results {
  index ok node { id title version status assignees { id } }
  error { code message currentVersion fields { path code message } }
}";

async fn bulk(who: &Actor, items: Value) -> Answer {
    change(who, "bulkUpdateTasks", json!({ "items": items }), RESULTS).await
}

/// Whether each item was done, or the code of its error with its first field.
fn outcomes(answer: &Answer) -> Vec<String> {
    let outcome = |result: &Value| match (&result["ok"], &result["error"]) {
        (Value::Bool(true), Value::Null) if result["node"].is_object() => "done".to_owned(),
        (Value::Bool(false), error) if result["node"].is_null() => {
            let field = &error["fields"][0];
            let field =
                field["path"].as_str().map(|path| format!(" {path}: {}", field["code"].as_str().unwrap()));
            format!("{}{}", error["code"].as_str().unwrap(), field.unwrap_or_default())
        }
        _ => panic!("neither done nor refused: {result}"),
    };
    answer.list("bulkUpdateTasks.results").iter().map(outcome).collect()
}

// keeps: PR-8
#[tokio::test]
async fn each_item_of_a_bulk_change_has_its_own_outcome() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, id) = (acme.manager(), new_project(&acme.manager(), "Mixed").await);
    let tasks = [
        new_task(&manager, &id, "a").await,
        new_task(&manager, &id, "b").await,
        new_task(&manager, &id, "c").await,
        new_task(&manager, &id, "d").await,
    ];
    let over = new_project(&manager, "Over").await;
    let late = new_task(&manager, &over, "late").await;
    walk(&manager, &over, &["CANCELLED"]).await;
    let unseen = new_task(&acme.owner(), &project(&acme, 4).await, "unseen").await;
    let globex = world.agency("globex");
    let foreign = new_task(&globex.owner(), &project(&globex, 1).await, "foreign").await;
    let client = person(&acme, "client").await;
    let answer = bulk(
        &manager,
        json!([
            { "id": tasks[0], "title": "A" },
            { "id": tasks[1], "title": " " },
            { "id": tasks[2], "title": "C", "expectedVersion": 9 },
            { "id": tasks[0], "title": "again" },
            { "id": late, "title": "Late" },
            { "id": unseen, "title": "Unseen" },
            { "id": foreign, "title": "Foreign" },
            { "id": tasks[3], "assigneeIds": [client] },
        ]),
    );
    let answer = answer.await.expect_ok();
    let expected = [
        "done",
        "INVALID title: required",
        "CONFLICT",
        "INVALID id: duplicate_item",
        "CONFLICT",
        "NOT_FOUND",
        "NOT_FOUND",
        "INVALID assigneeIds.0: not_staff",
    ];
    assert_eq!(outcomes(&answer), expected, "{answer}");
    let places: Vec<i64> = (0..8).collect();
    assert_eq!(
        answer.each("bulkUpdateTasks.results", "index"),
        places.iter().map(|place| json!(place)).collect::<Vec<_>>()
    );
    assert_eq!(answer.number("bulkUpdateTasks.results.2.error.currentVersion"), 1);
    assert_eq!(answer.text("bulkUpdateTasks.results.0.node.title"), "A");
    for task in &tasks[1..] {
        assert_eq!(
            read_task(&manager, task).await.number("task.version"),
            1,
            "what is refused stays as it was"
        );
    }
}

// keeps: PR-8
#[tokio::test]
async fn many_tasks_change_in_as_many_statements_as_few() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, id) = (acme.manager(), new_project(&acme.manager(), "Many").await);
    let (developer, done) = (person(&acme, "dev").await, column(&manager, &id, "Done").await);
    let mut tasks = Vec::new();
    for number in 0..24 {
        tasks.push(new_task(&manager, &id, &format!("Task {number}")).await);
    }
    let items = |tasks: &[String], title: &str| {
        let item = |(place, task): (usize, &String)| json!({ "id": task, "title": format!("{title} {place}"), "assigneeIds": [developer], "columnId": done });
        tasks.iter().enumerate().map(item).collect::<Value>()
    };
    let few = bulk(&manager, items(&tasks[..2], "Few")).await.expect_ok().statements.unwrap();
    let many = bulk(&manager, items(&tasks[2..], "Many")).await.expect_ok();
    assert_eq!(outcomes(&many), vec!["done"; 22]);
    many.expect_statements(few);
    let last = read_task(&manager, &tasks[23]).await.expect_ok();
    assert_eq!((last.text("task.title").as_str(), last.text("task.status").as_str()), ("Many 21", "DONE"));
    assert_eq!(last.ids("task.assignees"), [developer]);
}

// keeps: PR-8
#[tokio::test]
async fn bulk_changes_made_at_once_are_done_one_after_the_other() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin, developer) = (acme.owner(), acme.admin(), person(&acme, "dev").await);
    let (one, other) = (new_project(&owner, "One").await, new_project(&owner, "Other").await);
    let tasks = [new_task(&owner, &one, "A").await, new_task(&owner, &other, "B").await];
    admin.token().await;
    let named = |name: &str| json!([{ "id": tasks[0], "title": name }, { "id": tasks[1], "title": name }]);
    let staffed = json!([{ "id": tasks[1], "assigneeIds": [developer] }, { "id": tasks[0], "assigneeIds": [developer] }]);
    let all = tokio::join!(
        bulk(&owner, named("First")),
        bulk(&admin, staffed.clone()),
        bulk(&owner, staffed),
        bulk(&admin, named("Second"))
    );
    for answer in [all.0, all.1, all.2, all.3] {
        assert_eq!(outcomes(&answer.expect_ok()), ["done", "done"]);
    }
    for task in &tasks {
        let now = read_task(&owner, task).await.expect_ok();
        assert_eq!(now.number("task.version"), 4, "two names, and people once\n{now}");
        assert_eq!(now.ids("task.assignees"), std::slice::from_ref(&developer));
    }
}

// keeps: PR-8
#[tokio::test]
async fn bulk_change_is_bounded_and_may_be_empty() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let task = new_task(&acme.manager(), &project(&acme, 1).await, "One").await;
    let items = |count: usize| json!(vec![json!({ "id": task, "title": "Same" }); count]);
    bulk(&acme.manager(), items(501)).await.expect_field("items", "too_many");
    let most = bulk(&acme.manager(), items(500)).await.expect_ok();
    assert_eq!(outcomes(&most).iter().filter(|outcome| *outcome == "done").count(), 1);
    assert_eq!(outcomes(&bulk(&acme.manager(), json!([])).await.expect_ok()), Vec::<String>::new());
    let wrong =
        bulk(&acme.manager(), json!([{ "id": task, "title": "x" }, { "id": "nonsense", "title": "x" }]))
            .await;
    wrong.expect_field("items.1.id", "bad_id");
    bulk(&acme.client(), items(1)).await.expect_code("FORBIDDEN");
    bulk(&acme.accountant(), items(1)).await.expect_code("FORBIDDEN");
    bulk(&world.nobody(), items(1)).await.expect_code("UNAUTHENTICATED");
}

// keeps: PR-8
#[tokio::test]
async fn reasons_of_a_bulk_change_are_in_the_language_of_the_request() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let task = new_task(&acme.manager(), &project(&acme, 1).await, "Une").await;
    let dates = json!([{ "id": task, "startOn": "2026-05-02", "dueOn": "2026-05-01" }]);
    let answer = bulk(&acme.manager().speaking("fr"), dates).await.expect_ok();
    let said = "L'échéance d'une tâche ne peut pas précéder son début.";
    assert_eq!(answer.text("bulkUpdateTasks.results.0.error.message"), said);
    assert_eq!(answer.text("bulkUpdateTasks.results.0.error.fields.0.message"), said);
}

// keeps: PR-8
#[tokio::test]
async fn single_change_and_bulk_of_one_say_the_same() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, task) = (acme.manager(), new_task(&acme.manager(), &project(&acme, 1).await, "Same").await);
    let stale = json!({ "id": task, "title": "Late", "expectedVersion": 5 });
    expect_stale(change(&manager, "updateTask", stale.clone(), "task { id }").await, 1);
    let one = bulk(&manager, json!([stale])).await.expect_ok();
    assert_eq!(one.number("bulkUpdateTasks.results.0.error.currentVersion"), 1);
    assert_eq!(outcomes(&one), ["CONFLICT"]);
}

// keeps: PR-8, ID-22
#[tokio::test]
async fn task_that_one_may_read_but_not_change_is_refused_among_those_one_may() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let editor = person(&acme, "editor").await;
    let reads = [("projects.project.read", "ASSIGNED"), ("projects.task.read", "ASSIGNED")];
    let writes = [reads[0], reads[1], ("projects.task.write", "ASSIGNED")];
    let mut tasks = Vec::new();
    for (name, grants) in [("Reader", &reads[..]), ("Writer", &writes[..])] {
        let (id, role) = (new_project(&owner, name).await, new_role(&acme, name, grants).await);
        let member = json!({ "projectId": id, "userId": editor, "roleId": role });
        change(&owner, "addProjectMember", member, "member { id }").await.expect_ok();
        tasks.push(new_task(&owner, &id, name).await);
    }
    let items = tasks.iter().map(|task| json!({ "id": task, "priority": "URGENT" })).collect();
    let query = "results { ok error { code fields { path } } node { id } }";
    let answer =
        change(&acme.editor(), "bulkUpdateTasks", json!({ "items": Value::Array(items) }), query).await;
    assert_eq!(outcomes(&answer.expect_ok()), ["FORBIDDEN", "done"]);
}
