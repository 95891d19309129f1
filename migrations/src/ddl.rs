//! The SQL that tables become on SQLite and PostgreSQL, and the migration made of tables. Nothing here knows a domain.
//!
//! Names are deterministic, because domains tell constraint violations apart by name:
//! `pk_<table>`, `fk_<table>_<columns>`, `uq_<table>_<columns>`, `ix_<table>_<columns>`, `ck_<table>_<label>`,
//! columns joined by `_` in order. Unique keys are unique indexes on both databases.

use crate::table::{Column, ForeignKey, Index, Kind, OnDelete, Table};
use sea_orm_migration::prelude::{ConnectionTrait, DbErr, SchemaManager};
use sea_orm_migration::sea_orm::DbBackend;
use sea_orm_migration::{MigrationName, MigrationTrait, async_trait};

/// The longest identifier PostgreSQL keeps (63 bytes); it cuts longer ones silently, so names must fit.
pub const MAX_NAME_LENGTH: usize = 63;

/// A migration that creates tables, and drops them on the way back.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The name recorded in the database; equal to the source file's.
    pub name: &'static str,
    /// The source file's text, for [`crate::fingerprint`].
    pub source: &'static str,
    /// The tables in order of creation; they are dropped in reverse.
    pub(crate) tables: fn() -> Vec<Table>,
    /// Tables of earlier steps whose late keys point to a table of this step.
    pub(crate) completes: fn() -> Vec<Table>,
    /// What is not the same on both databases: triggers, functions, parts.
    pub(crate) raw: fn(DbBackend) -> Raw,
}

/// SQL of one database.
#[derive(Debug, Default)]
pub(crate) struct Raw {
    /// Run when the step's tables are there.
    pub(crate) up: Vec<String>,
    /// Run before they are dropped; their triggers and parts go with them.
    pub(crate) down: Vec<String>,
}

impl Raw {
    /// Nothing beside the tables.
    pub(crate) fn none(_: DbBackend) -> Self {
        Self::default()
    }
}

impl MigrationName for Step {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let mut sql = create(&(self.tables)(), backend);
        sql.extend(add_late_keys(&(self.completes)(), backend));
        sql.extend((self.raw)(backend).up);
        run(manager, &sql).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let mut sql = (self.raw)(backend).down;
        sql.extend(drop_late_keys(&(self.completes)(), backend));
        let tables = (self.tables)();
        sql.extend(tables.iter().rev().map(drop_table));
        run(manager, &sql).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// The tables, their indexes and, on PostgreSQL afterwards, their foreign keys but the late ones.
///
/// Reason: SQLite has foreign keys only within `CREATE TABLE` and lets them name a table that does not exist yet;
/// PostgreSQL does not, but can add them later.
fn create(tables: &[Table], backend: DbBackend) -> Vec<String> {
    let mut sql = Vec::new();
    for table in tables {
        sql.push(create_table(table, backend));
        sql.extend(table.indexes.iter().map(|index| create_index(table, index)));
    }
    if backend == DbBackend::Postgres {
        sql.extend(add_keys(tables, |key| !key.late));
    }
    sql
}

/// What an earlier step could not create on PostgreSQL because the target was missing.
fn add_late_keys(tables: &[Table], backend: DbBackend) -> Vec<String> {
    match backend {
        DbBackend::Postgres => add_keys(tables, |key| key.late),
        _ => Vec::new(),
    }
}

/// Clears the columns that point to the step's tables, so that those can go and later come back empty.
fn drop_late_keys(tables: &[Table], backend: DbBackend) -> Vec<String> {
    let late = tables.iter().flat_map(|table| {
        let keys = table.keys.iter().filter(|key| key.late);
        keys.map(move |key| (table, key))
    });
    late.flat_map(|(table, key)| {
        let name = quoted(table.name);
        let column = key.columns.last().copied().unwrap_or_default();
        let clear = format!("UPDATE {name} SET {} = NULL", quoted(column));
        let drop = format!("ALTER TABLE {name} DROP CONSTRAINT {}", key_name(table, key));
        match backend {
            DbBackend::Postgres => vec![clear, drop],
            _ => vec![clear],
        }
    })
    .collect()
}

/// One batch: statements are sent together, and the step's transaction makes them all or none.
async fn run(manager: &SchemaManager<'_>, sql: &[String]) -> Result<(), DbErr> {
    let batch = sql.join(";\n");
    manager.get_connection().execute_unprepared(&batch).await.map(|_| ())
}

fn create_table(table: &Table, backend: DbBackend) -> String {
    let mut parts: Vec<String> =
        table.columns.iter().map(|column| column_definition(column, backend)).collect();
    let in_line = table.columns.iter().any(|column| is_row_id(column, backend));
    if let Some(primary) = table.primary.filter(|_| !in_line) {
        let name = constraint("pk", table, &[]);
        parts.push(format!("CONSTRAINT {name} PRIMARY KEY ({})", quoted(primary)));
    }
    parts.extend(table.checks.iter().map(|check| {
        let name = constraint("ck", table, &[check.label]);
        format!("CONSTRAINT {name} CHECK ({})", check.rule)
    }));
    if backend == DbBackend::Sqlite {
        parts.extend(table.keys.iter().map(|key| key_definition(table, key)));
    }
    let parted = match (table.primary, backend) {
        (Some(primary), DbBackend::Postgres) if table.parted => {
            format!(" PARTITION BY RANGE ({})", quoted(primary))
        }
        _ => String::new(),
    };
    format!("CREATE TABLE {} (\n  {}\n){parted}", quoted(table.name), parts.join(",\n  "))
}

fn drop_table(table: &Table) -> String {
    format!("DROP TABLE {}", quoted(table.name))
}

fn create_index(table: &Table, index: &Index) -> String {
    let (unique, prefix) = match index.unique {
        true => ("UNIQUE ", "uq"),
        false => ("", "ix"),
    };
    let only = index.only.map(|rule| format!(" WHERE {rule}")).unwrap_or_default();
    format!(
        "CREATE {unique}INDEX {} ON {} ({}){only}",
        constraint(prefix, table, &index.columns),
        quoted(table.name),
        list(&index.columns),
    )
}

fn add_keys(tables: &[Table], wanted: fn(&ForeignKey) -> bool) -> Vec<String> {
    let keys = tables.iter().flat_map(|table| {
        let keys = table.keys.iter().filter(move |key| wanted(key));
        keys.map(move |key| (table, key))
    });
    keys.map(|(table, key)| format!("ALTER TABLE {} ADD {}", quoted(table.name), key_definition(table, key)))
        .collect()
}

fn key_definition(table: &Table, key: &ForeignKey) -> String {
    let on_delete = match key.on_delete {
        OnDelete::NoAction => "",
        OnDelete::Restrict => " ON DELETE RESTRICT",
        OnDelete::Cascade => " ON DELETE CASCADE",
    };
    format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({}){on_delete}",
        key_name(table, key),
        list(&key.columns),
        quoted(key.target),
        list(&key.target_columns),
    )
}

fn column_definition(column: &Column, backend: DbBackend) -> String {
    let name = quoted(column.name);
    let kind = type_name(column.kind, backend);
    let null = if column.required { " NOT NULL" } else { "" };
    let default = column.default.map(|value| format!(" DEFAULT {value}")).unwrap_or_default();
    let row_id = match is_row_id(column, backend) {
        true => " PRIMARY KEY AUTOINCREMENT",
        false => "",
    };
    format!("{name} {kind}{null}{default}{row_id}")
}

/// Whether the column is SQLite's own row number, which must be declared the primary key in its own line.
fn is_row_id(column: &Column, backend: DbBackend) -> bool {
    backend == DbBackend::Sqlite && matches!(column.kind, Kind::Sequence)
}

/// The type's name as sea-query writes it for the backend. On SQLite the affinity is in the name:
/// a UUID is a 16-byte blob in a column of text affinity, which leaves blobs alone.
fn type_name(kind: Kind, backend: DbBackend) -> &'static str {
    let (sqlite, postgres) = match kind {
        Kind::Uuid => ("uuid_text", "uuid"),
        Kind::Text => ("text", "text"),
        Kind::Currency => ("char(3)", "char(3)"),
        Kind::Integer => ("integer", "integer"),
        Kind::BigInteger => ("integer", "bigint"),
        Kind::Boolean => ("boolean", "boolean"),
        Kind::Timestamp => ("timestamp_with_timezone_text", "timestamp with time zone"),
        Kind::Date => ("date_text", "date"),
        Kind::Json => ("jsonb_text", "jsonb"),
        Kind::Bytes => ("blob", "bytea"),
        Kind::Sequence => ("integer", "bigint GENERATED BY DEFAULT AS IDENTITY"),
    };
    match backend {
        DbBackend::Postgres => postgres,
        _ => sqlite,
    }
}

fn key_name(table: &Table, key: &ForeignKey) -> String {
    constraint("fk", table, &key.columns)
}

fn constraint(prefix: &str, table: &Table, parts: &[&str]) -> String {
    let mut name = format!("{prefix}_{}", table.name);
    for part in parts {
        name.push('_');
        name.push_str(part);
    }
    quoted(&name)
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

fn list(columns: &[&str]) -> String {
    let names: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
    names.join(", ")
}
