//! What must not happen to roles: a tenant without an owner, and people who hold a role that is gone.

use serde_json::{Value, json};
use tests::{Actor, Answer, World, token_in};

use super::asks::{assign_role, change, create_role, me, projects, revoke_role, role, viewer};

const READ_ALL: (&str, &str) = ("projects.project.read", "TENANT");

/// How many lasting owners the agency has, as the database knows it.
async fn owners(world: &World, role: &str) -> usize {
    let id = role.parse::<kernel::id::AnyId>().unwrap().uuid.to_string();
    let rows = world.rows("identity_membership_roles", "WHERE expires_at IS NULL").await;
    rows.iter().filter(|row| row["role_id"] == id).count()
}

/// Makes the administrator a second owner.
async fn second(world: &World) -> (Actor, Actor, String) {
    let acme = world.agency("acme");
    let (owner, other) = (acme.owner(), acme.admin());
    let id = role(&owner, "owner").await;
    assign_role(&owner, &me(&other).await, &id).await.expect_ok();
    (owner, other, id)
}

async fn delete(who: &Actor, id: &str, reassign_to: Option<&str>) -> Answer {
    change(who, "deleteRole", json!({ "id": id, "reassignTo": reassign_to }), "deletedRoleId").await
}

// keeps: ID-22
#[tokio::test]
async fn last_owner_stays_whatever_is_tried() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let (id, person) = (role(&owner, "owner").await, me(&owner).await);
    revoke_role(&owner, &person, &id).await.expect_code("CONFLICT");
    let soon = world.clock.now() + chrono::TimeDelta::days(1);
    let ending = json!({ "userId": person, "roleId": id, "expiresAt": soon });
    change(&owner, "assignRole", ending, "user { id }").await.expect_code("CONFLICT");
    let bulk = json!({ "items": [person], "roleId": id, "remove": true });
    let answer = change(&owner, "bulkAssignRole", bulk, "results { ok }").await;
    assert!(
        answer.code() == Some("CONFLICT") || *answer.data("bulkAssignRole.results.0.ok") == false,
        "{answer}"
    );
    for who in [&owner, &admin] {
        for name in ["deactivateUser", "deleteUser"] {
            let fields = if name == "deleteUser" { "userId" } else { "user { id }" };
            let answer = change(who, name, json!({ "id": person }), fields).await;
            assert!(matches!(answer.code(), Some("CONFLICT" | "FORBIDDEN")), "{name}\n{answer}");
        }
        let many = change(who, "bulkDeactivateUsers", json!({ "items": [person] }), "results { ok }").await;
        assert!(many.code().is_some() || *many.data("bulkDeactivateUsers.results.0.ok") == false, "{many}");
    }
    assert_eq!(owners(&world, &id).await, 1);
    assert!(viewer(&owner).await.expect_ok().each("viewer.roles", "key").contains(&json!("owner")));
}

// keeps: ID-22
#[tokio::test]
async fn owner_may_go_once_another_stays_for_good() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let id = role(&owner, "owner").await;
    let soon = world.clock.now() + chrono::TimeDelta::days(1);
    let for_a_day = json!({ "userId": me(&admin).await, "roleId": id, "expiresAt": soon });
    change(&owner, "assignRole", for_a_day, "user { id }").await.expect_ok();
    revoke_role(&owner, &me(&owner).await, &id).await.expect_code("CONFLICT");
    assign_role(&owner, &me(&admin).await, &id).await.expect_ok();
    revoke_role(&owner, &me(&owner).await, &id).await.expect_ok();
    assert!(viewer(&owner).await.expect_ok().list("viewer.permissions").is_empty());
    revoke_role(&admin, &me(&admin).await, &id).await.expect_code("CONFLICT");
}

// keeps: ID-22
#[tokio::test]
async fn of_two_owners_who_unmake_each_other_at_once_one_stays() {
    let world = World::builder().nodes(2).build().await;
    let (owner, other, id) = second(&world).await;
    let (one, two) = (me(&owner).await, me(&other).await);
    let elsewhere = other.on(1);
    let both =
        futures::future::join(revoke_role(&owner, &two, &id), revoke_role(&elsewhere, &one, &id)).await;
    let done = [&both.0, &both.1].iter().filter(|answer| answer.errors().is_empty()).count();
    assert_eq!(done, 1, "{}\n{}", both.0, both.1);
    assert_eq!(owners(&world, &id).await, 1);
}

// keeps: ID-22
#[tokio::test]
async fn of_two_owners_who_give_up_at_once_one_stays() {
    let world = World::builder().nodes(2).build().await;
    let (owner, other, id) = second(&world).await;
    let (one, two) = (me(&owner).await, me(&other).await);
    let elsewhere = other.on(1);
    let both =
        futures::future::join(revoke_role(&owner, &one, &id), revoke_role(&elsewhere, &two, &id)).await;
    let codes = [both.0.code(), both.1.code()];
    assert!(codes.contains(&None) && codes.contains(&Some("CONFLICT")), "{codes:?}");
    assert_eq!(owners(&world, &id).await, 1);
}

// keeps: ID-22
#[tokio::test]
async fn owners_are_made_and_unmade_by_owners_in_person() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let id = role(&owner, "owner").await;
    let everything = viewer(&owner).await.expect_ok();
    let all: Vec<(String, String)> = everything
        .list("viewer.grants")
        .iter()
        .map(|grant| {
            (grant["permission"].as_str().unwrap().to_owned(), grant["reach"].as_str().unwrap().to_owned())
        })
        .collect();
    let all: Vec<(&str, &str)> =
        all.iter().map(|(permission, reach)| (permission.as_str(), reach.as_str())).collect();
    let key = owner.key(&all).await;
    assign_role(&key, &me(&admin).await, &id).await.expect_code("FORBIDDEN");
    let shadow = create_role(&owner, "Shadow", &all).await.expect_ok().text("createRole.role.id");
    assign_role(&owner, &me(&admin).await, &shadow).await.expect_ok();
    assign_role(&admin, &me(&admin).await, &id).await.expect_code("FORBIDDEN");
    revoke_role(&admin, &me(&owner).await, &id).await.expect_code("FORBIDDEN");
    assign_role(&owner, &me(&admin).await, &id).await.expect_ok();
}

// keeps: ID-22
#[tokio::test]
async fn role_in_use_is_removed_only_with_another_in_its_place() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, editor) = (acme.owner(), acme.editor());
    let old = create_role(&owner, "Auditor", &[READ_ALL]).await.expect_ok().text("createRole.role.id");
    let new = create_role(&owner, "Reader", &[("projects.project.read", "ASSIGNED")])
        .await
        .expect_ok()
        .text("createRole.role.id");
    assign_role(&owner, &me(&editor).await, &old).await.expect_ok();
    delete(&owner, &old, None).await.expect_code("CONFLICT");
    delete(&owner, &old, Some(&old)).await.expect_field("reassignTo", "replaces_itself");
    let stranger = role(&world.agency("globex").owner(), "viewer").await;
    let foreign = delete(&owner, &old, Some(&stranger)).await.expect_code("INVALID");
    assert!(foreign.fields().contains_key("reassignTo"), "{foreign}");
    delete(&owner, &old, Some(&role(&owner, "client").await))
        .await
        .expect_field("reassignTo", "role_for_clients");
    delete(&acme.admin(), &old, Some(&role(&owner, "owner").await)).await.expect_code("FORBIDDEN");
    assert_eq!(projects(&editor).await.len(), 6);
    delete(&owner, &old, Some(&new)).await.expect_ok();
    assert_eq!(
        viewer(&editor).await.expect_ok().each("viewer.roles", "key"),
        [json!("editor"), json!("reader")]
    );
    assert_eq!(projects(&editor).await, ["ACME-3"]);
    delete(&owner, &old, None).await.expect_code("NOT_FOUND");
    let entries = world.audit_of(&old).await;
    assert_eq!(entries.last().unwrap()["action"], "identity.role.delete");
}

// keeps: ID-22
#[tokio::test]
async fn replacement_takes_the_place_of_a_role_in_invitations_and_assignments() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, editor) = (acme.owner(), acme.editor());
    let old = create_role(&owner, "Auditor", &[READ_ALL]).await.expect_ok().text("createRole.role.id");
    let project = super::asks::project(&owner, "ACME-5").await;
    let placed = json!({ "userId": me(&editor).await, "projectId": project, "roleId": old });
    change(&owner, "assignResource", placed, "assignment { id }").await.expect_ok();
    delete(&owner, &old, None).await.expect_code("CONFLICT");
    let invited = json!({ "email": "new@acme.test", "roles": [old] });
    change(&owner, "inviteUser", invited, "invitation { id }").await.expect_ok();
    let member = role(&owner, "team_member").await;
    delete(&owner, &old, Some(&member)).await.expect_ok();
    let assignments =
        owner.run("{ assignments(first: 1) { nodes { role { key } } } }", json!({})).await.expect_ok();
    assert_eq!(assignments.text("assignments.nodes.0.role.key"), "team_member");
    assert_eq!(projects(&editor).await, ["ACME-5"]);
    let token = token_in(&*world.mail_to("new@acme.test").await);
    let password = "correct horse battery staple 42";
    let accept = json!({ "token": token, "password": password, "givenName": "Nia", "familyName": "New" });
    change(&world.nobody(), "acceptInvitation", accept, "email").await.expect_ok();
    let newcomer = world.person("acme", "new@acme.test", password);
    assert_eq!(viewer(&newcomer).await.expect_ok().each("viewer.roles", "key"), [json!("team_member")]);
}

// keeps: ID-22
#[tokio::test]
async fn who_holds_both_roles_keeps_the_longer_of_the_two() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let person = me(&acme.editor()).await;
    let old = create_role(&owner, "Auditor", &[READ_ALL]).await.expect_ok().text("createRole.role.id");
    let new = create_role(&owner, "Reader", &[READ_ALL]).await.expect_ok().text("createRole.role.id");
    assign_role(&owner, &person, &old).await.expect_ok();
    let soon = world.clock.now() + chrono::TimeDelta::minutes(5);
    let input = json!({ "userId": person, "roleId": new, "expiresAt": soon });
    change(&owner, "assignRole", input, "user { id }").await.expect_ok();
    delete(&owner, &old, Some(&new)).await.expect_ok();
    world.clock.advance(std::time::Duration::from_secs(600));
    assert_eq!(projects(&acme.editor()).await.len(), 6);
}

// keeps: ID-22
#[tokio::test]
async fn role_without_use_is_removed_and_open_ends_let_go_of_it() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let id = create_role(&owner, "Auditor", &[READ_ALL]).await.expect_ok().text("createRole.role.id");
    let invited = json!({ "email": "new@acme.test", "roles": [id] });
    let invitation = change(&owner, "inviteUser", invited, "invitation { id }").await.expect_ok();
    delete(&owner, &id, None).await.expect_code("CONFLICT");
    let revoked = json!({ "id": invitation.text("inviteUser.invitation.id") });
    change(&owner, "revokeInvitation", revoked, "invitation { id }").await.expect_ok();
    let answer = delete(&owner, &id, None).await.expect_ok();
    assert_eq!(answer.text("deleteRole.deletedRoleId"), id);
    let uuid = id.parse::<kernel::id::AnyId>().unwrap().uuid.to_string();
    let left = world
        .rows("identity_role_permissions", "")
        .await
        .into_iter()
        .filter(|row| row["role_id"] == uuid)
        .count();
    assert_eq!(left, 0);
    let gone = owner.run("query($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await.expect_ok();
    assert_eq!(*gone.data("node"), Value::Null);
}

// keeps: ID-22
#[tokio::test]
async fn role_that_is_given_while_it_is_removed_ends_in_one_of_two_ways() {
    let world = World::builder().nodes(2).build().await;
    let acme = world.agency("acme");
    let (owner, editor) = (acme.owner(), acme.editor());
    let person = me(&editor).await;
    for _ in 0..4 {
        let id = create_role(&owner, "Auditor", &[READ_ALL]).await.expect_ok().text("createRole.role.id");
        let elsewhere = owner.on(1);
        let (given, removed) =
            futures::future::join(assign_role(&owner, &person, &id), delete(&elsewhere, &id, None)).await;
        match (given.code(), removed.code()) {
            (None, Some("CONFLICT")) | (Some("NOT_FOUND"), None) => {}
            other => panic!("{other:?}\n{given}\n{removed}"),
        }
    }
}
