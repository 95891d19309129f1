//! Who works on what: people on projects and accounts, with or without a role there.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Actor, Answer, World, token_in};

use super::asks::{change, create_role, me, project, projects, role, viewer};
use super::steps::{invite, open_registration, register, verify};

const ASSIGNMENT: &str = "assignment { id source expiresAt role { key } user { id } }";

async fn assign(who: &Actor, input: Value) -> Answer {
    change(who, "assignResource", input, ASSIGNMENT).await
}

async fn unassign(who: &Actor, input: Value) -> Answer {
    change(who, "unassignResource", input, "deletedAssignmentId").await
}

/// Id of the account of a project.
async fn account_of(who: &Actor, code: &str) -> String {
    let query = "query($code: String!) { projectByCode(code: $code) { account { id } } }";
    who.run(query, json!({ "code": code })).await.expect_ok().text("projectByCode.account.id")
}

// keeps: ID-23
#[tokio::test]
async fn person_on_a_project_sees_it_at_once_and_no_longer_once_taken_off() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, developer) = (acme.owner(), acme.developer());
    assert_eq!(projects(&developer).await, ["ACME-1", "ACME-2", "ACME-4"]);
    let on = json!({ "userId": me(&developer).await, "projectId": project(&owner, "ACME-5").await });
    let made = assign(&owner, on.clone()).await.expect_ok();
    assert_eq!(made.text("assignResource.assignment.source"), "DIRECT");
    assert!(made.data("assignResource.assignment.role").is_null());
    assert_eq!(projects(&developer).await, ["ACME-1", "ACME-2", "ACME-4", "ACME-5"]);
    let gone = unassign(&owner, on.clone()).await.expect_ok();
    assert_eq!(gone.text("unassignResource.deletedAssignmentId"), made.text("assignResource.assignment.id"));
    assert_eq!(projects(&developer).await, ["ACME-1", "ACME-2", "ACME-4"]);
    unassign(&owner, on).await.expect_code("NOT_FOUND");
    let entries = world.audit_of(&made.text("assignResource.assignment.id")).await;
    let actions: Vec<_> = entries.iter().map(|entry| entry["action"].clone()).collect();
    assert_eq!(actions, [json!("identity.assignment.assign"), json!("identity.assignment.unassign")]);
}

// keeps: ID-23
#[tokio::test]
async fn person_on_an_account_sees_all_its_projects() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager) = (acme.owner(), acme.manager());
    assert_eq!(projects(&manager).await, ["ACME-1", "ACME-3"]);
    let on = json!({ "userId": me(&manager).await, "accountId": account_of(&owner, "ACME-3").await });
    assign(&owner, on.clone()).await.expect_ok();
    assert_eq!(projects(&manager).await, ["ACME-1", "ACME-3", "ACME-4"]);
    unassign(&owner, on).await.expect_ok();
    assert_eq!(projects(&manager).await, ["ACME-1", "ACME-3"]);
}

// keeps: ID-23
#[tokio::test]
async fn role_on_a_project_allows_what_it_says_there_and_nowhere_else() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, editor) = (acme.owner(), acme.editor());
    let (first, second) = (project(&owner, "ACME-1").await, project(&owner, "ACME-3").await);
    assert!(projects(&editor).await.is_empty(), "being in a team alone gives an editor nothing");
    let member = role(&owner, "team_member").await;
    let on = json!({ "userId": me(&editor).await, "projectId": first, "roleId": member });
    let made = assign(&owner, on).await.expect_ok();
    assert_eq!(made.text("assignResource.assignment.role.key"), "team_member");
    assert_eq!(projects(&editor).await, ["ACME-1"]);
    let mine = viewer(&editor).await.expect_ok();
    assert_eq!(mine.each("viewer.roles", "key"), [json!("editor")], "it is no role in the tenant");
    let read = mine
        .list("viewer.grants")
        .iter()
        .find(|grant| grant["permission"] == "projects.project.read")
        .unwrap();
    assert_eq!(read["reach"], Value::Null);
    let write = async |project: &str| {
        change(&editor, "createTask", json!({ "projectId": project, "title": "Draw" }), "task { id }").await
    };
    write(&first).await.expect_ok();
    write(&second).await.expect_code("NOT_FOUND");
    let rename =
        change(&editor, "updateProject", json!({ "id": first, "name": "Mine" }), "project { id }").await;
    rename.expect_code("FORBIDDEN");
}

// keeps: ID-23
#[tokio::test]
async fn role_on_an_account_allows_it_on_every_project_of_the_account() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, editor) = (acme.owner(), acme.editor());
    let lead = role(&owner, "project_manager").await;
    let on = json!({ "userId": me(&editor).await, "accountId": account_of(&owner, "ACME-1").await, "roleId": lead });
    assign(&owner, on.clone()).await.expect_ok();
    assert_eq!(projects(&editor).await, ["ACME-1", "ACME-2"]);
    for (code, allowed) in [("ACME-1", true), ("ACME-2", true), ("ACME-3", false)] {
        let input = json!({ "id": project(&owner, code).await, "description": "New" });
        let answer = change(&editor, "updateProject", input, "project { id }").await;
        assert_eq!(answer.code().is_none(), allowed, "{code}\n{answer}");
    }
    unassign(&owner, on_without_role(on)).await.expect_ok();
    assert!(projects(&editor).await.is_empty());
}

fn on_without_role(mut input: Value) -> Value {
    input.as_object_mut().unwrap().remove("roleId");
    input
}

// keeps: ID-23
#[tokio::test]
async fn assignment_ends_by_itself_at_its_time() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, developer, editor) = (acme.owner(), acme.developer(), acme.editor());
    let (target, member) = (project(&owner, "ACME-5").await, role(&owner, "team_member").await);
    let now = world.clock.now();
    let until = |user: &str, role: Value, at: chrono::DateTime<chrono::Utc>| json!({ "userId": user, "projectId": target, "roleId": role, "expiresAt": at });
    let (one, two) = (me(&developer).await, me(&editor).await);
    assign(&owner, until(&one, Value::Null, now)).await.expect_field("expiresAt", "in_the_past");
    let soon = now + chrono::TimeDelta::minutes(10);
    assign(&owner, until(&one, Value::Null, soon)).await.expect_ok();
    assign(&owner, until(&two, json!(member), soon)).await.expect_ok();
    assert!(projects(&developer).await.contains(&"ACME-5".to_owned()));
    assert_eq!(projects(&editor).await, ["ACME-5"]);
    world.clock.advance(Duration::from_secs(600));
    assert!(!projects(&developer).await.contains(&"ACME-5".to_owned()));
    assert!(projects(&editor).await.is_empty());
    let count = async |expired: bool| {
        let query = "query($f: AssignmentFilter!) { assignments(filter: $f) { totalCount } }";
        let filter = json!({ "projectId": target, "source": ["DIRECT"], "includeExpired": expired });
        owner.run(query, json!({ "f": filter })).await.expect_ok().number("assignments.totalCount")
    };
    assert_eq!((count(false).await, count(true).await), (0, 2));
}

// keeps: ID-23
#[tokio::test]
async fn second_assignment_to_the_same_gives_another_role_and_end() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, editor) = (acme.owner(), acme.editor());
    let on =
        |role: Value| json!({ "userId": role["user"], "projectId": role["project"], "roleId": role["role"] });
    let (user, target) = (me(&editor).await, project(&owner, "ACME-1").await);
    let with = |role: Option<String>| on(json!({ "user": user, "project": target, "role": role }));
    let first = assign(&owner, with(Some(role(&owner, "project_manager").await))).await.expect_ok();
    let second = assign(&owner, with(Some(role(&owner, "viewer").await))).await.expect_ok();
    let id = |answer: &Answer| answer.text("assignResource.assignment.id");
    assert_eq!(id(&first), id(&second));
    let input = json!({ "id": target, "description": "New" });
    change(&editor, "updateProject", input, "project { id }").await.expect_code("FORBIDDEN");
    assert_eq!(projects(&editor).await, ["ACME-1"]);
    assign(&owner, with(None)).await.expect_ok();
    assert!(projects(&editor).await.is_empty());
}

// keeps: ID-23
#[tokio::test]
async fn bad_input_of_an_assignment_is_a_field_error() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let (user, target, account) =
        (me(&acme.developer()).await, project(&owner, "ACME-5").await, account_of(&owner, "ACME-5").await);
    assign(&owner, json!({ "userId": user })).await.expect_field("projectId", "one_resource");
    let both = json!({ "userId": user, "projectId": target, "accountId": account });
    assign(&owner, both).await.expect_field("accountId", "one_resource");
    let client = json!({ "userId": me(&acme.client()).await, "projectId": target });
    let answer = assign(&owner, client).await.expect_code("INVALID");
    assert!(answer.fields().contains_key("userId"), "{answer}");
    let with = |role: String| json!({ "userId": user, "projectId": target, "roleId": role });
    assign(&owner, with(role(&owner, "client").await)).await.expect_field("roleId", "role_for_clients");
    let foreign = role(&world.agency("globex").owner(), "viewer").await;
    let answer = assign(&owner, with(foreign)).await.expect_code("INVALID");
    assert!(answer.fields().contains_key("roleId"), "{answer}");
    assign(&owner, json!({ "userId": user, "projectId": account })).await.expect_code("INVALID");
    let leaver = me(&acme.sales()).await;
    change(&owner, "deactivateUser", json!({ "id": leaver }), "user { id }").await.expect_ok();
    let answer =
        assign(&owner, json!({ "userId": leaver, "projectId": target })).await.expect_code("INVALID");
    assert!(answer.fields().contains_key("userId"), "{answer}");
}

// keeps: ID-23
#[tokio::test]
async fn manager_assigns_to_own_projects_and_gives_no_role_beyond_their_own() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager) = (acme.owner(), acme.manager());
    let (user, own, other) =
        (me(&acme.sales()).await, project(&owner, "ACME-1").await, project(&owner, "ACME-2").await);
    assign(&manager, json!({ "userId": user, "projectId": own })).await.expect_ok();
    assign(&manager, json!({ "userId": user, "projectId": other })).await.expect_code("NOT_FOUND");
    unassign(&manager, json!({ "userId": user, "projectId": other })).await.expect_code("NOT_FOUND");
    for beyond in ["admin", "owner", "accountant"] {
        let input = json!({ "userId": user, "projectId": own, "roleId": role(&owner, beyond).await });
        assign(&manager, input).await.expect_code("FORBIDDEN");
    }
    let wide = create_role(&owner, "Auditor", &[("projects.project.read", "TENANT")]).await.expect_ok();
    let input = json!({ "userId": user, "projectId": own, "roleId": wide.text("createRole.role.id") });
    assign(&manager, input).await.expect_code("FORBIDDEN");
    let input = json!({ "userId": user, "projectId": own, "roleId": role(&owner, "team_member").await });
    assign(&manager, input).await.expect_ok();
}

// keeps: ID-23
#[tokio::test]
async fn work_on_a_project_of_an_account_does_not_open_the_account() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager, sales) = (acme.owner(), acme.manager(), acme.sales());
    let account = account_of(&owner, "ACME-1").await;
    let (mine, theirs) = (me(&manager).await, me(&sales).await);
    let rename = async |who: &Actor, owner: &str| {
        change(who, "updateAccount", json!({ "id": account, "ownerId": owner }), "account { id }").await
    };
    assert_eq!(projects(&manager).await, ["ACME-1", "ACME-3"]);
    for user in [&mine, &theirs] {
        assign(&manager, json!({ "userId": user, "accountId": account })).await.expect_code("FORBIDDEN");
        let owned = rename(&manager, user).await;
        assert!(owned.code().is_some(), "{owned}");
    }
    assert_eq!(projects(&manager).await, ["ACME-1", "ACME-3"]);
    let on = json!({ "userId": theirs, "projectId": project(&owner, "ACME-1").await });
    assign(&owner, on).await.expect_ok();
    let owned = rename(&sales, &theirs).await;
    assert!(owned.code().is_some(), "{owned}");
    // On the account itself, by the owner's decision, they decide who else is.
    assign(&owner, json!({ "userId": mine, "accountId": account })).await.expect_ok();
    assert_eq!(projects(&manager).await, ["ACME-1", "ACME-2", "ACME-3"]);
    assign(&manager, json!({ "userId": theirs, "accountId": account })).await.expect_ok();
    rename(&manager, &mine).await.expect_ok();
    unassign(&owner, json!({ "userId": mine, "accountId": account })).await.expect_ok();
    unassign(&manager, json!({ "userId": theirs, "accountId": account })).await.expect_ok();
}

// keeps: ID-23
#[tokio::test]
async fn who_may_not_assign_cannot_and_other_tenants_are_not_there() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let (user, target) = (me(&acme.sales()).await, project(&owner, "ACME-1").await);
    let input = json!({ "userId": user, "projectId": target });
    for other in [acme.developer(), acme.client(), acme.client_admin(), acme.viewer(), acme.accountant()] {
        assign(&other, input.clone()).await.expect_code("FORBIDDEN");
    }
    let stranger = world.agency("globex").owner();
    assign(&stranger, input.clone()).await.expect_code("NOT_FOUND");
    assign(&world.nobody(), input).await.expect_code("UNAUTHENTICATED");
    let theirs = json!({ "userId": me(&world.agency("globex").sales()).await, "projectId": target });
    assign(&owner, theirs).await.expect_code("NOT_FOUND");
    let there = json!({ "userId": user, "projectId": project(&stranger, "GLOBEX-1").await });
    assign(&owner, there).await.expect_code("NOT_FOUND");
}

// keeps: ID-23
#[tokio::test]
async fn what_a_team_or_a_manager_put_somewhere_is_not_taken_off_directly() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, developer) = (acme.owner(), acme.developer());
    let on = json!({ "userId": me(&developer).await, "projectId": project(&owner, "ACME-1").await });
    unassign(&owner, on.clone()).await.expect_code("NOT_FOUND");
    assign(&owner, on.clone()).await.expect_ok();
    unassign(&owner, on).await.expect_ok();
    assert!(projects(&developer).await.contains(&"ACME-1".to_owned()), "the team still has them");
}

// keeps: ID-23
#[tokio::test]
async fn same_assignment_twice_at_once_is_one() {
    let world = World::builder().nodes(2).build().await;
    let acme = world.agency("acme");
    let (owner, user) = (acme.owner(), me(&acme.developer()).await);
    let elsewhere = owner.on(1);
    let on = json!({ "userId": user, "projectId": project(&owner, "ACME-5").await });
    let (one, two) = futures::future::join(assign(&owner, on.clone()), assign(&elsewhere, on.clone())).await;
    let id = |answer: Answer| answer.expect_ok().text("assignResource.assignment.id");
    assert_eq!(id(one), id(two));
    unassign(&owner, on.clone()).await.expect_ok();
    unassign(&owner, on).await.expect_code("NOT_FOUND");
}

// keeps: ID-23
#[tokio::test]
async fn list_is_filtered_and_shows_what_the_viewer_may_see() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, developer) = (acme.owner(), acme.developer());
    let (user, target) = (me(&developer).await, project(&owner, "ACME-5").await);
    let member = role(&owner, "team_member").await;
    assign(&owner, json!({ "userId": user, "projectId": target, "roleId": member })).await.expect_ok();
    let query = "query($f: AssignmentFilter!) { assignments(filter: $f) { totalCount nodes { source role { key } user { id } } } }";
    let list = async |who: &Actor, filter: Value| who.run(query, json!({ "f": filter })).await;
    let of_role = list(&owner, json!({ "roleId": member })).await.expect_ok();
    assert_eq!(of_role.number("assignments.totalCount"), 1);
    assert_eq!(of_role.text("assignments.nodes.0.user.id"), user);
    let of_user = list(&owner, json!({ "userId": user, "source": ["TEAM"] })).await.expect_ok();
    assert_eq!(of_user.number("assignments.totalCount"), 3);
    let account = json!({ "accountId": account_of(&owner, "ACME-5").await });
    let of_account = list(&owner, account).await.expect_ok();
    assert_eq!(
        of_account.each("assignments.nodes", "source"),
        [json!("MANAGER")],
        "the account's owner, not its projects' people"
    );
    let seen = list(&acme.manager(), json!({ "projectId": target })).await.expect_ok();
    assert_eq!(seen.number("assignments.totalCount"), 0, "a manager sees the assignments of own projects");
    list(&acme.client(), json!({})).await.expect_code("FORBIDDEN");
    let stranger = list(&world.agency("globex").owner(), json!({ "userId": user })).await.expect_ok();
    assert_eq!(stranger.number("assignments.totalCount"), 0);
}

// keeps: ID-23
#[tokio::test]
async fn who_has_yet_to_confirm_is_put_on_nothing_and_who_is_shut_out_on_nothing_new() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, victim) = (acme.owner(), me(&world.agency("globex").manager()).await);
    open_registration(&owner).await;
    let target = project(&owner, "ACME-5").await;
    // Reason: an invited person is no member before they accept, so there is nobody yet to be named.
    invite(&owner, json!({ "email": "new@new.test", "roles": ["team_member"] })).await.expect_ok();
    assert!(world.rows("identity_users", "WHERE email = 'new@new.test'").await.is_empty());
    register(&world.nobody(), "acme", "pm@globex.test").await.expect_ok();
    let named = async |name: &str, input: Value, path: &str, code: &str| {
        let field = name.trim_start_matches("create").to_lowercase();
        let answer = change(&owner, name, input, &format!("{field} {{ id }}")).await;
        answer.expect_field(path, code);
    };
    let task = |field: &str, who: Value| json!({ "projectId": target, "title": "Draw", field: who });
    assign(&owner, json!({ "userId": victim, "projectId": target })).await.expect_code("NOT_FOUND");
    named("createTask", task("reporterId", json!(victim)), "reporterId", "not_in_tenant").await;
    named("createTask", task("assigneeIds", json!([victim])), "assigneeIds.0", "not_in_tenant").await;
    verify(&world.nobody(), &token_in(&*world.mail_to("pm@globex.test").await)).await.expect_ok();
    assign(&owner, json!({ "userId": victim, "projectId": target })).await.expect_ok();
    let made =
        change(&owner, "createTask", task("reporterId", json!(victim)), "task { id }").await.expect_ok();
    change(&owner, "deactivateUser", json!({ "id": victim }), "user { id }").await.expect_ok();
    named("createTask", task("reporterId", json!(victim)), "reporterId", "not_active").await;
    let kept = json!({ "id": made.text("createTask.task.id"), "title": "Draw more", "reporterId": victim });
    change(&owner, "updateTask", kept, "task { reporter { id } }").await.expect_ok();
}

// keeps: ID-23
#[tokio::test]
async fn assignments_of_a_person_are_asked_for_with_them() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, user) = (acme.owner(), me(&acme.developer()).await);
    let target = project(&owner, "ACME-5").await;
    assign(&owner, json!({ "userId": user, "projectId": target })).await.expect_ok();
    let query = "query($id: ID!) { user(id: $id) { id assignments(first: 10) { totalCount nodes { source user { id } } } } }";
    let asked = async |who: &Actor| who.run(query, json!({ "id": user })).await;
    let seen = asked(&owner).await.expect_ok();
    assert_eq!(seen.number("user.assignments.totalCount"), 4);
    assert_eq!(seen.text("user.assignments.nodes.0.source"), "DIRECT", "newest first");
    assert!(seen.list("user.assignments.nodes").iter().all(|one| one["user"]["id"] == json!(user)), "{seen}");
    let part = asked(&acme.manager()).await.expect_ok().number("user.assignments.totalCount");
    assert!(part < 4, "a manager sees the assignments of own projects");
    let refused = asked(&acme.viewer()).await.expect_code("FORBIDDEN");
    assert!(refused.data("user.assignments").is_null() && !refused.data("user.id").is_null(), "{refused}");
    let all = async |count: u32| {
        let query = format!(
            "{{ users(first: {count}) {{ nodes {{ assignments(first: 5) {{ nodes {{ id }} }} }} }} }}"
        );
        owner.run(&query, json!({})).await.expect_ok().statements
    };
    assert_eq!(all(2).await, all(10).await, "one statement for all");
}
