//! What is recorded: each change of projects, teams, boards and tasks leaves its entries and its events, and no others.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::{Actor, Row, World};

use super::asks::{change, column, new_member, new_project, new_task, person, project};
use crate::jobs::stop_the_calendar;

/// An act: its mutation and input, and what it records: `<subject> <event>` for each entry, in any order.
struct Act {
    mutation: &'static str,
    input: Value,
    action: &'static str,
    entries: &'static [&'static str],
    events: &'static [&'static str],
}

fn act(
    mutation: &'static str,
    input: Value,
    action: &'static str,
    entries: &'static [&'static str],
    events: &'static [&'static str],
) -> Act {
    Act { mutation, input, action, entries, events }
}

/// Rows of the audit trail that came since so many.
async fn since(world: &World, table: &str, order: &str, before: usize) -> Vec<Row> {
    let mut rows = world.rows(table, &format!("ORDER BY {order}")).await;
    rows.drain(..before);
    rows
}

fn sorted(rows: &[Row], name: &str) -> Vec<String> {
    let mut texts: Vec<String> = rows.iter().map(|row| row[name].as_str().unwrap().to_owned()).collect();
    texts.sort();
    texts
}

fn sorted_texts(texts: &[&str]) -> Vec<String> {
    let mut texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    texts.sort();
    texts
}

/// Does each act and compares what it left.
async fn expect_recorded(world: &World, who: &Actor, user: &str, acts: Vec<Act>) {
    for Act { mutation, input, action, entries, events } in acts {
        let counts = world.counts().await;
        let known: BTreeSet<String> =
            world.events().await.iter().map(|event| event["id"].to_string()).collect();
        let before = |table: &str| usize::try_from(counts[table]).unwrap();
        let done = change(who, mutation, input, "__typename").await.expect_ok();
        let left = since(world, "audit_entries", "occurred_at, id", before("audit_entries")).await;
        assert_eq!(sorted(&left, "subject_type"), sorted_texts(entries), "entries of {mutation}: {left:#?}");
        for entry in &left {
            assert_eq!(
                (&entry["action"], &entry["outcome"]),
                (&json!(action), &json!("success")),
                "{mutation}"
            );
            assert_eq!(
                (&entry["actor_kind"], &entry["actor_id"]),
                (&json!("user"), &json!(user)),
                "{mutation}"
            );
            assert_eq!(entry["operation"], "Test", "{mutation}");
            assert!(
                entry["request_id"].is_string() && entry["subject_id"].is_string(),
                "{mutation}: {entry:#?}"
            );
        }
        // Reason: by their ids, for old ones may be removed meanwhile.
        let mut told = world.events().await;
        told.retain(|event| !known.contains(&event["id"].to_string()));
        assert_eq!(sorted(&told, "kind"), sorted_texts(events), "events of {mutation}: {told:#?}\n{done}");
    }
}

fn uuid(id: &str) -> String {
    id.parse::<kernel::id::AnyId>().unwrap().uuid.to_string()
}

// keeps: PR-1, PR-2, PR-3
#[tokio::test]
async fn acts_on_projects_and_teams_leave_exactly_their_entries_and_events() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let me = uuid(&person(&acme, "owner").await);
    let (id, bare) = (new_project(&owner, "Recorded").await, new_project(&owner, "Purged").await);
    change(&owner, "archiveProject", json!({ "id": bare }), "__typename").await.expect_ok();
    let (developer, sales) = (person(&acme, "dev").await, person(&acme, "sales").await);
    let member = new_member(&owner, &id, &developer).await;
    world.settled().await;
    let created = &[
        "projects.project.created",
        "identity.assignment.created",
        "projects.column.created",
        "projects.column.created",
        "projects.column.created",
        "projects.column.created",
    ];
    let acts = vec![
        act(
            "createProject",
            json!({ "name": "One more" }),
            "projects.project.create",
            &["Project", "TaskColumn", "TaskColumn", "TaskColumn", "TaskColumn", "Assignment"],
            created,
        ),
        act(
            "updateProject",
            json!({ "id": id, "name": "Renamed" }),
            "projects.project.update",
            &["Project"],
            &["projects.project.updated"],
        ),
        act(
            "updateProject",
            json!({ "id": id, "managerId": sales }),
            "projects.project.update",
            &["Project", "Assignment", "Assignment"],
            &["projects.project.updated", "identity.assignment.deleted", "identity.assignment.created"],
        ),
        act(
            "transitionProject",
            json!({ "id": id, "to": "PLANNING" }),
            "projects.project.transition",
            &["Project"],
            &["projects.project.updated", "projects.project.transitioned"],
        ),
        act(
            "transitionProject",
            json!({ "id": id, "to": "ON_HOLD", "note": "Waiting" }),
            "projects.project.transition",
            &["Project", "Project"],
            &["projects.project.updated", "projects.project.transitioned"],
        ),
        act(
            "addProjectMember",
            json!({ "projectId": id, "userId": sales }),
            "projects.member.add",
            &["ProjectMember", "Assignment"],
            &["projects.member.created", "identity.assignment.created"],
        ),
        act(
            "updateProjectMember",
            json!({ "id": member, "title": "Lead" }),
            "projects.member.update",
            &["ProjectMember"],
            &["projects.member.updated"],
        ),
        act(
            "removeProjectMember",
            json!({ "id": member }),
            "projects.member.remove",
            &["ProjectMember", "Assignment"],
            &["projects.member.updated", "identity.assignment.deleted"],
        ),
        act(
            "archiveProject",
            json!({ "id": id }),
            "projects.project.archive",
            &["Project"],
            &["projects.project.updated"],
        ),
        act(
            "restoreProject",
            json!({ "id": id }),
            "projects.project.restore",
            &["Project"],
            &["projects.project.updated"],
        ),
    ];
    expect_recorded(&world, &owner, &me, acts).await;
    stop_the_calendar(&world).await;
    world.clock.advance(std::time::Duration::from_secs(31 * 24 * 3600));
    owner.token().await;
    world.settled().await;
    let purge = act(
        "purgeProject",
        json!({ "id": bare }),
        "projects.project.purge",
        &["Project", "TaskColumn", "TaskColumn", "TaskColumn", "TaskColumn"],
        &[
            "projects.project.deleted",
            "projects.column.deleted",
            "projects.column.deleted",
            "projects.column.deleted",
            "projects.column.deleted",
        ],
    );
    expect_recorded(&world, &owner, &me, vec![purge]).await;
}

// keeps: PR-8
#[tokio::test]
async fn acts_on_boards_and_tasks_leave_exactly_their_entries_and_events() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let me = uuid(&person(&acme, "owner").await);
    let id = new_project(&owner, "Recorded").await;
    let developer = person(&acme, "dev").await;
    let tasks = [new_task(&owner, &id, "One").await, new_task(&owner, &id, "Two").await];
    let (todo, done) = (column(&owner, &id, "To do").await, column(&owner, &id, "Done").await);
    world.settled().await;
    let items = json!([{ "id": tasks[0], "title": "First" }, { "id": tasks[1], "title": "Second" }, { "id": tasks[1], "title": "!" }]);
    let acts = vec![
        act(
            "createTask",
            json!({ "projectId": id, "title": "Three" }),
            "projects.task.create",
            &["Task"],
            &["projects.task.created"],
        ),
        act(
            "createTask",
            json!({ "projectId": id, "title": "Four", "assigneeIds": [developer] }),
            "projects.task.create",
            &["Task", "Task", "TaskAssignee"],
            &["projects.task.created", "projects.task.assigned"],
        ),
        act(
            "updateTask",
            json!({ "id": tasks[0], "dueOn": "2026-05-01" }),
            "projects.task.update",
            &["Task"],
            &["projects.task.updated"],
        ),
        act(
            "updateTask",
            json!({ "id": tasks[0], "assigneeIds": [developer] }),
            "projects.task.update",
            &["Task", "TaskAssignee"],
            &["projects.task.updated", "projects.task.assigned"],
        ),
        act(
            "updateTask",
            json!({ "id": tasks[0], "assigneeIds": [] }),
            "projects.task.update",
            &["Task", "TaskAssignee"],
            &["projects.task.updated", "projects.task.assigned"],
        ),
        act(
            "moveTask",
            json!({ "id": tasks[0] }),
            "projects.task.move",
            &["Task"],
            &["projects.task.updated"],
        ),
        act(
            "bulkUpdateTasks",
            json!({ "items": items }),
            "projects.task.bulk_update",
            &["Task", "Task"],
            &["projects.task.updated", "projects.task.updated"],
        ),
        act(
            "archiveTask",
            json!({ "id": tasks[0] }),
            "projects.task.archive",
            &["Task"],
            &["projects.task.updated"],
        ),
        act(
            "restoreTask",
            json!({ "id": tasks[0] }),
            "projects.task.restore",
            &["Task"],
            &["projects.task.updated"],
        ),
        act(
            "createTaskColumn",
            json!({ "projectId": id, "name": "New", "category": "DOING" }),
            "projects.column.create",
            &["TaskColumn"],
            &["projects.column.created"],
        ),
        act(
            "updateTaskColumn",
            json!({ "id": done, "name": "Finished" }),
            "projects.column.update",
            &["TaskColumn"],
            &["projects.column.updated"],
        ),
        act(
            "moveTaskColumn",
            json!({ "id": done }),
            "projects.column.move",
            &["TaskColumn"],
            &["projects.column.updated"],
        ),
        act(
            "deleteTaskColumn",
            json!({ "id": todo, "moveTo": done }),
            "projects.column.delete",
            &["TaskColumn", "Task", "Task", "Task", "Task"],
            &[
                "projects.column.deleted",
                "projects.task.updated",
                "projects.task.updated",
                "projects.task.updated",
                "projects.task.updated",
            ],
        ),
    ];
    expect_recorded(&world, &owner, &me, acts).await;
}

// keeps: PR-1
#[tokio::test]
async fn trail_tells_what_was_before_and_after_and_why() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, id) = (acme.manager(), new_project(&acme.manager(), "Before").await);
    let renamed = json!({ "id": id, "name": "After", "budget": { "amount": 5, "currency": "EUR" } });
    change(&manager, "updateProject", renamed, "__typename").await.expect_ok();
    let moved = json!({ "id": id, "to": "CANCELLED", "note": "  No money\n" });
    change(&manager, "transitionProject", moved, "__typename").await.expect_ok();
    let query = "query($id: ID!) { project(id: $id) { auditTrail(first: 10) { nodes {
      action actorKind actor { id } subjectType subjectLabel outcome occurredAt operation
      changes { field before after personal }
    } } } }";
    let trail = manager.run(query, json!({ "id": id })).await.expect_ok();
    let nodes = trail.list("project.auditTrail.nodes");
    let mut actions: Vec<&str> = nodes.iter().map(|node| node["action"].as_str().unwrap()).collect();
    actions.dedup();
    assert_eq!(
        actions,
        ["projects.project.transition", "projects.project.update", "projects.project.create"],
        "newest first"
    );
    let changes = |field: &str| {
        let all = nodes.iter().flat_map(|node| node["changes"].as_array().unwrap());
        let found = all.filter(|change| change["field"] == field);
        found.map(|change| (change["before"].clone(), change["after"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(changes("name"), [(json!("Before"), json!("After")), (Value::Null, json!("Before"))]);
    assert_eq!(changes("status"), [(json!("intake"), json!("cancelled")), (Value::Null, json!("intake"))]);
    assert_eq!(changes("budget_minor"), [(Value::Null, json!(5))]);
    assert_eq!(changes("note"), [(Value::Null, json!("No money"))]);
    let who = json!({ "id": person(&acme, "pm").await });
    assert!(nodes.iter().all(|node| node["actor"] == who && node["actorKind"] == "USER"), "{trail}");
    assert!(nodes.iter().all(|node| node["subjectLabel"].as_str().unwrap().contains("ACME-7")), "{trail}");
}

// keeps: PR-1, PR-8
#[tokio::test]
async fn refused_change_leaves_its_refusal_and_nothing_else() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (developer, id) = (acme.developer(), project(&acme, 1).await);
    developer.token().await;
    world.settled().await;
    let before = world.snapshot().await;
    for (mutation, input) in [
        ("transitionProject", json!({ "id": id, "to": "REVIEW" })),
        ("updateProject", json!({ "id": id, "name": "Mine" })),
        ("archiveProject", json!({ "id": id })),
        ("purgeProject", json!({ "id": id })),
        ("createTask", json!({ "projectId": id, "title": "" })),
        ("createTask", json!({ "projectId": project(&acme, 3).await, "title": "There" })),
    ] {
        let answer = change(&developer, mutation, input, "__typename").await;
        assert!(!answer.errors().is_empty(), "{answer}");
    }
    // Reason: who was refused what is told, and nothing else.
    let told = world.rows("audit_entries", "WHERE outcome = 'denied' ORDER BY id").await;
    let fields: Vec<&Value> = told.iter().map(|entry| &entry["subject_label"]).collect();
    assert_eq!(fields, ["transitionProject", "updateProject", "archiveProject", "purgeProject"]);
    let (before, after) =
        (before.without(&["audit_entries"]), world.snapshot().await.without(&["audit_entries"]));
    assert_eq!(before.changes(&after), Vec::<String>::new());
}
