//! Finding entries of the trail by a part of a text: trigrams of the act's name, the subject's label, the operation's
//! name and the request's id, none of which holds personal data. Whoever seals entries adds theirs, so that acts do not
//! wait for it.

use crate::ddl::{Raw, Step};
use crate::table::Table;
use sea_orm_migration::sea_orm::DbBackend;

pub(crate) const STEP: Step =
    Step { name: "m0012_search", source: include_str!("m0012_search.rs"), tables, completes: Vec::new, raw };

fn tables() -> Vec<Table> {
    vec![texts()]
}

/// The texts of sealed entries.
///
/// Reason: SQLite's index needs rows with numbers that `VACUUM` leaves as they are; those of `audit_entries` have none.
fn texts() -> Table {
    Table::bare("audit_texts")
        .sequence("position")
        .uuid("entry_id")
        .tenant_id()
        .text("text")
        .unique(&["tenant_id", "entry_id"])
}

fn raw(backend: DbBackend) -> Raw {
    let lines = |sql: &[&str]| sql.iter().map(|sql| (*sql).to_owned()).collect();
    match backend {
        DbBackend::Postgres => Raw { up: lines(POSTGRES_UP), down: lines(POSTGRES_DOWN) },
        _ => Raw { up: lines(SQLITE_UP), down: lines(SQLITE_DOWN) },
    }
}

/// Texts come in batches, so that the index takes them at once: a list of those it has not taken yet would be walked by
/// every search.
///
/// The extension is part of every distribution of PostgreSQL, and whoever may create in the database may create it.
/// Where it is missing all the same, texts are found without an index.
const POSTGRES_UP: &[&str] = &[
    "DO $$
    BEGIN
      CREATE EXTENSION IF NOT EXISTS pg_trgm;
      CREATE INDEX ix_audit_texts_text ON audit_texts USING gin (lower(text) gin_trgm_ops) WITH (fastupdate = off);
    EXCEPTION WHEN undefined_file OR feature_not_supported OR insufficient_privilege OR undefined_object THEN
      RAISE NOTICE 'texts in the trail are found without an index: pg_trgm is not there';
    END $$",
    "INSERT INTO audit_texts (entry_id, tenant_id, text)
     SELECT id, tenant_id, action || ' ' || coalesce(subject_label, '') || ' ' || coalesce(operation, '') || ' '
       || coalesce(request_id, '') FROM audit_entries e
     WHERE NOT EXISTS (SELECT 1 FROM audit_unsealed u WHERE u.entry_id = e.id) ORDER BY id",
];

const POSTGRES_DOWN: &[&str] = &[
    "DROP INDEX IF EXISTS ix_audit_texts_text",
    "DO $$
    BEGIN
      DROP EXTENSION IF EXISTS pg_trgm;
    EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN
      RAISE NOTICE 'pg_trgm stays for whoever else uses it';
    END $$",
];

/// FTS5 keeps the trigrams of the table's texts.
const SQLITE_UP: &[&str] = &[
    "CREATE VIRTUAL TABLE audit_fts USING fts5(
       text, content = 'audit_texts', content_rowid = 'position', tokenize = 'trigram', columnsize = 0
     )",
    "CREATE TRIGGER tr_audit_texts_in AFTER INSERT ON audit_texts
     BEGIN INSERT INTO audit_fts (rowid, text) VALUES (NEW.position, NEW.text); END",
    "CREATE TRIGGER tr_audit_texts_out AFTER DELETE ON audit_texts
     BEGIN INSERT INTO audit_fts (audit_fts, rowid, text) VALUES ('delete', OLD.position, OLD.text); END",
    "INSERT INTO audit_texts (entry_id, tenant_id, text)
     SELECT id, tenant_id, action || ' ' || coalesce(subject_label, '') || ' ' || coalesce(operation, '') || ' '
       || coalesce(request_id, '') FROM audit_entries e
     WHERE NOT EXISTS (SELECT 1 FROM audit_unsealed u WHERE u.entry_id = e.id) ORDER BY id",
];

const SQLITE_DOWN: &[&str] = &["DROP TABLE audit_fts"];
