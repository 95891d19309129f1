//! Cloning: what of a project comes along, and what begins anew.

use serde_json::{Value, json};
use tests::{Agency, World};

use super::{
    asks::{change, new_member, new_project, new_role, new_task, person, refusals, walk},
    milestones::new_milestone,
};

const CLONED: &str = "project {
  id code name status estimatedStart expectedDelivery budget { amount } tags progress
  members(first: 50) { nodes { title billRate { amount } user { id } } }
  milestones(first: 100) { nodes { name dueOn status percentage billing { amount } } }
  tasks(first: 100) { nodes {
    title startOn dueOn status completedAt blockedReason estimateMinutes remainingMinutes
    milestone { name } parent { title } checklist { done } labels { name } assignees { id } column { name }
  } }
  dependencies(first: 100) { nodes { kind } }
}";

/// A project with everything that can be cloned, half of it done: its id and that of who works on it.
async fn half_done(acme: &Agency<'_>) -> (String, String) {
    let (manager, dev) = (acme.manager(), person(acme, "dev").await);
    let id = new_project(&manager, "Source").await;
    let fields = json!({
        "id": id, "estimatedStart": "2026-03-02", "expectedDelivery": "2026-03-13", "tags": ["web"],
        "budget": { "amount": 90000, "currency": "EUR" },
    });
    change(&manager, "updateProject", fields, "project { id }").await.expect_ok();
    walk(&manager, &id, &["PLANNING", "IN_PROGRESS"]).await;
    let place = new_member(&manager, &id, &dev).await;
    let rate =
        json!({ "id": place, "title": "Engineer", "billRate": { "amount": 12000, "currency": "EUR" } });
    change(&manager, "updateProjectMember", rate, "member { id }").await.expect_ok();
    let billing = json!({ "dueOn": "2026-03-13", "billing": { "amount": 5, "currency": "EUR" } });
    let milestone = new_milestone(&manager, &id, "Alpha", billing).await;
    let reached = json!({ "id": milestone, "to": "COMPLETED" });
    change(&manager, "transitionMilestone", reached, "milestone { id }").await.expect_ok();
    let label = json!({ "projectId": id, "name": "Ours", "color": "#aa0000" });
    let label = change(&manager, "createTaskLabel", label, "label { id }").await.expect_ok();
    let done = new_task(&manager, &id, "Done").await;
    let query = "query($id: ID!) { project(id: $id) { columns { id category } } }";
    let board = manager.run(query, json!({ "id": id })).await.expect_ok();
    let last = board.list("project.columns").last().cloned().unwrap();
    let changes = json!({
        "id": done, "startOn": "2026-03-06", "dueOn": "2026-03-09", "columnId": last["id"], "assigneeIds": [dev],
        "milestoneId": milestone, "labelIds": [label.text("createTaskLabel.label.id")], "estimateMinutes": 60,
        "remainingMinutes": 0, "checklist": [{ "text": "Step", "done": true }],
    });
    change(&manager, "updateTask", changes, "task { id }").await.expect_ok();
    let part = json!({ "projectId": id, "title": "Part", "parentId": done });
    let part = change(&manager, "createTask", part, "task { id }").await.expect_ok();
    let stuck = json!({ "id": part.text("createTask.task.id"), "blockedReason": "Waiting" });
    change(&manager, "updateTask", stuck, "task { id }").await.expect_ok();
    let link = json!({ "projectId": id, "predecessorTaskId": done, "successorMilestoneId": milestone });
    change(&manager, "createDependency", link, "dependency { id }").await.expect_ok();
    (id, dev)
}

// keeps: PR-5
#[tokio::test]
async fn clone_has_the_same_work_on_other_days_and_none_of_it_done() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager) = (acme.owner(), acme.manager());
    let (id, dev) = half_done(&acme).await;
    let input = json!({ "projectId": id, "name": "Second", "startsOn": "2028-02-28", "team": true });
    let cloned = change(&owner, "cloneProject", input.clone(), CLONED).await.expect_ok();
    let project = cloned.data("cloneProject.project");
    assert_eq!((&project["status"], &project["progress"]), (&json!("INTAKE"), &json!(0)));
    assert_eq!((&project["estimatedStart"], &project["tags"]), (&json!("2028-02-28"), &json!(["web"])));
    assert_eq!(
        (&project["expectedDelivery"], &project["budget"]["amount"]),
        (&json!("2028-03-10"), &json!("90000"))
    );
    let member = &cloned.list("cloneProject.project.members.nodes")[0];
    assert_eq!((&member["title"], &member["billRate"]["amount"]), (&json!("Engineer"), &json!("12000")));
    let milestone = &cloned.list("cloneProject.project.milestones.nodes")[0];
    assert_eq!((&milestone["status"], &milestone["percentage"]), (&json!("PENDING"), &json!(0)));
    assert_eq!((&milestone["dueOn"], &milestone["billing"]["amount"]), (&json!("2028-03-10"), &json!("5")));
    let tasks = cloned.list("cloneProject.project.tasks.nodes");
    let [done, part] = tasks else { panic!("{cloned}") };
    // From a Friday over the weekend to Monday: from the Friday after the leap day to the Monday.
    assert_eq!((&done["startOn"], &done["dueOn"]), (&json!("2028-03-03"), &json!("2028-03-06")));
    assert_eq!((&done["status"], &done["completedAt"]), (&json!("TODO"), &Value::Null));
    assert_eq!((&done["remainingMinutes"], &done["checklist"]), (&json!(60), &json!([{ "done": false }])));
    assert_eq!(
        (&done["labels"], &done["assignees"]),
        (&json!([{ "name": "Ours" }]), &json!([{ "id": dev }]))
    );
    assert_eq!((&part["parent"]["title"], &part["blockedReason"]), (&json!("Done"), &Value::Null));
    assert_eq!(cloned.list("cloneProject.project.dependencies.nodes").len(), 1);
    // Whoever may not set budgets gets the work without the money.
    let mut bare = input;
    bare["milestones"] = json!(false);
    bare["team"] = json!(false);
    bare["dependencies"] = json!(false);
    let bare = change(&manager, "cloneProject", bare, CLONED).await.expect_ok();
    assert_eq!(bare.list("cloneProject.project.milestones.nodes").len(), 0);
    assert_eq!(bare.list("cloneProject.project.dependencies.nodes").len(), 0);
    assert_eq!(bare.list("cloneProject.project.tasks.nodes")[0]["assignees"], json!([]));
    let query = "query($id: ID!) { project(id: $id) { status tasks(first: 9) { nodes { status } } } }";
    let source = manager.run(query, json!({ "id": id })).await.expect_ok();
    assert_eq!(source.text("project.status"), "IN_PROGRESS", "the other one stays as it is");
}

// keeps: PR-5, ID-22
#[tokio::test]
async fn clone_shows_nobody_what_they_could_not_read() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, client) = (acme.manager(), acme.client());
    let id = new_project(&manager, "Source").await;
    let budget = json!({ "id": id, "budget": { "amount": 90000, "currency": "EUR" } });
    change(&manager, "updateProject", budget, "project { id }").await.expect_ok();
    let input = json!({ "projectId": id, "name": "Second", "startsOn": "2026-03-02" });
    for who in [&client, &acme.developer()] {
        change(who, "cloneProject", input.clone(), "project { id }").await.expect_code("FORBIDDEN");
    }
    change(&acme.sales(), "cloneProject", input.clone(), "project { id }").await.expect_code("NOT_FOUND");
    change(&world.agency("globex").owner(), "cloneProject", input.clone(), "project { id }")
        .await
        .expect_code("NOT_FOUND");
    let grants = [
        ("projects.project.read", "TENANT"),
        ("projects.project.create", "TENANT"),
        ("projects.internal.read", "TENANT"),
        ("projects.task.read", "TENANT"),
    ];
    let role = new_role(&acme, "Copies work", &grants).await;
    let editor = person(&acme, "editor").await;
    let given = json!({ "userId": editor, "roleId": role });
    change(&acme.owner(), "assignRole", given, "user { id }").await.expect_ok();
    let editor = acme.editor();
    change(&editor, "cloneProject", input.clone(), "project { id }").await.expect_code("FORBIDDEN");
    let mut tasks = input;
    tasks["milestones"] = json!(false);
    let cloned = change(&editor, "cloneProject", tasks, "project { id name budget { amount } }").await;
    let refused = refusals(&cloned);
    assert!(refused.iter().all(|(path, _)| path.ends_with("budget")), "{cloned}");
    let made = cloned.text("cloneProject.project.id");
    let query = "query($id: ID!) { project(id: $id) { budget { amount } } }";
    let seen = acme.owner().run(query, json!({ "id": made })).await.expect_ok();
    assert!(seen.data("project.budget").is_null(), "who sets no budgets copies none");
}

// keeps: PR-5
#[tokio::test]
async fn every_wrong_field_of_a_clone_is_named() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, client) = (acme.manager(), person(&acme, "client").await);
    let id = new_project(&manager, "Source").await;
    let dates = json!({ "id": id, "estimatedStart": "2026-03-02", "expectedDelivery": "2026-03-13" });
    change(&manager, "updateProject", dates, "project { id }").await.expect_ok();
    for (field, value, path, code) in [
        ("name", json!(" "), "name", "required"),
        ("managerId", json!(client), "managerId", "not_staff"),
        ("startsOn", json!("9999-12-31"), "startsOn", "no_workday"),
    ] {
        let mut input = json!({ "projectId": id, "name": "Second", "startsOn": "2026-03-02" });
        input[field] = value;
        change(&manager, "cloneProject", input, CLONED).await.expect_field(path, code);
    }
}
