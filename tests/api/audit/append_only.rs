//! Entries stay as they were written, whoever asks the database.

use serde_json::json;
use tests::{World, on_postgres};

// keeps: AU-2
#[tokio::test]
async fn database_refuses_to_change_or_remove_an_entry() {
    let world = World::new().await;
    let before = world.rows("audit_entries", "ORDER BY id").await;
    assert!(!before.is_empty());
    let mut attempts = vec![
        "UPDATE audit_entries SET action = 'nothing'",
        "UPDATE audit_entries SET changes = changes",
        "UPDATE audit_entries SET personal = '{}'",
        "DELETE FROM audit_entries",
        "DELETE FROM audit_entries WHERE outcome = 'success'",
    ];
    if on_postgres() {
        attempts.push("TRUNCATE audit_entries CASCADE");
        attempts.push("TRUNCATE audit_entries_rest");
        attempts.push("DELETE FROM audit_entries_rest");
        attempts.push("UPDATE audit_entries_rest SET action = 'nothing'");
    }
    for attempt in attempts {
        let refused = world.try_execute(attempt).await.expect_err(attempt);
        assert!(refused.contains("append-only"), "{attempt}: {refused}");
    }
    assert_eq!(world.rows("audit_entries", "ORDER BY id").await, before);
}

// keeps: AU-2
#[tokio::test]
async fn entries_of_this_month_and_the_next_have_parts_of_their_own() {
    if !on_postgres() {
        return;
    }
    let world = World::new().await;
    let parts = "SELECT count(*) AS n FROM pg_inherits WHERE inhparent = 'audit_entries'::regclass";
    let number = world.number(parts).await;
    assert!(number >= 3, "the rest and two months, not {number}");
    world.execute("SELECT audit_ensure_month(now() + interval '40 days')").await;
    world.execute("SELECT audit_ensure_month(now() + interval '70 days')").await;
    assert!(world.number(parts).await > number);
    // Reason: the worlds' clock stands in a month that has no part.
    let owner = world.agency("acme").owner();
    let input = json!({ "input": { "name": "Parted" } });
    owner
        .run(
            "mutation($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }",
            input,
        )
        .await
        .expect_ok();
    assert!(
        world.number("SELECT count(*) AS n FROM audit_entries_rest WHERE subject_label = 'Parted'").await
            == 1
    );
}
