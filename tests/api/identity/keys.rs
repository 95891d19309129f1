//! API keys: machines that act for whoever made the key, within its scopes and never beyond that person. Until when,
//! from where and how often a key works is in `key_bounds`.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{assign_role, change, me, project, projects, revoke_role, role, scopes, viewer};

const READ: (&str, &str) = ("projects.project.read", "ASSIGNED");
const WRITE: (&str, &str) = ("projects.project.write", "ASSIGNED");
const KEY: &str = "key apiKey { id name prefix active version expiresAt ipAllow requestsPerMinute lastUsedAt user { id } scopes { permission reach } }";

/// Makes a key with these scopes and whatever else the input says.
async fn create(who: &Actor, grants: &[(&str, &str)], more: Value) -> Answer {
    let mut input = json!({ "name": "Importer", "scopes": scopes(grants) });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    change(who, "createApiKey", input, KEY).await
}

/// A key as its holder uses it, and its id.
pub(crate) async fn made(who: &Actor, grants: &[(&str, &str)], more: Value) -> (Actor, String) {
    let answer = create(who, grants, more).await.expect_ok();
    (who.bearing(answer.text("createApiKey.key")), answer.text("createApiKey.apiKey.id"))
}

pub(super) async fn update(who: &Actor, input: Value) -> Answer {
    change(who, "updateApiKey", input, KEY.trim_start_matches("key ")).await
}

pub(super) async fn revoke(who: &Actor, id: &str) -> Answer {
    change(who, "revokeApiKey", json!({ "id": id }), "apiKey { id active revokedAt }").await
}

// keeps: ID-19
#[tokio::test]
async fn key_is_shown_once_and_kept_as_a_hash_behind_its_prefix() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let answer = create(&manager, &[READ, WRITE], json!({})).await.expect_ok();
    let (key, prefix) = (answer.text("createApiKey.key"), answer.text("createApiKey.apiKey.prefix"));
    assert!(
        key.starts_with(&prefix) && prefix.starts_with("atk_") && prefix.len() == 12,
        "{prefix} of {key}"
    );
    assert!(key.len() >= prefix.len() + 40, "the rest cannot be guessed");
    assert_eq!(answer.text("createApiKey.apiKey.user.id"), me(&manager).await);
    let id = answer.text("createApiKey.apiKey.id");
    let query = "query($id: ID!) { apiKey(id: $id) { prefix active scopes { permission reach } } apiKeys(first: 5) { totalCount } }";
    let read = manager.run(query, json!({ "id": id })).await.expect_ok();
    let both =
        json!([{ "permission": READ.0, "reach": READ.1 }, { "permission": WRITE.0, "reach": WRITE.1 }]);
    assert_eq!(*read.data("apiKey.scopes"), both);
    assert!(!read.body.to_string().contains(&key));
    world.settled().await;
    let secret = key[prefix.len()..].trim_start_matches('_').to_owned();
    let kept = world.snapshot().await;
    let found: Vec<_> =
        kept.all().filter(|(_, row)| Value::Object((*row).clone()).to_string().contains(&secret)).collect();
    assert!(found.is_empty(), "the key is kept: {found:?}");
    let hash = platform::crypto::token::hash(&key);
    assert!(kept.rows("identity_api_keys").any(|row| row["hash"] == hash));
    let entries = world.audit_of(&id).await;
    assert_eq!(
        (entries[0]["action"].clone(), entries[0]["severity"].clone()),
        (json!("identity.api_key.create"), json!("notice"))
    );
    assert!(!Value::Object(entries[0].clone()).to_string().contains(&hash));
}

// keeps: ID-19
#[tokio::test]
async fn key_acts_for_its_maker_within_its_scopes() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let (key, id) = made(&manager, &[READ], json!({})).await;
    let seen = viewer(&key).await.expect_ok();
    assert_eq!(seen.text("viewer.user.id"), me(&manager).await);
    assert_eq!(*seen.data("viewer.grants"), json!([{ "permission": READ.0, "reach": READ.1 }]));
    assert_eq!(projects(&key).await, ["ACME-1", "ACME-3"]);
    let target = project(&manager, "ACME-1").await;
    let input = json!({ "id": target, "description": "New" });
    change(&key, "updateProject", input.clone(), "project { id }").await.expect_code("FORBIDDEN");
    key.run("{ roles { id } }", json!({})).await.expect_code("FORBIDDEN");
    let (writer, _) = made(&manager, &[READ, WRITE], json!({})).await;
    change(&writer, "updateProject", input, "project { id }").await.expect_ok();
    let entries = world.audit_of(&target).await;
    let last = entries.last().unwrap();
    assert_eq!(last["actor_kind"], "api_key");
    let person = me(&manager).await.parse::<kernel::id::AnyId>().unwrap().uuid.to_string();
    assert_eq!(last["on_behalf_of"], person, "the trail names the key and the person behind it");
    assert_ne!(id, person);
}

// keeps: ID-19
#[tokio::test]
async fn key_sees_of_its_maker_what_its_scopes_allow() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let maker = me(&owner).await;
    let (key, _) = made(&owner, &[("projects.project.read", "TENANT")], json!({})).await;
    let own = key.run("{ viewer { user { name email roles { since } } } }", json!({})).await;
    assert_eq!((own.errors().len(), own.code()), (2, Some("FORBIDDEN")), "{own}");
    assert!(own.body["data"]["viewer"]["user"]["email"].is_null(), "{own}");
    assert!(own.body["data"]["viewer"]["user"]["name"].is_string(), "{own}");
    let by_id = "query($id: ID!) { user(id: $id) { name } }";
    key.run(by_id, json!({ "id": maker })).await.expect_code("FORBIDDEN");
    let target = project(&owner, "ACME-1").await;
    let explain = "query($user: ID!, $id: ID!) { \
                   explainAccess(userId: $user, permission: \"projects.project.write\", id: $id) { allowed } }";
    let asked = json!({ "user": maker, "id": target });
    key.run(explain, asked.clone()).await.expect_code("FORBIDDEN");
    owner.run(explain, asked).await.expect_ok();
    let contact = [("identity.user.read", "OWN"), ("identity.user.contact", "OWN")];
    let (wider, _) = made(&owner, &contact, json!({})).await;
    let seen = wider.run("{ viewer { user { email } } }", json!({})).await.expect_ok();
    assert_eq!(seen.text("viewer.user.email"), "owner@acme.test");
}

// keeps: ID-19
#[tokio::test]
async fn key_that_was_taken_back_makes_no_other_even_where_that_is_not_known_yet() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let (key, _) = made(&owner, &[READ, ("identity.api_key.write", "TENANT")], json!({})).await;
    create(&key, &[READ], json!({})).await.expect_ok();
    // Reason: what a node believes of a key for a moment is older than the row that another has changed.
    world.execute("UPDATE identity_api_keys SET revoked_at = created_at").await;
    create(&key, &[READ], json!({})).await.expect_code("UNAUTHENTICATED");
    assert_eq!(world.rows("identity_api_keys", "").await.len(), 2);
}

// keeps: ID-19
#[tokio::test]
async fn scope_narrows_the_reach_of_its_maker() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    for reach in ["TENANT", "ASSIGNED", "OWN"] {
        let (key, _) = made(&owner, &[("projects.project.read", reach)], json!({})).await;
        let (seen, near) = (projects(&key).await, projects_within(&world, reach).await);
        assert_eq!(seen.len(), near, "{reach}: {seen:?}");
    }
}

/// How many projects are that near to the owner of acme, as rows say.
async fn projects_within(world: &World, reach: &str) -> usize {
    let acme = world.agency("acme").tenant().await.to_string();
    let person =
        me(&world.agency("acme").owner()).await.parse::<kernel::id::AnyId>().unwrap().uuid.to_string();
    let mut all = world.rows("projects_projects", "").await;
    all.retain(|row| row["tenant_id"] == acme);
    let assigned = world.rows("assignments", "").await;
    let assigned: Vec<_> = assigned.into_iter().filter(|row| row["user_id"] == person).collect();
    let own = |row: &tests::Row| row["manager_id"] == person;
    let near = |row: &tests::Row| {
        assigned.iter().any(|on| on["project_id"] == row["id"])
            || assigned.iter().any(|on| on["kind"] == "account" && on["account_id"] == row["account_id"])
    };
    match reach {
        "TENANT" => all.len(),
        "OWN" => all.iter().filter(|row| own(row)).count(),
        _ => all.iter().filter(|row| own(row) || near(row)).count(),
    }
}

// keeps: ID-19
#[tokio::test]
async fn scopes_are_a_part_of_what_the_maker_holds() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    for beyond in [
        ("projects.project.read", "TENANT"),
        ("identity.role.write", "OWN"),
        ("projects.project.archive", "ASSIGNED"),
    ] {
        create(&manager, &[("projects.task.read", "ASSIGNED"), beyond], json!({}))
            .await
            .expect_code("FORBIDDEN");
    }
    create(&acme.client(), &[("projects.project.read", "ACCOUNT")], json!({})).await.expect_code("FORBIDDEN");
    create(&acme.viewer(), &[("projects.project.read", "TENANT")], json!({})).await.expect_code("FORBIDDEN");
    create(&world.nobody(), &[READ], json!({})).await.expect_code("UNAUTHENTICATED");
    let (_, id) = made(&manager, &[READ], json!({})).await;
    let wide = json!({ "id": id, "scopes": scopes(&[("projects.project.read", "TENANT")]) });
    update(&manager, wide).await.expect_code("FORBIDDEN");
    assert_eq!(world.rows("identity_api_keys", "").await.len(), 1);
}

// keeps: ID-19
#[tokio::test]
async fn bad_input_of_a_key_is_a_field_error() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let past = world.clock.now() - chrono::TimeDelta::seconds(1);
    let many: Vec<String> = (0..51).map(|number| format!("192.0.2.{number}")).collect();
    let cases = [
        (json!({ "name": "" }), "name"),
        (json!({ "name": "x".repeat(300) }), "name"),
        (json!({ "scopes": [] }), "scopes"),
        (json!({ "scopes": scopes(&[("projects.project.fly", "OWN")]) }), "scopes.0.permission"),
        (json!({ "scopes": scopes(&[READ, READ]) }), "scopes.1.permission"),
        (json!({ "expiresAt": past }), "expiresAt"),
        (json!({ "expiresAt": "tomorrow" }), "expiresAt"),
        (json!({ "ipAllow": ["192.0.2.0/24", "nonsense"] }), "ipAllow.1"),
        (json!({ "ipAllow": ["192.0.2.0/33"] }), "ipAllow.0"),
        (json!({ "ipAllow": many }), "ipAllow"),
        (json!({ "requestsPerMinute": 0 }), "requestsPerMinute"),
        (json!({ "requestsPerMinute": -5 }), "requestsPerMinute"),
        (json!({ "requestsPerMinute": 100_001 }), "requestsPerMinute"),
    ];
    for (wrong, path) in cases {
        let answer = create(&manager, &[READ], wrong.clone()).await.expect_code("INVALID");
        assert!(answer.fields().contains_key(path), "{wrong} is not wrong at {path}\n{answer}");
    }
    assert!(world.rows("identity_api_keys", "").await.is_empty());
}

// keeps: ID-19
#[tokio::test]
async fn key_loses_what_its_maker_loses_and_gains_nothing_with_them() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager) = (acme.owner(), acme.manager());
    let (key, _) = made(&manager, &[READ, WRITE], json!({})).await;
    let input = json!({ "id": project(&manager, "ACME-1").await, "description": "New" });
    change(&key, "updateProject", input.clone(), "project { id }").await.expect_ok();
    let person = me(&manager).await;
    assign_role(&owner, &person, &role(&owner, "viewer").await).await.expect_ok();
    assert_eq!(projects(&key).await, ["ACME-1", "ACME-3"], "the scope stays where the maker goes further");
    revoke_role(&owner, &person, &role(&owner, "project_manager").await).await.expect_ok();
    change(&key, "updateProject", input, "project { id }").await.expect_code("FORBIDDEN");
    assert_eq!(projects(&manager).await.len(), 6);
    assert_eq!(projects(&key).await, ["ACME-1", "ACME-3"]);
    revoke_role(&owner, &person, &role(&owner, "viewer").await).await.expect_ok();
    assert!(projects(&key).await.is_empty());
    assign_role(&owner, &person, &role(&owner, "project_manager").await).await.expect_ok();
    assert_eq!(projects(&key).await, ["ACME-1", "ACME-3"], "and it is back with its maker");
}

// keeps: ID-19
#[tokio::test]
async fn made_up_and_altered_keys_are_refused() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let key = create(&manager, &[READ], json!({})).await.expect_ok().text("createApiKey.key");
    let altered = |place: usize| {
        let mut letters: Vec<char> = key.chars().collect();
        letters[place] = if letters[place] == 'a' { 'b' } else { 'a' };
        letters.into_iter().collect::<String>()
    };
    let last = key.chars().count() - 2;
    let long = format!("atk_{}", "a".repeat(5_000));
    for wrong in [
        altered(6),
        altered(last),
        key[..12].to_owned(),
        key[..key.len() - 1].to_owned(),
        format!("{key}a"),
        key.to_uppercase(),
        "atk_".to_owned(),
        "atk__".to_owned(),
        long,
        "atk_аbcdefgh_x".to_owned(),
    ] {
        viewer(&world.nobody().bearing(wrong.clone())).await.expect_code("UNAUTHENTICATED");
    }
    viewer(&world.nobody().bearing(key)).await.expect_ok();
}

// keeps: ID-19
#[tokio::test]
async fn keys_are_seen_and_changed_by_their_maker_and_by_administrators() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, owner) = (acme.manager(), acme.owner());
    let (_, id) = made(&manager, &[READ], json!({})).await;
    let (_, other) = made(&acme.developer(), &[READ], json!({})).await;
    let query = "{ apiKeys(first: 10) { nodes { id } } }";
    let list = async |who: &Actor| who.run(query, json!({})).await.expect_ok().ids("apiKeys.nodes");
    assert_eq!(list(&manager).await, std::slice::from_ref(&id));
    assert_eq!(list(&owner).await.len(), 2);
    assert!(list(&world.agency("globex").owner()).await.is_empty());
    acme.client().run(query, json!({})).await.expect_code("FORBIDDEN");
    for stranger in [acme.developer(), world.agency("globex").owner()] {
        update(&stranger, json!({ "id": id, "name": "Mine" })).await.expect_code("NOT_FOUND");
        revoke(&stranger, &id).await.expect_code("NOT_FOUND");
    }
    update(&acme.client(), json!({ "id": id, "name": "Mine" })).await.expect_code("FORBIDDEN");
    revoke(&owner, &other).await.expect_ok();
}

// keeps: ID-19
#[tokio::test]
async fn key_is_changed_against_its_present_version_and_the_change_counts_at_once() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let (key, id) = made(&manager, &[READ, WRITE], json!({})).await;
    let input = json!({ "id": project(&manager, "ACME-1").await, "description": "New" });
    change(&key, "updateProject", input.clone(), "project { id }").await.expect_ok();
    let narrowed = update(&manager, json!({ "id": id, "expectedVersion": 1, "scopes": scopes(&[READ]) }))
        .await
        .expect_ok();
    let version = narrowed.number("updateApiKey.apiKey.version");
    assert!(version > 1);
    change(&key, "updateProject", input, "project { id }").await.expect_code("FORBIDDEN");
    let stale = update(&manager, json!({ "id": id, "expectedVersion": 1, "name": "Late" }))
        .await
        .expect_code("CONFLICT");
    assert_eq!(stale.errors()[0]["extensions"]["currentVersion"], version);
    for (null, code) in [("name", "INVALID"), ("scopes", "INVALID")] {
        update(&manager, json!({ "id": id, null: null })).await.expect_code(code);
    }
}

// keeps: ID-19
#[tokio::test]
async fn key_makes_no_key_beyond_itself() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let end = world.clock.now() + chrono::TimeDelta::days(1);
    let own = ("identity.api_key.write", "OWN");
    let bounds = json!({ "expiresAt": end, "ipAllow": ["127.0.0.0/8"], "requestsPerMinute": 100 });
    let (key, _) = made(&manager, &[READ, own, ("identity.api_key.read", "OWN")], bounds.clone()).await;
    create(&key, &[WRITE], bounds.clone()).await.expect_code("FORBIDDEN");
    let open = create(&key, &[READ], json!({})).await.expect_code("INVALID");
    let fields = open.fields();
    assert!(
        ["expiresAt", "ipAllow", "requestsPerMinute"].iter().all(|field| fields.contains_key(*field)),
        "{open}"
    );
    create(&key, &[READ], bounds).await.expect_ok();
    let (_, wider) = made(&manager, &[READ, WRITE], json!({})).await;
    let answer = update(&key, json!({ "id": wider, "ipAllow": [] })).await;
    assert!(matches!(answer.code(), Some("FORBIDDEN" | "INVALID")), "{answer}");
}

// keeps: ID-19
#[tokio::test]
async fn key_does_nothing_that_only_a_person_does() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let all = viewer(&owner).await.expect_ok();
    let all: Vec<(String, String)> = all
        .list("viewer.grants")
        .iter()
        .map(|grant| {
            (grant["permission"].as_str().unwrap().to_owned(), grant["reach"].as_str().unwrap().to_owned())
        })
        .collect();
    let all: Vec<(&str, &str)> =
        all.iter().map(|(permission, reach)| (permission.as_str(), reach.as_str())).collect();
    let key = owner.key(&all).await;
    let person_only = [
        (
            "changePassword",
            json!({ "currentPassword": tests::PASSWORD, "newPassword": "correct horse battery staple 42" }),
            "user { id }",
        ),
        ("changeEmail", json!({ "email": "thief@acme.test", "password": tests::PASSWORD }), "pendingEmail"),
        ("switchTenant", json!({ "tenant": "acme" }), "accessToken"),
    ];
    for (name, input, fields) in person_only {
        let answer = change(&key, name, input, fields).await;
        assert!(matches!(answer.code(), Some("UNAUTHENTICATED" | "FORBIDDEN")), "{name}\n{answer}");
    }
    viewer(&owner).await.expect_ok();
}
