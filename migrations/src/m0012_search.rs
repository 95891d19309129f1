//! Finding entries of the trail by a part of a text: trigrams of the act's name, the subject's label, the operation's
//! name and the request's id, none of which holds personal data.

use crate::ddl::{Raw, Step};
use sea_orm_migration::sea_orm::DbBackend;

pub(crate) const STEP: Step = Step {
    name: "m0012_search",
    source: include_str!("m0012_search.rs"),
    tables: Vec::new,
    completes: Vec::new,
    raw,
};

fn raw(backend: DbBackend) -> Raw {
    let lines = |sql: &[&str]| sql.iter().map(|sql| (*sql).to_owned()).collect();
    match backend {
        DbBackend::Postgres => Raw { up: lines(POSTGRES_UP), down: lines(POSTGRES_DOWN) },
        _ => Raw { up: lines(SQLITE_UP), down: lines(SQLITE_DOWN) },
    }
}

/// The extension is part of every distribution of PostgreSQL, and whoever may create in the database may create it.
/// Where it is missing all the same, texts are found without an index.
const POSTGRES_UP: &[&str] = &["DO $$
    BEGIN
      CREATE EXTENSION IF NOT EXISTS pg_trgm;
      CREATE INDEX ix_audit_entries_text ON audit_entries USING gin (lower(
        action || ' ' || coalesce(subject_label, '') || ' ' || coalesce(operation, '') || ' ' || coalesce(request_id, '')
      ) gin_trgm_ops);
    EXCEPTION WHEN undefined_file OR feature_not_supported OR insufficient_privilege OR undefined_object THEN
      RAISE NOTICE 'texts in the trail are found without an index: pg_trgm is not there';
    END $$"];

const POSTGRES_DOWN: &[&str] = &[
    "DROP INDEX IF EXISTS ix_audit_entries_text",
    "DO $$
    BEGIN
      DROP EXTENSION IF EXISTS pg_trgm;
    EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN
      RAISE NOTICE 'pg_trgm stays for whoever else uses it';
    END $$",
];

/// FTS5 keeps the trigrams, a table beside it the texts.
///
/// Reason: rows of `audit_entries` have no number that `VACUUM` would leave as it is.
const SQLITE_UP: &[&str] = &[
    "CREATE TABLE audit_texts (
       id integer PRIMARY KEY,
       entry_id uuid_text NOT NULL,
       text text NOT NULL
     )",
    "CREATE UNIQUE INDEX uq_audit_texts_entry_id ON audit_texts (entry_id)",
    "CREATE VIRTUAL TABLE audit_fts USING fts5(
       text, content = 'audit_texts', content_rowid = 'id', tokenize = 'trigram', columnsize = 0
     )",
    "INSERT INTO audit_texts (entry_id, text)
     SELECT id, action || ' ' || coalesce(subject_label, '') || ' ' || coalesce(operation, '') || ' '
       || coalesce(request_id, '') FROM audit_entries ORDER BY id",
    "INSERT INTO audit_fts (audit_fts) VALUES ('rebuild')",
    "CREATE TRIGGER tr_audit_texts_in AFTER INSERT ON audit_texts
     BEGIN INSERT INTO audit_fts (rowid, text) VALUES (NEW.id, NEW.text); END",
    "CREATE TRIGGER tr_audit_texts_out AFTER DELETE ON audit_texts
     BEGIN INSERT INTO audit_fts (audit_fts, rowid, text) VALUES ('delete', OLD.id, OLD.text); END",
    "CREATE TRIGGER tr_audit_entries_text AFTER INSERT ON audit_entries
     BEGIN
       INSERT INTO audit_texts (entry_id, text) VALUES (NEW.id, NEW.action || ' ' || coalesce(NEW.subject_label, '') || ' ' || coalesce(NEW.operation, '') || ' '
         || coalesce(NEW.request_id, ''));
     END",
    "CREATE TRIGGER tr_audit_entries_text_out AFTER DELETE ON audit_entries
     BEGIN DELETE FROM audit_texts WHERE entry_id = OLD.id; END",
];

const SQLITE_DOWN: &[&str] = &[
    "DROP TRIGGER tr_audit_entries_text",
    "DROP TRIGGER tr_audit_entries_text_out",
    "DROP TABLE audit_fts",
    "DROP TABLE audit_texts",
];
