//! What somebody may do changes at once, on this node and on the others, also for what is open.

use serde_json::{Value, json};
use tests::{Actor, World};

use super::asks::{
    assign_role, change, create_role, eventually, me, project, projects, revoke_role, role, scopes, viewer,
};

const READ_ALL: (&str, &str) = ("projects.project.read", "TENANT");

/// Waits until somebody sees so many projects on the second node, where no time passes: what tells is the event.
async fn sees_there(who: &Actor, count: usize) {
    let there = who.on(1);
    eventually(&format!("{who} sees {count} projects on the other node"), async || {
        projects(&there).await.len() == count
    })
    .await;
}

// keeps: ID-24
#[tokio::test]
async fn role_that_is_given_or_taken_counts_at_once_here_and_soon_on_the_other_node() {
    let world = World::builder().nodes(2).build().await;
    let acme = world.agency("acme");
    let (owner, editor) = (acme.owner(), acme.editor());
    let person = me(&editor).await;
    let auditor = create_role(&owner, "Auditor", &[READ_ALL]).await.expect_ok().text("createRole.role.id");
    sees_there(&editor, 0).await;
    assign_role(&owner, &person, &auditor).await.expect_ok();
    assert_eq!(projects(&editor).await.len(), 6);
    sees_there(&editor, 6).await;
    revoke_role(&owner, &person, &auditor).await.expect_ok();
    assert!(projects(&editor).await.is_empty());
    sees_there(&editor, 0).await;
}

// keeps: ID-24
#[tokio::test]
async fn change_of_a_role_counts_for_everybody_who_holds_it_on_every_node() {
    let world = World::builder().nodes(2).build().await;
    let acme = world.agency("acme");
    let (owner, editor, sales) = (acme.owner(), acme.editor(), acme.sales());
    let id = create_role(&owner, "Auditor", &[READ_ALL]).await.expect_ok().text("createRole.role.id");
    for person in [&editor, &sales] {
        assign_role(&owner, &me(person).await, &id).await.expect_ok();
        sees_there(person, 6).await;
    }
    let narrow = json!({ "id": id, "grants": scopes(&[("projects.project.read", "ASSIGNED")]) });
    change(&owner, "updateRole", narrow, "role { id }").await.expect_ok();
    assert_eq!((projects(&editor).await.len(), projects(&sales).await.len()), (1, 1));
    sees_there(&editor, 1).await;
    sees_there(&sales, 1).await;
    change(
        &owner,
        "deleteRole",
        json!({ "id": id, "reassignTo": role(&owner, "viewer").await }),
        "deletedRoleId",
    )
    .await
    .expect_ok();
    assert_eq!(projects(&editor).await.len(), 6);
    sees_there(&editor, 6).await;
}

// keeps: ID-24
#[tokio::test]
async fn role_on_an_assignment_counts_at_once_on_every_node() {
    let world = World::builder().nodes(2).build().await;
    let acme = world.agency("acme");
    let (owner, editor) = (acme.owner(), acme.editor());
    sees_there(&editor, 0).await;
    let on = json!({ "userId": me(&editor).await, "projectId": project(&owner, "ACME-1").await });
    let mut with = on.clone();
    with["roleId"] = json!(role(&owner, "team_member").await);
    change(&owner, "assignResource", with, "assignment { id }").await.expect_ok();
    assert_eq!(projects(&editor).await, ["ACME-1"]);
    sees_there(&editor, 1).await;
    change(&owner, "unassignResource", on, "deletedAssignmentId").await.expect_ok();
    assert!(projects(&editor).await.is_empty());
    sees_there(&editor, 0).await;
    let permissions = viewer(&editor.on(1)).await.expect_ok();
    assert!(!permissions.list("viewer.permissions").contains(&json!("projects.project.read")));
}

// keeps: ID-24
#[tokio::test]
async fn assignment_without_a_role_counts_on_every_node_at_once() {
    let world = World::builder().nodes(2).build().await;
    let acme = world.agency("acme");
    let (owner, developer) = (acme.owner(), acme.developer());
    assert_eq!(projects(&developer.on(1)).await.len(), 3);
    let on = json!({ "userId": me(&developer).await, "projectId": project(&owner, "ACME-5").await });
    change(&owner, "assignResource", on, "assignment { id }").await.expect_ok();
    assert_eq!(
        projects(&developer.on(1)).await.len(),
        4,
        "assignments are read with the rows, not remembered"
    );
}

// keeps: ID-24
#[tokio::test]
async fn person_who_is_shut_out_is_out_on_every_node() {
    let world = World::builder().nodes(2).build().await;
    let acme = world.agency("acme");
    let editor = acme.editor();
    let there = editor.on(1);
    let bearer = there.bearing(editor.token().await.unwrap());
    viewer(&bearer).await.expect_ok();
    let key = editor.key(&[("identity.role.read", "TENANT")]).await.on(1);
    key.run("{ roles { id } }", json!({})).await.expect_ok();
    change(&acme.owner(), "deactivateUser", json!({ "id": me(&editor).await }), "user { id }")
        .await
        .expect_ok();
    viewer(&bearer.on(0)).await.expect_code("UNAUTHENTICATED");
    viewer(&key.on(0)).await.expect_code("UNAUTHENTICATED");
    for who in [&bearer, &key] {
        eventually("the other node refuses", async || viewer(who).await.code() == Some("UNAUTHENTICATED"))
            .await;
    }
}

// keeps: ID-24
#[tokio::test]
async fn grants_are_remembered_between_requests() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let query = "{ viewer { permissions } }";
    // Reason: what the login said to every node may still be on its way, and makes each look once more.
    eventually("who asks and what they may is known", async || {
        manager.run(query, json!({})).await.expect_ok().statements == Some(0)
    })
    .await;
}

// keeps: ID-24
#[tokio::test]
async fn open_subscription_follows_what_its_subscriber_may_see() {
    let world = World::builder().nodes(2).build().await;
    let acme = world.agency("acme");
    let (owner, editor) = (acme.owner(), acme.editor());
    let person = me(&editor).await;
    let (lost, kept) = (project(&owner, "ACME-1").await, project(&owner, "ACME-2").await);
    let member = role(&owner, "team_member").await;
    let on = |project: &str| json!({ "userId": person, "projectId": project });
    for target in [&lost, &kept] {
        let mut with = on(target);
        with["roleId"] = json!(member);
        change(&owner, "assignResource", with, "assignment { id }").await.expect_ok();
    }
    sees_there(&editor, 2).await;
    let mut socket = editor.on(1).socket().await;
    let mut changes = socket.subscribe("subscription { projectChanged { project { code } } }", json!({}));
    // Reason: a first answer over the same socket says that the subscription before it has begun.
    let mut first = socket.subscribe("{ viewer { tenant { slug } } }", json!({}));
    first.next().await.expect("an answer");
    let update = async |project: &str, text: &str| {
        let input = json!({ "id": project, "description": text });
        change(&owner, "updateProject", input, "project { id }").await.expect_ok();
    };
    update(&lost, "one").await;
    let event = changes.next().await.expect("an event");
    assert_eq!(event["data"]["projectChanged"]["project"]["code"], "ACME-1", "{event:#}");
    change(&owner, "unassignResource", on(&lost), "deletedAssignmentId").await.expect_ok();
    sees_there(&editor, 1).await;
    update(&lost, "two").await;
    update(&kept, "two").await;
    let events = async {
        loop {
            let event = changes.next().await.expect("an event");
            assert_ne!(event["data"]["projectChanged"]["project"]["code"], "ACME-1", "{event:#}");
            if event["data"]["projectChanged"]["project"]["code"] == "ACME-2" {
                return event;
            }
        }
    };
    assert_eq!(events.await["errors"], Value::Null);
}

// keeps: ID-24
#[tokio::test]
async fn open_subscription_tells_nothing_more_once_its_subscriber_lost_a_right() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, editor) = (acme.owner(), acme.editor());
    let person = me(&editor).await;
    let auditor = create_role(&owner, "Auditor", &[READ_ALL]).await.expect_ok().text("createRole.role.id");
    assign_role(&owner, &person, &auditor).await.expect_ok();
    let mut socket = editor.socket().await;
    let mut changes =
        socket.subscribe("subscription { projectChanged { project { code name } } }", json!({}));
    let mut first = socket.subscribe("{ viewer { tenant { slug } } }", json!({}));
    first.next().await.expect("an answer");
    let (lost, kept) = (project(&owner, "ACME-1").await, project(&owner, "ACME-3").await);
    let update = async |project: &str, text: &str| {
        let input = json!({ "id": project, "description": text });
        change(&owner, "updateProject", input, "project { id }").await.expect_ok();
    };
    update(&lost, "one").await;
    let event = changes.next().await.expect("an event");
    assert_eq!(event["data"]["projectChanged"]["project"]["code"], "ACME-1", "{event:#}");
    let narrow = json!({ "id": auditor, "grants": scopes(&[("projects.project.read", "ASSIGNED")]) });
    change(&owner, "updateRole", narrow, "role { id }").await.expect_ok();
    update(&lost, "two").await;
    let errors = changes.refused().await;
    assert_eq!(errors[0]["extensions"]["code"], "FORBIDDEN", "{errors:#?}");
    let mut anew = socket.subscribe("subscription { projectChanged { project { code } } }", json!({}));
    let mut second = socket.subscribe("{ viewer { tenant { slug } } }", json!({}));
    second.next().await.expect("an answer");
    update(&lost, "three").await;
    update(&kept, "three").await;
    let event = anew.next().await.expect("an event");
    assert_eq!(
        event["data"]["projectChanged"]["project"]["code"], "ACME-3",
        "who subscribes again sees the rest"
    );
}
