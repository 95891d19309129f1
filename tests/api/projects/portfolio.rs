//! The portfolio: figures of many projects in few statements, filters and orders; and the data of a chart.

use serde_json::{Value, json};
use tests::World;

use super::{
    asks::{ask, change, codes, new_project, project, refusals, texts},
    milestones::new_milestone,
    risks::new_risk,
};
use crate::{plenty::Plenty, time::asks::logged};

/// Everything that a page of a portfolio shows.
const PAGE: &str = "query($first: Int!) { projects(first: $first) { nodes { code name status health progress
  figures { overdueTasks overdueMilestones nextMilestone { name dueOn } budgetUse { minutes minutesPercent
    amount { amount } amountPercent } risk { open highestScore } feedback { asked nps csat } } } } }";

// keeps: PR-17
#[tokio::test]
async fn figures_are_those_of_the_project() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let id = new_project(&manager, "Figured").await;
    let budget =
        json!({ "id": id, "budget": { "amount": "100000", "currency": "EUR" }, "budgetMinutes": 120 });
    change(&manager, "updateProject", budget, "project { id }").await.expect_ok();
    for (title, due) in [("Late", "2026-03-01"), ("Today", "2026-03-02"), ("Whenever", "")] {
        let due = if due.is_empty() { Value::Null } else { json!(due) };
        let input = json!({ "projectId": id, "title": title, "dueOn": due });
        change(&manager, "createTask", input, "task { id }").await.expect_ok();
    }
    new_milestone(&manager, &id, "Later", json!({ "dueOn": "2026-04-01" })).await;
    new_milestone(&manager, &id, "First", json!({ "dueOn": "2026-02-27" })).await;
    new_milestone(&manager, &id, "Undated", json!({})).await;
    new_risk(&manager, &id, "Bad", (4, 5), json!({})).await;
    new_risk(&manager, &id, "Mild", (1, 1), json!({})).await;
    let rate = json!({ "projectId": id, "validFrom": "2026-01-01", "amount": { "amount": "10000", "currency": "EUR" } });
    change(&acme.owner(), "setBillRate", rate, "billRate { id }").await.expect_ok();
    logged(&manager, &id, "2026-03-02", 90).await;
    let query = "query($id: ID!) { project(id: $id) { figures {
      overdueTasks overdueMilestones nextMilestone { name } budgetUse { minutes minutesPercent amount { amount currency }
      amountPercent } risk { open highestScore } feedback { asked answered csat nps } } } }";
    let told = manager.run(query, json!({ "id": id })).await.expect_ok();
    let expected = json!({
        "overdueTasks": 1, "overdueMilestones": 1, "nextMilestone": { "name": "First" },
        "budgetUse": {
            "minutes": 90, "minutesPercent": 75, "amount": { "amount": "0", "currency": "EUR" }, "amountPercent": 0,
        },
        "risk": { "open": 2, "highestScore": 20 },
        "feedback": { "asked": 0, "answered": 0, "csat": null, "nps": null },
    });
    assert_eq!(*told.data("project.figures"), expected, "what is not approved is worth nothing yet");
    change(&manager, "transitionProject", json!({ "id": id, "to": "CANCELLED" }), "project { id }")
        .await
        .expect_ok();
    let over = manager.run(query, json!({ "id": id })).await.expect_ok();
    let late =
        ["overdueTasks", "overdueMilestones"].map(|name| over.number(&format!("project.figures.{name}")));
    assert_eq!(late, [0, 0], "nothing of what is over is late");
}

// keeps: PR-17, ID-22
#[tokio::test]
async fn figures_are_refused_field_by_field() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    new_milestone(&owner, &id, "Hidden from them", json!({ "dueOn": "2020-02-29" })).await;
    let query = "query($id: ID!) { project(id: $id) { code figures { overdueTasks overdueMilestones
      nextMilestone { name } budgetUse { minutes } risk { open } feedback { asked } } } }";
    let of = |names: &[&str]| {
        let refused = names.iter().map(|name| (format!("project.figures.{name}"), "FORBIDDEN".to_owned()));
        refused.collect::<Vec<_>>()
    };
    for (who, refused) in [
        (acme.manager(), of(&[])),
        (acme.accountant(), of(&["feedback"])),
        (acme.developer(), of(&["budgetUse", "feedback"])),
        (acme.viewer(), of(&["budgetUse", "feedback"])),
        (acme.client(), of(&["budgetUse", "feedback", "risk"])),
    ] {
        let answer = who.run(query, json!({ "id": id })).await;
        assert_eq!(refusals(&answer), refused, "{answer}");
        let hidden = answer.body.to_string().contains("Hidden from them");
        assert_eq!(hidden, who.email() != acme.client().email(), "{answer}");
    }
}

// keeps: PR-17
#[tokio::test]
async fn page_of_a_portfolio_is_eight_statements_whatever_the_number() {
    let world = World::new().await;
    let acme = world.agency("acme");
    Plenty { projects: 60, tasks: 3 }.of(&acme, &world).await;
    for who in [acme.owner(), acme.manager()] {
        who.run(PAGE, json!({ "first": 2 })).await.expect_ok();
        let few = who.run(PAGE, json!({ "first": 2 })).await.expect_ok().statements.unwrap();
        let many = who.run(PAGE, json!({ "first": 60 })).await.expect_ok();
        assert_eq!(many.list("projects.nodes").len(), 60);
        assert_eq!(many.statements, Some(few), "{}", who.email());
        many.expect_statements(8);
    }
}

// keeps: PR-17
#[tokio::test]
async fn portfolio_is_filtered_by_being_late_and_ordered_by_health() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let late = new_project(&owner, "Late").await;
    let input = json!({ "id": late, "expectedDelivery": "2026-03-01" });
    change(&owner, "updateProject", input, "project { id }").await.expect_ok();
    let on_time = new_project(&owner, "On time").await;
    let input = json!({ "id": on_time, "expectedDelivery": "2026-03-02" });
    change(&owner, "updateProject", input, "project { id }").await.expect_ok();
    let ids = async |late: bool| {
        let query =
            "query($late: Boolean!) { projects(first: 100, filter: { late: $late }) { nodes { id } } }";
        owner.run(query, json!({ "late": late })).await.expect_ok().ids("projects.nodes")
    };
    let (yes, no) = (ids(true).await, ids(false).await);
    assert!(yes.contains(&late) && !yes.contains(&on_time));
    assert!(no.contains(&on_time) && !no.contains(&late));
    let any = async |alternatives: Value| {
        let query =
            "query($or: [ProjectFilter!]) { projects(first: 100, filter: { or: $or }) { nodes { id } } }";
        owner.run(query, json!({ "or": alternatives })).await
    };
    let either = any(json!([{ "late": true }, { "ids": [on_time] }])).await.expect_ok().ids("projects.nodes");
    assert!(either.contains(&late) && either.contains(&on_time), "{either:?}");
    assert!(either.iter().all(|id| yes.contains(id) || *id == on_time), "{either:?}");
    any(json!([{ "late": true }, { "archived": true }]))
        .await
        .expect_field("filter.or.1.archived", "not_in_or");
    assert_eq!(yes.len() + no.len(), codes(&owner).await.len(), "each is one or the other");
    let query = "{ projects(first: 100, orderBy: { field: HEALTH }, filter: { maxHealth: 100 }) { nodes { health } } }";
    let answer = ask(&owner, query).await.expect_ok();
    let rated: Vec<i64> =
        answer.each("projects.nodes", "health").iter().map(|health| health.as_i64().unwrap()).collect();
    assert!(rated.is_sorted() && !rated.is_empty(), "{rated:?}");
    let ended =
        "{ projects(first: 100, orderBy: { field: ESTIMATED_END, direction: DESC }) { nodes { code } } }";
    assert_eq!(
        texts(&ask(&owner, ended).await.expect_ok(), "projects.nodes", "code").len(),
        codes(&owner).await.len()
    );
}

// keeps: PR-17, ID-22
#[tokio::test]
async fn chart_is_one_query_and_shows_clients_no_more_than_lists_do() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    let hidden = new_milestone(&owner, &id, "Inner", json!({ "dueOn": "2028-02-29" })).await;
    let task = super::asks::new_task(&owner, &id, "In the inner one").await;
    let into = json!({ "id": task, "milestoneId": hidden });
    change(&owner, "updateTask", into, "task { id }").await.expect_ok();
    let query = "query($id: ID!) { gantt(projectId: $id) { project { code }
      bars { id number title status startOn dueOn parentId milestoneId } marks { id name dueOn status percentage overdue }
      links { id kind lagMinutes predecessorTaskId predecessorMilestoneId successorTaskId successorMilestoneId } } }";
    owner.run(query, json!({ "id": id })).await.expect_ok();
    let chart = owner.run(query, json!({ "id": id })).await.expect_ok();
    assert!(chart.statements.is_some_and(|statements| statements <= 4), "{:?}", chart.statements);
    let bar = |chart: &tests::Answer| {
        let found = chart.list("gantt.bars").iter().find(|bar| bar["id"] == task.as_str()).cloned();
        found.unwrap_or_else(|| panic!("no bar for the task\n{chart}"))
    };
    assert_eq!(bar(&chart)["milestoneId"], hidden.as_str());
    let counts = "query($id: ID!) { project(id: $id) { tasks { totalCount } milestones { totalCount }
      dependencies { totalCount } } }";
    let counts = owner.run(counts, json!({ "id": id })).await.expect_ok();
    for (list, of) in [("bars", "tasks"), ("marks", "milestones"), ("links", "dependencies")] {
        let there = chart.list(&format!("gantt.{list}")).len();
        assert_eq!(there, counts.number(&format!("project.{of}.totalCount")) as usize, "{list}");
    }
    let theirs = acme.client().run(query, json!({ "id": id })).await.expect_ok();
    assert_eq!(bar(&theirs)["milestoneId"], Value::Null);
    assert!(theirs.list("gantt.links").is_empty());
    assert!(!theirs.list("gantt.marks").is_empty());
    assert!(!theirs.body.to_string().contains(&hidden) && !theirs.body.to_string().contains("\"Inner\""));
    acme.client().run(query, json!({ "id": project(&acme, 3).await })).await.expect_code("NOT_FOUND");
    world.agency("globex").owner().run(query, json!({ "id": id })).await.expect_code("NOT_FOUND");
}

// keeps: PR-16, PR-17
#[tokio::test]
async fn scores_of_what_is_over_stay_with_it_and_count_no_more() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let query = "{ portfolio { health { scored } } projects(first: 100, filter: { maxHealth: 100 }) { nodes { id status } } }";
    let before = ask(&owner, query).await.expect_ok();
    let open = ["PLANNING", "IN_PROGRESS", "REVIEW", "ON_HOLD"].map(Value::from);
    let found = before.list("projects.nodes").iter().find(|project| open.contains(&project["status"]));
    let id = found.unwrap()["id"].as_str().unwrap().to_owned();
    let cancel = json!({ "id": id, "to": "CANCELLED" });
    let score = change(&owner, "transitionProject", cancel, "project { health }").await.expect_ok();
    assert!(score.number("transitionProject.project.health") > 0);
    let after = ask(&owner, query).await.expect_ok();
    let scored = |answer: &tests::Answer| answer.number("portfolio.health.scored");
    assert_eq!(scored(&after), scored(&before) - 1);
    assert!(!after.ids("projects.nodes").contains(&id));
}
