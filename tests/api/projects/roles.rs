//! Roles on a project: they open what the roles in the agency do not, on this project alone, and nobody gives more than
//! they have.

use serde_json::{Value, json};
use tests::{Actor, Agency, Answer, World};

use super::asks::{
    MEMBER, account, change, codes, eventually, new_project, new_role, new_task, person, project, refusals,
    role,
};

async fn add(who: &Actor, project: &str, user: &str, role: Option<&str>) -> Answer {
    let input = json!({ "projectId": project, "userId": user, "roleId": role });
    change(who, "addProjectMember", input, MEMBER).await
}

async fn rename(who: &Actor, task: &str) -> Answer {
    change(who, "updateTask", json!({ "id": task, "title": "Renamed" }), "task { title }").await
}

// keeps: PR-3, ID-22
#[tokio::test]
async fn role_on_a_project_opens_this_project_alone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (editor, team_member) = (person(&acme, "editor").await, role(&acme, "team_member").await);
    let (here, there) =
        (new_project(&acme.manager(), "Here").await, new_project(&acme.manager(), "There").await);
    let (task, other) =
        (new_task(&acme.manager(), &here, "A").await, new_task(&acme.manager(), &there, "B").await);
    // Reason: without a role there, an editor's own roles decide, and they know no projects.
    add(&acme.manager(), &there, &editor, None).await.expect_ok();
    assert_eq!(codes(&acme.editor()).await, Vec::<String>::new());
    rename(&acme.editor(), &task).await.expect_code("FORBIDDEN");
    let added = add(&acme.manager(), &here, &editor, Some(&team_member)).await.expect_ok();
    assert_eq!(added.text("addProjectMember.member.role.id"), team_member);
    eventually("the editor sees it", async || codes(&acme.editor()).await == ["ACME-7"]).await;
    rename(&acme.editor(), &task).await.expect_ok();
    rename(&acme.editor(), &other).await.expect_code("NOT_FOUND");
    let money = "query($id: ID!) { project(id: $id) { code budget { amount } } }";
    let money = acme.editor().run(money, json!({ "id": here })).await;
    assert_eq!(refusals(&money), [("project.budget".to_owned(), "FORBIDDEN".to_owned())]);
    change(&acme.editor(), "createProject", json!({ "name": "More" }), "project { id }")
        .await
        .expect_code("FORBIDDEN");
}

// keeps: PR-3, ID-22
#[tokio::test]
async fn role_on_a_project_is_taken_away_at_once_and_another_holds_in_a_moment() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (editor, manager_role) = (person(&acme, "editor").await, role(&acme, "project_manager").await);
    let team_member = role(&acme, "team_member").await;
    let id = new_project(&acme.manager(), "Rights").await;
    let added = add(&acme.manager(), &id, &editor, Some(&team_member)).await.expect_ok();
    let member = added.text("addProjectMember.member.id");
    let transition = async || {
        change(
            &acme.editor(),
            "transitionProject",
            json!({ "id": id, "to": "PLANNING" }),
            "project { status }",
        )
        .await
    };
    let set = async |role: Value| {
        change(&acme.manager(), "updateProjectMember", json!({ "id": member, "roleId": role }), MEMBER).await
    };
    transition().await.expect_code("FORBIDDEN");
    set(json!(manager_role)).await.expect_ok();
    eventually("the editor moves it", async || transition().await.errors().is_empty()).await;
    let budget = "query($id: ID!) { project(id: $id) { budget { amount } budgetMinutes } }";
    acme.editor().run(budget, json!({ "id": id })).await.expect_ok();
    set(Value::Null).await.expect_ok();
    assert_eq!(codes(&acme.editor()).await, Vec::<String>::new());
    set(json!(team_member)).await.expect_ok();
    eventually("the editor sees it again", async || codes(&acme.editor()).await == ["ACME-7"]).await;
    change(&acme.manager(), "removeProjectMember", json!({ "id": member }), MEMBER).await.expect_ok();
    assert_eq!(codes(&acme.editor()).await, Vec::<String>::new());
}

/// A project with the editor on its team, who has these grants there and nowhere else.
async fn with_grants(agency: &Agency<'_>, name: &str, grants: &[(&str, &str)]) -> String {
    let id = new_project(&agency.owner(), name).await;
    let role = new_role(agency, name, grants).await;
    add(&agency.owner(), &id, &person(agency, "editor").await, Some(&role)).await.expect_ok();
    id
}

// keeps: PR-3, ID-22
#[tokio::test]
async fn nobody_gives_a_role_that_goes_beyond_their_own() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let sales = person(&acme, "sales").await;
    let id = new_project(&acme.manager(), "Limits").await;
    for key in ["owner", "admin", "accountant"] {
        add(&acme.manager(), &id, &sales, Some(&role(&acme, key).await)).await.expect_code("FORBIDDEN");
    }
    let archivist = new_role(&acme, "Archivist", &[("projects.project.archive", "ASSIGNED")]).await;
    add(&acme.manager(), &id, &sales, Some(&archivist)).await.expect_code("FORBIDDEN");
    let further = new_role(&acme, "Further", &[("projects.project.read", "TENANT")]).await;
    add(&acme.manager(), &id, &sales, Some(&further)).await.expect_code("FORBIDDEN");
    let member = add(&acme.manager(), &id, &sales, None).await.expect_ok().text("addProjectMember.member.id");
    let raise = json!({ "id": member, "roleId": archivist });
    change(&acme.manager(), "updateProjectMember", raise.clone(), MEMBER).await.expect_code("FORBIDDEN");
    change(&acme.owner(), "updateProjectMember", raise, MEMBER).await.expect_ok();
    change(&acme.sales(), "archiveProject", json!({ "id": id }), "project { id }").await.expect_ok();
}

// keeps: PR-3, ID-22
#[tokio::test]
async fn rights_held_on_one_project_alone_cannot_be_given_on() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let grants = [
        ("projects.project.read", "ASSIGNED"),
        ("projects.team.read", "ASSIGNED"),
        ("projects.team.write", "ASSIGNED"),
    ];
    let id = with_grants(&acme, "Team lead", &grants).await;
    let sales = person(&acme, "sales").await;
    let lead = role(&acme, "team_lead").await;
    add(&acme.editor(), &id, &sales, Some(&lead)).await.expect_code("FORBIDDEN");
    let rate = json!({ "projectId": id, "userId": sales, "billRate": { "amount": 1, "currency": "EUR" } });
    change(&acme.editor(), "addProjectMember", rate, MEMBER).await.expect_code("FORBIDDEN");
    add(&acme.editor(), &id, &sales, None).await;
    let query =
        "query($id: ID!) { project(id: $id) { members { nodes { id version billRate { amount } } } } }";
    let team = acme.owner().run(query, json!({ "id": id })).await.expect_ok();
    let places = team.ids("project.members.nodes");
    assert_eq!(places.len(), 2, "without a rate and a role it is done\n{team}");
    for rate in [json!({ "amount": 1, "currency": "EUR" })] {
        let input = json!({ "id": places[1], "billRate": rate });
        change(&acme.editor(), "updateProjectMember", input, "member { id }").await.expect_code("FORBIDDEN");
    }
    let titled = json!({ "id": places[1], "title": "Seller" });
    change(&acme.editor(), "updateProjectMember", titled, "member { id title }").await.expect_ok();
}

// keeps: PR-3, ID-22
#[tokio::test]
async fn role_on_a_project_is_one_of_the_agency_for_staff() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (id, sales) = (new_project(&acme.owner(), "Whose").await, person(&acme, "sales").await);
    let foreign = role(&world.agency("globex"), "team_member").await;
    add(&acme.owner(), &id, &sales, Some(&foreign)).await.expect_field("roleId", "not_found");
    let client = role(&acme, "client").await;
    add(&acme.owner(), &id, &sales, Some(&client)).await.expect_field("roleId", "role_for_clients");
    let kind = json!({ "projectId": id, "userId": sales, "roleId": account(&acme, 1).await });
    change(&acme.owner(), "addProjectMember", kind, MEMBER)
        .await
        .expect_field("roleId", "id_of_another_kind");
}

// keeps: PR-3, ID-22
#[tokio::test]
async fn person_in_two_places_has_the_rights_of_both() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let reader = with_grants(&acme, "Reader", &[("projects.project.read", "ASSIGNED")]).await;
    let tasks = [
        ("projects.project.read", "ASSIGNED"),
        ("projects.task.read", "ASSIGNED"),
        ("projects.task.create", "ASSIGNED"),
    ];
    let tasker = with_grants(&acme, "Tasker", &tasks).await;
    assert_eq!(codes(&acme.editor()).await, ["ACME-7", "ACME-8"]);
    let task = async |project: &str| {
        change(&acme.editor(), "createTask", json!({ "projectId": project, "title": "New" }), "task { id }")
            .await
    };
    task(&tasker).await.expect_ok();
    task(&reader).await.expect_code("FORBIDDEN");
    // Reason: the seeded project has the editor on its team without a role.
    task(&project(&acme, 3).await).await.expect_code("NOT_FOUND");
}
