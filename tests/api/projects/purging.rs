//! Projects that are removed for good: by the owner, a month after they were put away.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{
    ask, change, codes, columns, expect_conflict, new_member, new_project, new_task, person, project,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn purge(who: &Actor, id: &str) -> Answer {
    change(who, "purgeProject", json!({ "id": id }), "id").await
}

async fn archive(who: &Actor, id: &str) {
    change(who, "archiveProject", json!({ "id": id }), "project { id }").await.expect_ok();
}

// keeps: PR-2
#[tokio::test]
async fn project_is_purged_by_the_owner_thirty_days_after_it_was_put_away() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    expect_conflict(purge(&owner, &id).await, "Only archived projects can be purged.");
    archive(&owner, &id).await;
    let early = "This project can be purged from 2026-04-01 on, 30 days after it was archived.";
    expect_conflict(purge(&owner, &id).await, early);
    world.clock.advance(30 * DAY - Duration::from_secs(1));
    expect_conflict(purge(&owner, &id).await, early);
    world.clock.advance(Duration::from_secs(1));
    let gone = purge(&owner, &id).await.expect_ok();
    assert_eq!(gone.text("purgeProject.id"), id);
    purge(&owner, &id).await.expect_code("NOT_FOUND");
}

// keeps: PR-2
#[tokio::test]
async fn nobody_but_the_owner_purges() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = project(&acme, 1).await;
    archive(&acme.owner(), &id).await;
    world.clock.advance(31 * DAY);
    for (role, person) in acme.everybody() {
        if role.key() != "owner" {
            purge(&person, &id).await.expect_code("FORBIDDEN");
        }
    }
    purge(&world.agency("globex").owner(), &id).await.expect_code("NOT_FOUND");
    purge(&world.nobody(), &id).await.expect_code("UNAUTHENTICATED");
    purge(&acme.owner(), &id).await.expect_ok();
}

// keeps: PR-2
#[tokio::test]
async fn purged_project_takes_everything_along_but_its_trail() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let id = new_project(&owner, "Short-lived").await;
    let board: Vec<String> = columns(&owner, &id).await.into_iter().map(|(id, _)| id).collect();
    let task = new_task(&owner, &id, "Never done").await;
    let developer = person(&acme, "dev").await;
    change(&owner, "updateTask", json!({ "id": task, "assigneeIds": [developer] }), "task { id }")
        .await
        .expect_ok();
    let member = new_member(&owner, &id, &developer).await;
    let rest = ["projects_projects", "projects_columns", "projects_tasks", "projects_members", "assignments"];
    archive(&owner, &id).await;
    world.clock.advance(31 * DAY);
    let before = world.counts().await;
    purge(&owner, &id).await.expect_ok();
    let after = world.counts().await;
    let gone: Vec<i64> = rest.iter().map(|table| before[*table] - after[*table]).collect();
    assert_eq!(gone, [1, 4, 1, 1, 2], "project, columns, task, member, and both assignments: {rest:?}");
    assert_eq!(before["projects_task_assignees"] - after["projects_task_assignees"], 1);
    let ids = [[id.clone(), task.clone(), member.clone()].as_slice(), board.as_slice()].concat();
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let nodes = owner.run(query, json!({ "ids": ids })).await.expect_ok();
    assert!(nodes.list("nodes").iter().all(Value::is_null), "{nodes}");
    for (id, kind) in
        [(&id, "Project"), (&task, "Task"), (&member, "ProjectMember"), (&board[0], "TaskColumn")]
    {
        let last = world.audit_of(id).await.pop().unwrap();
        assert_eq!(
            (&last["action"], &last["subject_type"]),
            (&json!("projects.project.purge"), &json!(kind))
        );
        let event = world.events_of(id).await.pop().unwrap();
        assert!(event["kind"].as_str().unwrap().ends_with(".deleted"), "{event:?}");
    }
    let trail = "{ auditEntries(filter: { actionPrefix: \"projects.project.purge\" }) { nodes { subjectLabel subjectType } } }";
    let trail = ask(&owner, trail).await.expect_ok();
    let labels = trail.each("auditEntries.nodes", "subjectLabel");
    assert!(
        labels.contains(&json!("ACME-7"))
            || labels.iter().any(|label| label.to_string().contains("Short-lived"))
    );
}

// keeps: PR-1, PR-2
#[tokio::test]
async fn code_of_a_purged_project_is_not_given_again() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let id = new_project(&owner, "The last").await;
    archive(&owner, &id).await;
    world.clock.advance(31 * DAY);
    purge(&owner, &id).await.expect_ok();
    new_project(&owner, "After the last").await;
    assert_eq!(codes(&owner).await.last().unwrap(), "ACME-8");
}

// keeps: PR-2
#[tokio::test]
async fn project_brought_back_waits_thirty_days_anew() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    archive(&owner, &id).await;
    world.clock.advance(29 * DAY);
    change(&owner, "restoreProject", json!({ "id": id }), "project { id }").await.expect_ok();
    archive(&owner, &id).await;
    world.clock.advance(2 * DAY);
    expect_conflict(purge(&owner, &id).await, "This project can be purged from 2026-04-30 on");
}
