//! What the database says its schema is, read from `sqlite_master` and pragmas or from `pg_catalog`.

use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, QueryResult, Statement};
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub struct Table {
    pub columns: Vec<Column>,
    pub keys: BTreeMap<String, Key>,
    pub indexes: BTreeMap<String, Index>,
    /// Definitions by constraint name.
    pub checks: BTreeMap<String, String>,
}

#[derive(Debug)]
pub struct Column {
    pub name: String,
    pub kind: String,
    pub required: bool,
}

#[derive(Debug, Default)]
pub struct Key {
    pub columns: Vec<String>,
    pub target: String,
    pub target_columns: Vec<String>,
}

#[derive(Debug, Default)]
pub struct Index {
    pub columns: Vec<String>,
    pub unique: bool,
    pub primary: bool,
    pub partial: bool,
}

impl Table {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// Every table but the migrator's own, by name.
pub async fn read(conn: &DatabaseConnection) -> BTreeMap<String, Table> {
    let queries = match conn.get_database_backend() {
        DbBackend::Postgres => &POSTGRES,
        _ => &SQLITE,
    };
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for row in rows(conn, queries.columns).await {
        let table = tables.entry(text(&row, "tbl")).or_default();
        table.columns.push(Column {
            name: text(&row, "col"),
            kind: text(&row, "kind").to_lowercase(),
            required: flag(&row, "required"),
        });
    }
    for row in rows(conn, queries.keys).await {
        let table = tables.get_mut(&text(&row, "tbl")).unwrap();
        let key = table.keys.entry(text(&row, "name")).or_default();
        key.target = text(&row, "target");
        key.columns.push(text(&row, "col"));
        key.target_columns.push(text(&row, "target_col"));
    }
    for row in rows(conn, queries.indexes).await {
        let table = tables.get_mut(&text(&row, "tbl")).unwrap();
        let index = table.indexes.entry(text(&row, "name")).or_default();
        index.unique = flag(&row, "is_unique");
        index.primary = flag(&row, "is_primary");
        index.partial = flag(&row, "is_partial");
        index.columns.push(text(&row, "col"));
    }
    for row in rows(conn, queries.checks).await {
        let table = tables.get_mut(&text(&row, "tbl")).unwrap();
        table.checks.extend(checks_in(&text(&row, "definition")));
    }
    tables
}

/// Names of everything in the database's own schema, the migrator's table included.
pub async fn everything(conn: &DatabaseConnection) -> Vec<String> {
    let sql = match conn.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT relname AS name FROM pg_class \
             WHERE relnamespace = current_schema()::regnamespace \
             UNION ALL SELECT typname FROM pg_type \
             WHERE typnamespace = current_schema()::regnamespace \
             UNION ALL SELECT proname FROM pg_proc \
             WHERE pronamespace = current_schema()::regnamespace"
        }
        // Reason: `sqlite_sequence` is SQLite's own and cannot be dropped.
        _ => "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'",
    };
    rows(conn, sql).await.iter().map(|row| text(row, "name")).collect()
}

/// Named checks in a definition: `CONSTRAINT "name" CHECK (rule)`, one a line.
fn checks_in(definition: &str) -> Vec<(String, String)> {
    definition
        .lines()
        .filter_map(|line| line.trim().strip_prefix("CONSTRAINT \""))
        .filter_map(|line| line.split_once("\" CHECK "))
        .map(|(name, rule)| (name.to_owned(), rule.to_owned()))
        .collect()
}

async fn rows(conn: &DatabaseConnection, sql: &str) -> Vec<QueryResult> {
    let statement = Statement::from_string(conn.get_database_backend(), sql);
    conn.query_all_raw(statement).await.unwrap()
}

fn text(row: &QueryResult, column: &str) -> String {
    row.try_get("", column).unwrap()
}

fn flag(row: &QueryResult, column: &str) -> bool {
    row.try_get::<i32>("", column).unwrap() != 0
}

struct Queries {
    columns: &'static str,
    keys: &'static str,
    indexes: &'static str,
    checks: &'static str,
}

// Reason: the tables of the full-text index are SQLite's own.
const SQLITE: Queries = Queries {
    columns: "SELECT m.name AS tbl, p.name AS col, p.type AS kind, p.\"notnull\" AS required \
        FROM sqlite_master m JOIN pragma_table_info(m.name) p \
        WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> 'seaql_migrations' \
        AND m.name NOT LIKE 'audit_fts%' ORDER BY m.name, p.cid",
    // Reason: SQLite does not tell the constraint's name, only its number.
    keys: "SELECT m.name AS tbl, CAST(p.id AS text) AS name, p.\"table\" AS target, \
        p.\"from\" AS col, p.\"to\" AS target_col \
        FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) p \
        WHERE m.type = 'table' ORDER BY m.name, p.id, p.seq",
    indexes: "SELECT m.name AS tbl, l.name AS name, l.\"unique\" AS is_unique, \
        l.origin = 'pk' AS is_primary, l.partial AS is_partial, i.name AS col \
        FROM sqlite_master m JOIN pragma_index_list(m.name) l JOIN pragma_index_info(l.name) i \
        WHERE m.type = 'table' AND m.name <> 'seaql_migrations' \
        AND m.name NOT LIKE 'audit_fts%' ORDER BY m.name, l.name, i.seqno",
    checks: "SELECT name AS tbl, sql AS definition FROM sqlite_master \
        WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'seaql_migrations' \
        AND name NOT LIKE 'audit_fts%'",
};

const POSTGRES: Queries = Queries {
    columns: "SELECT c.relname::text AS tbl, a.attname::text AS col, \
        format_type(a.atttypid, a.atttypmod) AS kind, a.attnotnull::int AS required \
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
        WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = current_schema()::regnamespace \
        AND c.relname <> 'seaql_migrations' ORDER BY c.relname, a.attnum",
    keys: "SELECT c.relname::text AS tbl, k.conname::text AS name, t.relname::text AS target, \
        a.attname::text AS col, ta.attname::text AS target_col \
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid \
        CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS u(col, target_col, position) \
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.col \
        JOIN pg_attribute ta ON ta.attrelid = t.oid AND ta.attnum = u.target_col \
        WHERE k.contype = 'f' AND NOT c.relispartition AND k.connamespace = current_schema()::regnamespace \
        ORDER BY c.relname, k.conname, u.position",
    indexes: "SELECT c.relname::text AS tbl, x.relname::text AS name, i.indisunique::int AS is_unique, \
        i.indisprimary::int AS is_primary, (i.indpred IS NOT NULL)::int AS is_partial, a.attname::text AS col \
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid \
        CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS u(col, position) \
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.col \
        WHERE NOT c.relispartition AND c.relnamespace = current_schema()::regnamespace AND c.relname <> 'seaql_migrations' \
        ORDER BY c.relname, x.relname, u.position",
    checks: "SELECT c.relname::text AS tbl, \
        'CONSTRAINT \"' || k.conname || '\" ' || pg_get_constraintdef(k.oid) AS definition \
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid \
        WHERE k.contype = 'c' AND NOT c.relispartition AND k.connamespace = current_schema()::regnamespace",
};
