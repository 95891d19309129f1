//! Comments on tasks: the team's lane, the client's lane, and who is mentioned.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{change, expect_stale, new_task, person, project};

const COMMENT: &str =
    "comment { id body internal editedAt version author { id } mentions { id } task { id } }";

async fn say(who: &Actor, task: &str, mut fields: Value) -> Answer {
    fields["taskId"] = json!(task);
    change(who, "createTaskComment", fields, COMMENT).await
}

async fn heard(who: &Actor, task: &str) -> Vec<Value> {
    let query = "query($id: ID!) { task(id: $id) { comments(first: 50) { nodes { body } totalCount } } }";
    let answer = who.run(query, json!({ "id": task })).await.expect_ok();
    assert_eq!(answer.number("task.comments.totalCount") as usize, answer.list("task.comments.nodes").len());
    answer.each("task.comments.nodes", "body")
}

// keeps: PR-8, ID-22
#[tokio::test]
async fn client_hears_only_what_is_said_to_them() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, client) = (acme.owner(), acme.client());
    let task = new_task(&owner, &project(&acme, 1).await, "Talked about").await;
    let inner = say(&owner, &task, json!({ "body": "They never answer" })).await.expect_ok();
    assert_eq!(*inner.data("createTaskComment.comment.internal"), json!(true), "internal unless it is said");
    say(&owner, &task, json!({ "body": "Dear client", "internal": false })).await.expect_ok();
    let theirs = say(&client, &task, json!({ "body": "Dear agency" })).await.expect_ok();
    assert_eq!(*theirs.data("createTaskComment.comment.internal"), json!(false));
    say(&client, &task, json!({ "body": "Psst", "internal": true }))
        .await
        .expect_field("internal", "not_internal");
    assert_eq!(heard(&client, &task).await, [json!("Dear client"), json!("Dear agency")]);
    assert_eq!(heard(&acme.client_admin(), &task).await.len(), 2);
    assert_eq!(heard(&owner, &task).await.len(), 3);
    let id = inner.text("createTaskComment.comment.id");
    let hidden =
        client.run("query($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await.expect_ok();
    assert!(hidden.data("node").is_null());
    change(&client, "deleteTaskComment", json!({ "id": id }), "id").await.expect_code("NOT_FOUND");
    let other = new_task(&owner, &project(&acme, 3).await, "Of others").await;
    say(&client, &other, json!({ "body": "Hello?" })).await.expect_code("NOT_FOUND");
}

// keeps: PR-8
#[tokio::test]
async fn comments_are_edited_and_removed_by_who_wrote_them() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager) = (acme.owner(), acme.manager());
    let task = new_task(&manager, &project(&acme, 1).await, "Own words").await;
    let made = say(&manager, &task, json!({ "body": "Frist" })).await.expect_ok();
    let id = made.text("createTaskComment.comment.id");
    assert!(made.data("createTaskComment.comment.editedAt").is_null());
    let edit = json!({ "id": id, "body": "First", "expectedVersion": 1 });
    change(&owner, "updateTaskComment", edit.clone(), COMMENT).await.expect_code("FORBIDDEN");
    let edited = change(&manager, "updateTaskComment", edit.clone(), COMMENT).await.expect_ok();
    assert!(!edited.data("updateTaskComment.comment.editedAt").is_null());
    expect_stale(change(&manager, "updateTaskComment", edit, COMMENT).await, 2);
    for (body, code) in
        [(" \n ", "required"), ("a\u{1b}b", "forbidden_character"), (&*"x".repeat(20_001), "too_long")]
    {
        say(&manager, &task, json!({ "body": body })).await.expect_field("body", code);
    }
    change(&owner, "deleteTaskComment", json!({ "id": id }), "id").await.expect_code("FORBIDDEN");
    change(&manager, "deleteTaskComment", json!({ "id": id }), "id").await.expect_ok();
    assert!(heard(&manager, &task).await.is_empty());
    say(&acme.viewer(), &task, json!({ "body": "May I?" })).await.expect_code("FORBIDDEN");
}

// keeps: PR-8
#[tokio::test]
async fn only_people_who_see_a_comment_are_mentioned() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let task = new_task(&owner, &project(&acme, 1).await, "Called").await;
    let manager = person(&acme, "pm").await;
    let client = person(&acme, "client").await;
    let editor = person(&acme, "editor").await;
    let stranger = person(&world.agency("globex"), "pm").await;
    let mention = async |people: Value, internal: bool| {
        say(&owner, &task, json!({ "body": "Look", "mentionIds": people, "internal": internal })).await
    };
    let made = mention(json!([manager, manager, client]), false).await.expect_ok();
    assert_eq!(made.ids("createTaskComment.comment.mentions"), [manager.clone(), client.clone()]);
    let refused = mention(json!([manager, client, stranger, editor]), true).await.expect_code("INVALID");
    let places: Vec<String> = refused.fields().into_keys().collect();
    assert_eq!(places, ["mentionIds.1", "mentionIds.2", "mentionIds.3"], "{refused}");
    let id = made.text("createTaskComment.comment.id");
    let again = json!({ "id": id, "body": "Look", "mentionIds": [client] });
    let again = change(&owner, "updateTaskComment", again, COMMENT).await.expect_ok();
    assert_eq!(again.ids("updateTaskComment.comment.mentions"), [client]);
    assert!(again.data("updateTaskComment.comment.editedAt").is_null(), "nothing is said otherwise");
}

// keeps: PR-8
#[tokio::test]
async fn comments_of_many_tasks_are_one_statement() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let query = "query($first: Int!) { tasks(first: $first) { nodes { comments(first: 3) { nodes { body author { id }
      mentions { id } } } labels { name } checklist { text } predecessors { kind } subtasks { nodes { title } } } } }";
    let few = owner.run(query, json!({ "first": 10 })).await.expect_ok().statements.unwrap();
    owner.run(query, json!({ "first": 40 })).await.expect_ok().expect_statements(few);
}
