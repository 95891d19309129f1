//! What plans cost: looking at them and applying them takes the same statements for few tasks and for many.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::change;
use crate::plenty::Plenty;

/// Many tasks.
const MANY: usize = 900;

/// Two projects that differ by their number of tasks alone, ten and [`MANY`].
async fn projects(world: &World) -> (Actor, [String; 2]) {
    let acme = world.agency("acme");
    Plenty { projects: 2, tasks: MANY }.of(&acme, world).await;
    // Reason: what is done does not move, and what has days of its own moves less.
    let fresh =
        "UPDATE projects_tasks SET status = 'todo', completed_at = NULL, start_on = NULL, due_on = NULL";
    world.execute(&format!("{fresh} WHERE title LIKE 'Plenty %'")).await;
    let more = "title LIKE 'Plenty 1.%' AND number > 10";
    let people = "DELETE FROM projects_task_assignees WHERE task_id IN (SELECT id FROM projects_tasks WHERE";
    world.execute(&format!("{people} {more})")).await;
    world.execute(&format!("DELETE FROM projects_tasks WHERE {more}")).await;
    let query =
        "{ few: projectByCode(code: \"PLENTY-1\") { id } many: projectByCode(code: \"PLENTY-0\") { id } }";
    let found = acme.owner().run(query, json!({})).await.expect_ok();
    (acme.owner(), ["few.id", "many.id"].map(|path| found.text(path)))
}

/// Asks the same of both projects, after a first question that need not count; answers what was said of the larger one.
async fn expect_same(who: &Actor, both: &[String; 2], query: &str, most: u32) -> Answer {
    who.run(query, json!({ "id": both[0] })).await.expect_ok();
    let few = who.run(query, json!({ "id": both[0] })).await.expect_ok();
    let many = who.run(query, json!({ "id": both[1] })).await.expect_ok();
    assert_eq!(many.statements, few.statements, "{query}");
    many.expect_statements(most)
}

// keeps: PR-11, PR-12, PR-13, PR-14
#[tokio::test]
async fn plans_are_looked_at_in_the_same_statements_whatever_the_number_of_tasks() {
    let world = World::new().await;
    let (owner, both) = projects(&world).await;
    let later = "query($id: ID!) { previewReschedule(projectId: $id, changes: [], from: \"2027-03-01\") {
      token moves { taskId message } conflicts { message } } }";
    let told = expect_same(&owner, &both, later, 14).await;
    assert_eq!(told.list("previewReschedule.moves").len(), MANY, "all of them move");
    let level = "query($id: ID!) { previewLevelling(projectId: $id) {
      token moves { userId rivals { rule } task { taskId } } overloads { message } } }";
    let told = expect_same(&owner, &both, level, 14).await;
    assert!(!told.text("previewLevelling.token").is_empty());
    let odds = "query($id: ID!) { completionForecast(projectId: $id, runs: 20) { p50 histogram { count } } }";
    let told = expect_same(&owner, &both, odds, 16).await;
    assert!(!told.list("completionForecast.histogram").is_empty());
}

// keeps: PR-12
#[tokio::test]
async fn baselines_are_listed_in_the_same_statements_whatever_the_number_of_tasks() {
    let world = World::new().await;
    let (owner, both) = projects(&world).await;
    for id in &both {
        for name in ["First", "Second"] {
            let input = json!({ "projectId": id, "name": name });
            change(&owner, "createBaseline", input, "baseline { id }").await.expect_ok();
        }
    }
    let list = "query($id: ID!) { baselines(projectId: $id, first: 10) { nodes {
      name taskCount project { id } createdBy { id } items(first: 1000) { title } } } }";
    let told = expect_same(&owner, &both, list, 12).await;
    for node in told.list("baselines.nodes") {
        assert_eq!(node["items"].as_array().map(Vec::len), Some(MANY));
    }
}

/// Applies what `preview` gave a token for, in so many statements at most; answers how many tasks moved.
async fn apply(who: &Actor, preview: (&str, Value), apply: (&str, Value), most: u32) -> usize {
    let looked = who.run(preview.0, preview.1).await.expect_ok();
    let (name, mut input) = apply;
    input["token"] = looked.data("preview.token").clone();
    let done = change(who, name, input, "moves { taskId }").await.expect_ok().expect_statements(most);
    done.list(&format!("{name}.moves")).len()
}

// keeps: PR-11, PR-13
#[tokio::test]
async fn plans_are_applied_in_few_statements_whatever_the_number_of_tasks() {
    let world = World::new().await;
    let (owner, [_, many]) = projects(&world).await;
    let later =
        "query($id: ID!) { preview: previewReschedule(projectId: $id, changes: [], from: \"2027-03-01\") {
      token } }";
    let input = json!({ "projectId": many, "changes": [], "from": "2027-03-01" });
    let moved = apply(&owner, (later, json!({ "id": many })), ("applyReschedule", input), 40).await;
    assert_eq!(moved, MANY);
    let level = "query($id: ID!) { preview: previewLevelling(projectId: $id) { token } }";
    let input = json!({ "projectId": many });
    let moved = apply(&owner, (level, json!({ "id": many })), ("applyLevelling", input), 40).await;
    assert!(moved > MANY / 2, "people are needed at many places at once: {moved}");
}
