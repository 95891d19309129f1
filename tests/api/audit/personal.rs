//! Personal data inside entries: sealed, shown to who may see it, gone with its key.

use serde_json::{Value, json};
use tests::World;

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
