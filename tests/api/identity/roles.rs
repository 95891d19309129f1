//! Roles: the platform's and the tenant's own, what they allow, who holds them and who may give them.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{assign_role, change, create_role, me, projects, revoke_role, role, scopes, viewer};

const ROLE: &str =
    "role { id key name description system version forClients memberCount grants { permission reach } }";
const READ_ALL: (&str, &str) = ("projects.project.read", "TENANT");

/// Makes a role and answers its id.
async fn custom(who: &Actor, name: &str, grants: &[(&str, &str)]) -> String {
    create_role(who, name, grants).await.expect_ok().text("createRole.role.id")
}

/// Keys of the roles that somebody holds now.
async fn held(who: &Actor) -> Vec<Value> {
    viewer(who).await.expect_ok().each("viewer.roles", "key")
}

async fn update(who: &Actor, input: Value) -> Answer {
    change(who, "updateRole", input, ROLE).await
}

async fn delete(who: &Actor, id: &str, reassign_to: Option<&str>) -> Answer {
    change(who, "deleteRole", json!({ "id": id, "reassignTo": reassign_to }), "deletedRoleId").await
}

// keeps: ID-22
#[tokio::test]
async fn system_roles_cannot_be_changed_or_removed_by_anybody() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let answer = owner.run("{ roles { id key system grants { permission } } }", json!({})).await.expect_ok();
    let keys: Vec<Value> = kernel::catalogue::SystemRole::ALL.iter().map(|role| json!(role.key())).collect();
    assert_eq!(answer.each("roles", "key"), keys, "every tenant has them, in this order");
    let before = world.snapshot().await;
    for id in answer.ids("roles") {
        update(&owner, json!({ "id": id, "name": "Mine" })).await.expect_code("CONFLICT");
        update(&owner, json!({ "id": id, "grants": [] })).await.expect_code("CONFLICT");
        delete(&owner, &id, None).await.expect_code("CONFLICT");
        let replaced = delete(&owner, &id, Some(&answer.ids("roles")[9])).await;
        assert!(replaced.code().is_some(), "{replaced}");
    }
    let after = world.snapshot().await;
    for table in ["identity_roles", "identity_role_permissions", "identity_membership_roles"] {
        assert!(before.rows(table).eq(after.rows(table)), "{table} changed");
    }
}

// keeps: ID-22
#[tokio::test]
async fn custom_role_is_read_back_as_it_was_written_and_in_the_trail() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let grants = [
        ("projects.project.read", "ASSIGNED"),
        ("identity.role.read", "TENANT"),
        ("crm.account.read", "ACCOUNT"),
        ("projects.task.write", "OWN"),
    ];
    let input = json!({ "name": "Señor Designer", "description": "**Draws**", "grants": scopes(&grants) });
    let made = change(&owner, "createRole", input, ROLE).await.expect_ok();
    let id = made.text("createRole.role.id");
    assert_eq!(made.text("createRole.role.key"), "se_or_designer");
    assert_eq!(*made.data("createRole.role.system"), false);
    let query = "query($id: ID!) {
      found: role(id: $id) { key name description version grants { permission reach description } }
    }";
    let read = owner.run(query, json!({ "id": id })).await.expect_ok();
    assert_eq!(
        (read.text("found.name"), read.text("found.description")),
        ("Señor Designer".to_owned(), "**Draws**".to_owned())
    );
    let mut found: Vec<_> = read
        .list("found.grants")
        .iter()
        .map(|grant| (grant["permission"].as_str().unwrap(), grant["reach"].as_str().unwrap()))
        .collect();
    found.sort_unstable();
    let mut expected = grants;
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert!(read.list("found.grants").iter().all(|grant| !grant["description"].as_str().unwrap().is_empty()));
    let entries = world.audit_of(&id).await;
    assert_eq!(
        (entries[0]["action"].clone(), entries[0]["severity"].clone()),
        (json!("identity.role.create"), json!("notice"))
    );
}

// keeps: ID-22
#[tokio::test]
async fn custom_role_allows_its_holder_exactly_what_it_says() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, editor) = (acme.owner(), acme.editor());
    assert!(projects(&editor).await.is_empty());
    let auditor = custom(&owner, "Auditor", &[READ_ALL]).await;
    assign_role(&owner, &me(&editor).await, &auditor).await.expect_ok();
    assert_eq!(projects(&editor).await, ["ACME-1", "ACME-2", "ACME-3", "ACME-4", "ACME-5", "ACME-6"]);
    assert_eq!(held(&editor).await, [json!("auditor"), json!("editor")]);
    let budget = editor.run("{ projects(first: 1) { nodes { budget { amount } } } }", json!({})).await;
    assert_eq!(budget.code(), Some("FORBIDDEN"), "reading projects is not reading budgets\n{budget}");
    let all = custom(&owner, "Nothing", &[]).await;
    assign_role(&owner, &me(&editor).await, &all).await.expect_ok();
    revoke_role(&owner, &me(&editor).await, &auditor).await.expect_ok();
    assert!(projects(&editor).await.is_empty());
}

// keeps: ID-22
#[tokio::test]
async fn reach_says_on_which_rows_a_permission_is_held() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, editor) = (acme.owner(), acme.editor());
    let id = custom(&owner, "Reader", &[("projects.project.read", "OWN")]).await;
    assign_role(&owner, &me(&editor).await, &id).await.expect_ok();
    let expected: [(&str, &[&str]); 4] = [
        ("OWN", &[]),
        ("ASSIGNED", &["ACME-3"]),
        ("ACCOUNT", &["ACME-3", "ACME-4"]),
        ("TENANT", &["ACME-1", "ACME-2", "ACME-3", "ACME-4", "ACME-5", "ACME-6"]),
    ];
    for (reach, codes) in expected {
        update(&owner, json!({ "id": id, "grants": scopes(&[("projects.project.read", reach)]) }))
            .await
            .expect_ok();
        assert_eq!(projects(&editor).await, codes, "{reach}");
    }
}

// keeps: ID-22
#[tokio::test]
async fn bad_input_of_a_role_is_a_field_error() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    custom(&owner, "Auditor", &[]).await;
    let long = "x".repeat(300);
    let cases = [
        (json!({ "name": "" }), "name"),
        (json!({ "name": long }), "name"),
        (json!({ "description": "x".repeat(1_001) }), "description"),
        (json!({ "key": "" }), "key"),
        (json!({ "key": "Auditor" }), "key"),
        (json!({ "key": "9lives" }), "key"),
        (json!({ "key": "аuditor" }), "key"),
        (json!({ "key": "auditor" }), "key"),
        (json!({ "key": "owner" }), "key"),
        (
            json!({ "grants": [{ "permission": "projects.project.fly", "reach": "OWN" }] }),
            "grants.0.permission",
        ),
        (json!({ "grants": [{ "permission": "", "reach": "OWN" }] }), "grants.0.permission"),
        (json!({ "grants": scopes(&[READ_ALL, ("projects.project.read", "OWN")]) }), "grants.1.permission"),
    ];
    let before = world.counts().await["identity_roles"];
    for (wrong, path) in cases {
        let mut input = json!({ "name": "New", "grants": [] });
        input.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        let answer = change(&owner, "createRole", input, "role { id }").await.expect_code("INVALID");
        assert!(answer.fields().contains_key(path), "{wrong} is not wrong at {path}\n{answer}");
    }
    assert_eq!(world.counts().await["identity_roles"], before);
}

// keeps: ID-22
#[tokio::test]
async fn key_from_a_name_that_is_taken_gets_a_number() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    for key in ["designer", "designer_2", "designer_3"] {
        assert_eq!(create_role(&owner, "Designer", &[]).await.expect_ok().text("createRole.role.key"), key);
    }
    assert_eq!(create_role(&owner, "設計", &[]).await.expect_ok().text("createRole.role.key"), "role");
}

// keeps: ID-22
#[tokio::test]
async fn role_is_changed_in_part_and_against_its_present_version_only() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let id = custom(&owner, "Auditor", &[READ_ALL]).await;
    let renamed =
        update(&owner, json!({ "id": id, "expectedVersion": 1, "name": "Reviser" })).await.expect_ok();
    assert_eq!(
        (renamed.text("updateRole.role.name"), renamed.text("updateRole.role.key")),
        ("Reviser".to_owned(), "auditor".to_owned())
    );
    assert_eq!(renamed.list("updateRole.role.grants").len(), 1, "what is not said stays");
    let version = renamed.number("updateRole.role.version");
    let stale =
        update(&owner, json!({ "id": id, "expectedVersion": 1, "grants": [] })).await.expect_code("CONFLICT");
    assert_eq!(stale.errors()[0]["extensions"]["currentVersion"], version);
    let emptied =
        update(&owner, json!({ "id": id, "expectedVersion": version, "grants": [] })).await.expect_ok();
    assert!(emptied.list("updateRole.role.grants").is_empty());
    assert!(emptied.number("updateRole.role.version") > version, "what it allows counts as a change");
    for null in ["name", "description", "grants"] {
        update(&owner, json!({ "id": id, null: null })).await.expect_code("INVALID");
    }
}

// keeps: ID-22
#[tokio::test]
async fn roles_are_changed_by_who_may_and_stay_in_their_tenant() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = custom(&acme.owner(), "Auditor", &[]).await;
    let (editor, viewer_role) = (me(&acme.editor()).await, role(&acme.owner(), "viewer").await);
    for other in [acme.manager(), acme.client_admin(), acme.client(), acme.viewer()] {
        create_role(&other, "Mine", &[]).await.expect_code("FORBIDDEN");
        update(&other, json!({ "id": id, "name": "Mine" })).await.expect_code("FORBIDDEN");
        delete(&other, &id, None).await.expect_code("FORBIDDEN");
        assign_role(&other, &editor, &viewer_role).await.expect_code("FORBIDDEN");
        revoke_role(&other, &editor, &viewer_role).await.expect_code("FORBIDDEN");
    }
    let stranger = world.agency("globex").owner();
    update(&stranger, json!({ "id": id, "name": "Mine" })).await.expect_code("NOT_FOUND");
    delete(&stranger, &id, None).await.expect_code("NOT_FOUND");
    assign_role(&stranger, &editor, &role(&stranger, "viewer").await).await.expect_code("NOT_FOUND");
    assign_role(&stranger, &me(&world.agency("globex").editor()).await, &id).await.expect_code("NOT_FOUND");
    revoke_role(&stranger, &editor, &role(&acme.owner(), "editor").await).await.expect_code("NOT_FOUND");
    assert_eq!(held(&acme.editor()).await, [json!("editor")]);
}

// keeps: ID-22
#[tokio::test]
async fn nobody_grants_what_they_do_not_hold() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin, editor) = (acme.owner(), acme.admin(), acme.editor());
    create_role(&admin, "Destroyer", &[("identity.tenant.delete", "TENANT")]).await.expect_code("FORBIDDEN");
    let above = custom(&owner, "Destroyer", &[("identity.tenant.delete", "TENANT")]).await;
    assign_role(&admin, &me(&admin).await, &above).await.expect_code("FORBIDDEN");
    assign_role(&admin, &me(&admin).await, &role(&owner, "owner").await).await.expect_code("FORBIDDEN");
    let deputy = [
        ("identity.role.read", "TENANT"),
        ("identity.role.write", "TENANT"),
        ("identity.role.assign", "TENANT"),
        ("projects.project.read", "ASSIGNED"),
    ];
    let deputy = custom(&owner, "Deputy", &deputy).await;
    assign_role(&owner, &me(&editor).await, &deputy).await.expect_ok();
    let answer = create_role(&editor, "Reader", &[READ_ALL]).await.expect_code("FORBIDDEN");
    assert!(answer.message().unwrap().contains("projects.project.read"), "it says what is beyond\n{answer}");
    let within = custom(&editor, "Reader", &[("projects.project.read", "ASSIGNED")]).await;
    update(&editor, json!({ "id": within, "grants": scopes(&[READ_ALL]) })).await.expect_code("FORBIDDEN");
    update(&editor, json!({ "id": deputy, "grants": scopes(&[("identity.api_key.write", "TENANT")]) }))
        .await
        .expect_code("FORBIDDEN");
    for beyond in ["admin", "owner", "project_manager", "accountant"] {
        assign_role(&editor, &me(&editor).await, &role(&owner, beyond).await).await.expect_code("FORBIDDEN");
    }
    assign_role(&editor, &me(&acme.viewer()).await, &within).await.expect_ok();
    revoke_role(&editor, &me(&acme.manager()).await, &role(&owner, "project_manager").await)
        .await
        .expect_code("FORBIDDEN");
    assert_eq!(held(&acme.manager()).await, [json!("project_manager")]);
}

// keeps: ID-22
#[tokio::test]
async fn role_beyond_ones_own_may_be_renamed_and_narrowed_but_not_widened() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = custom(&acme.owner(), "Destroyer", &[("identity.tenant.delete", "TENANT"), READ_ALL]).await;
    update(&acme.admin(), json!({ "id": id, "name": "Closer" })).await.expect_ok();
    let same = scopes(&[("identity.tenant.delete", "TENANT"), ("projects.project.read", "OWN")]);
    update(&acme.admin(), json!({ "id": id, "grants": same })).await.expect_ok();
    update(&acme.admin(), json!({ "id": id, "grants": [] })).await.expect_ok();
    let widened = scopes(&[("identity.tenant.delete", "OWN")]);
    update(&acme.admin(), json!({ "id": id, "grants": widened })).await.expect_code("FORBIDDEN");
}

// keeps: ID-22
#[tokio::test]
async fn role_ends_by_itself_at_its_time() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, editor) = (acme.owner(), acme.editor());
    let (id, person) = (custom(&owner, "Auditor", &[READ_ALL]).await, me(&editor).await);
    let give = async |at: chrono::DateTime<chrono::Utc>| {
        let input = json!({ "userId": person, "roleId": id, "expiresAt": at });
        change(&owner, "assignRole", input, "user { roles { role { key } expiresAt } }").await
    };
    let now = world.clock.now();
    give(now).await.expect_field("expiresAt", "in_the_past");
    let given = give(now + chrono::TimeDelta::minutes(10)).await.expect_ok();
    assert!(given.list("assignRole.user.roles").iter().any(|held| held["expiresAt"].is_string()));
    assert_eq!(projects(&editor).await.len(), 6);
    world.clock.advance(Duration::from_secs(599));
    assert_eq!(projects(&editor).await.len(), 6);
    world.clock.advance(Duration::from_secs(1));
    assert!(projects(&editor).await.is_empty(), "nobody has to take it away");
    assert_eq!(held(&editor).await, [json!("editor")]);
    give(world.clock.now() + chrono::TimeDelta::hours(1)).await.expect_ok();
    assert_eq!(projects(&editor).await.len(), 6, "it can be given again");
    assign_role(&owner, &person, &id).await.expect_ok();
    world.clock.advance(Duration::from_secs(3_600));
    assert_eq!(projects(&acme.editor()).await.len(), 6, "without an end it lasts");
}

// keeps: ID-22
#[tokio::test]
async fn role_that_somebody_does_not_hold_is_not_taken_away() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let editor = me(&world.agency("acme").editor()).await;
    revoke_role(&owner, &editor, &role(&owner, "sales").await).await.expect_code("NOT_FOUND");
    let answer = revoke_role(&owner, &editor, &role(&owner, "editor").await).await.expect_ok();
    assert!(answer.list("revokeRole.user.roles").is_empty());
    assert!(viewer(&world.agency("acme").editor()).await.expect_ok().list("viewer.permissions").is_empty());
}

// keeps: ID-22
#[tokio::test]
async fn clients_hold_client_roles_and_staff_holds_staff_roles() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, client, editor) = (acme.owner(), me(&acme.client()).await, me(&acme.editor()).await);
    for key in ["client", "client_admin"] {
        assign_role(&owner, &editor, &role(&owner, key).await)
            .await
            .expect_field("roleId", "role_for_clients");
    }
    for key in ["owner", "admin", "team_member", "viewer"] {
        assign_role(&owner, &client, &role(&owner, key).await).await.expect_field("roleId", "role_for_staff");
    }
    let wide = custom(&owner, "Auditor", &[READ_ALL]).await;
    assign_role(&owner, &client, &wide).await.expect_field("roleId", "role_for_staff");
    let narrow = create_role(&owner, "Onlooker", &[("projects.project.read", "ACCOUNT")]).await.expect_ok();
    let narrow = narrow.text("createRole.role.id");
    assign_role(&owner, &client, &narrow).await.expect_ok();
    let kept = update(&owner, json!({ "id": narrow, "name": "Watcher" })).await.expect_ok();
    assert_eq!(*kept.data("updateRole.role.forClients"), true);
    update(&owner, json!({ "id": narrow, "grants": scopes(&[READ_ALL]) }))
        .await
        .expect_field("grants", "role_for_staff");
    assert_eq!(projects(&acme.client()).await, ["ACME-1", "ACME-2"], "the own account and no further");
}

// keeps: ID-22
#[tokio::test]
async fn client_administrator_sees_client_roles_alone() {
    let world = World::new().await;
    let answer = world.agency("acme").client_admin().run("{ roles { key } }", json!({})).await.expect_ok();
    assert_eq!(answer.each("roles", "key"), [json!("client"), json!("client_admin")]);
    world.agency("acme").client().run("{ roles { key } }", json!({})).await.expect_code("FORBIDDEN");
}

// keeps: ID-22
#[tokio::test]
async fn many_people_get_a_role_at_once_each_with_an_answer() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let auditor = custom(&owner, "Auditor", &[READ_ALL]).await;
    let stranger = me(&world.agency("globex").editor()).await;
    let items = [me(&acme.editor()).await, me(&acme.client()).await, stranger, me(&acme.viewer()).await];
    let input = json!({ "items": items, "roleId": auditor });
    let answer = change(&owner, "bulkAssignRole", input.clone(), "results { index ok error { code } }")
        .await
        .expect_ok();
    assert_eq!(
        answer.each("bulkAssignRole.results", "ok"),
        [json!(true), json!(false), json!(false), json!(true)]
    );
    let code = |place: usize| answer.text(&format!("bulkAssignRole.results.{place}.error.code"));
    assert_eq!((code(1), code(2)), ("INVALID".to_owned(), "NOT_FOUND".to_owned()));
    assert_eq!(projects(&acme.editor()).await.len(), 6);
    let mut taken = input;
    taken["remove"] = json!(true);
    change(&owner, "bulkAssignRole", taken, "results { ok }").await.expect_ok();
    assert!(projects(&acme.editor()).await.is_empty());
}
