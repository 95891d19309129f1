//! The sealed order of the audit trail: leaves, nodes and signed heads of each tenant's Merkle tree, and the keys that
//! sign. Only the note of where a tree ends may change.

use crate::ddl::{Raw, Step};
use crate::table::Table;
use sea_orm_migration::sea_orm::DbBackend;

pub(crate) const STEP: Step =
    Step { name: "m0008_seals", source: include_str!("m0008_seals.rs"), tables, completes: Vec::new, raw };

/// Tables whose rows stay as they were written, until their tenant is purged.
const APPEND_ONLY: [&str; 3] = ["audit_leaves", "audit_nodes", "audit_heads"];

fn tables() -> Vec<Table> {
    vec![leaves(), nodes(), trees(), keys(), heads()]
}

/// The entries of a tenant in their sealed order, from 0, with the hash of each.
fn leaves() -> Table {
    Table::bare("audit_leaves")
        .uuid("entry_id")
        .primary("entry_id")
        .tenant_id()
        .bigint("seq")
        .bytes("hash")
        .timestamp("sealed_at")
        .unique(&["tenant_id", "seq"])
}

/// Perfect inner nodes of every eighth level above the leaves.
fn nodes() -> Table {
    Table::bare("audit_nodes").tenant_id().int("level").bigint("position").bytes("hash").unique(&[
        "tenant_id",
        "level",
        "position",
    ])
}

/// Where each tree ends: its size, the roots of its perfect subtrees one after the other, and its last signed head.
fn trees() -> Table {
    Table::bare("audit_trees")
        .uuid("tenant_id")
        .primary("tenant_id")
        .key(&["tenant_id"], "identity_tenants", &["id"], crate::table::OnDelete::NoAction)
        .bigint("size")
        .bytes("peaks")
        .bigint("heads")
        .bigint("head_size")
        .timestamp_opt("head_at")
}

/// Ed25519 keys that sign a tenant's heads; `sealed` holds the private part.
fn keys() -> Table {
    Table::tenant("audit_keys")
        .bytes("public_key")
        .text("sealed")
        .timestamp("created_at")
        .timestamp_opt("retired_at")
        .unique_where(&["tenant_id"], "retired_at IS NULL")
        .index(&["tenant_id", "created_at"])
}

/// Signed tree heads, numbered from 1 in each tenant.
fn heads() -> Table {
    Table::tenant("audit_heads")
        .bigint("number")
        .bigint("size")
        .bytes("root")
        .timestamp("signed_at")
        .uuid("key_id")
        .bytes("signature")
        .unique(&["tenant_id", "number"])
        .index(&["tenant_id", "size"])
}

fn raw(backend: DbBackend) -> Raw {
    match backend {
        DbBackend::Postgres => Raw {
            up: std::iter::once(POSTGRES_REFUSE.to_owned())
                .chain(APPEND_ONLY.iter().flat_map(|table| postgres(table)))
                .collect(),
            down: vec!["DROP FUNCTION audit_refuse_seal CASCADE".to_owned()],
        },
        _ => Raw { up: APPEND_ONLY.iter().flat_map(|table| sqlite(table)).collect(), down: Vec::new() },
    }
}

const POSTGRES_REFUSE: &str = "CREATE FUNCTION audit_refuse_seal() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT 1 FROM identity_tenants WHERE id = OLD.tenant_id AND status = 'purging') THEN
          RETURN OLD;
        END IF;
      END IF;
      RAISE EXCEPTION 'the sealed trail is append-only' USING ERRCODE = 'integrity_constraint_violation';
    END $$";

fn postgres(table: &str) -> Vec<String> {
    vec![
        format!(
            "CREATE TRIGGER tr_{table}_refuse BEFORE UPDATE OR DELETE ON {table}
             FOR EACH ROW EXECUTE FUNCTION audit_refuse_seal()"
        ),
        format!(
            "CREATE TRIGGER tr_{table}_truncate BEFORE TRUNCATE ON {table}
             FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_seal()"
        ),
    ]
}

fn sqlite(table: &str) -> Vec<String> {
    vec![
        format!(
            "CREATE TRIGGER tr_{table}_update BEFORE UPDATE ON {table}
             BEGIN SELECT RAISE(ABORT, 'the sealed trail is append-only'); END"
        ),
        format!(
            "CREATE TRIGGER tr_{table}_delete BEFORE DELETE ON {table}
             WHEN NOT EXISTS (SELECT 1 FROM identity_tenants WHERE id = OLD.tenant_id AND status = 'purging')
             BEGIN SELECT RAISE(ABORT, 'the sealed trail is append-only'); END"
        ),
    ]
}
