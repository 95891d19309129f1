//! What an attacker tries who has an agency of their own, somebody else's address, or a right that was taken away.

use serde_json::{Value, json};
use tests::{Actor, Answer, PASSWORD, World, token_in};

use crate::events::all_begun;

/// Runs the mutation `name` with this input, which is of the type `<Name>Input`, and selects these fields.
async fn change(who: &Actor, name: &str, input: Value, fields: &str) -> Answer {
    let (first, rest) = name.split_at(1);
    let input_type = format!("{}{rest}Input", first.to_uppercase());
    let query = format!("mutation Test($input: {input_type}!) {{ {name}(input: $input) {{ {fields} }} }}");
    who.run(&query, json!({ "input": input })).await
}

async fn me(who: &Actor) -> String {
    who.run("{ viewer { user { id } } }", json!({})).await.expect_ok().text("viewer.user.id")
}

async fn role(owner: &Actor, key: &str) -> String {
    let answer = owner.run("{ roles { id key } }", json!({})).await.expect_ok();
    let found = answer.list("roles").iter().find(|role| role["key"] == key);
    found.and_then(|role| role["id"].as_str()).expect("a system role").to_owned()
}

/// Registers an address with globex, which takes everybody.
async fn register(world: &World, email: &str, password: &str) -> Answer {
    let input = json!({
        "tenant": "globex", "email": email, "password": password, "givenName": "Mallory", "familyName": "Moss",
    });
    change(&world.nobody(), "register", input, "email").await
}

async fn open_globex(world: &World) -> Actor {
    let owner = world.agency("globex").owner();
    change(&owner, "updateTenant", json!({ "registration": "OPEN" }), "tenant { id }").await.expect_ok();
    owner
}

/// Everything that an owner learns of their people.
async fn people(owner: &Actor) -> Vec<Value> {
    let query = "{ users(first: 100, filter: { status: [ACTIVE, PENDING, DEACTIVATED] }) { nodes { id email name status } } }";
    owner.run(query, json!({})).await.expect_ok().list("users.nodes").to_vec()
}

// keeps: ID-4
#[tokio::test]
async fn registering_an_address_shows_nothing_of_whoever_owns_it() {
    let world = World::new().await;
    let owner = open_globex(&world).await;
    let (before, victim) = (people(&owner).await, me(&world.agency("acme").manager()).await);
    for email in ["pm@acme.test", "nobody@acme.test"] {
        let answer = register(&world, email, "a quite unusual passphrase").await.expect_ok();
        assert_eq!(answer.data("register"), &json!({ "email": email }));
    }
    assert_eq!(people(&owner).await, before, "who has not confirmed is seen by nobody");
    let query = "query($id: ID!) { user(id: $id) { name phone } }";
    owner.run(query, json!({ "id": victim })).await.expect_code("NOT_FOUND");
    let node = owner.run("query($id: ID!) { node(id: $id) { id } }", json!({ "id": victim })).await;
    assert!(node.expect_ok().data("node").is_null());
}

// keeps: ID-11
#[tokio::test]
async fn owner_cannot_unlock_whom_they_registered() {
    let world = World::new().await;
    let owner = open_globex(&world).await;
    let victim = me(&world.agency("acme").manager()).await;
    register(&world, "pm@acme.test", "a quite unusual passphrase").await.expect_ok();
    for mutation in ["unlockUser", "deactivateUser", "deleteUser"] {
        let field = if mutation == "deleteUser" { "userId" } else { "user { id }" };
        change(&owner, mutation, json!({ "id": victim }), field).await.expect_code("NOT_FOUND");
    }
    let given = json!({ "userId": victim, "roleId": role(&owner, "viewer").await });
    change(&owner, "assignRole", given, "user { id }").await.expect_code("NOT_FOUND");
}

// keeps: ID-4
#[tokio::test]
async fn right_password_at_registering_is_told_to_nobody() {
    let world = World::new().await;
    let owner = open_globex(&world).await;
    let before = people(&owner).await;
    register(&world, "pm@acme.test", PASSWORD).await.expect_ok();
    assert_eq!(people(&owner).await, before);
    let token = token_in(&*world.mail_to("pm@acme.test").await);
    change(&world.nobody(), "verifyEmail", json!({ "token": token }), "email").await.expect_ok();
    assert_eq!(people(&owner).await.len(), before.len() + 1, "who confirms is a member");
    let joined = world.person("globex", "pm@acme.test", PASSWORD);
    assert_eq!(joined.run("{ tenant { slug } }", json!({})).await.expect_ok().text("tenant.slug"), "globex");
}

// keeps: ID-5
#[tokio::test]
async fn invited_client_keeps_no_role_that_registering_had_promised() {
    let world = World::new().await;
    let owner = world.agency("globex").owner();
    let settings = json!({ "registration": "DOMAIN", "registrationDomains": ["partner.test"] });
    change(&owner, "updateTenant", settings, "tenant { id }").await.expect_ok();
    register(&world, "eve@partner.test", "a quite unusual passphrase").await.expect_ok();
    let account =
        owner.run("{ accounts(first: 1) { nodes { id } } }", json!({})).await.text("accounts.nodes.0.id");
    let _confirmation = world.mail_to("eve@partner.test").await;
    let invited = json!({ "email": "eve@partner.test", "roles": ["client"], "accountId": account });
    change(&owner, "inviteUser", invited, "invitation { id }").await.expect_ok();
    let token = token_in(&*world.mail_to("eve@partner.test").await);
    let accepted = json!({
        "token": token, "password": "another unusual passphrase", "givenName": "Eve", "familyName": "Eames",
    });
    change(&world.nobody(), "acceptInvitation", accepted, "email").await.expect_ok();
    let eve = world.person("globex", "eve@partner.test", "another unusual passphrase");
    let answer = eve.run("{ viewer { roles { key } } }", json!({})).await.expect_ok();
    assert_eq!(answer.each("viewer.roles", "key"), [json!("client")]);
}

// keeps: ID-24
#[tokio::test]
async fn subscriber_who_loses_a_role_gets_no_further_message() {
    let world = World::new().await;
    let (owner, viewer) = (world.agency("acme").owner(), world.agency("acme").viewer());
    let (person, reads) = (me(&viewer).await, role(&owner, "viewer").await);
    let first = owner.run("{ projects(first: 1) { nodes { id } } }", json!({})).await.expect_ok();
    let project = first.text("projects.nodes.0.id");
    let mut socket = viewer.socket().await;
    let mut changes = socket.subscribe("subscription { projectChanged { project { id } } }", json!({}));
    let rename = async |name: &str| {
        let input = json!({ "id": project, "name": name });
        change(&owner, "updateProject", input, "project { id }").await.expect_ok();
    };
    all_begun(&mut socket).await;
    rename("Seen").await;
    assert_eq!(
        changes.next().await.map(|message| message["data"]["projectChanged"]["project"]["id"].clone()),
        Some(json!(project))
    );
    let taken = json!({ "userId": person, "roleId": reads });
    change(&owner, "revokeRole", taken, "user { id }").await.expect_ok();
    rename("Hidden").await;
    let errors = changes.refused().await;
    assert_eq!(errors[0]["extensions"]["code"], "FORBIDDEN");
}

// keeps: ID-22
#[tokio::test]
async fn list_filtered_by_a_role_that_one_may_not_see_is_empty() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = role(&acme.owner(), "owner").await;
    let query = "query($roles: [ID!]) { users(filter: { roles: $roles }) { totalCount } }";
    let asked = json!({ "roles": [owner] });
    assert_eq!(acme.owner().run(query, asked.clone()).await.expect_ok().number("users.totalCount"), 1);
    for who in [acme.viewer(), acme.client(), acme.client_admin()] {
        assert_eq!(who.run(query, asked.clone()).await.expect_ok().number("users.totalCount"), 0);
    }
}
