//! The audit trail: entries that nobody changes, the keys of the people they speak of, and what may be removed when.

use crate::ddl::{Raw, Step};
use crate::table::Table;
use sea_orm_migration::sea_orm::DbBackend;

pub(crate) const STEP: Step =
    Step { name: "m0005_audit", source: include_str!("m0005_audit.rs"), tables, completes: Vec::new, raw };

fn tables() -> Vec<Table> {
    vec![entries(), unsealed(), removed(), subject_keys()]
}

fn raw(backend: DbBackend) -> Raw {
    match backend {
        DbBackend::Postgres => Raw {
            up: POSTGRES_UP.iter().map(|sql| (*sql).to_owned()).collect(),
            down: vec![POSTGRES_DOWN.to_owned()],
        },
        _ => Raw { up: SQLITE_UP.iter().map(|sql| (*sql).to_owned()).collect(), down: Vec::new() },
    }
}

/// No key but the tenant's: history outlives the rows it speaks of. Ids grow with time, so on PostgreSQL ranges of ids
/// are months.
fn entries() -> Table {
    Table::tenant("audit_entries")
        .timestamp("occurred_at")
        .choice("actor_kind", &["user", "api_key", "system", "anonymous"])
        .uuid_opt("actor_id")
        .uuid_opt("on_behalf_of")
        .text("action")
        .text("subject_type")
        .uuid_opt("subject_id")
        .text_opt("subject_label")
        .uuid_opt("person_id")
        .uuid_opt("project_id")
        .uuid_opt("account_id")
        .text("changes")
        .text("personal")
        .choice("outcome", &["success", "denied", "failure"])
        .choice("severity", &["info", "notice", "warning", "critical"])
        .text_opt("request_id")
        .text_opt("operation")
        .parted()
        .index(&["tenant_id", "id"])
        .index(&["tenant_id", "subject_id", "id"])
        .index(&["tenant_id", "actor_id", "id"])
        .index(&["tenant_id", "action", "id"])
        .index_where(&["tenant_id", "on_behalf_of", "id"], "on_behalf_of IS NOT NULL")
        .index_where(&["tenant_id", "person_id", "id"], "person_id IS NOT NULL")
        .index_where(&["tenant_id", "project_id", "id"], "project_id IS NOT NULL")
        .index_where(&["tenant_id", "account_id", "id"], "account_id IS NOT NULL")
        .index_where(&["tenant_id", "severity", "id"], "severity <> 'info'")
        .index_where(&["tenant_id", "outcome", "id"], "outcome <> 'success'")
}

/// Entries that wait for their place in the tree, and since when by the database's own clock: on SQLite filled by a
/// trigger, on PostgreSQL by the statement that writes the entries, which costs acts less.
fn unsealed() -> Table {
    Table::bare("audit_unsealed")
        .uuid("entry_id")
        .primary("entry_id")
        .tenant_id()
        .timestamp_opt("since")
        .index(&["tenant_id"])
}

/// Entries that retention has moved to an archive and that may be deleted.
fn removed() -> Table {
    Table::bare("audit_removed")
        .uuid("entry_id")
        .primary("entry_id")
        .tenant_id()
        .uuid("archive_id")
        .index(&["tenant_id", "archive_id"])
}

/// The key under which the personal data of one person (a user, a contact, an invitation) is sealed in entries. Without
/// `sealed` it is destroyed, and what it sealed is gone.
fn subject_keys() -> Table {
    Table::tenant("audit_subject_keys")
        .uuid("person_id")
        .text_opt("sealed")
        .timestamp("created_at")
        .timestamp_opt("destroyed_at")
        .unique_where(&["tenant_id", "person_id"], "destroyed_at IS NULL")
        .index(&["tenant_id", "person_id"])
}

/// Parts for months are made ahead by a job; the default part takes what has no month of its own, so that nothing is
/// ever refused.
const POSTGRES_UP: &[&str] = &[
    "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT 1 FROM audit_removed WHERE entry_id = OLD.id)
          OR EXISTS (SELECT 1 FROM identity_tenants WHERE id = OLD.tenant_id AND status = 'purging') THEN
          RETURN OLD;
        END IF;
      END IF;
      RAISE EXCEPTION 'audit entries are append-only' USING ERRCODE = 'integrity_constraint_violation';
    END $$",
    "CREATE FUNCTION audit_refuse_all() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'audit entries are append-only' USING ERRCODE = 'integrity_constraint_violation';
    END $$",
    "CREATE TABLE audit_entries_rest PARTITION OF audit_entries DEFAULT",
    "CREATE TRIGGER tr_audit_entries_refuse BEFORE UPDATE OR DELETE ON audit_entries
     FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER tr_audit_entries_truncate BEFORE TRUNCATE ON audit_entries
     FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_all()",
    "CREATE TRIGGER tr_audit_entries_truncate BEFORE TRUNCATE ON audit_entries_rest
     FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_all()",
    // The smallest UUIDv7 (RFC 9562 §5.7) of a moment: 48 bits of milliseconds, then zeros.
    "CREATE FUNCTION audit_first_id(moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
      SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
    $$",
    // Whether the month has a part of its own now; not if entries of it came before the part.
    "CREATE FUNCTION audit_ensure_month(moment timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
    DECLARE
      begins timestamptz := date_trunc('month', moment AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
      ends timestamptz := (date_trunc('month', moment AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
      part text := 'audit_entries_' || to_char(begins AT TIME ZONE 'UTC', 'YYYYMM');
    BEGIN
      IF to_regclass(part) IS NOT NULL THEN
        RETURN true;
      END IF;
      LOCK TABLE audit_entries IN ACCESS EXCLUSIVE MODE;
      IF to_regclass(part) IS NOT NULL THEN
        RETURN true;
      END IF;
      IF EXISTS (SELECT 1 FROM audit_entries_rest
                 WHERE id >= audit_first_id(begins) AND id < audit_first_id(ends)) THEN
        RETURN false;
      END IF;
      EXECUTE format('CREATE TABLE %I PARTITION OF audit_entries FOR VALUES FROM (%L) TO (%L)',
                     part, audit_first_id(begins), audit_first_id(ends));
      EXECUTE format('CREATE TRIGGER tr_audit_entries_truncate BEFORE TRUNCATE ON %I
                      FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_all()', part);
      RETURN true;
    END $$",
    "SELECT audit_ensure_month(now()), audit_ensure_month(now() + interval '1 month')",
];

const POSTGRES_DOWN: &str = "DROP FUNCTION audit_ensure_month, audit_first_id, audit_refuse_all, \
                             audit_refuse CASCADE";

const SQLITE_UP: &[&str] = &[
    "CREATE TRIGGER tr_audit_entries_update BEFORE UPDATE ON audit_entries
     BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END",
    "CREATE TRIGGER tr_audit_entries_delete BEFORE DELETE ON audit_entries
     WHEN NOT EXISTS (SELECT 1 FROM audit_removed WHERE entry_id = OLD.id)
       AND NOT EXISTS (SELECT 1 FROM identity_tenants WHERE id = OLD.tenant_id AND status = 'purging')
     BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END",
    "CREATE TRIGGER tr_audit_entries_written AFTER INSERT ON audit_entries
     BEGIN INSERT INTO audit_unsealed (entry_id, tenant_id, since)
       VALUES (NEW.id, NEW.tenant_id, strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00'); END",
];
