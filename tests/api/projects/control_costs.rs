//! What project controls cost: as many statements for a page of projects as for two.

use serde_json::json;
use tests::{Actor, Answer, World};

use super::asks::{change, new_project};
use super::controls::planned;
use crate::plenty::Plenty;

/// Keeps a baseline of some projects, of which some are among the first.
async fn keep_all(who: &Actor) {
    let projects = who.run("{ projects(first: 20) { nodes { id } } }", json!({})).await.expect_ok();
    for id in projects.ids("projects.nodes") {
        let input = json!({ "projectId": id, "name": "As agreed" });
        change(who, "createBaseline", input, "baseline { id }").await.expect_ok();
    }
}

/// A page of sixty projects, which takes as many statements as one of two.
async fn page(who: &Actor, query: &str) -> Answer {
    let first = async |first: u32| who.run(query, json!({ "first": first })).await.expect_ok();
    first(2).await;
    let few = first(2).await;
    let many = first(60).await;
    assert_eq!(many.statements, Some(few.statements.unwrap()), "{}", who.email());
    many
}

// keeps: PR-15
#[tokio::test]
async fn earned_value_of_a_page_is_as_many_statements_as_that_of_two() {
    let world = World::new().await;
    let acme = world.agency("acme");
    Plenty { projects: 60, tasks: 3 }.of(&acme, &world).await;
    keep_all(&acme.owner()).await;
    let query = "query($first: Int!) { projects(first: $first) { nodes {
      earnedValue { work { spi } money { cpi } } healthReport { score change schedule { score } risk { score } } } } }";
    for who in [acme.owner(), acme.manager()] {
        page(&who, query).await.expect_statements(14);
    }
}

// keeps: PR-15
#[tokio::test]
async fn projects_with_and_without_a_budget_are_read_in_the_same_rounds() {
    let world = World::new().await;
    let (manager, _) = planned(&world).await;
    new_project(&manager, "Without a budget").await;
    let statements = async |fields: &str| {
        let query = format!("{{ projects(first: 60) {{ nodes {{ healthReport {{ score {fields} }} }} }} }}");
        manager.run(&query, json!({})).await.expect_ok();
        manager.run(&query, json!({})).await.expect_ok().statements.unwrap()
    };
    assert_eq!(statements("change").await, statements("").await + 1, "the scores of a week ago");
}

// keeps: PR-15
#[tokio::test]
async fn curves_of_a_page_are_as_many_statements_as_those_of_two() {
    let world = World::new().await;
    let acme = world.agency("acme");
    Plenty { projects: 60, tasks: 3 }.of(&acme, &world).await;
    keep_all(&acme.owner()).await;
    let query = "query($first: Int!) { projects(first: $first) { nodes {
      burn(step: MONTH) { on scopeTasks } earnedValueCurve(step: MONTH) { on plannedValue actualCost } } } }";
    for who in [acme.owner(), acme.manager()] {
        let many = page(&who, query).await;
        let nodes = many.list("projects.nodes");
        let drawn = nodes.iter().filter(|node| {
            ["burn", "earnedValueCurve"].iter().all(|curve| !node[*curve].as_array().unwrap().is_empty())
        });
        assert_eq!((nodes.len(), drawn.count()), (60, 60));
        many.expect_statements(12);
    }
}
