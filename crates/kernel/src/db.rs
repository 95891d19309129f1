//! The database handle of one request: reads and writes on the right pool, statements counted, commits heard.

use std::sync::{
    Arc,
    atomic::{AtomicU32, AtomicUsize, Ordering},
};

use crate::act::{lease::Lease, personal::Vault};
use async_trait::async_trait;
use chrono::SecondsFormat;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseConnectionType, DatabaseTransaction, DbBackend, DbErr,
    ExecResult, QueryResult, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, Value,
    sea_query::sea_value_to_json_value,
};
use serde_json::Value as Json;

mod bell;

use bell::Bells;
pub use bell::{Bell, Calls, Rung};

/// Counts the statements of one request. Cheap to clone; clones share the count.
#[derive(Clone, Debug, Default)]
pub struct Statements(Arc<AtomicU32>);

impl Statements {
    /// How many statements ran so far.
    pub fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// How a pool of connections is used at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolUse {
    /// Connections that are open.
    pub open: usize,
    /// Connections of these that nobody uses.
    pub idle: usize,
    /// Statements and transactions that have a connection or wait for one.
    pub wanted: usize,
}

impl PoolUse {
    /// Connections that are used.
    pub fn in_use(self) -> usize {
        self.open.saturating_sub(self.idle)
    }

    /// Statements and transactions that wait for a connection.
    pub fn waiting(self) -> usize {
        self.wanted.saturating_sub(self.in_use())
    }
}

/// How many want a connection of a pool, those who have one among them.
#[derive(Clone, Debug, Default)]
struct Wanted(Arc<AtomicUsize>);

impl Wanted {
    fn one(&self) -> Wanting {
        self.0.fetch_add(1, Ordering::Relaxed);
        Wanting(Arc::clone(&self.0))
    }

    fn used(&self, pool: &DatabaseConnection) -> PoolUse {
        let (open, idle) = match pool.get_database_backend() {
            DbBackend::Postgres => {
                let pool = pool.get_postgres_connection_pool();
                (pool.size(), pool.num_idle())
            }
            _ => {
                let pool = pool.get_sqlite_connection_pool();
                (pool.size(), pool.num_idle())
            }
        };
        let open = usize::try_from(open).unwrap_or(usize::MAX);
        PoolUse { open, idle, wanted: self.0.load(Ordering::Relaxed) }
    }
}

/// One who wants a connection, until dropped.
#[derive(Debug)]
struct Wanting(Arc<AtomicUsize>);

impl Drop for Wanting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A database with its pools. As a [`ConnectionTrait`] it reads; changes go through an act, and the few writes that are
/// no act (job leases, idempotency keys, last use of a session) through [`Db::writer`].
///
/// On SQLite the pools differ: many readers, one writer. On PostgreSQL they are the same pool.
#[derive(Clone, Debug)]
pub struct Db {
    read: DatabaseConnection,
    write: DatabaseConnection,
    read_wanted: Wanted,
    write_wanted: Wanted,
    statements: Statements,
    lease: Option<Lease>,
    /// Rings when an act committed events.
    pub events: Bell,
    /// Rings when an act committed jobs.
    pub jobs: Bell,
    /// Rings when an act committed entries of the trail.
    pub trail: Bell,
    /// Rings when events went into the log.
    pub log: Bell,
    bells: Bells,
    vault: Option<Arc<dyn Vault>>,
}

impl Db {
    /// A handle over two pools; pass the same connection twice where one pool does both.
    pub fn new(read: DatabaseConnection, write: DatabaseConnection) -> Self {
        let (read_wanted, write_wanted) = wanted(&read);
        let bells = Bells::new();
        Self {
            read,
            write,
            read_wanted,
            write_wanted,
            statements: Statements::default(),
            lease: None,
            events: bells.events.clone(),
            jobs: bells.jobs.clone(),
            trail: bells.trail.clone(),
            log: bells.log.clone(),
            bells,
            vault: None,
        }
    }

    /// The same database with a statement count of its own: one a request.
    #[must_use]
    pub fn counted(&self) -> Self {
        Self { statements: Statements::default(), ..self.clone() }
    }

    /// The same database through other pools (one set a runtime thread), with this handle's bells.
    #[must_use]
    pub fn with_pools(&self, read: DatabaseConnection, write: DatabaseConnection) -> Self {
        let (read_wanted, write_wanted) = wanted(&read);
        Self { read, write, read_wanted, write_wanted, ..self.clone() }
    }

    /// The same database for a request that is to be done once: every act through it confirms the lease.
    #[must_use]
    pub fn leased(&self, lease: Lease) -> Self {
        Self { lease: Some(lease), ..self.clone() }
    }

    /// The same database with the vault that seals personal data in the trail. Without one, acts that record some err.
    #[must_use]
    pub fn with_vault(&self, vault: Arc<dyn Vault>) -> Self {
        Self { vault: Some(vault), ..self.clone() }
    }

    /// What seals and opens personal data in the trail.
    pub fn vault(&self) -> Option<&dyn Vault> {
        self.vault.as_deref()
    }

    pub(crate) fn lease(&self) -> Option<Lease> {
        self.lease
    }

    /// The count of this handle and its clones.
    pub fn statements(&self) -> &Statements {
        &self.statements
    }

    /// Which database this is.
    pub fn backend(&self) -> DbBackend {
        self.read.get_database_backend()
    }

    /// How the pools are used at this moment: the reading one, and the writing one where that is another.
    pub fn pools(&self) -> (PoolUse, Option<PoolUse>) {
        let read = self.read_wanted.used(&self.read);
        let write = (self.backend() != DbBackend::Postgres).then(|| self.write_wanted.used(&self.write));
        (read, write)
    }

    /// The writing pool, outside of any transaction.
    pub fn writer(&self) -> Writer {
        let (conn, wanted) = (self.write.clone(), self.write_wanted.clone());
        Writer { conn, wanted, statements: self.statements.clone() }
    }

    /// Begins a writing transaction; on SQLite it takes the write lock at once, so that it never fails half-way with a
    /// stale snapshot.
    pub async fn begin(&self) -> Result<Transaction, DbErr> {
        let options = TransactionOptions {
            isolation_level: None,
            access_mode: None,
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        };
        // Race: the driver knows of a transaction only after the server's answer; a caller who is dropped while it
        // waits would give back a connection with a transaction in it, and the next owner's writes would be lost. A
        // task of its own always sees the answer, and a transaction that nobody takes rolls back.
        let (write, wanting) = (self.write.clone(), self.write_wanted.one());
        let begun = tokio::spawn(async move { (write.begin_with_options(options).await, wanting) });
        let (inner, wanting) =
            begun.await.map_err(|error| DbErr::Custom(format!("BEGIN was not finished: {error}")))?;
        Ok(Transaction { inner: inner?, statements: self.statements.clone(), _wanting: wanting })
    }

    /// The bells, for telling other processes of them.
    pub fn calls(&self) -> &Calls {
        &self.bells.calls
    }

    /// Wakes those who wait here for bells that rang in another process.
    pub fn rang_elsewhere(&self, rung: Rung) {
        self.bells.ring_here(rung);
    }

    /// The connections behind the reading pool, on PostgreSQL.
    pub fn postgres(&self) -> Option<&sea_orm::sqlx::PgPool> {
        match self.read.inner {
            DatabaseConnectionType::SqlxPostgresPoolConnection(_) => {
                Some(self.read.get_postgres_connection_pool())
            }
            _ => None,
        }
    }

    /// Closes both pools.
    pub async fn close(&self) -> Result<(), DbErr> {
        self.read.clone().close().await?;
        self.write.clone().close().await
    }
}

/// Counts for the reading and the writing pool; on PostgreSQL they are the same pool.
fn wanted(read: &DatabaseConnection) -> (Wanted, Wanted) {
    let wanted = Wanted::default();
    // Reason: asked for its backend, a connection to nothing panics; tests that need no database have one.
    let one_pool = matches!(read.inner, DatabaseConnectionType::SqlxPostgresPoolConnection(_));
    let write = if one_pool { wanted.clone() } else { Wanted::default() };
    (wanted, write)
}

/// A value of a row as JSON that people and other programs read: instants in RFC 3339 in UTC, dates in ISO 8601.
pub(crate) fn json_of(value: &Value) -> Json {
    match value {
        Value::ChronoDate(Some(date)) => date.to_string().into(),
        Value::ChronoDateTimeUtc(Some(time)) => time.to_rfc3339_opts(SecondsFormat::AutoSi, true).into(),
        // Reason: for the rest of chrono's types it would write SQL literals, quotes included; no entity has them.
        other => sea_value_to_json_value(other),
    }
}

/// The writing pool as a connection.
#[derive(Clone, Debug)]
pub struct Writer {
    conn: DatabaseConnection,
    wanted: Wanted,
    statements: Statements,
}

/// A transaction whose statements are counted. Dropped without [`Transaction::commit`] it rolls back.
#[derive(Debug)]
pub struct Transaction {
    inner: DatabaseTransaction,
    statements: Statements,
    // Invariant: a transaction has its connection until it ends.
    _wanting: Wanting,
}

impl Transaction {
    /// Makes everything durable.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.inner.commit().await
    }

    /// Undoes everything and gives the connection back.
    pub async fn rollback(self) -> Result<(), DbErr> {
        self.inner.rollback().await
    }
}

macro_rules! counted_connection {
    ($type:ty, $field:ident $(, $wanted:ident)?) => {
        #[async_trait]
        impl ConnectionTrait for $type {
            fn get_database_backend(&self) -> DbBackend {
                self.$field.get_database_backend()
            }
            async fn execute_raw(&self, stmt: Statement) -> Result<ExecResult, DbErr> {
                self.statements.add_one();
                $(let _wanting = self.$wanted.one();)?
                self.$field.execute_raw(stmt).await
            }
            async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
                self.statements.add_one();
                $(let _wanting = self.$wanted.one();)?
                self.$field.execute_unprepared(sql).await
            }
            async fn query_one_raw(&self, stmt: Statement) -> Result<Option<QueryResult>, DbErr> {
                self.statements.add_one();
                $(let _wanting = self.$wanted.one();)?
                self.$field.query_one_raw(stmt).await
            }
            async fn query_all_raw(&self, stmt: Statement) -> Result<Vec<QueryResult>, DbErr> {
                self.statements.add_one();
                $(let _wanting = self.$wanted.one();)?
                self.$field.query_all_raw(stmt).await
            }
        }
    };
}

counted_connection!(Db, read, read_wanted);
counted_connection!(Writer, conn, wanted);
counted_connection!(Transaction, inner);
