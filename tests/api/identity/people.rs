//! Shutting people out and letting them in again, one or many, and giving many a role at once.

use kernel::catalogue::SystemRole;
use serde_json::{Value, json};
use tests::{Actor, Answer, PASSWORD, World};

use super::asks::{change, credentials, eventually, login, me, role, viewer, without_ids};
use super::steps::{id_of, join, join_both, lets_in};

const RESULTS: &str = "results { index ok node { id status roles { role { key } } } error { code message fields { path code } } }";

async fn deactivate(who: &Actor, id: &str) -> Answer {
    change(who, "deactivateUser", json!({ "id": id }), "user { id status }").await
}

async fn reactivate(who: &Actor, id: &str) -> Answer {
    change(who, "reactivateUser", json!({ "id": id }), "user { id status }").await
}

async fn deactivate_many(who: &Actor, ids: &[String]) -> Answer {
    change(who, "bulkDeactivateUsers", json!({ "items": ids }), RESULTS).await
}

/// Codes of the results of a bulk mutation, `OK` for what was done.
fn codes(answer: &Answer, name: &str) -> Vec<String> {
    let results = answer.list(&format!("{name}.results"));
    assert!(results.iter().zip(0..).all(|(result, index)| result["index"] == index), "{answer}");
    let code = |result: &Value| match result["ok"].as_bool() {
        Some(true) => {
            assert!(result["node"]["id"].is_string() && result["error"].is_null(), "{answer}");
            "OK".to_owned()
        }
        _ => {
            assert!(
                result["node"].is_null() && !result["error"]["message"].as_str().unwrap().is_empty(),
                "{answer}"
            );
            result["error"]["code"].as_str().unwrap().to_owned()
        }
    };
    results.iter().map(code).collect()
}

// keeps: ID-6
#[tokio::test]
async fn person_who_is_shut_out_is_out_at_once_and_owns_what_they_owned() {
    let world = World::builder().nodes(2).build().await;
    let acme = world.agency("acme");
    let (owner, manager) = (acme.owner(), acme.manager());
    let key = manager.key(&[("projects.project.read", "ASSIGNED")]).await;
    let refresh = manager.tokens().await.refresh;
    let id = me(&manager).await;
    viewer(&manager.on(1)).await.expect_ok();
    let managed = json!({ "id": id });
    let query = "query($id: ID!) { user(id: $id) { status projects { totalCount } tasks { totalCount } } }";
    let before = owner.run(query, managed.clone()).await.expect_ok();
    assert_eq!(deactivate(&owner, &id).await.expect_ok().text("deactivateUser.user.status"), "DEACTIVATED");
    viewer(&manager).await.expect_code("UNAUTHENTICATED");
    key.run("{ projects { totalCount } }", json!({})).await.expect_code("UNAUTHENTICATED");
    eventually("other nodes hear of it", async || {
        viewer(&manager.on(1)).await.code() == Some("UNAUTHENTICATED")
    })
    .await;
    change(&world.nobody(), "refreshSession", json!({ "refreshToken": refresh }), "accessToken")
        .await
        .expect_code("UNAUTHENTICATED");
    let refused = login(&world.nobody(), credentials("acme", "pm@acme.test", PASSWORD)).await;
    let wrong = login(&world.nobody(), credentials("acme", "pm@acme.test", "not the password at all")).await;
    assert_eq!(without_ids(&refused), without_ids(&wrong), "they are not told why");
    let after = owner.run(query, managed).await.expect_ok();
    assert_eq!(after.data("user.projects"), before.data("user.projects"));
    assert_eq!(after.data("user.tasks"), before.data("user.tasks"));
    deactivate(&owner, &id).await.expect_ok();
    let trail = world.audit_of(&id).await;
    assert!(!trail.is_empty());
}

// keeps: ID-6
#[tokio::test]
async fn person_who_is_let_in_again_has_the_roles_of_before_and_signs_in_anew() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager) = (acme.owner(), acme.manager());
    let key = manager.key(&[("projects.project.read", "ASSIGNED")]).await;
    let (id, before) = (me(&manager).await, viewer(&manager).await.expect_ok());
    deactivate(&owner, &id).await.expect_ok();
    assert_eq!(reactivate(&owner, &id).await.expect_ok().text("reactivateUser.user.status"), "ACTIVE");
    viewer(&manager).await.expect_code("UNAUTHENTICATED");
    key.run("{ projects { totalCount } }", json!({})).await.expect_code("UNAUTHENTICATED");
    let again = viewer(&manager.elsewhere()).await.expect_ok();
    assert_eq!(again.data("viewer.roles"), before.data("viewer.roles"));
    assert_eq!(again.data("viewer.grants"), before.data("viewer.grants"));
    reactivate(&owner, &id).await.expect_ok();
}

// keeps: ID-6
#[tokio::test]
async fn person_of_two_agencies_is_shut_out_of_one_alone() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    join_both(&world, &globex.owner(), &acme.manager()).await;
    deactivate(&globex.owner(), &me(&acme.manager()).await).await.expect_ok();
    viewer(&acme.manager()).await.expect_ok();
    assert!(lets_in(&world, "acme", "pm@acme.test").await);
    assert!(!lets_in(&world, "globex", "pm@acme.test").await);
    deactivate(&globex.owner(), &me(&acme.developer()).await).await.expect_code("NOT_FOUND");
    deactivate(&globex.owner(), "usr_01h455vb4pex5vsknk084sn02q").await.expect_code("NOT_FOUND");
    deactivate(&globex.owner(), "prj_01h455vb4pex5vsknk084sn02q").await.expect_code("INVALID");
}

// keeps: ID-6, ID-22
#[tokio::test]
async fn people_are_shut_out_by_those_who_stand_above_them() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let target = me(&acme.editor()).await;
    for (role, person) in acme.everybody().into_iter().filter(|(role, _)| *role != SystemRole::Editor) {
        let answer = deactivate(&person, &target).await;
        match role {
            SystemRole::Owner | SystemRole::Admin => drop(answer.expect_ok()),
            // Reason: the editor works on a project of another account, so a client does not see them at all.
            SystemRole::ClientAdmin => drop(answer.expect_code("NOT_FOUND")),
            _ => drop(answer.expect_code("FORBIDDEN")),
        }
        reactivate(&owner, &target).await.expect_ok();
    }
    deactivate(&admin, &me(&owner).await).await.expect_code("FORBIDDEN");
    deactivate(&owner, &me(&owner).await).await.expect_code("CONFLICT");
    let boss = acme.client_admin();
    deactivate(&boss, &me(&acme.client()).await).await.expect_ok();
    deactivate(&boss, &me(&boss).await).await.expect_code("CONFLICT");
    deactivate(&boss, &me(&acme.manager()).await).await.expect_code("FORBIDDEN");
    assert!(lets_in(&world, "acme", "pm@acme.test").await);
    assert!(!lets_in(&world, "acme", "client@acme.test").await);
    reactivate(&boss, &id_of(&owner, "client@acme.test").await).await.expect_ok();
    assert!(lets_in(&world, "acme", "client@acme.test").await);
}

// keeps: ID-6
#[tokio::test]
async fn many_are_shut_out_in_one_act_each_with_an_answer() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    let (owner, admin) = (acme.owner(), acme.admin());
    let ids = [
        me(&acme.developer()).await,
        me(&globex.developer()).await,
        me(&owner).await,
        me(&admin).await,
        me(&acme.editor()).await,
        me(&acme.developer()).await,
    ];
    let answer = deactivate_many(&admin, &ids).await.expect_ok();
    assert_eq!(
        codes(&answer, "bulkDeactivateUsers"),
        ["OK", "NOT_FOUND", "FORBIDDEN", "CONFLICT", "OK", "CONFLICT"]
    );
    assert_eq!(answer.text("bulkDeactivateUsers.results.0.node.status"), "DEACTIVATED");
    for (email, stays) in [
        ("dev@acme.test", false),
        ("editor@acme.test", false),
        ("owner@acme.test", true),
        ("admin@acme.test", true),
    ] {
        assert_eq!(lets_in(&world, "acme", email).await, stays, "{email}");
    }
    assert!(lets_in(&world, "globex", "dev@globex.test").await);
    let french = deactivate_many(&admin.speaking("fr"), &ids[3..4]).await.expect_ok();
    let said = french.text("bulkDeactivateUsers.results.0.error.message");
    assert!(said.starts_with("Vous ne pouvez pas faire cela à vous-même."), "{said}");
    let too_many: Vec<String> = (0..501).map(|_| ids[0].clone()).collect();
    deactivate_many(&owner, &too_many).await.expect_field("items", "too_many");
    assert!(deactivate_many(&owner, &[]).await.expect_ok().list("bulkDeactivateUsers.results").is_empty());
    deactivate_many(&acme.manager(), &ids[..1]).await.expect_code("FORBIDDEN");
    let all: Vec<String> = (0..500).map(|_| ids[1].clone()).collect();
    let answer = deactivate_many(&owner, &all).await.expect_ok();
    assert_eq!(answer.list("bulkDeactivateUsers.results").len(), 500);
}

// keeps: ID-6
#[tokio::test]
async fn many_are_shut_out_in_as_many_statements_as_a_few() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let few = [me(&acme.developer()).await];
    let mut many = Vec::new();
    for person in [acme.manager(), acme.editor(), acme.sales(), acme.accountant(), acme.viewer()] {
        many.push(me(&person).await);
    }
    let few = deactivate_many(&owner, &few).await.expect_ok().statements.unwrap();
    deactivate_many(&owner, &many).await.expect_ok().expect_statements(few + 2);
}

// keeps: ID-6, ID-22
#[tokio::test]
async fn many_get_a_role_in_one_act_each_with_an_answer() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    let (owner, admin) = (acme.owner(), acme.admin());
    let ids = [
        me(&acme.developer()).await,
        me(&acme.client()).await,
        me(&globex.developer()).await,
        me(&owner).await,
        me(&acme.viewer()).await,
        me(&acme.viewer()).await,
    ];
    let sales = role(&owner, "sales").await;
    let give = json!({ "items": ids, "roleId": sales });
    let answer = change(&admin, "bulkAssignRole", give, RESULTS).await.expect_ok();
    assert_eq!(
        codes(&answer, "bulkAssignRole"),
        ["OK", "INVALID", "NOT_FOUND", "FORBIDDEN", "OK", "CONFLICT"]
    );
    assert_eq!(answer.text("bulkAssignRole.results.1.error.fields.0.path"), "roleId");
    let held = async |who: &Actor| -> Vec<String> {
        let seen = viewer(who).await.expect_ok();
        seen.each("viewer.roles", "key").iter().map(|key| key.as_str().unwrap().to_owned()).collect()
    };
    assert!(held(&acme.developer()).await.contains(&"sales".to_owned()));
    assert_eq!(held(&acme.client()).await, ["client"]);
    let take = json!({ "items": &ids[..2], "roleId": sales, "remove": true });
    let answer = change(&admin, "bulkAssignRole", take, RESULTS).await.expect_ok();
    assert_eq!(codes(&answer, "bulkAssignRole"), ["OK", "OK"], "what is not held is no error");
    assert_eq!(held(&acme.developer()).await, ["team_member"]);
    let clients = json!({ "items": &ids[..2], "roleId": role(&owner, "client_admin").await });
    let answer = change(&owner, "bulkAssignRole", clients, RESULTS).await.expect_ok();
    assert_eq!(codes(&answer, "bulkAssignRole"), ["INVALID", "OK"]);
    let beyond = json!({ "items": &ids[..1], "roleId": role(&owner, "owner").await });
    change(&admin, "bulkAssignRole", beyond, RESULTS).await.expect_code("FORBIDDEN");
    let foreign = json!({ "items": &ids[..1], "roleId": role(&globex.owner(), "sales").await });
    change(&owner, "bulkAssignRole", foreign, RESULTS).await.expect_code("NOT_FOUND");
    let past = json!({ "items": &ids[..1], "roleId": sales, "expiresAt": "2026-03-02T08:59:59Z" });
    let refused = change(&owner, "bulkAssignRole", past, RESULTS).await.expect_code("INVALID");
    assert!(refused.fields().contains_key("expiresAt"), "{refused}");
    let for_a_day = json!({ "items": &ids[..1], "roleId": sales, "expiresAt": "2026-03-03T09:00:00Z" });
    change(&owner, "bulkAssignRole", for_a_day, RESULTS).await.expect_ok();
    world.clock.advance(super::steps::DAY);
    assert_eq!(held(&acme.developer()).await, ["team_member"]);
    change(&acme.manager(), "bulkAssignRole", json!({ "items": &ids[..1], "roleId": sales }), RESULTS)
        .await
        .expect_code("FORBIDDEN");
}

// keeps: ID-6
#[tokio::test]
async fn person_who_was_invited_and_shut_out_meanwhile_stays_out() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let grace = join(&world, &owner, "grace@new.test", &["admin"]).await;
    viewer(&grace).await.expect_ok();
    let (one, other) = (me(&grace).await, me(&world.agency("acme").admin()).await);
    let admin = world.agency("acme").admin();
    // Reason: two administrators who shut each other out at once: one of them does, and is not out themselves.
    let (first, second) = tokio::join!(deactivate(&admin, &one), deactivate(&grace, &other));
    for answer in [&first, &second] {
        assert!(
            matches!(
                answer.code(),
                None | Some("CONFLICT" | "UNAVAILABLE" | "UNAUTHENTICATED" | "FORBIDDEN")
            ),
            "{answer}"
        );
    }
    assert!(first.errors().is_empty() || second.errors().is_empty(), "{first}\n{second}");
    viewer(&owner).await.expect_ok();
}
