//! What of tasks is for the team alone: how long they take and why they cannot go on. Clients see the task without it.

use serde_json::{Value, json};
use tests::{Actor, Agency, World};

use super::{
    asks::{ask, change, eventually, new_project, new_role, person, project, refusals},
    reaching::away,
    schedules::{hours, planned, schedule},
};
use crate::identity::keys::made;

const TASK: &str =
    "query($id: ID!) { task(id: $id) { title dueOn estimateMinutes remainingMinutes blockedReason } }";

/// A task of the client's first project with everything about it that is internal.
async fn blocked_task(agency: &Agency<'_>) -> String {
    let id = project(agency, 1).await;
    let input =
        json!({ "projectId": id, "title": "Held up", "estimateMinutes": 600, "remainingMinutes": 300 });
    let made = change(&agency.owner(), "createTask", input, "task { id }").await.expect_ok();
    let task = made.text("createTask.task.id");
    let blocked = json!({ "id": task, "blockedReason": "The client does not pay" });
    change(&agency.owner(), "updateTask", blocked, "task { id }").await.expect_ok();
    task
}

// keeps: PR-8, ID-22
#[tokio::test]
async fn clients_see_tasks_without_what_is_for_the_team_alone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let task = blocked_task(&acme).await;
    for client in [acme.client(), acme.client_admin()] {
        let answer = client.run(TASK, json!({ "id": task })).await;
        let expected = json!({
            "title": "Held up", "dueOn": null, "estimateMinutes": null, "remainingMinutes": null, "blockedReason": null,
        });
        assert_eq!(*answer.data("task"), expected, "{answer}");
        let refused = ["blockedReason", "estimateMinutes", "remainingMinutes"]
            .map(|name| (format!("task.{name}"), "FORBIDDEN".to_owned()));
        assert_eq!(refusals(&answer), refused);
        assert!(!answer.body.to_string().contains("pay"), "{answer}");
    }
    for who in
        [acme.owner(), acme.admin(), acme.manager(), acme.developer(), acme.accountant(), acme.viewer()]
    {
        let answer = who.run(TASK, json!({ "id": task })).await.expect_ok();
        assert_eq!(answer.number("task.estimateMinutes"), 600);
        assert_eq!(answer.number("task.remainingMinutes"), 300);
        assert_eq!(answer.text("task.blockedReason"), "The client does not pay");
    }
}

// keeps: PR-8, ID-22
#[tokio::test]
async fn filter_for_blocked_tasks_tells_clients_nothing() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let task = blocked_task(&acme).await;
    let lists = |blocked: bool| {
        [
            format!("{{ tasks(filter: {{ blocked: {blocked} }}) {{ nodes {{ id }} }} }}"),
            format!(
                "{{ projects {{ nodes {{ tasks(filter: {{ blocked: {blocked} }}) {{ totalCount }} }} }} }}"
            ),
        ]
    };
    for query in lists(true).iter().chain(&lists(false)) {
        let answer = ask(&acme.client(), query).await;
        assert!(!refusals(&answer).is_empty(), "{answer}");
        assert!(refusals(&answer).iter().all(|(_, code)| code == "FORBIDDEN"), "{answer}");
        ask(&acme.viewer(), query).await.expect_ok();
    }
    let found = ask(&acme.viewer(), &lists(true)[0]).await.ids("tasks.nodes");
    assert!(found.contains(&task));
}

// keeps: PR-8, ID-22
#[tokio::test]
async fn who_may_see_what_is_internal_on_some_tasks_filters_those_alone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let task = blocked_task(&acme).await;
    let grants = [("projects.task.read", "TENANT"), ("projects.internal.read", "OWN")];
    let role = new_role(&acme, "Reader", &grants).await;
    let editor = person(&acme, "editor").await;
    let input = json!({ "userId": editor, "roleId": role });
    change(&acme.owner(), "assignRole", input, "user { id }").await.expect_ok();
    let read = async |who: &Actor| who.run(TASK, json!({ "id": task })).await;
    let found = async || {
        ask(&acme.editor(), "{ tasks(filter: { blocked: true }) { nodes { id } } }").await.ids("tasks.nodes")
    };
    super::asks::eventually("the editor reads tasks", async || {
        read(&acme.editor()).await.data("task").is_object()
    })
    .await;
    assert_eq!(refusals(&read(&acme.editor()).await).len(), 3);
    assert_eq!(found().await, Vec::<String>::new());
    let assigned = json!({ "id": task, "assigneeIds": [editor] });
    change(&acme.owner(), "updateTask", assigned, "task { id }").await.expect_ok();
    assert_eq!(read(&acme.editor()).await.expect_ok().number("task.estimateMinutes"), 600);
    assert_eq!(found().await, std::slice::from_ref(&task));
}

// keeps: PR-8, ID-22
#[tokio::test]
async fn client_does_not_hear_of_changes_that_are_for_the_team_alone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    let task = blocked_task(&acme).await;
    let client = acme.client();
    let mut ears = super::changed::Ears::of(&client, Some(&id), &owner, &id).await;
    let update = async |fields: Value| {
        let mut input = fields;
        input["id"] = json!(task);
        change(&owner, "updateTask", input, "task { id }").await.expect_ok();
    };
    update(json!({ "blockedReason": null, "remainingMinutes": 1, "estimateMinutes": 2 })).await;
    update(json!({ "remainingMinutes": 3, "title": "Goes on" })).await;
    let heard = ears.until(&owner, &id).await;
    let told: Vec<_> = heard.iter().map(|message| &message["changedFields"]).collect();
    assert_eq!(told, [&json!(["title"])]);
}

// keeps: PR-11, ID-22
#[tokio::test]
async fn schedule_of_a_project_that_one_sees_less_of_is_told_as_planned() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (editor, manager) = (person(&acme, "editor").await, acme.manager());
    let reads = |more: &[&'static str]| {
        let all = ["projects.project.read", "projects.task.read"].iter().chain(more);
        all.map(|permission| (*permission, "ASSIGNED")).collect::<Vec<_>>()
    };
    let all = reads(&["projects.milestone.read", "projects.internal.read"]);
    let all = new_role(&acme, "Insider", &all).await;
    let less = new_role(&acme, "Outsider", &reads(&[])).await;
    let (here, there) = (new_project(&manager, "Here").await, new_project(&manager, "There").await);
    for (project, role) in [(&here, &all), (&there, &less)] {
        planned(&manager, project, "Task", hours(8)).await;
        let input = json!({ "projectId": project, "userId": editor, "roleId": role });
        change(&acme.owner(), "addProjectMember", input, "member { id }").await.expect_ok();
    }
    eventually("the editor sees both", async || {
        let [one, other] = [schedule(&acme.editor(), &here).await, schedule(&acme.editor(), &there).await];
        one.errors().is_empty() && other.errors().is_empty()
    })
    .await;
    let [whole, plain] = [schedule(&acme.editor(), &here).await, schedule(&acme.editor(), &there).await];
    assert!(whole.list("schedule.bars")[0]["dates"]["earlyStart"].is_string(), "{whole}");
    let bar = &plain.list("schedule.bars")[0];
    assert_eq!([&bar["title"], &bar["dates"], &bar["plan"]], [&json!("Task"), &Value::Null, &Value::Null]);
    assert!(plain.list("schedule.links").is_empty() && plain.list("schedule.calendars").is_empty());
}

// keeps: PR-11, PR-27
#[tokio::test]
async fn when_people_are_away_is_in_schedules_for_who_may_read_it_alone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    away(&acme.developer(), &manager, "2026-03-03", "2026-03-04").await;
    let id = new_project(&manager, "Theirs").await;
    planned(&manager, &id, "Task", json!({ "assigneeIds": [dev] })).await;
    let reads = ["project", "task", "milestone", "internal"].map(|of| format!("projects.{of}.read"));
    let reads: Vec<(&str, &str)> = reads.iter().map(|read| (read.as_str(), "ASSIGNED")).collect();
    let (less, _) = made(&manager, &reads, json!({})).await;
    let more: Vec<_> = reads.iter().copied().chain([("projects.people.read", "TENANT")]).collect();
    let (more, _) = made(&manager, &more, json!({})).await;
    for (who, expected) in [(&manager, 2), (&more, 2), (&less, 1)] {
        let told = schedule(who, &id).await.expect_ok();
        let of = told.each("schedule.calendars", "userId");
        assert_eq!(of.len(), expected, "{told}");
        assert_eq!(of[0], Value::Null, "the agency's is first");
        assert_eq!(told.list("schedule.bars")[0]["calendarUserId"], dev.as_str());
        assert!(told.list("schedule.bars")[0]["dates"].is_object());
    }
}
