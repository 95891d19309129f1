//! Personal data inside entries: sealed, shown to who may see it, gone with its key.

use serde_json::{Value, json};
use tests::World;

use crate::identity::asks::{assign_role, create_role};
use crate::projects::asks::person;

const TRAIL: &str = "query($id: ID!) { user(id: $id) { auditTrail(first: 20) { nodes { action ip userAgent changes { \
                     field before after personal } } } } }";

async fn rename(world: &World) -> String {
    let manager = world.agency("acme").manager();
    let me = manager.run("{ viewer { user { id } } }", json!({})).await.expect_ok().text("viewer.user.id");
    let change = "mutation($phone: String!) { updateProfile(input: { phone: $phone }) { user { id } } }";
    manager.run(change, json!({ "phone": "+493012345678" })).await.expect_ok();
    me
}

fn phone(answer: &Value) -> Value {
    let entries = answer["auditTrail"]["nodes"].as_array().unwrap();
    let change = entries.iter().flat_map(|entry| entry["changes"].as_array().unwrap());
    let found = change.into_iter().find(|change| change["field"] == "phone");
    found.cloned().expect("the phone changed")
}

// keeps: AU-3
#[tokio::test]
async fn personal_values_are_nowhere_in_the_table_and_shown_to_who_may_see_them() {
    let world = World::new().await;
    let me = rename(&world).await;
    for row in world.texts("SELECT changes || personal AS r FROM audit_entries", "r").await {
        assert!(!row.contains("493012345678") && !row.contains("127.0.0.1"), "{row}");
    }
    let owner = world.agency("acme").owner();
    let shown = owner.run(TRAIL, json!({ "id": me })).await.expect_ok();
    let shown = phone(shown.data("user"));
    assert_eq!((&shown["after"], &shown["personal"]), (&json!("+493012345678"), &json!(true)));
    let manager = world.agency("acme").manager();
    let masked = manager.run(TRAIL, json!({ "id": me })).await.expect_ok();
    let masked = masked.data("user");
    assert_eq!((&phone(masked)["after"], &phone(masked)["personal"]), (&json!("•"), &json!(true)));
    assert!(masked["auditTrail"]["nodes"].as_array().unwrap().iter().all(|entry| entry["ip"].is_null()));
}

// keeps: AU-3
#[tokio::test]
async fn destroyed_key_takes_the_person_out_of_every_entry() {
    let world = World::new().await;
    let me = rename(&world).await;
    world.execute("UPDATE audit_subject_keys SET sealed = NULL, destroyed_at = created_at").await;
    world.forget_keys(world.agency("acme").tenant().await);
    let owner = world.agency("acme").owner();
    let gone = owner.run(TRAIL, json!({ "id": me })).await.expect_ok();
    let gone = gone.data("user");
    let change = phone(gone);
    assert_eq!((&change["after"], &change["personal"]), (&json!("•"), &json!(true)));
    let entries = gone["auditTrail"]["nodes"].as_array().unwrap();
    assert!(entries.iter().all(|entry| entry["ip"].is_null() && entry["userAgent"].is_null()));
}

// keeps: AU-3
#[tokio::test]
async fn permission_for_personal_data_of_ones_own_opens_nothing_of_others() {
    let world = World::new().await;
    let me = rename(&world).await;
    let acme = world.agency("acme");
    let grants = [("audit.entry.read", "TENANT"), ("audit.personal_data.read", "OWN")];
    let role = create_role(&acme.owner(), "Watcher", &grants).await.expect_ok();
    let developer = person(&acme, "dev").await;
    assign_role(&acme.owner(), &developer, &role.text("createRole.role.id")).await.expect_ok();
    let seen = acme.developer().elsewhere().run(TRAIL, json!({ "id": me })).await.expect_ok();
    let seen = seen.data("user");
    assert_eq!((&phone(seen)["after"], &phone(seen)["personal"]), (&json!("•"), &json!(true)));
    assert!(seen["auditTrail"]["nodes"].as_array().unwrap().iter().all(|entry| entry["ip"].is_null()));
}

// keeps: AU-5, AU-7
#[tokio::test]
async fn proofs_and_exports_show_entries_to_who_may_read_them_alone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let entries = "{ auditEntries(first: 100) { nodes { id } } }";
    let first = owner.run(entries, json!({})).await.expect_ok().ids("auditEntries.nodes").pop().unwrap();
    let grants = [("audit.trail.verify", "TENANT"), ("audit.trail.export", "TENANT")];
    let role = create_role(&owner, "Notary", &grants).await.expect_ok();
    let developer = person(&acme, "dev").await;
    assign_role(&owner, &developer, &role.text("createRole.role.id")).await.expect_ok();
    let developer = acme.developer().elsewhere();
    let proof = "query($id: ID!) { auditProof(entryId: $id) { line } }";
    developer.run(proof, json!({ "id": first })).await.expect_code("NOT_FOUND");
    let export = "mutation { exportAudit(input: { format: JSONL }) { url } }";
    developer.run(export, json!({})).await.expect_code("FORBIDDEN");
}
