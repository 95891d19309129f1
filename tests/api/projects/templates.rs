//! Templates: what they hold, what they are made of, and what is made of them.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::{
    asks::{account, ask, change, expect_conflict, expect_stale, new_member, new_project, new_task, person},
    milestones::new_milestone,
};

pub(super) const TEMPLATE: &str = "template {
  id name description category milestoneCount taskCount lengthDays archivedAt version
  plan {
    placeholders { key title } plannedColumns { name category } folders
    plannedMilestones { key name dueDay deliverables role clientVisible }
    plannedTasks { key title startDay durationDays milestone parent estimateMinutes labelNames steps doers priority }
    plannedLinks { predecessor successor kind lagMinutes }
  }
}";

const MADE: &str = "project {
  id code name status estimatedStart estimatedEnd manager { id }
  columns { name category }
  members(first: 50) { nodes { title user { id } } }
  milestones(first: 100) { nodes { name dueOn status clientVisible deliverables assignee { id } } }
  tasks(first: 100) { nodes {
    id title startOn dueOn status number estimateMinutes remainingMinutes
    milestone { name } parent { title } labels { name } checklist { text done } assignees { id }
  } }
  dependencies(first: 100) { nodes { kind lagMinutes } }
}";

pub(super) fn website() -> Value {
    json!({
        "placeholders": [{ "key": "dev", "title": "Developer" }, { "key": "des", "title": "Designer" }],
        "plannedColumns": [{ "name": "Next", "category": "TODO" }, { "name": "Now", "category": "DOING" },
                  { "name": "Over", "category": "DONE" }],
        "plannedMilestones": [
            { "key": "launch", "name": "إطلاق", "dueDay": 9, "deliverables": ["The site"], "role": "dev",
              "clientVisible": true },
        ],
        "plannedTasks": [
            { "key": "design", "title": "Design", "startDay": 0, "durationDays": 5, "doers": ["des"],
              "labelNames": ["Creative"], "steps": ["Sketch", "Review"], "estimateMinutes": 600 },
            { "key": "build", "title": "Build", "startDay": 5, "durationDays": 5, "milestone": "launch",
              "doers": ["dev", "des"], "priority": "HIGH" },
            { "key": "forms", "title": "Forms", "parent": "build" },
        ],
        "plannedLinks": [
            { "predecessor": "design", "successor": "build", "lagMinutes": 60 },
            { "predecessor": "build", "successor": "launch", "kind": "FINISH_TO_FINISH" },
        ],
        "folders": ["Contracts/Signed", "Assets"],
    })
}

pub(super) async fn new_template(who: &Actor, name: &str, plan: Value) -> String {
    let input = json!({ "name": name, "category": "Web", "plan": plan });
    let made = change(who, "createProjectTemplate", input, "template { id }").await.expect_ok();
    made.text("createProjectTemplate.template.id")
}

pub(super) async fn apply(who: &Actor, input: Value) -> Answer {
    change(who, "applyProjectTemplate", input, MADE).await
}

// keeps: PR-6
#[tokio::test]
async fn template_becomes_a_project_dated_by_working_days() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let id = new_template(&manager, "Site", website()).await;
    let (dev, lead) = (person(&acme, "dev").await, person(&acme, "pm").await);
    let input = json!({
        // A Saturday before a leap day.
        "templateId": id, "startsOn": "2028-02-26", "name": "Site for Initech", "accountId": account(&acme, 1).await,
        "roles": [{ "role": "dev", "userId": dev }],
    });
    let made = apply(&manager, input).await.expect_ok();
    let project = made.data("applyProjectTemplate.project");
    assert_eq!((&project["status"], &project["name"]), (&json!("INTAKE"), &json!("Site for Initech")));
    assert_eq!(project["estimatedStart"], "2028-02-28", "work begins on Monday");
    assert_eq!(project["estimatedEnd"], "2028-03-10");
    assert_eq!(project["manager"]["id"], json!(lead));
    let headings = made.each("applyProjectTemplate.project.columns", "name");
    assert_eq!(headings, ["Next", "Now", "Over"].map(Value::from));
    let members = made.list("applyProjectTemplate.project.members.nodes");
    assert_eq!(*members, [json!({ "title": "Developer", "user": { "id": dev } })]);
    let milestone = &made.list("applyProjectTemplate.project.milestones.nodes")[0];
    assert_eq!((&milestone["name"], &milestone["dueOn"]), (&json!("إطلاق"), &json!("2028-03-10")));
    assert_eq!(milestone["assignee"]["id"], json!(dev));
    let tasks = made.list("applyProjectTemplate.project.tasks.nodes");
    let [design, build, forms] = tasks else { panic!("{made}") };
    // From Monday before the leap day to Friday after it.
    assert_eq!((&design["startOn"], &design["dueOn"]), (&json!("2028-02-28"), &json!("2028-03-03")));
    assert_eq!((&build["startOn"], &build["dueOn"]), (&json!("2028-03-06"), &json!("2028-03-10")));
    assert_eq!(
        design["checklist"],
        json!([{ "text": "Sketch", "done": false }, { "text": "Review", "done": false }])
    );
    assert_eq!(
        (&design["labels"], &design["estimateMinutes"]),
        (&json!([{ "name": "Creative" }]), &json!(600))
    );
    assert_eq!(design["assignees"], json!([]), "nobody took the designer's place");
    assert_eq!(build["assignees"], json!([{ "id": dev }]));
    assert_eq!((&forms["parent"]["title"], &forms["number"]), (&json!("Build"), &json!(3)));
    assert_eq!(made.list("applyProjectTemplate.project.dependencies.nodes").len(), 2);
    // What was made is like everything else: it can be worked on at once.
    let moved = json!({ "id": design["id"], "title": "Design anew" });
    change(&manager, "updateTask", moved, "task { title }").await.expect_ok();
}

// keeps: PR-5, PR-6
#[tokio::test]
async fn working_days_are_those_of_the_agencys_week() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let week = json!({ "workingWeek": ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY"] });
    change(&acme.owner(), "updateTenant", week, "tenant { id }").await.expect_ok();
    let id = new_template(&manager, "Site", website()).await;
    // A Friday.
    let made = apply(&manager, json!({ "templateId": id, "startsOn": "2028-02-25" })).await.expect_ok();
    let project = made.data("applyProjectTemplate.project");
    assert_eq!(
        (&project["estimatedStart"], &project["estimatedEnd"]),
        (&json!("2028-02-27"), &json!("2028-03-09"))
    );
    let design = &made.list("applyProjectTemplate.project.tasks.nodes")[0];
    assert_eq!((&design["startOn"], &design["dueOn"]), (&json!("2028-02-27"), &json!("2028-03-02")));
    let clone = json!({ "projectId": project["id"], "name": "Again", "startsOn": "2028-03-03" });
    let cloned = change(&manager, "cloneProject", clone, MADE).await.expect_ok();
    let design = &cloned.list("cloneProject.project.tasks.nodes")[0];
    assert_eq!((&design["startOn"], &design["dueOn"]), (&json!("2028-03-05"), &json!("2028-03-09")));
}

// keeps: PR-6
#[tokio::test]
async fn big_template_is_one_act_of_few_statements() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let milestones: Vec<Value> = (0..50)
        .map(|n| json!({ "key": format!("m{n}"), "name": format!("Milestone {n}"), "dueDay": n }))
        .collect();
    let tasks: Vec<Value> = (0..500)
        .map(|n| {
            json!({
                "key": format!("t{n}"), "title": format!("Task {n}"), "startDay": n / 10, "durationDays": 2,
                "milestone": format!("m{}", n % 50), "doers": ["dev"], "labelNames": ["One", "Two"],
            })
        })
        .collect();
    let links: Vec<Value> = (1..500)
        .map(|n| json!({ "predecessor": format!("t{}", n - 1), "successor": format!("t{n}") }))
        .collect();
    let plan = json!({
        "placeholders": [{ "key": "dev", "title": "Developer" }],
        "plannedMilestones": milestones, "plannedTasks": tasks, "plannedLinks": links,
    });
    let id = new_template(&manager, "Large", plan).await;
    let input = json!({
        "templateId": id, "startsOn": "2026-03-02", "accountId": account(&acme, 1).await,
        "roles": [{ "role": "dev", "userId": dev }],
    });
    let made = change(&manager, "applyProjectTemplate", input, "project { id }").await.expect_ok();
    let made = made.expect_statements(12);
    let project = made.text("applyProjectTemplate.project.id");
    let query = "query($id: ID!) { project(id: $id) {
        tasks { totalCount } milestones { totalCount } dependencies { totalCount }
    } }";
    let told = manager.run(query, json!({ "id": project })).await.expect_ok();
    let counts =
        ["tasks", "milestones", "dependencies"].map(|of| told.number(&format!("project.{of}.totalCount")));
    assert_eq!(counts, [500, 50, 499]);
    let input = json!({
        "projectId": project, "name": "Once more", "startsOn": "2026-06-01", "team": true,
    });
    let cloned = change(&manager, "cloneProject", input, "project { id }").await.expect_ok();
    let cloned = cloned.expect_statements(13);
    let told = manager.run(query, json!({ "id": cloned.text("cloneProject.project.id") })).await.expect_ok();
    let counts =
        ["tasks", "milestones", "dependencies"].map(|of| told.number(&format!("project.{of}.totalCount")));
    assert_eq!(counts, [500, 50, 499]);
}

// keeps: PR-6
#[tokio::test]
async fn project_becomes_a_template_without_people_dates_and_money() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let project = new_project(&manager, "Source").await;
    let start = json!({ "id": project, "estimatedStart": "2026-03-02", "budget": { "amount": 1, "currency": "EUR" } });
    change(&manager, "updateProject", start, "project { id }").await.expect_ok();
    new_member(&manager, &project, &dev).await;
    let milestone = new_milestone(&manager, &project, "Alpha", json!({ "dueOn": "2026-03-13" })).await;
    let first = new_task(&manager, &project, "First").await;
    let dates = json!({
        "id": first, "startOn": "2026-03-03", "dueOn": "2026-03-09", "assigneeIds": [dev], "milestoneId": milestone,
        "checklist": [{ "text": "Step", "done": true }],
    });
    change(&manager, "updateTask", dates, "task { id }").await.expect_ok();
    let second = new_task(&manager, &project, "Second").await;
    let link = json!({ "projectId": project, "predecessorTaskId": first, "successorTaskId": second, "lagMinutes": -30 });
    change(&manager, "createDependency", link, "dependency { id }").await.expect_ok();
    let input = json!({ "projectId": project, "name": "From source", "category": "Web" });
    let made = change(&manager, "createProjectTemplateFromProject", input, TEMPLATE).await.expect_ok();
    let template = made.data("createProjectTemplateFromProject.template").clone();
    assert_eq!((&template["taskCount"], &template["milestoneCount"]), (&json!(2), &json!(1)));
    assert_eq!(template["lengthDays"], 10, "two weeks");
    let plan = &template["plan"];
    assert_eq!(plan["plannedMilestones"][0]["dueDay"], 9);
    let task = &plan["plannedTasks"][0];
    assert_eq!((&task["startDay"], &task["durationDays"]), (&json!(1), &json!(5)));
    assert_eq!(
        (&task["milestone"], &task["doers"]),
        (&json!("m1"), &json!([plan["placeholders"][0]["key"]]))
    );
    assert_eq!((&task["steps"], &plan["plannedLinks"][0]["lagMinutes"]), (&json!(["Step"]), &json!(-30)));
    let text = template.to_string();
    assert!(!text.contains(&dev) && !text.contains("2026-03") && !text.contains("EUR"), "{text}");
    let again = json!({ "templateId": template["id"], "startsOn": "2026-03-02" });
    let again = apply(&manager, again).await.expect_ok();
    let task = &again.list("applyProjectTemplate.project.tasks.nodes")[0];
    assert_eq!(
        (&task["startOn"], &task["dueOn"]),
        (&json!("2026-03-03"), &json!("2026-03-09")),
        "the same days again"
    );
}

// keeps: PR-6
#[tokio::test]
async fn templates_are_found_changed_put_away_and_brought_back() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, developer) = (acme.manager(), acme.developer());
    let id = new_template(&manager, "Relaunch", website()).await;
    let found = async |filter: Value| {
        let query = "query($filter: ProjectTemplateFilter) {
            projectTemplates(filter: $filter, first: 50) { nodes { name } }
        }";
        developer
            .run(query, json!({ "filter": filter }))
            .await
            .expect_ok()
            .each("projectTemplates.nodes", "name")
    };
    let relaunch = json!("Relaunch");
    assert!(found(json!({ "search": "relau" })).await.contains(&relaunch));
    assert!(found(json!({ "categories": ["Web"] })).await.contains(&relaunch));
    assert!(!found(json!({ "categories": ["Print"] })).await.contains(&relaunch));
    let input = json!({ "name": "Relaunch" });
    expect_conflict(
        change(&manager, "createProjectTemplate", input, TEMPLATE).await,
        "There is a template of this name.",
    );
    let changes = json!({ "id": id, "expectedVersion": 1, "category": null, "plan": { "plannedTasks": [
        { "key": "a", "title": "Only one", "durationDays": 3 },
    ] } });
    let changed = change(&manager, "updateProjectTemplate", changes.clone(), TEMPLATE).await.expect_ok();
    let changed = changed.data("updateProjectTemplate.template");
    assert_eq!((&changed["taskCount"], &changed["lengthDays"]), (&json!(1), &json!(3)));
    assert_eq!((&changed["category"], &changed["plan"]["folders"]), (&Value::Null, &json!([])));
    expect_stale(change(&manager, "updateProjectTemplate", changes, TEMPLATE).await, 2);
    change(&developer, "updateProjectTemplate", json!({ "id": id, "name": "Mine" }), TEMPLATE)
        .await
        .expect_code("FORBIDDEN");
    change(&manager, "archiveProjectTemplate", json!({ "id": id }), TEMPLATE).await.expect_ok();
    assert!(!found(json!({})).await.contains(&relaunch));
    assert!(found(json!({ "archived": true })).await.contains(&relaunch));
    expect_conflict(
        apply(&manager, json!({ "templateId": id, "startsOn": "2026-03-02" })).await,
        "This template is archived. Restore it first.",
    );
    let other = new_template(&manager, "Relaunch", json!({})).await;
    expect_conflict(
        change(&manager, "restoreProjectTemplate", json!({ "id": id }), TEMPLATE).await,
        "There is a template of this name.",
    );
    change(&manager, "archiveProjectTemplate", json!({ "id": other }), TEMPLATE).await.expect_ok();
    change(&manager, "restoreProjectTemplate", json!({ "id": id }), TEMPLATE).await.expect_ok();
}

// keeps: PR-6
#[tokio::test]
async fn every_wrong_part_of_a_template_and_of_its_use_is_named() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let task = |key: &str| json!({ "key": key, "title": key });
    for (plan, path, code) in [
        (json!({ "plannedTasks": [task("a"), task("a")] }), "plan.plannedTasks.1.key", "key_taken"),
        (json!({ "plannedTasks": [{ "key": "a", "title": " " }] }), "plan.plannedTasks.0.title", "required"),
        (
            json!({ "plannedTasks": [{ "key": "a", "title": "a", "startDay": -1 }] }),
            "plan.plannedTasks.0.startDay",
            "bad_day",
        ),
        (
            json!({ "plannedTasks": [{ "key": "a", "title": "a", "parent": "a" }] }),
            "plan.plannedTasks.0.parent",
            "within_itself",
        ),
        (
            json!({ "plannedTasks": [task("a"), task("b")], "plannedLinks": [
                { "predecessor": "a", "successor": "b" }, { "predecessor": "b", "successor": "a" } ] }),
            "plan.plannedLinks",
            "dependency_cycle",
        ),
        (json!({ "plannedTasks": vec![task("a"); 1_001] }), "plan.plannedTasks", "too_many"),
        (json!({ "folders": ["../etc"] }), "plan.folders.0", "bad_folder"),
    ] {
        let input = json!({ "name": "Wrong", "plan": plan });
        let refused = change(&manager, "createProjectTemplate", input, TEMPLATE).await.expect_code("INVALID");
        assert_eq!(refused.fields().get(path).map(String::as_str), Some(code), "{path}\n{refused}");
    }
    let id = new_template(&manager, "Right", website()).await;
    let (client, stranger) = (person(&acme, "client").await, person(&world.agency("globex"), "dev").await);
    for (roles, path, code) in [
        (json!([{ "role": "nobody", "userId": client }]), "roles.0.role", "no_such_key"),
        (json!([{ "role": "dev", "userId": client }]), "roles.0.userId", "not_staff"),
        (json!([{ "role": "dev", "userId": stranger }]), "roles.0.userId", "not_in_tenant"),
    ] {
        let input = json!({ "templateId": id, "startsOn": "2026-03-02", "roles": roles });
        apply(&manager, input).await.expect_field(path, code);
    }
    let far = json!({ "templateId": id, "startsOn": "9999-12-31" });
    apply(&manager, far).await.expect_field("startsOn", "no_workday");
}

// keeps: PR-6, ID-22
#[tokio::test]
async fn templates_are_for_the_agencys_own_staff() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    let id = new_template(&acme.manager(), "Ours", website()).await;
    let query = "query($id: ID!) { projectTemplate(id: $id) { name plan { folders } } }";
    let read = async |who: &Actor| who.run(query, json!({ "id": id })).await;
    read(&acme.developer()).await.expect_ok();
    read(&acme.client()).await.expect_code("FORBIDDEN");
    read(&globex.owner()).await.expect_code("NOT_FOUND");
    ask(&acme.client(), "{ projectTemplates { totalCount } }").await.expect_code("FORBIDDEN");
    let input = json!({ "templateId": id, "startsOn": "2026-03-02" });
    apply(&acme.developer(), input.clone()).await.expect_code("FORBIDDEN");
    apply(&globex.owner(), input.clone()).await.expect_code("NOT_FOUND");
    // Sales make projects from templates, but put nobody on teams.
    let dev = person(&acme, "dev").await;
    apply(&acme.sales(), input.clone()).await.expect_ok();
    let mut staffed = input;
    staffed["roles"] = json!([{ "role": "dev", "userId": dev }]);
    apply(&acme.sales(), staffed).await.expect_code("FORBIDDEN");
}
