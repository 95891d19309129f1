//! E-mail addresses and phone numbers are seen by those who may reach people, and by nobody else, on no way.

use serde_json::{Value, json};
use tests::{Actor, PASSWORD, World};

use super::asks::{assign_role, change, create_role, credentials, login, me};
use super::steps::{invite, open_registration, register};

const EVERYWHERE: &[&str] = &[
    "{ users(first: 50) { nodes { id name email phone emailVerified lastSeenAt company } } }",
    "{ users(first: 50) { nodes { id auditTrail(first: 20) { nodes { subjectLabel changes { field before after } } } } } }",
    "{ contacts(first: 50) { nodes { id givenName email phone user { id email phone } } } }",
    "{ contacts(first: 50) { nodes { id auditTrail(first: 20) { nodes { subjectLabel changes { field before after } } } } } }",
    "{ accounts(first: 50) { nodes { id name owner { email phone } contacts(first: 20) { nodes { email phone } } } } }",
    "{ projects(first: 50) { nodes { id manager { email phone } members(first: 20) { nodes { user { email phone } } } } } }",
    "{ projects(first: 50) { nodes { id auditTrail(first: 20) { nodes { subjectLabel ip changes { field before after } } } } } }",
    "{ tasks(first: 50) { nodes { id reporter { email phone } assignees { email phone } } } }",
    "{ auditEntries(first: 100) { nodes { action subjectLabel ip userAgent actor { email phone } changes { field before after } } } }",
    "{ invitations(first: 50) { nodes { email invitedBy { email phone } } } }",
    "{ apiKeys(first: 50) { nodes { name user { email phone } } } }",
    "{ assignments(first: 50) { nodes { user { email phone } } } }",
    "{ sessions { device ip } }",
];

/// Every address and number that anybody of the installation has, but those of `own`.
async fn reachable(world: &World, own: &str) -> Vec<String> {
    let mut found = Vec::new();
    for table in ["identity_users", "crm_contacts", "identity_invitations"] {
        for row in world.rows(table, "").await {
            let values = ["email", "phone"].into_iter().filter_map(|column| row.get(column)?.as_str());
            found.extend(values.map(str::to_owned));
        }
    }
    let me = world.rows("identity_users", &format!("WHERE email = '{own}'")).await;
    let mine = [own.to_owned(), me[0]["phone"].as_str().unwrap_or_default().to_owned()];
    found.retain(|value| !mine.contains(value));
    found
}

/// Lets many things happen to people and contacts, so that the trail has something to hide.
async fn stir(world: &World) {
    let acme = world.agency("acme");
    let (owner, manager) = (acme.owner(), acme.manager());
    open_registration(&owner).await;
    register(&world.nobody(), "acme", "ada@new.test").await.expect_ok();
    invite(&owner, json!({ "email": "eve@new.test", "roles": ["viewer"] })).await.expect_ok();
    change(&manager, "updateProfile", json!({ "phone": "+4930555777" }), "user { id }").await.expect_ok();
    let wish = json!({ "email": "zoe@new.test", "password": PASSWORD });
    change(&manager, "changeEmail", wish, "pendingEmail").await.expect_ok();
    let account = acme.ids::<kernel::id::AccountId>("crm_accounts").await[0].clone();
    let contact = json!({ "accountId": account, "givenName": "Tom", "familyName": "Thumb", "email": "tom@thumb.example", "phone": "+4930555888" });
    change(&owner, "createContact", contact, "contact { id }").await.expect_ok();
    for email in ["nobody@new.test", "pm@acme.test"] {
        login(&world.nobody(), credentials("acme", email, "not the password at all"))
            .await
            .expect_code("UNAUTHENTICATED");
    }
    change(
        &world.nobody(),
        "requestPasswordReset",
        json!({ "tenant": "acme", "email": "dev@acme.test" }),
        "email",
    )
    .await
    .expect_ok();
    world.settled().await;
}

/// What somebody must not see and sees.
async fn leaks(world: &World, who: &Actor) -> Vec<String> {
    let mut hidden = reachable(world, who.email()).await;
    hidden.extend(["nobody@new.test", "zoe@new.test"].map(str::to_owned));
    let mut leaks = Vec::new();
    for query in EVERYWHERE {
        let answer = who.run(query, json!({})).await;
        let codes: Vec<&Value> = answer.errors().iter().map(|error| &error["extensions"]["code"]).collect();
        assert!(codes.iter().all(|code| **code == "FORBIDDEN"), "{answer}");
        let said = answer.body.to_string();
        leaks.extend(
            hidden
                .iter()
                .filter(|value| said.contains(value.as_str()))
                .map(|value| format!("{value} by {query}")),
        );
    }
    leaks
}

// keeps: ID-6, ID-22
#[tokio::test]
async fn viewer_sees_no_address_and_no_number_anywhere() {
    let world = World::new().await;
    stir(&world).await;
    let viewer = world.agency("acme").viewer();
    assert_eq!(leaks(&world, &viewer).await, [""; 0]);
    let answer = viewer.run("{ viewer { user { email phone } } }", json!({})).await.expect_ok();
    assert_eq!(answer.text("viewer.user.email"), "viewer@acme.test", "one's own one sees");
    assert!(!answer.data("viewer.user.phone").is_null());
    let other = me(&world.agency("acme").manager()).await;
    let answer =
        viewer.run("query($id: ID!) { user(id: $id) { name email phone } }", json!({ "id": other })).await;
    assert_eq!(answer.text("user.name"), "Zoë Hartmann", "the rest of the person is there");
    assert!(answer.data("user.email").is_null() && answer.data("user.phone").is_null());
    assert_eq!(answer.errors().len(), 2, "{answer}");
}

// keeps: ID-6
#[tokio::test]
async fn trail_without_the_permission_for_personal_data_hides_it() {
    let world = World::new().await;
    stir(&world).await;
    let acme = world.agency("acme");
    let grants = [("audit.entry.read", "TENANT")];
    let auditor = create_role(&acme.owner(), "Auditor", &grants).await.expect_ok().text("createRole.role.id");
    assign_role(&acme.owner(), &me(&acme.viewer()).await, &auditor).await.expect_ok();
    let seen = acme.viewer().run(EVERYWHERE[8], json!({})).await;
    assert!(seen.list("auditEntries.nodes").len() > 10, "they do read the trail");
    let hidden = seen
        .list("auditEntries.nodes")
        .iter()
        .flat_map(|entry| entry["changes"].as_array().cloned().unwrap_or_default());
    assert!(hidden.into_iter().any(|change| change["field"] == "phone" && change["after"] == "•"), "{seen}");
    assert!(
        seen.list("auditEntries.nodes")
            .iter()
            .all(|entry| entry["ip"].is_null() && entry["userAgent"].is_null())
    );
    assert_eq!(leaks(&world, &acme.viewer()).await, [""; 0]);
    let open = acme.owner().run(EVERYWHERE[8], json!({})).await.expect_ok();
    assert!(open.body.to_string().contains("tom@thumb.example"), "who may see it sees it");
}

// keeps: ID-6
#[tokio::test]
async fn address_of_others_is_seen_as_far_as_the_role_says() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let query = "{ users(first: 50) { nodes { id email } } }";
    let sees = async |who: &Actor| -> Vec<String> {
        let answer = who.run(query, json!({})).await;
        let emails = answer.list("users.nodes").iter().filter_map(|user| user["email"].as_str());
        let mut locals: Vec<String> = emails.map(|email| email.replace("@acme.test", "")).collect();
        locals.sort();
        locals
    };
    for person in [acme.owner(), acme.admin(), acme.manager(), acme.accountant(), acme.sales()] {
        assert_eq!(sees(&person).await.len(), 10, "{person}");
    }
    assert_eq!(sees(&acme.client_admin()).await, ["client", "clientadmin"]);
    assert_eq!(sees(&acme.client()).await, ["client"]);
    assert_eq!(sees(&acme.editor()).await, ["editor"]);
    assert_eq!(sees(&acme.viewer()).await, ["viewer"]);
    let developer = sees(&acme.developer()).await;
    assert!(
        developer.contains(&"pm".to_owned()) && !developer.contains(&"finance".to_owned()),
        "{developer:?}"
    );
}
