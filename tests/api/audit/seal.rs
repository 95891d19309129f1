//! Sealing: every committed entry gets its one place, whatever happens to the sealer, and nobody takes it away.

use std::collections::BTreeSet;
use std::time::Duration;

use audit::verify::Outside;
use futures::future::join_all;
use kernel::id::{TenantId, TypedId as _};
use sea_orm::{ConnectionTrait as _, DbBackend};
use serde_json::json;
use tests::World;

use super::support::{check, head, id, leaves, literal, sealed, sealer};
use crate::projects::asks::eventually;

const CREATE: &str = "mutation($name: String!) { createAccount(input: { name: $name }) { account { id } } }";

// keeps: AU-4
#[tokio::test]
async fn entries_of_many_writers_at_once_get_one_place_each() {
    let world = World::new().await;
    let (acme, owner) = (world.agency("acme"), world.agency("acme").owner());
    owner.run("{ auditHead { size } }", json!({})).await.expect_ok();
    let writers = (0..32).map(|writer| {
        let owner = owner.clone();
        async move {
            let mut made = Vec::new();
            for turn in 0..4 {
                let name = json!({ "name": format!("Account {writer}-{turn}") });
                made.push(owner.run(CREATE, name).await.expect_ok().text("createAccount.account.id"));
            }
            made
        }
    });
    let made: Vec<String> = join_all(writers).await.into_iter().flatten().collect();
    sealed(&world).await;
    let tenant = acme.tenant().await;
    let places = leaves(&world, tenant).await;
    let sealed: BTreeSet<_> = places.iter().map(|leaf| id(leaf, "entry_id")).collect();
    assert_eq!(sealed.len(), places.len(), "an entry has two places");
    let seqs: Vec<i64> = places.iter().map(|leaf| leaf["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (0..places.len() as i64).collect::<Vec<_>>());
    let written = format!("WHERE tenant_id = {}", literal(&world, tenant));
    let entries = world.rows("audit_entries", &written).await;
    assert_eq!(entries.iter().map(|entry| id(entry, "id")).collect::<BTreeSet<_>>(), sealed);
    for account in made {
        assert_eq!(world.audit_of(&account).await.len(), 1, "{account}");
    }
    assert!(check(&world, tenant, &Outside::default()).await.is_sound());
}

// keeps: AU-4
#[tokio::test]
async fn sealing_that_fails_at_any_step_leaves_the_tree_as_it_was() {
    let world = World::new().await;
    let (tenant, owner) = (world.agency("acme").tenant().await, world.agency("acme").owner());
    head(&world, tenant).await;
    let steps = [("audit_leaves", "INSERT"), ("audit_unsealed", "DELETE"), ("audit_trees", "UPDATE")];
    for (table, event) in steps {
        let before = leaves(&world, tenant).await;
        break_down(&world, table, event).await;
        owner.run(CREATE, json!({ "name": format!("During {table}") })).await.expect_ok();
        // Reason: the lock of the background's own try may be let go a moment after it failed, and a tree that another
        // seals is left to it.
        eventually("the step fails", async || sealer(&world).seal().await.is_err()).await;
        assert_eq!(leaves(&world, tenant).await, before, "{table}");
        let report = check(&world, tenant, &Outside::default()).await;
        assert!(report.is_sound() && report.unsealed > 0, "{table}: {report:?}");
        repair(&world, table).await;
        sealed(&world).await;
        assert!(leaves(&world, tenant).await.len() > before.len());
        let report = check(&world, tenant, &Outside::default()).await;
        assert!(report.is_sound() && report.unsealed == 0, "{table}: {report:?}");
    }
}

// keeps: AU-4
#[tokio::test]
async fn damage_to_one_tree_or_one_entry_holds_up_no_other() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    let (mine, theirs) = (acme.tenant().await, globex.tenant().await);
    head(&world, mine).await;
    head(&world, theirs).await;
    let damaged = literal(&world, mine);
    world.execute(&format!("UPDATE audit_trees SET size = size + 1 WHERE tenant_id = {damaged}")).await;
    // An entry that was sealed before every other waits once more.
    let first = literal(&world, id(&leaves(&world, theirs).await[0], "entry_id"));
    let again = format!("INSERT INTO audit_unsealed (entry_id, tenant_id) VALUES ({first}, {damaged})");
    world.execute(&again).await;
    let before = leaves(&world, theirs).await.len();
    for owner in [acme.owner(), globex.owner()] {
        owner.run(CREATE, json!({ "name": "Later" })).await.expect_ok();
    }
    let more = async {
        while leaves(&world, theirs).await.len() == before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), more).await.expect("the other agency's are sealed");
    assert!(sealer(&world).head_now(TenantId::from_uuid(theirs)).await.unwrap().is_some());
    assert!(check(&world, theirs, &Outside::default()).await.is_sound());
    assert!(!check(&world, mine, &Outside::default()).await.is_sound());
}

/// Lets statements on a table fail.
async fn break_down(world: &World, table: &str, event: &str) {
    let statements = match world.db.backend() {
        DbBackend::Postgres => vec![
            "CREATE OR REPLACE FUNCTION break_down() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'broken'; END $$"
                .to_owned(),
            format!(
                "CREATE TRIGGER broken BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION break_down()"
            ),
        ],
        _ => vec![format!(
            "CREATE TRIGGER broken BEFORE {event} ON {table} BEGIN SELECT RAISE(ABORT, 'broken'); END"
        )],
    };
    for sql in statements {
        world.execute(&sql).await;
    }
}

async fn repair(world: &World, table: &str) {
    match world.db.backend() {
        DbBackend::Postgres => world.execute(&format!("DROP TRIGGER broken ON {table}")).await,
        _ => world.execute("DROP TRIGGER broken").await,
    }
}

// keeps: AU-4
#[tokio::test]
async fn sealed_order_is_neither_changed_nor_deleted() {
    let world = World::new().await;
    head(&world, world.agency("acme").tenant().await).await;
    let mut tried = vec![
        "UPDATE audit_leaves SET seq = seq + 1000000".to_owned(),
        "UPDATE audit_heads SET size = size + 1".to_owned(),
        "DELETE FROM audit_leaves".to_owned(),
        "DELETE FROM audit_heads".to_owned(),
    ];
    if world.db.backend() == DbBackend::Postgres {
        tried.extend(["audit_leaves", "audit_nodes", "audit_heads"].map(|table| format!("TRUNCATE {table}")));
    }
    for sql in tried {
        let refused = world.db.writer().execute_unprepared(&sql).await;
        let refused = refused.expect_err("the database refuses it").to_string();
        assert!(refused.contains("append-only"), "{sql}: {refused}");
    }
}

// keeps: AU-4
#[tokio::test]
async fn head_is_signed_each_minute_in_which_the_tree_grew() {
    let world = World::new().await;
    let (tenant, owner) = (world.agency("acme").tenant().await, world.agency("acme").owner());
    let first = head(&world, tenant).await;
    let heads = async || {
        let own = format!("WHERE tenant_id = {} ORDER BY number", literal(&world, tenant));
        world.rows("audit_heads", &own).await
    };
    let numbers = |rows: &[tests::Row]| -> Vec<i64> {
        rows.iter().map(|row| row["number"].as_i64().unwrap()).collect()
    };
    sealer(&world).sign_due().await.unwrap();
    assert_eq!(heads().await.len() as u64, first.number, "nothing grew");
    owner.run(CREATE, json!({ "name": "Within the minute" })).await.expect_ok();
    sealed(&world).await;
    assert_eq!(heads().await.len() as u64, first.number, "the last head is not a minute old");
    world.clock.advance(Duration::from_secs(60));
    let grown = async {
        while (heads().await.len() as u64) == first.number {
            sealer(&world).sign_due().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(20), grown).await.expect("a head is signed");
    let rows = heads().await;
    assert_eq!(numbers(&rows), (1..=rows.len() as i64).collect::<Vec<_>>());
    assert!(check(&world, tenant, &Outside::default()).await.is_sound());
}

// keeps: AU-4, AU-5
#[tokio::test]
async fn key_that_is_rotated_stays_for_what_it_signed() {
    let world = World::new().await;
    let (tenant, owner) = (world.agency("acme").tenant().await, world.agency("acme").owner());
    let old = head(&world, tenant).await;
    let rotate = "mutation { rotateAuditKey { key { id pem retiredAt } } }";
    world.agency("acme").manager().run(rotate, json!({})).await.expect_code("FORBIDDEN");
    let rotated = owner.run(rotate, json!({})).await.expect_ok();
    let new = head(&world, tenant).await;
    assert_ne!(new.key, old.key);
    assert_eq!(rotated.text("rotateAuditKey.key.id"), new.key.to_string());
    let keys = owner.run("{ auditKeys { id pem retiredAt } }", json!({})).await.expect_ok();
    let ids = keys.each("auditKeys", "id");
    assert_eq!(ids, [old.key.to_string(), new.key.to_string()]);
    assert!(keys.each("auditKeys", "retiredAt")[0].is_string());
    assert!(check(&world, tenant, &Outside::default()).await.is_sound());
    let noted = world.rows("audit_entries", "WHERE action = 'audit.key.rotate'").await;
    assert_eq!(noted.len(), 1);
    assert_eq!(noted[0]["severity"], "critical");
}
