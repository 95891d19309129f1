//! Removing a person for good, and who takes over what they owned.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::{Actor, Answer, PASSWORD, World, token_in};

use super::asks::{change, me, viewer};
use super::steps::{FRESH, accept, can_sign_in, invite, join, join_both, lets_in};

const OWNED: &str = "query {
  projects(first: 100) { nodes { id manager { id } members(first: 50) { nodes { leftOn user { id } } } } }
  accounts(first: 100) { nodes { id owner { id } } }
  tasks(first: 100) { nodes { id reporter { id } assignees { id } } }
}";

async fn delete(who: &Actor, id: &str, heir: Option<&str>) -> Answer {
    change(who, "deleteUser", json!({ "id": id, "reassignTo": heir }), "userId").await
}

/// Ids of projects, accounts and tasks that name a person as manager, owner, reporter or assignee.
async fn owned(who: &Actor, id: &str) -> BTreeSet<String> {
    let answer = who.run(OWNED, json!({})).await.expect_ok();
    let mut found = BTreeSet::new();
    let is = |value: &Value| value["id"] == id;
    let mut keep = |role: &str, thing: &Value| {
        found.insert(format!("{role} of {}", thing["id"].as_str().unwrap()));
    };
    for project in answer.list("projects.nodes").iter().filter(|project| is(&project["manager"])) {
        keep("manager", project);
    }
    for account in answer.list("accounts.nodes").iter().filter(|account| is(&account["owner"])) {
        keep("owner", account);
    }
    for task in answer.list("tasks.nodes") {
        if is(&task["reporter"]) {
            keep("reporter", task);
        }
        if task["assignees"].as_array().unwrap().iter().any(is) {
            keep("assignee", task);
        }
    }
    found
}

fn uuid(id: &str) -> String {
    id.parse::<kernel::id::AnyId>().unwrap().uuid.to_string()
}

// keeps: ID-6
#[tokio::test]
async fn who_is_removed_leaves_everything_to_the_heir() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager, heir) = (acme.owner(), acme.manager(), acme.accountant());
    let (leaver, to) = (me(&manager).await, me(&heir).await);
    let accounts = acme.ids::<kernel::id::AccountId>("crm_accounts").await;
    change(&owner, "updateAccount", json!({ "id": accounts[0], "ownerId": leaver }), "account { id }")
        .await
        .expect_ok();
    let key = manager.key(&[("projects.project.read", "ASSIGNED")]).await;
    let (theirs, before) = (owned(&owner, &leaver).await, owned(&owner, &to).await);
    assert!(
        theirs.iter().any(|one| one.starts_with("manager"))
            && theirs.iter().any(|one| one.starts_with("owner")),
        "{theirs:?}"
    );
    assert!(
        theirs.iter().any(|one| one.starts_with("assignee") || one.starts_with("reporter")),
        "{theirs:?}"
    );
    assert_eq!(delete(&owner, &leaver, Some(&to)).await.expect_ok().text("deleteUser.userId"), leaver);
    assert_eq!(owned(&owner, &to).await, before.union(&theirs).cloned().collect());
    assert!(owned(&owner, &leaver).await.is_empty());
    let query = "query($id: ID!) { user(id: $id) { id } }";
    owner.run(query, json!({ "id": leaver })).await.expect_code("NOT_FOUND");
    viewer(&manager).await.expect_code("UNAUTHENTICATED");
    key.run("{ projects { totalCount } }", json!({})).await.expect_code("UNAUTHENTICATED");
    assert!(!lets_in(&world, "acme", "pm@acme.test").await);
    assert!(world.events_of(&leaver).await.iter().any(|event| event["kind"] == "identity.user.deleted"));
    let sees: Vec<String> = super::asks::projects(&heir).await;
    assert!(!sees.is_empty());
}

// keeps: ID-6
#[tokio::test]
async fn of_who_belongs_nowhere_else_nothing_but_the_trail_is_left() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager) = (acme.owner(), acme.manager());
    manager.key(&[("projects.project.read", "ASSIGNED")]).await;
    invite(&acme.admin(), json!({ "email": "ada@new.test", "roles": ["viewer"] })).await.expect_ok();
    let reset = json!({ "tenant": "acme", "email": "pm@acme.test" });
    change(&world.nobody(), "requestPasswordReset", reset, "email").await.expect_ok();
    world.settled().await;
    let leaver = me(&manager).await;
    delete(&owner, &leaver, None).await.expect_ok();
    let trail = ["audit_entries", "outbox", "jobs"];
    let snapshot = world.snapshot().await.without(&trail);
    let id = uuid(&leaver);
    let named: Vec<String> = snapshot
        .all()
        .filter(|(_, row)| Value::Object((*row).clone()).to_string().contains(&id))
        .map(|(table, row)| format!("{table} {row:?}"))
        .collect();
    // Reason: who made a thing, and who was on a team once, is history, and the id alone names nobody.
    let history =
        |line: &String| ["projects_", "crm_", "audit_"].iter().any(|domain| line.starts_with(domain));
    assert_eq!(named.iter().filter(|line| !history(line)).collect::<Vec<_>>(), [""; 0]);
    assert!(
        !snapshot.all().any(|(_, row)| Value::Object(row.clone()).to_string().contains("pm@acme.test")),
        "the address is nowhere"
    );
    world.mail_to("pm@acme.test").await;
    let again = join(&world, &owner, "pm@acme.test", &["viewer"]).await;
    assert_ne!(me(&again).await, leaver, "who comes later with the address is somebody new");
}

// keeps: ID-6
#[tokio::test]
async fn person_of_two_agencies_goes_from_one_alone() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    let developer = acme.developer();
    join_both(&world, &globex.owner(), &developer).await;
    let id = me(&developer).await;
    let theirs =
        world.snapshot().await.of_tenant(acme.tenant().await).without(&["outbox", "jobs", "audit_entries"]);
    delete(&globex.owner(), &id, None).await.expect_ok();
    let after =
        world.snapshot().await.of_tenant(acme.tenant().await).without(&["outbox", "jobs", "audit_entries"]);
    assert_eq!(theirs.changes(&after), [""; 0]);
    viewer(&developer).await.expect_ok();
    assert!(lets_in(&world, "acme", "dev@acme.test").await);
    assert!(!lets_in(&world, "globex", "dev@acme.test").await);
    delete(&globex.owner(), &id, None).await.expect_code("NOT_FOUND");
}

// keeps: ID-6
#[tokio::test]
async fn heir_is_active_staff_of_the_agency_and_somebody_else() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    let owner = acme.owner();
    let leaver = me(&acme.manager()).await;
    let gone = me(&acme.viewer()).await;
    change(&owner, "deactivateUser", json!({ "id": gone }), "user { id }").await.expect_ok();
    let wrong = [
        (leaver.clone(), "same_person"),
        (me(&globex.manager()).await, "not_in_tenant"),
        (me(&acme.client()).await, "not_staff"),
        (gone.clone(), "not_active"),
        ("usr_01h455vb4pex5vsknk084sn02q".to_owned(), "not_in_tenant"),
    ];
    for (heir, code) in wrong {
        delete(&owner, &leaver, Some(&heir)).await.expect_field("reassignTo", code);
    }
    viewer(&acme.manager()).await.expect_ok();
    delete(&owner, &gone, None).await.expect_ok();
    let before = owned(&owner, &me(&owner).await).await;
    let theirs = owned(&owner, &leaver).await;
    delete(&owner, &leaver, None).await.expect_ok();
    let expected: BTreeSet<String> = before.union(&theirs).cloned().collect();
    assert_eq!(owned(&owner, &me(&owner).await).await, expected, "without an heir it falls to who removes");
}

// keeps: ID-6
#[tokio::test]
async fn people_are_removed_by_owner_and_administrator_alone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let id = me(&acme.client()).await;
    for person in [acme.manager(), acme.sales(), acme.client_admin(), acme.viewer(), acme.client()] {
        delete(&person, &id, None).await.expect_code("FORBIDDEN");
    }
    delete(&world.nobody(), &id, None).await.expect_code("UNAUTHENTICATED");
    delete(&world.agency("globex").owner(), &id, None).await.expect_code("NOT_FOUND");
    delete(&admin, &me(&owner).await, None).await.expect_code("FORBIDDEN");
    delete(&admin, &me(&admin).await, None).await.expect_code("CONFLICT");
    let contacts = async || {
        let query = "{ contacts(first: 100) { nodes { id givenName user { id } } } }";
        owner.run(query, json!({})).await.expect_ok().list("contacts.nodes").to_vec()
    };
    let before = contacts().await;
    assert!(before.iter().any(|contact| contact["user"]["id"] == id.as_str()));
    delete(&admin, &id, None).await.expect_ok();
    let after = contacts().await;
    assert_eq!(after.len(), before.len(), "the contact stays, without a person who signs in");
    assert!(!after.iter().any(|contact| contact["user"]["id"] == id.as_str()));
}

// keeps: ID-6
#[tokio::test]
async fn invitation_lasts_no_longer_than_the_right_to_make_it() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let said =
        |token: &str| json!({ "token": token, "password": FRESH, "givenName": "Ada", "familyName": "L" });
    let invited = async |by: &Actor, email: &str, role: &str| {
        invite(by, json!({ "email": email, "roles": [role] })).await.expect_ok();
        token_in(&*world.mail_to(email).await)
    };
    let grace = join(&world, &owner, "grace@new.test", &["admin"]).await;
    let token = invited(&grace, "ada@new.test", "admin").await;
    change(&owner, "deactivateUser", json!({ "id": me(&grace).await }), "user { id }").await.expect_ok();
    accept(&world.nobody(), said(&token)).await.expect_code("INVALID");
    // Whoever takes over keeps what they could have given themselves.
    let joan = join(&world, &owner, "joan@new.test", &["owner"]).await;
    let (high, low) =
        (invited(&joan, "mary@new.test", "owner").await, invited(&joan, "jean@new.test", "viewer").await);
    let heir = me(&acme.admin()).await;
    delete(&owner, &me(&joan).await, Some(&heir)).await.expect_ok();
    accept(&world.nobody(), said(&high)).await.expect_code("INVALID");
    accept(&world.nobody(), said(&low)).await.expect_ok();
    let kim = join(&world, &owner, "kim@new.test", &["admin"]).await;
    let token = invited(&kim, "lee@new.test", "viewer").await;
    let heir = me(&acme.manager()).await;
    delete(&owner, &me(&kim).await, Some(&heir)).await.expect_ok();
    accept(&world.nobody(), said(&token)).await.expect_code("INVALID");
}

// keeps: ID-6
#[tokio::test]
async fn invitations_of_who_left_stay_open_in_the_name_of_the_heir() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let grace = join(&world, &owner, "grace@new.test", &["admin"]).await;
    invite(&grace, json!({ "email": "ada@new.test", "roles": ["viewer"] })).await.expect_ok();
    let token = token_in(&*world.mail_to("ada@new.test").await);
    delete(&owner, &me(&grace).await, None).await.expect_ok();
    let answer = owner
        .run("{ invitations(filter: { status: [OPEN] }) { nodes { email invitedBy { id } } } }", json!({}))
        .await;
    assert_eq!(answer.expect_ok().text("invitations.nodes.0.invitedBy.id"), me(&owner).await);
    let said = json!({ "token": token, "password": FRESH, "givenName": "Ada", "familyName": "L" });
    accept(&world.nobody(), said).await.expect_ok();
    assert!(can_sign_in(&world, "acme", "ada@new.test", FRESH).await);
    assert!(!can_sign_in(&world, "acme", "grace@new.test", PASSWORD).await);
}
