//! Changes of projects: what is left out stays, null empties, and who is late is told.

use futures::future::join_all;
use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{
    PROJECT, account, change, codes, expect_conflict, expect_stale, new_project, new_role, person, project,
    read_project, walk,
};

async fn update(who: &Actor, id: &str, fields: Value) -> Answer {
    let mut input = fields;
    input["id"] = json!(id);
    change(who, "updateProject", input, PROJECT).await
}

/// A project with something in every field.
async fn full(who: &Actor, account: &str) -> String {
    let input = json!({
        "name": "Full", "description": "Words", "accountId": account, "priority": "HIGH", "estimatedStart": "2026-04-01",
        "estimatedEnd": "2026-04-30", "expectedDelivery": "2026-05-01", "budget": { "amount": 5_000, "currency": "EUR" },
        "budgetMinutes": 600, "billingType": "RETAINER", "methodology": "WATERFALL", "tags": ["one", "two"],
    });
    change(who, "createProject", input, "project { id }").await.expect_ok().text("createProject.project.id")
}

// keeps: PR-1
#[tokio::test]
async fn what_is_left_out_of_an_update_stays() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = full(&acme.owner(), &account(&acme, 1).await).await;
    let before = read_project(&acme.owner(), &id).await.expect_ok();
    let changed = update(&acme.owner(), &id, json!({ "name": "Renamed" })).await.expect_ok();
    let mut expected = before.data("project").clone();
    expected["name"] = json!("Renamed");
    expected["version"] = json!(2);
    assert_eq!(*changed.data("updateProject.project"), expected);
}

// keeps: PR-1
#[tokio::test]
async fn days_of_the_work_are_put_right_also_when_it_is_over() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let id = new_project(&owner, "Noted late").await;
    walk(&owner, &id, &["PLANNING", "IN_PROGRESS"]).await;
    for (fields, path, code) in [
        (json!({ "actualStart": "2026-03-03" }), "actualStart", "in_future"),
        (json!({ "actualStart": null }), "actualStart", "required"),
        (json!({ "actualEnd": "2026-03-02" }), "actualEnd", "project_not_over"),
    ] {
        update(&owner, &id, fields).await.expect_field(path, code);
    }
    update(&owner, &id, json!({ "actualStart": "2026-02-02" })).await.expect_ok();
    walk(&owner, &id, &["REVIEW", "COMPLETED"]).await;
    for (fields, path, code) in [
        (json!({ "actualEnd": "2026-02-01" }), "actualEnd", "end_before_start"),
        (json!({ "actualEnd": "2026-03-03" }), "actualEnd", "in_future"),
        (json!({ "actualEnd": null }), "actualEnd", "required"),
    ] {
        update(&owner, &id, fields).await.expect_field(path, code);
    }
    let right = json!({ "actualStart": "2026-02-03", "actualEnd": "2026-02-27" });
    let right = update(&owner, &id, right).await.expect_ok();
    let right = right.data("updateProject.project");
    assert_eq!((&right["actualStart"], &right["actualEnd"]), (&json!("2026-02-03"), &json!("2026-02-27")));
}

// keeps: PR-1
#[tokio::test]
async fn null_empties_what_may_be_empty() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = full(&acme.owner(), &account(&acme, 1).await).await;
    let nullable = [
        "description",
        "accountId",
        "managerId",
        "estimatedStart",
        "estimatedEnd",
        "expectedDelivery",
        "budget",
        "budgetMinutes",
        "tags",
    ];
    let nulls: serde_json::Map<String, Value> =
        nullable.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
    let emptied = update(&acme.owner(), &id, Value::Object(nulls)).await.expect_ok();
    for name in [
        "account",
        "manager",
        "estimatedStart",
        "estimatedEnd",
        "expectedDelivery",
        "budget",
        "budgetMinutes",
    ] {
        assert!(emptied.data(&format!("updateProject.project.{name}")).is_null(), "{name}\n{emptied}");
    }
    assert_eq!(emptied.text("updateProject.project.description"), "");
    assert_eq!(*emptied.data("updateProject.project.tags"), json!([]));
    assert_eq!(emptied.text("updateProject.project.name"), "Full");
}

// keeps: PR-1
#[tokio::test]
async fn null_is_refused_where_something_must_be() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Whole").await;
    let nulls = json!({ "name": null, "priority": null, "billingType": null, "methodology": null });
    let answer = update(&manager, &id, nulls).await.expect_code("INVALID");
    let fields = answer.fields();
    let told: Vec<_> = fields.iter().map(|(path, code)| (path.as_str(), code.as_str())).collect();
    let expected = ["billingType", "methodology", "name", "priority"].map(|path| (path, "required"));
    assert_eq!(told, expected, "{answer}");
}

// keeps: PR-1
#[tokio::test]
async fn dates_are_checked_against_those_that_stay() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = full(&acme.owner(), &account(&acme, 1).await).await;
    let owner = acme.owner();
    update(&owner, &id, json!({ "estimatedEnd": "2026-03-31" }))
        .await
        .expect_field("estimatedEnd", "end_before_start");
    update(&owner, &id, json!({ "estimatedStart": "2026-05-01" }))
        .await
        .expect_field("estimatedEnd", "end_before_start");
    update(&owner, &id, json!({ "estimatedEnd": "2026-04-01" })).await.expect_ok();
    update(&owner, &id, json!({ "estimatedStart": null, "estimatedEnd": "2026-01-01" })).await.expect_ok();
    let negative = json!({ "budget": { "amount": -1, "currency": "EUR" }, "budgetMinutes": -1 });
    let answer = update(&owner, &id, negative).await.expect_field("budget.amount", "negative");
    assert_eq!(answer.fields().len(), 2, "{answer}");
    update(&owner, &id, json!({ "budgetMinutes": 100_000_001 }))
        .await
        .expect_field("budgetMinutes", "too_large");
}

// keeps: PR-1
#[tokio::test]
async fn stale_version_is_a_conflict_that_tells_the_current_one() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Wanted by many").await;
    let named = |name: &str, version: i64| json!({ "name": name, "expectedVersion": version });
    update(&manager, &id, named("First", 1)).await.expect_ok();
    expect_stale(update(&manager, &id, named("Second", 1)).await, 2);
    expect_stale(update(&manager, &id, named("Second", 7)).await, 2);
    assert_eq!(read_project(&manager, &id).await.text("project.name"), "First");
    update(&manager, &id, json!({ "name": "Without" })).await.expect_ok();
    update(&manager, &id, named("Third", 3)).await.expect_ok();
}

// keeps: PR-1
#[tokio::test]
async fn of_changes_made_at_once_on_one_version_one_is_done() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Wanted at once").await;
    let all = (0..5)
        .map(|number| update(&manager, &id, json!({ "name": format!("By {number}"), "expectedVersion": 1 })));
    let (done, late): (Vec<_>, Vec<_>) =
        join_all(all).await.into_iter().partition(|answer| answer.errors().is_empty());
    assert_eq!((done.len(), late.len()), (1, 4), "{late:#?}");
    for answer in late {
        expect_stale(answer, 2);
    }
    let now = read_project(&manager, &id).await;
    assert_eq!(now.text("project.name"), done[0].text("updateProject.project.name"));
    assert_eq!(now.number("project.version"), 2);
}

// keeps: PR-1
#[tokio::test]
async fn changes_made_at_once_on_no_version_are_done_one_after_the_other() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager) = (acme.owner(), acme.manager());
    let id = new_project(&manager, "For everybody").await;
    let people = [person(&acme, "dev").await, person(&acme, "pm").await, person(&acme, "admin").await];
    let fields = [
        json!({ "managerId": people[0] }),
        json!({ "managerId": people[1] }),
        json!({ "tags": ["at once"] }),
    ];
    for answer in join_all(fields.map(|fields| update(&owner, &id, fields))).await {
        answer.expect_ok();
    }
    let now = read_project(&owner, &id).await.expect_ok();
    assert_eq!(*now.data("project.tags"), json!(["at once"]));
    let rows = world.rows("assignments", "").await;
    let project = json!(id.parse::<kernel::id::AnyId>().unwrap().uuid.to_string());
    assert_eq!(rows.iter().filter(|row| row["project_id"] == project).count(), 1, "one manager is on it");
    let all =
        (0..4).map(|_| change(&owner, "transitionProject", json!({ "id": id, "to": "PLANNING" }), PROJECT));
    let (done, late): (Vec<_>, Vec<_>) =
        join_all(all).await.into_iter().partition(|answer| answer.errors().is_empty());
    assert_eq!((done.len(), late.len()), (1, 3), "{late:#?}");
    for answer in late {
        expect_conflict(answer, "A project in PLANNING cannot become PLANNING.");
    }
}

// keeps: PR-1
#[tokio::test]
async fn change_that_changes_nothing_leaves_no_trace() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "The same").await;
    let before = (world.audit_of(&id).await, world.events_of(&id).await.len());
    let same = update(&manager, &id, json!({ "name": "The same", "tags": [], "expectedVersion": 1 }))
        .await
        .expect_ok();
    assert_eq!(same.number("updateProject.project.version"), 1);
    assert_eq!((world.audit_of(&id).await, world.events_of(&id).await.len()), before);
}

// keeps: PR-1
#[tokio::test]
async fn project_follows_its_account_out_of_one_clients_sight_into_anothers() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (theirs, other) = (account(&acme, 1).await, account(&acme, 3).await);
    let made = json!({ "name": "Given on", "accountId": other, "managerId": person(&acme, "pm").await });
    let made = change(&acme.owner(), "createProject", made, PROJECT).await.expect_ok();
    let id = made.text("createProject.project.id");
    read_project(&acme.client(), &id).await.expect_code("NOT_FOUND");
    update(&acme.manager(), &id, json!({ "accountId": theirs })).await.expect_ok();
    assert_eq!(read_project(&acme.client(), &id).await.text("project.account.id"), theirs);
    update(&acme.owner(), &id, json!({ "accountId": other })).await.expect_ok();
    read_project(&acme.client(), &id).await.expect_code("NOT_FOUND");
    let foreign = account(&world.agency("globex"), 1).await;
    update(&acme.owner(), &id, json!({ "accountId": foreign })).await.expect_code("NOT_FOUND");
    let unseen = account(&acme, 5).await;
    update(&acme.manager(), &id, json!({ "accountId": unseen })).await.expect_code("NOT_FOUND");
}

// keeps: PR-1
#[tokio::test]
async fn who_leads_a_project_sees_it_and_who_led_it_no_longer() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, developer) = (person(&acme, "pm").await, person(&acme, "dev").await);
    let made =
        change(&acme.admin(), "createProject", json!({ "name": "Handed on", "managerId": manager }), PROJECT)
            .await;
    let id = made.expect_ok().text("createProject.project.id");
    assert!(codes(&acme.manager()).await.contains(&"ACME-7".to_owned()));
    update(&acme.manager(), &id, json!({ "managerId": developer })).await;
    assert!(!codes(&acme.manager()).await.contains(&"ACME-7".to_owned()));
    assert!(codes(&acme.developer()).await.contains(&"ACME-7".to_owned()));
    update(&acme.admin(), &id, json!({ "managerId": null })).await.expect_ok();
    assert!(!codes(&acme.developer()).await.contains(&"ACME-7".to_owned()));
    for (name, code) in [("client", "not_staff"), ("clientadmin", "not_staff")] {
        let client = person(&acme, name).await;
        update(&acme.admin(), &id, json!({ "managerId": client })).await.expect_field("managerId", code);
    }
    let outsider = person(&world.agency("globex"), "pm").await;
    update(&acme.admin(), &id, json!({ "managerId": outsider }))
        .await
        .expect_field("managerId", "not_in_tenant");
}

// keeps: PR-1
#[tokio::test]
async fn project_is_changed_only_by_who_may_change_this_one() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let led = project(&acme, 1).await;
    let rename = async |who: &Actor, id: &str| update(who, id, json!({ "name": "Mine" })).await;
    for person in [acme.developer(), acme.client(), acme.client_admin(), acme.accountant(), acme.viewer()] {
        rename(&person, &led).await.expect_code("FORBIDDEN");
    }
    rename(&acme.manager(), &project(&acme, 5).await).await.expect_code("NOT_FOUND");
    rename(&world.agency("globex").owner(), &led).await.expect_code("NOT_FOUND");
    rename(&world.nobody(), &led).await.expect_code("UNAUTHENTICATED");
    rename(&acme.manager(), &led).await.expect_ok();
}

// keeps: PR-1
#[tokio::test]
async fn who_may_change_a_project_but_not_its_budget_changes_all_but_that() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = project(&acme, 1).await;
    let grants = [("projects.project.read", "ASSIGNED"), ("projects.project.write", "ASSIGNED")];
    let role = new_role(&acme, "Planner", &grants).await;
    let member = json!({ "projectId": id, "userId": person(&acme, "editor").await, "roleId": role });
    change(&acme.owner(), "addProjectMember", member, "member { id }").await.expect_ok();
    let editor = acme.editor();
    let only = "project { name version }";
    let renamed =
        change(&editor, "updateProject", json!({ "id": id, "name": "Planned" }), only).await.expect_ok();
    assert_eq!(renamed.text("updateProject.project.name"), "Planned");
    for (name, value) in [
        ("budget", json!({ "amount": 1, "currency": "EUR" })),
        ("budget", Value::Null),
        ("budgetMinutes", json!(1)),
        ("budgetMinutes", Value::Null),
    ] {
        let mut input = json!({ "id": id, "name": "Both" });
        input[name] = value;
        change(&editor, "updateProject", input, only).await.expect_code("FORBIDDEN");
    }
    assert_eq!(read_project(&acme.owner(), &id).await.text("project.name"), "Planned");
}

// keeps: PR-1, PR-3, ID-22
#[tokio::test]
async fn amounts_out_of_sight_are_not_found_by_trying() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, editor) = (acme.owner(), acme.editor());
    let id = new_project(&owner, "Guessed at").await;
    let grants = [
        ("projects.project.read", "ASSIGNED"),
        ("projects.project.write", "ASSIGNED"),
        ("projects.team.read", "ASSIGNED"),
        ("projects.team.write", "ASSIGNED"),
    ];
    let role = new_role(&acme, "Guesser", &grants).await;
    let price = json!({ "amount": "4200", "currency": "EUR" });
    let place = json!({
        "projectId": id, "userId": person(&acme, "editor").await, "roleId": role, "billRate": price,
    });
    let place = change(&owner, "addProjectMember", place, "member { id }").await.expect_ok();
    let place = place.text("addProjectMember.member.id");
    let guess = |name: &str, value: &Value| {
        let mut input = json!({ "id": id });
        input[name] = value.clone();
        input
    };
    for (budget, minutes) in [(Value::Null, Value::Null), (price.clone(), json!(90))] {
        let set = json!({ "id": id, "budget": budget, "budgetMinutes": minutes });
        update(&owner, &id, set).await.expect_ok();
        for input in [guess("budget", &budget), guess("budgetMinutes", &minutes)] {
            change(&editor, "updateProject", input, "project { id }").await.expect_code("FORBIDDEN");
        }
    }
    for rate in [price, Value::Null] {
        let input = json!({ "id": place, "billRate": rate });
        change(&editor, "updateProjectMember", input.clone(), "member { id }").await.expect_code("FORBIDDEN");
        change(&owner, "updateProjectMember", input, "member { id }").await.expect_ok();
    }
    change(&editor, "updateProject", guess("name", &json!("Renamed")), "project { id }").await.expect_ok();
}

// keeps: PR-1
#[tokio::test]
async fn tags_are_each_kept_once_and_bounded() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Tagged").await;
    let tagged = update(&manager, &id, json!({ "tags": ["Web", " web ", "WEB", "été"] })).await.expect_ok();
    assert_eq!(*tagged.data("updateProject.project.tags"), json!(["Web", "été"]));
    let many: Vec<String> = (0..21).map(|number| format!("tag {number}")).collect();
    update(&manager, &id, json!({ "tags": many })).await.expect_field("tags", "too_many");
    update(&manager, &id, json!({ "tags": ["fine", ""] })).await.expect_field("tags.1", "required");
    let archived =
        change(&world.agency("acme").owner(), "archiveProject", json!({ "id": id }), PROJECT).await;
    archived.expect_ok();
    let refused = update(&manager, &id, json!({ "tags": [] })).await;
    expect_conflict(refused, "This project is archived.");
}
