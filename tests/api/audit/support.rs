//! What tests of the sealed order share: waiting for the sealer, checking, and going behind the database's guards.

use std::time::Duration;

use audit::seal::{Sealer, head::SignedHead};
use audit::verify::{Outside, Report, database};
use kernel::id::{TenantId, TypedId as _};
use sea_orm::DbBackend;
use serde_json::Value;
use tests::{Row, World};
use uuid::Uuid;

/// Tables of the trail, in an order in which they can be filled.
pub(super) const TABLES: [&str; 8] = [
    "audit_entries",
    "audit_unsealed",
    "audit_removed",
    "audit_leaves",
    "audit_nodes",
    "audit_trees",
    "audit_keys",
    "audit_heads",
];

/// How long sealing may take. Only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// The sealer, through the test's own connections.
pub(super) fn sealer(world: &World) -> Sealer {
    world.app(0).sealer.on(&world.db)
}

/// Waits until no entry waits to be sealed; the program seals by itself.
pub(super) async fn sealed(world: &World) {
    let all = async {
        while !world.rows("audit_unsealed", "").await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, all).await.expect("entries wait for ever to be sealed");
}

/// Seals what waits and signs a head of it.
pub(super) async fn head(world: &World, tenant: Uuid) -> SignedHead {
    let head = sealer(world).head_now(TenantId::from_uuid(tenant)).await.unwrap();
    sealed(world).await;
    head.expect("an agency has entries")
}

/// Checks the trail of an agency as it is in the database.
pub(super) async fn check(world: &World, tenant: Uuid, outside: &Outside) -> Report {
    database::verify(&world.db, &sealer(world), TenantId::from_uuid(tenant), outside).await.unwrap()
}

/// An id as a literal of SQL.
pub(super) fn literal(world: &World, id: Uuid) -> String {
    match world.db.backend() {
        DbBackend::Postgres => format!("'{id}'"),
        _ => format!("x'{}'", id.simple()),
    }
}

/// Bytes as a literal of SQL.
pub(super) fn bytes(world: &World, bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    match world.db.backend() {
        DbBackend::Postgres => format!("'\\x{digits}'"),
        _ => format!("x'{digits}'"),
    }
}

/// A column that holds an id.
pub(super) fn id(row: &Row, column: &str) -> Uuid {
    row[column].as_str().and_then(|id| id.parse().ok()).expect("an id")
}

/// Leaves of an agency in their order.
pub(super) async fn leaves(world: &World, tenant: Uuid) -> Vec<Row> {
    let rows = world.rows("audit_leaves", "ORDER BY seq").await;
    let own = Value::from(tenant.to_string());
    rows.into_iter().filter(|row| row["tenant_id"] == own).collect()
}

/// The trigger that notes new entries as waiting, on SQLite.
const WRITTEN: &str = "tr_audit_entries_written";

/// Takes the guards off the trail's tables, as somebody who owns the database can; what is written still waits to be
/// sealed.
pub(super) async fn take_guards_off(world: &World) {
    take_off(world, &[WRITTEN]).await;
}

/// Takes every trigger off the trail's tables.
pub(super) async fn take_everything_off(world: &World) {
    take_off(world, &[]).await;
}

async fn take_off(world: &World, but: &[&str]) {
    if world.db.backend() == DbBackend::Postgres {
        for table in TABLES {
            world.execute(&format!("ALTER TABLE {table} DISABLE TRIGGER USER")).await;
        }
        return;
    }
    let triggers = world.rows("sqlite_master", "WHERE type = 'trigger' AND name LIKE 'tr_audit%'").await;
    let names = triggers.iter().map(|trigger| trigger["name"].as_str().unwrap());
    for name in names.filter(|name| !but.contains(name)) {
        world.execute(&format!("DROP TRIGGER {name}")).await;
    }
}
