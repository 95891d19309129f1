//! Looking into a world's database: what was written, counted and left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kernel::act::personal::{Personal, boxes};
use kernel::clock::Clock;
use kernel::db::Db;
use kernel::id::{AnyId, AuditEntryId, TenantId, TypedId as _};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::World;

/// How long background work may take. Only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// A row, by column. Uuids are hyphenated texts, JSON is JSON, times are the database's texts.
pub type Row = Map<String, Value>;

impl World {
    /// Audit entries about the thing with this id, oldest first.
    pub async fn audit_of(&self, id: &str) -> Vec<Row> {
        self.about("audit_entries", id, "occurred_at, id").await
    }

    /// Events about the thing with this id, in the order of writing.
    pub async fn events_of(&self, id: &str) -> Vec<Row> {
        let waiting = self.about("outbox", id, "seq").await;
        with_waiting(self.about("events", id, "position").await, waiting)
    }

    async fn about(&self, table: &str, id: &str, order: &str) -> Vec<Row> {
        let id = uuid_of(id);
        let id = match self.db.backend() {
            DbBackend::Postgres => format!("'{id}'"),
            _ => format!("x'{}'", id.simple()),
        };
        rows(&self.db, table, &format!("WHERE subject_id = {id} ORDER BY {order}")).await
    }

    /// Every event, in the order of the log, then those that are still on their way into it.
    pub async fn events(&self) -> Vec<Row> {
        events(&self.db).await
    }

    /// Runs SQL that the database may refuse; then its words.
    pub async fn try_execute(&self, sql: &str) -> Result<(), String> {
        self.db.writer().execute_unprepared(sql).await.map(drop).map_err(|error| error.to_string())
    }

    /// The number that a query answers as `n`.
    pub async fn number(&self, sql: &str) -> i64 {
        let row = self.db.query_one_raw(Statement::from_string(self.db.backend(), sql)).await.unwrap();
        row.unwrap().try_get("", "n").unwrap()
    }

    /// The texts that a query answers in a column.
    pub async fn texts(&self, sql: &str, column: &str) -> Vec<String> {
        texts(&self.db, sql, column).await
    }

    /// Lets the nodes forget the keys of people that they hold in memory.
    pub fn forget_keys(&self, tenant: Uuid) {
        self.looks.forget();
        for app in &self.apps {
            if let Some(vault) = app.db.vault() {
                vault.forget(TenantId::from_uuid(tenant));
            }
        }
    }

    /// How many events there ever were.
    pub async fn outbox_count(&self) -> i64 {
        number(&self.db, "SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM outbox) AS n").await
    }

    /// How many rows each table has, once no event is on its way.
    pub async fn counts(&self) -> BTreeMap<String, i64> {
        quiet(&self.db, &self.clock).await;
        let mut counts = BTreeMap::new();
        for table in tables(&self.db).await {
            let count = count(&self.db, &table).await;
            counts.insert(table, count);
        }
        counts
    }

    /// Rows of a table; `rest` is SQL that both databases read, such as `ORDER BY name` or a `WHERE` over texts.
    pub async fn rows(&self, table: &str, rest: &str) -> Vec<Row> {
        rows(&self.db, table, rest).await
    }

    /// Runs a statement that changes something behind the program's back.
    pub async fn execute(&self, sql: &str) {
        execute(&self.db, sql).await;
    }

    /// Waits until every event is in the log, every consumer had it, and no job is due.
    ///
    /// # Panics
    /// If that takes too long.
    pub async fn settled(&self) {
        settled(&self.db, &self.clock).await;
    }
}

pub(crate) async fn events(db: &Db) -> Vec<Row> {
    // Race: the dispatcher moves rows from the outbox into the log meanwhile; read in this order none is missed.
    let waiting = rows(db, "outbox", "ORDER BY seq").await;
    with_waiting(rows(db, "events", "ORDER BY position").await, waiting)
}

/// The events of the log, then those that were on their way into it when they were read before.
fn with_waiting(mut events: Vec<Row>, waiting: Vec<Row>) -> Vec<Row> {
    let moved: BTreeSet<String> = events.iter().map(|event| event["id"].to_string()).collect();
    events.extend(waiting.into_iter().filter(|event| !moved.contains(&event["id"].to_string())));
    events
}

pub(crate) async fn execute(db: &Db, sql: &str) {
    let done = db.writer().execute_unprepared(sql).await;
    done.unwrap_or_else(|error| panic!("{error}\n{sql}"));
}

pub(crate) async fn settled(db: &Db, clock: &Clock) {
    let settle = async {
        while waiting(db, clock).await > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, settle).await.expect("events or jobs wait for ever");
}

/// Waits until nothing is on its way, or as long as an event can take: a world may have nobody who carries it.
pub(crate) async fn quiet(db: &Db, clock: &Clock) {
    let settle = async {
        while waiting(db, clock).await > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(5), settle).await;
}

async fn waiting(db: &Db, clock: &Clock) -> i64 {
    let events = "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM event_consumers \
         WHERE reached < (SELECT coalesce(max(position), 0) FROM events)) AS n";
    let jobs = "SELECT count(*) AS n FROM jobs WHERE finished_at IS NULL AND run_at <= ";
    let jobs = match db.backend() {
        DbBackend::Postgres => format!("{jobs}$1"),
        _ => format!("{jobs}?"),
    };
    let jobs = Statement::from_sql_and_values(db.backend(), jobs, [clock.now().into()]);
    let jobs: i64 = db.query_one_raw(jobs).await.unwrap().unwrap().try_get("", "n").unwrap();
    number(db, events).await + jobs
}

/// The uuid of an id as the API writes it, or of a uuid.
///
/// # Panics
/// If it is neither.
pub(crate) fn uuid_of(id: &str) -> Uuid {
    let typed = id.parse::<AnyId>().map(|id| id.uuid);
    typed.ok().or_else(|| id.parse().ok()).unwrap_or_else(|| panic!("{id:?} is no id"))
}

async fn number(db: &Db, sql: &str) -> i64 {
    let row = db.query_one_raw(Statement::from_string(db.backend(), sql)).await;
    row.unwrap_or_else(|error| panic!("{error}\n{sql}")).expect("a count is a row").try_get("", "n").unwrap()
}

async fn count(db: &Db, table: &str) -> i64 {
    number(db, &format!("SELECT count(*) AS n FROM {table}")).await
}

/// Tables that the sealer, who reads behind it and the scheduler write whenever they come to it: what acts do to them is
/// when, not what.
const BEHIND: &[&str] = &[
    "audit_texts",
    "audit_unsealed",
    "audit_leaves",
    "audit_nodes",
    "audit_trees",
    "audit_heads",
    "audit_keys",
    "audit_activity_readers",
    "audit_activity_groups",
    "audit_activities",
    "job_leases",
    "job_schedules",
];

/// Names of all tables but the migrations' own and those that are written behind the acts.
pub(crate) async fn tables(db: &Db) -> Vec<String> {
    let sql = match db.backend() {
        DbBackend::Postgres => {
            "SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace \
             AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1"
        }
        _ => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1",
    };
    let mut names = texts(db, sql, "name").await;
    // Reason: the tables of the full-text index go with `audit_texts`.
    names.retain(|name| name != "seaql_migrations" && !name.starts_with("audit_fts"));
    names.retain(|name| !BEHIND.contains(&name.as_str()));
    names
}

pub(crate) async fn rows(db: &Db, table: &str, rest: &str) -> Vec<Row> {
    let sql = format!("SELECT {} AS r FROM {table} t {rest}", object(db, table).await);
    read(db, table, texts(db, &sql, "r").await.iter().map(String::as_str)).await
}

/// The SQL that writes a row as JSON.
pub(crate) async fn object(db: &Db, table: &str) -> String {
    match db.backend() {
        DbBackend::Postgres => "to_jsonb(t)::text".to_owned(),
        _ => sqlite_object(db, table).await,
    }
}

/// Rows that were written as JSON.
pub(crate) async fn read(db: &Db, table: &str, texts: impl Iterator<Item = &str>) -> Vec<Row> {
    let mut rows: Vec<Row> = texts.map(|text| readable(serde_json::from_str(text).unwrap())).collect();
    if table == "audit_entries" {
        for row in &mut rows {
            open(db, row).await;
        }
    }
    rows
}

/// Adds `ip` and `user_agent` to an entry of the trail, and puts what `personal` says in place of what is sealed in it.
async fn open(db: &Db, row: &mut Row) {
    let id = |column: &str| Uuid::parse_str(row[column].as_str().unwrap()).unwrap();
    let (entry, tenant) = (AuditEntryId::from_uuid(id("id")), TenantId::from_uuid(id("tenant_id")));
    let sealed = boxes(entry, &row["personal"].to_string()).unwrap();
    let mut personal = Personal::default();
    if let Some(vault) = db.vault() {
        for text in vault.open(db, tenant, sealed).await.unwrap().into_iter().flatten() {
            personal.merge(serde_json::from_slice(&text).unwrap());
        }
    }
    row.insert("ip".to_owned(), personal.ip.into());
    row.insert("user_agent".to_owned(), personal.user_agent.into());
    row.insert("personal".to_owned(), Value::Object(personal.changes));
}

async fn texts(db: &Db, sql: &str, column: &str) -> Vec<String> {
    let rows = db.query_all_raw(Statement::from_string(db.backend(), sql)).await;
    let rows = rows.unwrap_or_else(|error| panic!("{error}\n{sql}"));
    rows.iter().map(|row| row.try_get("", column).unwrap()).collect()
}

/// The SQL that writes a row of SQLite as a JSON object; blobs as `x:` and their digits.
async fn sqlite_object(db: &Db, table: &str) -> String {
    let columns = format!("SELECT name || ' ' || lower(type) AS c FROM pragma_table_info('{table}')");
    let member = |column: &String| {
        let (name, declared) = column.split_once(' ').unwrap();
        let value = if declared.starts_with("bool") {
            format!("json(CASE \"{name}\" WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END)")
        } else {
            format!("CASE typeof(\"{name}\") WHEN 'blob' THEN 'x:' || hex(\"{name}\") ELSE \"{name}\" END")
        };
        format!("'{name}', {value}")
    };
    let members: Vec<String> = texts(db, &columns, "c").await.iter().map(member).collect();
    format!("json_object({})", members.join(", "))
}

/// A row of SQLite as PostgreSQL would show it.
fn readable(mut row: Row) -> Row {
    for value in row.values_mut() {
        let Some(text) = value.as_str() else { continue };
        if let Some(hex) = text.strip_prefix("x:") {
            *value = Uuid::try_parse(hex).map_or_else(|_| hex.into(), |uuid| uuid.to_string().into());
        } else if text.starts_with(['{', '['])
            && let Ok(json) = serde_json::from_str(text)
        {
            *value = json;
        }
    }
    row
}
