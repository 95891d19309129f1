//! What an agency adds to projects: its own fields, parts of projects, and saved views.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{ask, change, expect_conflict, expect_stale, new_project, person, project, refusals};

async fn field(who: &Actor, input: Value) -> Answer {
    change(who, "createProjectField", input, "field { id name kind options required }").await
}

const VALUES: &str = "project { id customFields { field { name } value } }";

// keeps: PR-1
#[tokio::test]
async fn projects_have_the_agencys_own_fields_of_every_kind() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager) = (acme.owner(), acme.manager());
    let mut ids = Vec::new();
    for (name, kind, good, bad) in [
        ("A text", "TEXT", "שלום", " "),
        ("B number", "NUMBER", "12.50", "twelve"),
        ("C date", "DATE", "2028-02-29", "2027-02-29"),
        ("D flag", "BOOLEAN", "true", "maybe"),
        ("E choice", "CHOICE", "Red", "Green"),
        ("F link", "URL", "https://example.com/x", "javascript:alert(1)"),
    ] {
        let options = if kind == "CHOICE" { json!(["Red", "Blue"]) } else { json!([]) };
        let made = field(&owner, json!({ "name": name, "kind": kind, "options": options })).await.expect_ok();
        ids.push((made.text("createProjectField.field.id"), good, bad));
    }
    field(&manager, json!({ "name": "Mine", "kind": "TEXT" })).await.expect_code("FORBIDDEN");
    expect_conflict(
        field(&owner, json!({ "name": "A text", "kind": "DATE" })).await,
        "There is a field of this name.",
    );
    field(&owner, json!({ "name": "x", "kind": "CHOICE" })).await.expect_field("options", "bad_options");
    let values: Vec<Value> =
        ids.iter().map(|(id, good, _)| json!({ "fieldId": id, "value": good })).collect();
    let input = json!({ "name": "Described", "customFields": values });
    let made = change(&manager, "createProject", input, VALUES).await.expect_ok();
    let told = made.each("createProject.project.customFields", "value");
    assert_eq!(told, ["שלום", "12.5", "2028-02-29", "true", "Red", "https://example.com/x"].map(Value::from));
    let id = made.text("createProject.project.id");
    for (field, _, bad) in &ids[1..] {
        let input = json!({ "id": id, "customFields": [{ "fieldId": field, "value": bad }] });
        let refused = change(&manager, "updateProject", input, VALUES).await.expect_code("INVALID");
        assert!(refused.fields().contains_key("customFields.0.value"), "{refused}");
    }
    let cleared = json!({ "id": id, "customFields": [{ "fieldId": ids[0].0, "value": null }] });
    let cleared = change(&manager, "updateProject", cleared, VALUES).await.expect_ok();
    assert_eq!(cleared.list("updateProject.project.customFields").len(), 5, "others stay");
    let away = json!({ "id": ids[1].0, "archived": true });
    change(&owner, "updateProjectField", away, "field { archivedAt }").await.expect_ok();
    let query = "query($id: ID!) { project(id: $id) { customFields { value } } }";
    let left = manager.run(query, json!({ "id": id })).await.expect_ok();
    assert_eq!(left.list("project.customFields").len(), 4, "what is put away is not shown");
    let again = json!({ "id": id, "customFields": [{ "fieldId": ids[1].0, "value": "1" }] });
    change(&manager, "updateProject", again, VALUES)
        .await
        .expect_field("customFields.0.fieldId", "no_such_field");
}

// keeps: PR-1, ID-22
#[tokio::test]
async fn required_fields_are_asked_for_and_clients_see_none() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager) = (acme.owner(), acme.manager());
    let made =
        field(&owner, json!({ "name": "Margin class", "kind": "TEXT", "required": true })).await.expect_ok();
    let id = made.text("createProjectField.field.id");
    change(&manager, "createProject", json!({ "name": "Bare" }), VALUES)
        .await
        .expect_field("customFields", "required");
    let values = json!([{ "fieldId": id, "value": "Poor" }]);
    let known = json!({ "id": project(&acme, 1).await, "customFields": values });
    change(&manager, "updateProject", known.clone(), VALUES).await.expect_ok();
    let cleared = json!({ "id": known["id"], "customFields": [{ "fieldId": id, "value": "" }] });
    change(&manager, "updateProject", cleared, VALUES).await.expect_field("customFields.0.value", "required");
    let query = "query($id: ID!) { project(id: $id) { name customFields { value } } }";
    let seen = acme.client().run(query, json!({ "id": known["id"] })).await;
    assert_eq!(refusals(&seen), [("project.customFields".to_owned(), "FORBIDDEN".to_owned())]);
    assert!(!seen.body.to_string().contains("Poor"));
    ask(&acme.client(), "{ projectFields { totalCount } }").await.expect_code("FORBIDDEN");
}

// keeps: PR-1
#[tokio::test]
async fn projects_have_parts_to_depth_five_and_never_contain_themselves() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let mut line: Vec<String> = vec![new_project(&manager, "Level 1").await];
    for level in 2..=5 {
        let input = json!({ "name": format!("Level {level}"), "parentId": line.last() });
        let made = change(&manager, "createProject", input, "project { id parent { id } }").await.expect_ok();
        line.push(made.text("createProject.project.id"));
    }
    let put = async |id: &str, parent: Value| {
        change(
            &manager,
            "updateProject",
            json!({ "id": id, "parentId": parent }),
            "project { id parent { id } }",
        )
        .await
    };
    let input = json!({ "name": "Level 6", "parentId": line[4] });
    change(&manager, "createProject", input, "project { id }").await.expect_field("parentId", "too_deep");
    for inner in [&line[0], &line[4]] {
        put(&line[0], json!(inner)).await.expect_field("parentId", "within_itself");
    }
    let globex = world.agency("globex");
    for stranger in [project(&globex, 1).await, project(&acme, 4).await] {
        put(&line[0], json!(stranger)).await.expect_field("parentId", "no_such_parent");
    }
    let query = "query($id: ID!) { project(id: $id) { subprojects { nodes { name } totalCount } } }";
    let parts = manager.run(query, json!({ "id": line[0] })).await.expect_ok();
    assert_eq!(parts.text("project.subprojects.nodes.0.name"), "Level 2");
    let freed = put(&line[1], Value::Null).await.expect_ok();
    assert!(freed.data("updateProject.project.parent").is_null());
}

async fn view(who: &Actor, name: &str, shared: bool) -> Answer {
    let definition = json!({ "filter": { "status": ["IN_PROGRESS"] }, "columns": ["name", "health"] });
    let input = json!({ "kind": "PROJECTS", "name": name, "definition": definition, "shared": shared });
    change(who, "createSavedView", input, "view { id name shared mine definition version }").await
}

// keeps: PR-1
#[tokio::test]
async fn views_are_ones_own_unless_they_are_shared() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager, client) = (acme.owner(), acme.manager(), acme.client());
    let own = view(&manager, "Private", false).await.expect_ok();
    assert_eq!(own.data("createSavedView.view.definition")["columns"], json!(["name", "health"]));
    let id = own.text("createSavedView.view.id");
    view(&manager, "Common", true).await.expect_ok();
    expect_conflict(view(&manager, "Private", true).await, "You have a view of this name.");
    view(&client, "Theirs", true).await.expect_field("shared", "not_shared");
    view(&client, "Theirs", false).await.expect_ok();
    let names = async |who: &Actor| {
        let query = "{ savedViews(kind: PROJECTS, first: 100) { nodes { name mine } } }";
        ask(who, query).await.expect_ok().each("savedViews.nodes", "name")
    };
    assert!(names(&manager).await.contains(&json!("Private")));
    let seen = names(&owner).await;
    assert!(
        seen.contains(&json!("Common"))
            && !seen.contains(&json!("Private"))
            && !seen.contains(&json!("Theirs"))
    );
    assert_eq!(names(&client).await, [json!("Theirs")], "what staff share is not for clients");
    let fields = "view { id version }";
    change(&owner, "updateSavedView", json!({ "id": id, "shared": true }), fields)
        .await
        .expect_code("NOT_FOUND");
    change(&manager, "updateSavedView", json!({ "id": id, "shared": true }), fields).await.expect_ok();
    change(&owner, "deleteSavedView", json!({ "id": id }), "id").await.expect_code("FORBIDDEN");
    expect_stale(
        change(&manager, "deleteSavedView", json!({ "id": id, "expectedVersion": 1 }), "id").await,
        2,
    );
    for wrong in [json!([]), json!("text"), json!({ "a": "x".repeat(10_000) })] {
        let input = json!({ "kind": "TASKS", "name": "Wrong", "definition": wrong });
        change(&manager, "createSavedView", input, fields).await.expect_field("definition", "bad_definition");
    }
    assert!(!person(&acme, "pm").await.is_empty());
}
