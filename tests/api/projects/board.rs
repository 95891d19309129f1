//! Boards: columns, what they say about their tasks, and where the tasks go when one is removed.

use futures::future::join_all;
use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{
    change, column, columns, expect_conflict, expect_stale, new_project, new_task, project, read_task,
    titles, walk,
};

const COLUMN: &str = "column { id name category version project { id } }";

async fn create(who: &Actor, project: &str, fields: Value) -> Answer {
    let mut input = fields;
    input["projectId"] = json!(project);
    change(who, "createTaskColumn", input, COLUMN).await
}

async fn edit(who: &Actor, name: &str, id: &str, fields: Value) -> Answer {
    let mut input = fields;
    input["id"] = json!(id);
    change(who, name, input, if name == "deleteTaskColumn" { "id" } else { COLUMN }).await
}

async fn headings(who: &Actor, project: &str) -> Vec<String> {
    columns(who, project).await.into_iter().map(|(_, name)| name).collect()
}

// keeps: PR-8
#[tokio::test]
async fn column_stands_where_it_was_put() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Columns").await;
    let (todo, review) = (column(&manager, &id, "To do").await, column(&manager, &id, "Review").await);
    let last = create(&manager, &id, json!({ "name": "Archive", "category": "DONE" })).await.expect_ok();
    assert_eq!(last.text("createTaskColumn.column.category"), "DONE");
    assert_eq!(last.text("createTaskColumn.column.project.id"), id);
    create(&manager, &id, json!({ "name": "Ready", "category": "TODO", "after": todo })).await.expect_ok();
    assert_eq!(headings(&manager, &id).await, ["To do", "Ready", "In progress", "Review", "Done", "Archive"]);
    edit(&manager, "moveTaskColumn", &review, json!({})).await.expect_ok();
    assert_eq!(headings(&manager, &id).await, ["Review", "To do", "Ready", "In progress", "Done", "Archive"]);
    let archive = last.text("createTaskColumn.column.id");
    edit(&manager, "moveTaskColumn", &review, json!({ "after": archive })).await.expect_ok();
    edit(&manager, "moveTaskColumn", &archive, json!({ "before": todo })).await.expect_ok();
    assert_eq!(headings(&manager, &id).await, ["Archive", "To do", "Ready", "In progress", "Done", "Review"]);
    edit(&manager, "moveTaskColumn", &todo, json!({ "after": review, "before": archive })).await.expect_ok();
    assert_eq!(headings(&manager, &id).await, ["Archive", "Ready", "In progress", "Done", "Review", "To do"]);
}

// keeps: PR-8
#[tokio::test]
async fn tasks_follow_what_their_column_says() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Categories").await;
    let (todo, done) = (column(&manager, &id, "To do").await, column(&manager, &id, "Done").await);
    let tasks = [new_task(&manager, &id, "One").await, new_task(&manager, &id, "Two").await];
    let states = async || {
        let mut states = Vec::new();
        for task in &tasks {
            let read = read_task(&manager, task).await.expect_ok();
            states.push((
                read.text("task.status"),
                read.text("task.column.name"),
                !read.data("task.completedAt").is_null(),
            ));
        }
        states.dedup();
        states
    };
    let state = |status: &str, name: &str, done: bool| vec![(status.to_owned(), name.to_owned(), done)];
    assert_eq!(states().await, state("TODO", "To do", false));
    let renamed = json!({ "name": "Finished", "category": "DONE", "expectedVersion": 1 });
    edit(&manager, "updateTaskColumn", &todo, renamed).await.expect_ok();
    assert_eq!(states().await, state("DONE", "Finished", true));
    edit(&manager, "updateTaskColumn", &todo, json!({ "category": "DOING" })).await.expect_ok();
    assert_eq!(states().await, state("DOING", "Finished", false));
    edit(&manager, "deleteTaskColumn", &todo, json!({ "moveTo": done })).await.expect_ok();
    assert_eq!(states().await, state("DONE", "Done", true));
    assert_eq!(headings(&manager, &id).await, ["In progress", "Review", "Done"]);
    assert_eq!(titles(&manager, &id).await, ["One", "Two"], "they keep their order");
    let first = new_task(&manager, &id, "Where to").await;
    assert_eq!(
        read_task(&manager, &first).await.text("task.column.name"),
        "In progress",
        "no column is for what is not begun"
    );
}

// keeps: PR-8
#[tokio::test]
async fn column_that_is_not_of_the_board_is_refused_with_its_place() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let id = new_project(&manager, "One board").await;
    let (own, next) = (column(&manager, &id, "To do").await, column(&manager, &id, "Done").await);
    let other = column(&manager, &project(&acme, 1).await, "Done").await;
    let globex = world.agency("globex");
    let foreign = column(&globex.owner(), &project(&globex, 1).await, "Done").await;
    for stranger in [&other, &foreign] {
        let beside = json!({ "name": "Beside", "category": "DOING", "after": stranger });
        create(&manager, &id, beside).await.expect_field("after", "other_board");
        edit(&manager, "moveTaskColumn", &own, json!({ "after": stranger }))
            .await
            .expect_field("after", "other_board");
        edit(&manager, "moveTaskColumn", &own, json!({ "before": stranger }))
            .await
            .expect_field("before", "other_board");
        edit(&manager, "deleteTaskColumn", &own, json!({ "moveTo": stranger }))
            .await
            .expect_field("moveTo", "other_board");
    }
    edit(&manager, "deleteTaskColumn", &own, json!({ "moveTo": own }))
        .await
        .expect_field("moveTo", "same_column");
    edit(&manager, "moveTaskColumn", &own, json!({ "after": own }))
        .await
        .expect_field("after", "other_board");
    edit(&manager, "deleteTaskColumn", &foreign, json!({ "moveTo": next })).await.expect_code("NOT_FOUND");
    edit(&manager, "updateTaskColumn", &foreign, json!({ "name": "Mine" })).await.expect_code("NOT_FOUND");
}

// keeps: PR-8
#[tokio::test]
async fn board_is_bounded_and_its_headings_are_lines() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Full").await;
    let named = |name: &str| json!({ "name": name, "category": "DOING" });
    for (name, code) in
        [("", "required"), ("a\u{1b}b", "forbidden_character"), ("x".repeat(61).as_str(), "too_long")]
    {
        create(&manager, &id, named(name)).await.expect_field("name", code);
    }
    for number in 5..=30 {
        create(&manager, &id, named(&format!("Column {number}"))).await.expect_ok();
    }
    expect_conflict(create(&manager, &id, named("One too many")).await, "A board has at most 30 columns.");
    assert_eq!(headings(&manager, &id).await.len(), 30);
    let own = column(&manager, &id, "To do").await;
    let answer = edit(&manager, "updateTaskColumn", &own, json!({ "name": null, "category": null })).await;
    assert_eq!(answer.expect_code("INVALID").fields().len(), 2);
}

// keeps: PR-8
#[tokio::test]
async fn board_of_a_project_that_is_over_moves_no_tasks() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Over").await;
    let task = new_task(&manager, &id, "Open end").await;
    let (todo, done) = (column(&manager, &id, "To do").await, column(&manager, &id, "Done").await);
    walk(&manager, &id, &["CANCELLED"]).await;
    let said = "This project is CANCELLED; its tasks cannot change any more.";
    expect_conflict(edit(&manager, "updateTaskColumn", &todo, json!({ "category": "DONE" })).await, said);
    expect_conflict(edit(&manager, "deleteTaskColumn", &todo, json!({ "moveTo": done })).await, said);
    edit(&manager, "updateTaskColumn", &todo, json!({ "name": "Never begun", "category": "TODO" }))
        .await
        .expect_ok();
    let task = read_task(&manager, &task).await.expect_ok();
    assert_eq!((task.text("task.status").as_str(), task.number("task.version")), ("TODO", 1));
}

// keeps: PR-8
#[tokio::test]
async fn stale_change_of_a_column_is_a_conflict() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Stale").await;
    let (own, other) = (column(&manager, &id, "To do").await, column(&manager, &id, "Done").await);
    edit(&manager, "updateTaskColumn", &own, json!({ "name": "Newer" })).await.expect_ok();
    for (name, mut input) in [
        ("updateTaskColumn", json!({ "name": "Older" })),
        ("moveTaskColumn", json!({ "after": other })),
        ("deleteTaskColumn", json!({ "moveTo": other })),
    ] {
        input["expectedVersion"] = json!(1);
        expect_stale(edit(&manager, name, &own, input).await, 2);
    }
}

// keeps: PR-8
#[tokio::test]
async fn columns_made_and_moved_at_once_are_all_there() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let id = new_project(&owner, "At once").await;
    let todo = column(&owner, &id, "To do").await;
    join_all([owner.token(), admin.token()]).await;
    let made = (0..6).map(|number| {
        let who = if number % 2 == 0 { &owner } else { &admin };
        create(who, &id, json!({ "name": format!("New {number}"), "category": "DOING", "after": todo }))
    });
    for answer in join_all(made).await {
        answer.expect_ok();
    }
    let board = headings(&owner, &id).await;
    assert_eq!((board.len(), board[0].as_str()), (10, "To do"), "{board:?}");
    assert_eq!(board[7..], ["In progress", "Review", "Done"]);
    let ranks = world.rows("projects_columns", "ORDER BY rank").await;
    let mut ranks: Vec<_> =
        ranks.iter().map(|row| (row["project_id"].clone(), row["rank"].clone())).collect();
    let all = ranks.len();
    ranks.dedup();
    assert_eq!(ranks.len(), all, "no two columns of a board share a place");
}
