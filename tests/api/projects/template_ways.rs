//! From a project to a template and back: what a template keeps of how a project is done, and what a project tells of its
//! template.

use serde_json::{Value, json};
use tests::{Actor, World};

use super::{
    asks::{account, change, me, new_member, new_project},
    templates::{TEMPLATE, apply, new_template, website},
};

// keeps: PR-6
#[tokio::test]
async fn template_of_a_project_keeps_its_manner_its_labels_and_what_comes_again() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let like = json!({ "name": "As it is done", "billingType": "RETAINER", "methodology": "WATERFALL", "priority": "HIGH",
        "tags": ["web", "care"], "estimatedStart": "2026-03-02" });
    let id = change(&manager, "createProject", like, "project { id }").await.expect_ok();
    let id = id.text("createProject.project.id");
    let label = json!({ "projectId": id, "name": "Urgent", "color": "#aa0000" });
    let label = change(&manager, "createTaskLabel", label, "label { id }").await.expect_ok();
    let task = json!({ "projectId": id, "title": "Updates", "dueOn": "2026-03-06", "recurrence": "FREQ=WEEKLY;UNTIL=20261231",
        "labelIds": [label.text("createTaskLabel.label.id")] });
    change(&manager, "createTask", task, "task { id }").await.expect_ok();
    let input = json!({ "projectId": id, "name": "Care" });
    let template = change(&manager, "createProjectTemplateFromProject", input, TEMPLATE).await.expect_ok();
    let template = template.text("createProjectTemplateFromProject.template.id");
    let applied = json!({ "templateId": template, "startsOn": "2026-06-01" });
    let made = "project { id billingType methodology priority tags template { id }
        tasks(first: 10) { nodes { recurrence dueOn labels { name color } } } }";
    let project = change(&manager, "applyProjectTemplate", applied.clone(), made).await.expect_ok();
    let project = project.data("applyProjectTemplate.project");
    assert_eq!(
        (&project["billingType"], &project["methodology"], &project["priority"], &project["tags"]),
        (&json!("RETAINER"), &json!("WATERFALL"), &json!("HIGH"), &json!(["web", "care"]))
    );
    let task = json!({ "recurrence": "FREQ=WEEKLY", "dueOn": "2026-06-05",
        "labels": [{ "name": "Urgent", "color": "#aa0000" }] });
    assert_eq!(project["tasks"]["nodes"], json!([task]));
    assert_eq!(project["template"]["id"], json!(template));
    let mut otherwise = applied;
    otherwise["priority"] = json!("LOW");
    let project =
        change(&manager, "applyProjectTemplate", otherwise, "project { priority }").await.expect_ok();
    assert_eq!(project.text("applyProjectTemplate.project.priority"), "LOW");
}

// keeps: PR-6, PR-11
#[tokio::test]
async fn template_of_a_project_keeps_how_tasks_are_scheduled() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let start = json!({ "name": "Scheduled", "estimatedStart": "2026-03-02" });
    let id = change(&manager, "createProject", start, "project { id }").await.expect_ok();
    let id = id.text("createProject.project.id");
    let manual = json!({ "scheduling": "MANUAL", "durationMinutes": 480 });
    for (title, plan) in [
        (
            "Held",
            json!({ "constraint": "MUST_START", "constraintOn": "2026-03-04", "deadlineOn": "2026-03-09",
            "optimisticMinutes": 60, "pessimisticMinutes": 120 }),
        ),
        ("By hand", manual),
        ("Plain", json!({})),
    ] {
        let task = json!({ "projectId": id, "title": title, "plan": plan });
        change(&manager, "createTask", task, "task { id }").await.expect_ok();
    }
    let input = json!({ "projectId": id, "name": "Scheduled" });
    let template =
        "template { id plan { plannedTasks { plan { scheduling durationMinutes constraint constraintDay
      deadlineDay optimisticMinutes pessimisticMinutes } } } }";
    let made = change(&manager, "createProjectTemplateFromProject", input, template).await.expect_ok();
    let parts = made.each("createProjectTemplateFromProject.template.plan.plannedTasks", "plan");
    let held = json!({ "scheduling": "AUTOMATIC", "durationMinutes": null, "constraint": "MUST_START",
        "constraintDay": 2, "deadlineDay": 5, "optimisticMinutes": 60, "pessimisticMinutes": 120 });
    assert_eq!((&parts[0], &parts[2]), (&held, &Value::Null));
    let applied = json!({
        "templateId": made.text("createProjectTemplateFromProject.template.id"), "startsOn": "2026-06-01",
    });
    let tasks =
        "project { tasks(first: 10) { nodes { plan { scheduling durationMinutes constraint constraintOn
      deadlineOn optimisticMinutes pessimisticMinutes } } } }";
    let project = change(&manager, "applyProjectTemplate", applied, tasks).await.expect_ok();
    let plans = project.each("applyProjectTemplate.project.tasks.nodes", "plan");
    let held = json!({ "scheduling": "AUTOMATIC", "durationMinutes": null, "constraint": "MUST_START",
        "constraintOn": "2026-06-03", "deadlineOn": "2026-06-08", "optimisticMinutes": 60,
        "pessimisticMinutes": 120 });
    assert_eq!(plans[0], held);
    let of = |place: usize| [&plans[place]["scheduling"], &plans[place]["durationMinutes"]];
    assert_eq!((of(1), of(2)), ([&json!("MANUAL"), &json!(480)], [&json!("AUTOMATIC"), &Value::Null]));
    for (plan, path, code) in [
        (json!({ "constraint": "MUST_START" }), "constraintDay", "constraint_day"),
        (json!({ "deadlineDay": -1 }), "deadlineDay", "bad_day"),
        (json!({ "optimisticMinutes": 60 }), "pessimisticMinutes", "both_cases"),
        (json!({ "durationMinutes": -1 }), "durationMinutes", "negative"),
    ] {
        let task = json!({ "key": "a", "title": "A", "plan": plan });
        let input = json!({ "name": "Wrong", "plan": { "plannedTasks": [task] } });
        let refused = change(&manager, "createProjectTemplate", input, "template { id }").await;
        refused.expect_field(&format!("plan.plannedTasks.0.plan.{path}"), code);
    }
}

// keeps: PR-6
#[tokio::test]
async fn project_of_too_many_people_makes_no_template() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let id = new_project(&owner, "Everybody").await;
    for n in 0..31 {
        let email = format!("crowd{n}@acme.test");
        let actor = crate::identity::steps::join(&world, &owner, &email, &["team_member"]).await;
        new_member(&owner, &id, &me(&actor).await).await;
    }
    let input = json!({ "projectId": id, "name": "Too many" });
    change(&owner, "createProjectTemplateFromProject", input, TEMPLATE)
        .await
        .expect_field("plan.placeholders", "too_many");
}

// keeps: PR-1, PR-6
#[tokio::test]
async fn project_tells_staff_which_template_it_is_made_from() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let id = new_template(&manager, "Origin", website()).await;
    let input = json!({ "templateId": id, "startsOn": "2026-06-01", "accountId": account(&acme, 1).await });
    let made = apply(&manager, input).await.expect_ok();
    let project = made.text("applyProjectTemplate.project.id");
    new_project(&manager, "By hand").await;
    let read = "query($id: ID!) { project(id: $id) { template { id name } } }";
    let told = manager.run(read, json!({ "id": project })).await.expect_ok();
    assert_eq!(told.data("project.template"), &json!({ "id": id, "name": "Origin" }));
    let told = acme.client().run(read, json!({ "id": project })).await.expect_ok();
    assert!(told.data("project.template").is_null());
    let list = "query($filter: ProjectFilter) { projects(filter: $filter, first: 50) { nodes { id } } }";
    let found = async |who: &Actor, filter: Value| {
        who.run(list, json!({ "filter": filter })).await.expect_ok().ids("projects.nodes")
    };
    for filter in [json!({ "templateId": id }), json!({ "or": [{ "templateId": id }] })] {
        assert_eq!(found(&manager, filter).await, std::slice::from_ref(&project));
    }
    assert!(found(&acme.client(), json!({ "templateId": id })).await.is_empty(), "it tells them nothing");
    let clone = json!({ "projectId": project, "name": "Once more", "startsOn": "2026-07-01" });
    let clone = change(&manager, "cloneProject", clone, "project { template { id } }").await.expect_ok();
    assert_eq!(clone.text("cloneProject.project.template.id"), id);
}
