//! One row in every table for each of two worlds, made from the catalog alone, so that a new table needs no code here.

use super::catalog::{Column, Table};
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use std::collections::BTreeMap;

/// A row as SQL literals by column.
pub type Row = BTreeMap<String, String>;

/// The rows of one world by table.
pub type World = BTreeMap<String, Row>;

/// Writes both worlds and returns them.
pub async fn seed(conn: &DatabaseConnection, catalog: &BTreeMap<String, Table>) -> [World; 2] {
    let first = world(conn.get_database_backend(), catalog, 1);
    let second = world(conn.get_database_backend(), catalog, 2);
    for (order, rows) in [&first, &second] {
        for table in order {
            insert(conn, table, &rows[table]).await.unwrap();
        }
    }
    [first.1, second.1]
}

/// Inserts one row; the error is the database's text.
pub async fn insert(conn: &DatabaseConnection, table: &str, row: &Row) -> Result<(), String> {
    let columns: Vec<String> = row.keys().map(|column| format!("\"{column}\"")).collect();
    let values: Vec<&str> = row.values().map(String::as_str).collect();
    let columns = columns.join(", ");
    let values = values.join(", ");
    run(conn, &format!("INSERT INTO \"{table}\" ({columns}) VALUES ({values})")).await
}

/// Sets one column of one row, or of a copy where rows are never changed; the error is the database's text.
pub async fn set(
    conn: &DatabaseConnection,
    table: &str,
    row: &Row,
    column: &str,
    value: &str,
) -> Result<(), String> {
    if table == "audit_entries" {
        let mut copy = row.clone();
        let id = &row["id"];
        copy.insert("id".to_owned(), id.replacen('0', "f", 1));
        copy.insert(column.to_owned(), value.to_owned());
        return insert(conn, table, &copy).await;
    }
    let own = if row.contains_key("id") { "id" } else { "tenant_id" };
    let id = &row[own];
    run(conn, &format!("UPDATE \"{table}\" SET \"{column}\" = {value} WHERE \"{own}\" = {id}")).await
}

/// Whether the text is the database's refusal of a foreign key.
pub fn is_key_violation(error: &str) -> bool {
    error.contains("FOREIGN KEY constraint failed") || error.contains("violates foreign key constraint")
}

/// Whether the text is the database's refusal by the named check.
pub fn is_check_violation(error: &str, name: &str) -> bool {
    error.contains(&format!("CHECK constraint failed: {name}"))
        || error.contains(&format!("violates check constraint \"{name}\""))
}

async fn run(conn: &DatabaseConnection, sql: &str) -> Result<(), String> {
    match conn.execute_unprepared(sql).await {
        Ok(done) if done.rows_affected() == 1 => Ok(()),
        Ok(done) => Err(format!("{} rows: {sql}", done.rows_affected())),
        Err(error) => Err(format!("{error}: {sql}")),
    }
}

/// The rows of a world and an order in which every key's target comes first. Of keys in a circle, the one that
/// allows NULL stays NULL.
fn world(backend: DbBackend, catalog: &BTreeMap<String, Table>, number: u64) -> (Vec<String>, World) {
    let mut order = Vec::new();
    let mut rows = World::new();
    while rows.len() < catalog.len() {
        let next = |optional: bool| {
            let mut open = catalog.iter().filter(|(name, _)| !rows.contains_key(*name));
            open.find(|(name, table)| is_ready(name, table, &rows, optional))
        };
        let (name, table) =
            next(false).or_else(|| next(true)).expect("required foreign keys run in a circle");
        let serial = number * 1000 + rows.len() as u64;
        let row = row(backend, table, name, &rows, serial);
        order.push(name.clone());
        rows.insert(name.clone(), row);
    }
    (order, rows)
}

fn is_ready(name: &str, table: &Table, rows: &World, optional: bool) -> bool {
    table.keys.values().all(|key| {
        let may_wait = key.columns.iter().any(|column| is_optional(table, column));
        // Reason: a first row has none of its own kind to point to.
        let own = key.target == name;
        rows.contains_key(&key.target) || ((optional || own) && may_wait)
    })
}

fn is_optional(table: &Table, column: &str) -> bool {
    table.column(column).is_some_and(|column| !column.required)
}

fn row(backend: DbBackend, table: &Table, name: &str, rows: &World, serial: u64) -> Row {
    let mut row = Row::new();
    for column in table.columns.iter().filter(|column| (name, column.name.as_str()) != ("outbox", "seq")) {
        let check = table.checks.get(&format!("ck_{name}_{}", column.name));
        let value = literal(backend, column, check, serial);
        row.insert(column.name.clone(), value);
    }
    for key in table.keys.values() {
        let target = rows.get(&key.target);
        for (column, target_column) in key.columns.iter().zip(&key.target_columns) {
            match target {
                Some(target) => row.insert(column.clone(), target[target_column].clone()),
                None if is_optional(table, column) => row.insert(column.clone(), "NULL".to_owned()),
                None => None,
            };
        }
    }
    row
}

fn literal(backend: DbBackend, column: &Column, check: Option<&String>, serial: u64) -> String {
    let kind = column.kind.as_str();
    match kind {
        "uuid" | "uuid_text" if backend == DbBackend::Postgres => format!("'{serial:032x}'"),
        "uuid" | "uuid_text" => format!("X'{serial:032x}'"),
        "text" => match check.and_then(|rule| rule.split('\'').nth(1)) {
            Some(value) => format!("'{value}'"),
            None => format!("'{} {serial}'", column.name),
        },
        "char(3)" | "character(3)" => "'EUR'".to_owned(),
        // Reason: a place in a log is given once.
        "integer" | "bigint" if column.name == "position" => serial.to_string(),
        "integer" | "bigint" => "1".to_owned(),
        "boolean" => "TRUE".to_owned(),
        "jsonb" | "jsonb_text" => "'{}'".to_owned(),
        "date" | "date_text" => "'2026-03-01'".to_owned(),
        "bytea" => format!("'\\x{serial:064x}'"),
        "blob" => format!("X'{serial:064x}'"),
        _ if kind.starts_with("timestamp") => "'2026-03-01T09:00:00+00:00'".to_owned(),
        other => panic!("{} has the type {other}: add a literal for it", column.name),
    }
}
