//! Every row of every table at one moment, and what differs between two moments.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::Value;
use uuid::Uuid;

use crate::World;
use crate::peek::{Row, object, quiet, read, tables};

/// Every row of every table at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot(BTreeMap<String, Arc<Rows>>);

/// Rows by id.
type Rows = BTreeMap<String, Row>;

impl Snapshot {
    /// The rows of a table.
    pub fn rows(&self, table: &str) -> impl Iterator<Item = &Row> {
        self.0.get(table).into_iter().flat_map(|rows| rows.values())
    }

    /// Every row with its table.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Row)> {
        self.0.iter().flat_map(|(table, rows)| rows.values().map(move |row| (table.as_str(), row)))
    }

    /// Without some tables: those that the background writes. With the outbox goes what it is moved into,
    /// with the jobs what plans them.
    #[must_use]
    pub fn without(mut self, tables: &[&str]) -> Self {
        let outbox = tables.contains(&"outbox");
        let moved = |table: &str| matches!(table, "events" | "event_consumers" | "event_deliveries");
        let jobs = tables.contains(&"jobs");
        let planned = |table: &str| matches!(table, "job_schedules" | "job_leases");
        self.0.retain(|table, _| {
            !(tables.contains(&table.as_str()) || outbox && moved(table) || jobs && planned(table))
        });
        self
    }

    /// Only the rows of one tenant and of the people who are in it.
    #[must_use]
    pub fn of_tenant(&self, tenant: Uuid) -> Self {
        let tenant = tenant.to_string();
        let is =
            |row: &Row, column: &str, value: &str| row.get(column).and_then(Value::as_str) == Some(value);
        let member = |row: &Row| {
            is(row, "tenant_id", &tenant).then(|| row.get("user_id")?.as_str().map(str::to_owned))
        };
        let people: BTreeSet<String> =
            self.rows("identity_memberships").filter_map(member).flatten().collect();
        let theirs = |table: &str, row: &Row| match table {
            "identity_tenants" => is(row, "id", &tenant),
            "identity_users" => row["id"].as_str().is_some_and(|id| people.contains(id)),
            _ if row.contains_key("tenant_id") => is(row, "tenant_id", &tenant),
            _ => row.get("user_id").and_then(Value::as_str).is_some_and(|id| people.contains(id)),
        };
        let tables = self.0.iter().map(|(table, rows)| {
            let rows = rows.iter().filter(|(_, row)| theirs(table, row));
            (table.clone(), Arc::new(rows.map(|(key, row)| (key.clone(), row.clone())).collect()))
        });
        Self(tables.collect())
    }

    /// What differs in `later`, a line for each row: empty if nothing changed.
    pub fn changes(&self, later: &Self) -> Vec<String> {
        let tables: BTreeSet<&String> = self.0.keys().chain(later.0.keys()).collect();
        let none = Arc::default();
        let mut changes = Vec::new();
        for table in tables {
            let (before, after) = (self.0.get(table).unwrap_or(&none), later.0.get(table).unwrap_or(&none));
            if Arc::ptr_eq(before, after) {
                continue;
            }
            for key in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
                match (before.get(key), after.get(key)) {
                    (Some(old), Some(new)) if old == new => {}
                    (Some(old), Some(new)) => {
                        changes.push(format!("{table} {key}: {}", differences(old, new)))
                    }
                    (old, _) => {
                        changes.push(format!("{table} {key} {}", if old.is_some() { "went" } else { "came" }))
                    }
                }
            }
        }
        changes
    }
}

fn differences(old: &Row, new: &Row) -> String {
    let changed = old.iter().filter(|(column, value)| new.get(*column) != Some(value));
    let told = changed
        .map(|(column, value)| format!("{column} {value} -> {}", new.get(column).unwrap_or(&Value::Null)));
    told.collect::<Vec<_>>().join(", ")
}

/// What a world's tables held when they were last looked at. A table that the database tells alike is not read again:
/// that takes most of the time of a look.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    sql: OnceLock<String>,
    told: Mutex<HashMap<String, (String, Arc<Rows>)>>,
}

impl Looks {
    /// For when what was told reads otherwise than before.
    pub(crate) fn forget(&self) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn kept(&self, table: &str, told: &str) -> Option<Arc<Rows>> {
        let all = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(table).filter(|(text, _)| text == told).map(|(_, rows)| Arc::clone(rows))
    }

    fn keep(&self, table: &str, told: String, rows: &Arc<Rows>) {
        let mut all = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(table.to_owned(), (told, Arc::clone(rows)));
    }
}

/// Holds the keys of what is sealed in the trail: without them its rows read otherwise.
const KEYS: &str = "audit_subject_keys";

impl World {
    /// Every row of every table, once no event is on its way.
    pub async fn snapshot(&self) -> Snapshot {
        quiet(&self.db, &self.clock).await;
        let told = self.told().await;
        let keys = told.get(KEYS).cloned().expect("there are keys");
        let mut snapshot = Snapshot::default();
        for (table, text) in told {
            let known = if table == "audit_entries" { format!("{text}{keys}") } else { text.clone() };
            let rows = match self.looks.kept(&table, &known) {
                Some(rows) => rows,
                None => {
                    let rows = read(&self.db, &table, text.lines()).await;
                    let rows = Arc::new(rows.into_iter().map(|row| (key(&row), row)).collect());
                    self.looks.keep(&table, known, &rows);
                    rows
                }
            };
            snapshot.0.insert(table, rows);
        }
        snapshot
    }

    /// The rows of every table, each a line of JSON.
    async fn told(&self) -> BTreeMap<String, String> {
        let sql = match self.looks.sql.get() {
            Some(sql) => sql.clone(),
            None => {
                let sql = self.telling().await;
                self.looks.sql.get_or_init(|| sql).clone()
            }
        };
        let rows = self.db.query_all_raw(Statement::from_string(self.db.backend(), sql)).await.unwrap();
        let row =
            |row: &sea_orm::QueryResult| (row.try_get("", "name").unwrap(), row.try_get("", "told").unwrap());
        rows.iter().map(row).collect()
    }

    /// The SQL that tells the rows of every table.
    async fn telling(&self) -> String {
        let mut all = Vec::new();
        for table in tables(&self.db).await {
            let object = object(&self.db, &table).await;
            let together = match self.db.backend() {
                DbBackend::Postgres => format!("string_agg({object}, chr(10))"),
                _ => format!("group_concat({object}, char(10))"),
            };
            all.push(format!("SELECT '{table}' AS name, coalesce({together}, '') AS told FROM {table} t"));
        }
        all.join(" UNION ALL ")
    }
}

fn key(row: &Row) -> String {
    let key = row.get("id").or_else(|| row.get("tenant_id"));
    key.and_then(Value::as_str).unwrap_or_default().to_owned()
}
