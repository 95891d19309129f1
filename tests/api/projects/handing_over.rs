//! Handing on: what somebody who goes had in hand goes to somebody else, in statements that do not grow with it.

use serde_json::{Value, json};
use tests::{Agency, World};

use super::asks::{change, column, me, new_member, new_project, new_task, person, project, read_task};

/// So many tasks that a person does, every third of them together with another and every second asked for by them.
async fn tasks_of(agency: &Agency<'_>, project: &str, who: &str, other: &str, count: usize) -> Vec<String> {
    let owner = agency.owner();
    let mut tasks = Vec::new();
    for number in 0..count {
        let task = new_task(&owner, project, &format!("Task {number}")).await;
        let people = if number % 3 == 0 { json!([who, other]) } else { json!([who]) };
        let mut input = json!({ "id": task, "assigneeIds": people });
        if number % 2 == 0 {
            input["reporterId"] = json!(who);
        }
        change(&owner, "updateTask", input, "task { id }").await.expect_ok();
        tasks.push(task);
    }
    tasks
}

// keeps: PR-8, ID-6
#[tokio::test]
async fn tasks_of_who_goes_are_the_heirs_and_count_as_changed() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), new_project(&acme.owner(), "Handed on").await);
    let (leaver, heir) = (person(&acme, "dev").await, me(&acme.admin()).await);
    let tasks = tasks_of(&acme, &id, &leaver, &heir, 6).await;
    let archived = column(&owner, &id, "Done").await;
    let done = json!({ "id": tasks[5], "columnId": archived });
    change(&owner, "updateTask", done, "task { id }").await.expect_ok();
    let mut before = Vec::new();
    for task in &tasks {
        before.push(read_task(&owner, task).await.number("task.version"));
    }
    let gone = json!({ "id": leaver, "reassignTo": heir });
    change(&owner, "deleteUser", gone, "userId").await.expect_ok();
    for (number, (task, version)) in tasks.iter().zip(before).enumerate() {
        let now = read_task(&owner, task).await.expect_ok();
        assert_eq!(now.ids("task.assignees"), std::slice::from_ref(&heir), "each once\n{now}");
        let asked = if number % 2 == 0 { &heir } else { &me(&owner).await };
        assert_eq!(now.text("task.reporter.id"), *asked);
        // Reason: who reported it and who does it are one change of a task.
        assert_eq!(now.number("task.version"), version + 1, "task {number}");
        let told = world.events_of(task).await;
        let last = told.iter().rev().find(|event| event["kind"] == "projects.task.assigned").unwrap();
        let added = if number % 3 == 0 { json!([]) } else { json!([heir]) };
        assert_eq!(
            last["payload"],
            json!({ "added": added, "removed": [leaver], "project": id }),
            "task {number}"
        );
    }
}

// keeps: PR-1, PR-3, PR-8, ID-6
#[tokio::test]
async fn many_tasks_are_handed_on_in_as_many_statements_as_few() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 6).await);
    let heir = me(&acme.admin()).await;
    let mut statements = Vec::new();
    for (leaver, count) in [("sales", 3), ("finance", 40)] {
        let leaver = person(&acme, leaver).await;
        new_member(&owner, &id, &leaver).await;
        tasks_of(&acme, &id, &leaver, &heir, count).await;
        let gone = json!({ "id": leaver, "reassignTo": heir });
        let answer = change(&owner, "deleteUser", gone, "userId").await.expect_ok();
        statements.push(answer.statements.unwrap());
    }
    let [few, many] = statements[..] else { panic!("two people go") };
    assert!(many <= few + 4, "{few} statements for 3 tasks, {many} for 40");
}

// keeps: PR-1, ID-6
#[tokio::test]
async fn project_of_a_manager_who_is_gone_is_the_heirs_and_goes_on() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, leaver, heir) = (acme.owner(), person(&acme, "pm").await, person(&acme, "dev").await);
    let led = json!({ "name": "Led", "managerId": leaver });
    let made = change(&owner, "createProject", led, "project { id }").await.expect_ok();
    let id = made.text("createProject.project.id");
    change(&owner, "archiveProject", json!({ "id": id }), "project { id }").await.expect_ok();
    change(&owner, "deleteUser", json!({ "id": leaver, "reassignTo": heir }), "userId").await.expect_ok();
    let back = change(&owner, "restoreProject", json!({ "id": id }), "project { manager { id } }").await;
    assert_eq!(back.expect_ok().text("restoreProject.project.manager.id"), heir);
    let again = |fields: Value| {
        let mut input = fields;
        input["id"] = json!(id);
        input
    };
    let named = again(json!({ "managerId": leaver }));
    change(&owner, "updateProject", named, "project { id }").await.expect_field("managerId", "not_in_tenant");
    change(&owner, "transitionProject", again(json!({ "to": "PLANNING" })), "project { id }")
        .await
        .expect_ok();
}
