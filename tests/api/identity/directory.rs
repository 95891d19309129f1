//! The list of people: who sees whom, filters, search, order and pages.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{change, me, role};
use super::steps::{id_of, open_registration, register};

async fn list(who: &Actor, filter: Value) -> Answer {
    let query =
        "query($filter: UserFilter) { users(first: 100, filter: $filter) { totalCount nodes { id name } } }";
    who.run(query, json!({ "filter": filter })).await
}

/// Ids that a filter finds.
async fn found(who: &Actor, filter: Value) -> BTreeSet<String> {
    let answer = list(who, filter).await.expect_ok();
    assert_eq!(answer.number("users.totalCount"), i64::try_from(answer.list("users.nodes").len()).unwrap());
    answer.ids("users.nodes").into_iter().collect()
}

/// What stands before the `@` of the people that somebody sees.
async fn seen(world: &World, who: &Actor) -> BTreeSet<String> {
    let ids = found(who, json!({})).await;
    let rows = world.rows("identity_users", "").await;
    let locals = rows.iter().filter_map(|row| {
        let id =
            kernel::id::AnyId { kind: kernel::id::IdKind::UserId, uuid: row["id"].as_str()?.parse().ok()? };
        ids.contains(&id.to_string())
            .then(|| row["email"].as_str().unwrap_or_default().replace("@acme.test", ""))
    });
    locals.collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

// keeps: ID-6
#[tokio::test]
async fn staff_sees_everybody_of_the_agency_and_clients_those_who_work_for_them() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let everybody = set(&[
        "owner",
        "admin",
        "pm",
        "dev",
        "finance",
        "sales",
        "editor",
        "client",
        "clientadmin",
        "viewer",
    ]);
    let theirs = set(&["owner", "admin", "pm", "dev", "client", "clientadmin"]);
    for (role, person) in acme.everybody() {
        let expected = if role.is_for_clients() { &theirs } else { &everybody };
        assert_eq!(&seen(&world, &person).await, expected, "{role:?}");
    }
    list(&world.nobody(), json!({})).await.expect_code("UNAUTHENTICATED");
}

// keeps: ID-6
#[tokio::test]
async fn client_sees_staff_no_longer_than_it_works_for_them() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, client) = (acme.owner(), acme.client());
    let account = client.run("{ viewer { user { account { id } } } }", json!({})).await.expect_ok();
    let editor = me(&acme.editor()).await;
    let on = json!({ "userId": editor, "accountId": account.text("viewer.user.account.id"), "expiresAt": "2026-03-02T10:00:00Z" });
    change(&owner, "assignResource", on, "assignment { id }").await.expect_ok();
    assert!(seen(&world, &client).await.contains("editor"));
    world.clock.advance(super::steps::HOUR);
    assert!(!seen(&world, &client).await.contains("editor"));
    let query = "query($id: ID!) { user(id: $id) { name } }";
    client.run(query, json!({ "id": editor })).await.expect_code("NOT_FOUND");
    client.run(query, json!({ "id": me(&acme.manager()).await })).await.expect_ok();
    client
        .run(query, json!({ "id": me(&world.agency("globex").manager()).await }))
        .await
        .expect_code("NOT_FOUND");
}

// keeps: ID-6
#[tokio::test]
async fn people_of_other_accounts_are_nobodys_business() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let own = acme.client().run("{ viewer { user { account { id } } } }", json!({})).await.expect_ok();
    let own = own.text("viewer.user.account.id");
    let other =
        acme.ids::<kernel::id::AccountId>("crm_accounts").await.into_iter().find(|id| *id != own).unwrap();
    super::steps::invite(&owner, json!({ "email": "rival@new.test", "accountId": other })).await.expect_ok();
    let token = tests::token_in(&*world.mail_to("rival@new.test").await);
    let said = json!({ "token": token, "password": super::steps::FRESH, "givenName": "Rival", "familyName": "Client" });
    super::steps::accept(&world.nobody(), said).await.expect_ok();
    let rival = id_of(&owner, "rival@new.test").await;
    for person in [acme.client(), acme.client_admin()] {
        assert!(!found(&person, json!({})).await.contains(&rival));
        assert!(found(&person, json!({ "search": "Rival" })).await.is_empty());
        assert!(found(&person, json!({ "accounts": [other] })).await.is_empty());
        assert!(found(&person, json!({ "ids": [rival] })).await.is_empty());
        person
            .run("query($id: ID!) { node(id: $id) { id } }", json!({ "id": rival }))
            .await
            .expect_ok()
            .data("node")
            .as_null()
            .expect("nobody");
    }
    let theirs = world.person("acme", "rival@new.test", super::steps::FRESH);
    assert!(!found(&theirs, json!({})).await.contains(&me(&acme.client()).await));
    assert_eq!(found(&owner, json!({ "accounts": [other] })).await, BTreeSet::from([rival]));
}

// keeps: ID-6
#[tokio::test]
async fn filters_narrow_the_list_together() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    open_registration(&owner).await;
    register(&world.nobody(), "acme", "ada@new.test").await.expect_ok();
    let gone = me(&acme.viewer()).await;
    change(&owner, "deactivateUser", json!({ "id": gone }), "user { id }").await.expect_ok();
    let (client, boss, sales) =
        (me(&acme.client()).await, me(&acme.client_admin()).await, me(&acme.sales()).await);
    let ids = |ids: &[&String]| ids.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    assert!(
        found(&owner, json!({ "status": ["PENDING"] })).await.is_empty(),
        "who has not confirmed is not seen"
    );
    assert_eq!(found(&owner, json!({ "status": ["DEACTIVATED"] })).await, ids(&[&gone]));
    assert_eq!(found(&owner, json!({})).await.len(), 9, "who was shut out is not listed unless asked for");
    assert_eq!(found(&owner, json!({ "status": ["ACTIVE", "PENDING", "DEACTIVATED"] })).await.len(), 10);
    assert_eq!(found(&owner, json!({ "status": [] })).await.len(), 0);
    assert_eq!(found(&owner, json!({ "staff": false })).await, ids(&[&client, &boss]));
    assert_eq!(found(&owner, json!({ "staff": true })).await.len(), 7);
    let by_role = json!({ "roles": [role(&owner, "sales").await, role(&owner, "client").await] });
    assert_eq!(found(&owner, by_role).await, ids(&[&client, &sales]));
    let both = json!({ "roles": [role(&owner, "sales").await], "staff": false });
    assert!(found(&owner, both).await.is_empty(), "every condition must hold");
    assert_eq!(
        found(&owner, json!({ "ids": [client, sales, me(&world.agency("globex").sales()).await] })).await,
        ids(&[&client, &sales])
    );
    let foreign_role = json!({ "roles": [role(&world.agency("globex").owner(), "sales").await] });
    assert!(found(&owner, foreign_role).await.is_empty());
}

// keeps: ID-6
#[tokio::test]
async fn search_finds_names_in_any_script_and_addresses_for_those_who_may_see_them() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, client) = (acme.owner(), acme.client());
    let id = |person: Actor| async move { BTreeSet::from([me(&person).await]) };
    for text in ["hartm", "HARTMANN", " zoë  hart ", "hartmann zoë", "pm@acme"] {
        assert_eq!(found(&owner, json!({ "search": text })).await, id(acme.manager()).await, "{text}");
    }
    assert_eq!(found(&owner, json!({ "search": "ברגר" })).await, id(acme.editor()).await);
    assert_eq!(found(&owner, json!({ "search": "  " })).await.len(), 10, "a blank search is none");
    for text in ["%", "_", "\\", "zo_", "hart%", "'; DROP TABLE identity_users; --", "pm@globex", "raman"] {
        assert!(found(&owner, json!({ "search": text })).await.is_empty(), "{text}");
    }
    for person in [client, acme.client_admin(), acme.viewer(), acme.developer(), acme.editor()] {
        for text in ["pm@", "@acme.test", "acme.test"] {
            assert!(found(&person, json!({ "search": text })).await.is_empty(), "{person} finds {text}");
        }
        assert_eq!(found(&person, json!({ "search": "hartmann" })).await.len(), 1);
    }
    list(&owner, json!({ "search": "x".repeat(201) })).await.expect_field("filter.search", "too_long");
    let nul = list(&owner, json!({ "search": "pm\u{7}" })).await;
    assert!(nul.code() == Some("INVALID") || nul.list("users.nodes").is_empty(), "{nul}");
    let many: Vec<&str> = vec!["usr_01h455vb4pex5vsknk084sn02q"; 501];
    let answer = list(&owner, json!({ "ids": many })).await.expect_code("INVALID");
    assert!(answer.fields().contains_key("filter.ids"), "{answer}");
}

// keeps: ID-6
#[tokio::test]
async fn pages_of_every_size_and_direction_hold_everybody_once() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let query = "query($first: Int, $after: String, $last: Int, $before: String, $by: UserOrder) {
      users(first: $first, after: $after, last: $last, before: $before, orderBy: $by) {
        nodes { id familyName givenName createdAt } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }";
    for (field, name) in
        [("FAMILY_NAME", "familyName"), ("GIVEN_NAME", "givenName"), ("CREATED_AT", "createdAt")]
    {
        for direction in ["ASC", "DESC"] {
            let by = json!({ "field": field, "direction": direction });
            let whole = owner.run(query, json!({ "first": 100, "by": by })).await.expect_ok();
            let all = whole.ids("users.nodes");
            assert_eq!((all.len(), whole.number("users.totalCount")), (10, 10));
            let values = whole.each("users.nodes", name);
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let mut sorted: Vec<String> = values.iter().map(text).collect();
            if field == "CREATED_AT" {
                sorted.sort();
                if direction == "DESC" {
                    sorted.reverse();
                }
                assert_eq!(values.iter().map(text).collect::<Vec<_>>(), sorted, "{field} {direction}");
            }
            for size in [1, 3, 9] {
                let (mut forwards, mut cursor) = (Vec::new(), Value::Null);
                loop {
                    let page = owner
                        .run(query, json!({ "first": size, "after": cursor, "by": by }))
                        .await
                        .expect_ok();
                    forwards.extend(page.ids("users.nodes"));
                    cursor = page.data("users.pageInfo.endCursor").clone();
                    if *page.data("users.pageInfo.hasNextPage") == false {
                        break;
                    }
                }
                assert_eq!(forwards, all, "{field} {direction} by {size}");
            }
            let end = owner.run(query, json!({ "last": 4, "by": by })).await.expect_ok();
            assert_eq!(end.ids("users.nodes"), all[6..]);
        }
    }
    for (first, ok) in
        [(json!(0), true), (json!(-1), false), (json!(101), false), (json!(2_000_000_000), false)]
    {
        let answer = owner.run(query, json!({ "first": first })).await;
        assert_eq!(answer.errors().is_empty(), ok, "{answer}");
    }
}

// keeps: ID-6
#[tokio::test]
async fn list_with_everything_about_everybody_takes_a_handful_of_statements() {
    let world = World::new().await;
    let query = "{ users(first: 50) { nodes { id name email phone status joinedAt lastSeenAt lockedUntil account { name }
      roles { role { key } } projects(first: 5) { nodes { code } } tasks(first: 5) { nodes { title } } } } }";
    for person in
        [world.agency("acme").owner(), world.agency("acme").manager(), world.agency("acme").client_admin()]
    {
        person.token().await;
        person.run(query, json!({})).await.expect_statements(16);
    }
}
