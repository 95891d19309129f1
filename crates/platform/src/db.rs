//! Opening the database, and telling its errors apart on both SQLite and PostgreSQL.

use crate::settings::DatabaseSettings;
use kernel::db::Db;
use sea_orm::{DatabaseConnection, DbErr, RuntimeErr, SqlxPostgresConnector, SqlxSqliteConnector};
use secrecy::ExposeSecret;
use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgConnectOptions, Postgres};
use sqlx::sqlite::{Sqlite, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Opens the database that the settings name and checks that it answers.
///
/// # Errors
/// [`ConnectError`] if the URL is not understood or the database does not answer.
pub async fn connect(settings: &DatabaseSettings) -> Result<Db, ConnectError> {
    let Pools { read, write } = pools(settings).await?;
    Ok(Db::new(read, write))
}

/// The connections behind a [`Db`], for runtimes that each want their own (`Db::with_pools`).
#[derive(Clone, Debug)]
pub struct Pools {
    /// For queries outside of changes.
    pub read: DatabaseConnection,
    /// For transactions that change something; on PostgreSQL the same pool as `read`.
    pub write: DatabaseConnection,
}

/// Opens one set of pools: on SQLite one writer and several readers, on PostgreSQL a single pool
/// that serves as both.
///
/// # Errors
/// As [`connect`].
pub async fn pools(settings: &DatabaseSettings) -> Result<Pools, ConnectError> {
    let url = settings.url.expose_secret();
    if url.starts_with("sqlite:") {
        Ok(connect_sqlite(url, settings).await?)
    } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        let read = connect_postgres(url, settings).await?;
        Ok(Pools { write: read.clone(), read })
    } else {
        Err(ConnectError::Url)
    }
}

/// Why the database could not be opened. Never holds the URL, which may bear a password.
#[derive(Debug)]
pub enum ConnectError {
    /// The URL is empty or begins with neither `sqlite:` nor `postgres:`.
    Url,
    /// The driver refused the options or could not connect.
    Driver(sqlx::Error),
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url => f.write_str("the database URL must begin with sqlite: or postgres:"),
            Self::Driver(error) => write!(f, "cannot open the database: {error}"),
        }
    }
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Url => None,
            Self::Driver(error) => Some(error),
        }
    }
}

impl From<sqlx::Error> for ConnectError {
    fn from(error: sqlx::Error) -> Self {
        Self::Driver(error)
    }
}

async fn connect_sqlite(url: &str, settings: &DatabaseSettings) -> Result<Pools, sqlx::Error> {
    let base = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // Reason: NORMAL would keep every commit through a killed process, but not through a
        // power loss: the log is then synced at checkpoints only. An answered request must
        // survive both, so each commit pays one fsync of the log.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .statement_cache_capacity(512)
        .pragma("temp_store", "memory")
        .pragma("journal_size_limit", "67108864");

    // Negative sizes are KiB.
    let write_options = base
        .clone()
        .pragma("cache_size", "-8192")
        .thread_name(|n| format!("sqlite-write-{n}"))
        .optimize_on_close(true, 400);
    let write = pool::<Sqlite>(settings, 1, 1).connect_with(write_options).await?;

    // Invariant: a change through a reader fails at once instead of breaking the one-writer rule.
    let read_options = base
        .pragma("cache_size", "-8192")
        .pragma("query_only", "on")
        .thread_name(|n| format!("sqlite-read-{n}"));
    let read = pool::<Sqlite>(settings, settings.max_connections, settings.min_connections)
        .connect_with(read_options)
        .await?;

    Ok(Pools {
        read: SqlxSqliteConnector::from_sqlx_sqlite_pool(read),
        write: SqlxSqliteConnector::from_sqlx_sqlite_pool(write),
    })
}

async fn connect_postgres(url: &str, settings: &DatabaseSettings) -> Result<DatabaseConnection, sqlx::Error> {
    let options =
        PgConnectOptions::from_str(url)?.application_name("atrium").statement_cache_capacity(256).options([
            ("statement_timeout", format!("{}s", settings.statement_timeout_s)),
            // Reason: a transaction whose owner vanished must not hold its locks for ever.
            ("idle_in_transaction_session_timeout", "60s".to_owned()),
            // Reason: statements here touch few rows; compiling them costs more than it saves,
            // and `lateral` estimates often trip the threshold.
            ("jit", "off".to_owned()),
            // Reason: what is read is mostly in memory, or on a disk without heads; with the default of 4, lists by id
            // read whole tables.
            ("random_page_cost", "1.1".to_owned()),
            ("timezone", "UTC".to_owned()),
        ]);
    let pool = pool::<Postgres>(settings, settings.max_connections, settings.min_connections)
        .max_lifetime(Duration::from_secs(30 * 60))
        .idle_timeout(Duration::from_secs(10 * 60))
        .connect_with(options)
        .await?;
    Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
}

fn pool<D: sqlx::Database>(settings: &DatabaseSettings, max: u32, min: u32) -> PoolOptions<D> {
    let max = max.max(1);
    PoolOptions::new()
        .max_connections(max)
        .min_connections(min.min(max))
        .acquire_timeout(Duration::from_secs(settings.acquire_timeout_s.max(1)))
        .idle_timeout(None)
        .max_lifetime(None)
        // Reason: the test is a round trip before every statement; a dead connection is
        // reported as transient by `is_transient` instead.
        .test_before_acquire(false)
}

/// Whether the same transaction, run again from its start, may succeed: the database was busy, chose
/// this transaction as the victim of a conflict, or the connection broke.
///
/// A connection that breaks during COMMIT leaves the outcome unknown: repeat only what is idempotent
/// or whose commit was not yet sent.
pub fn is_transient(error: &DbErr) -> bool {
    match driver_error(error) {
        Some(sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed) => true,
        Some(sqlx::Error::Database(error)) => {
            let code = error.code().unwrap_or_default();
            if error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
                // SQLite result codes: the low byte is the primary code; 5 BUSY, 6 LOCKED.
                code.parse::<u32>().is_ok_and(|c| matches!(c & 0xff, 5 | 6))
            } else {
                // PostgreSQL appendix A: serialization failure, deadlock, shutdown, class 08.
                matches!(&*code, "40001" | "40P01" | "57P01" | "57P02" | "57P03") || code.starts_with("08")
            }
        }
        _ => false,
    }
}

/// What a broken uniqueness rule is called, if that is what the error says: on PostgreSQL the name
/// of the constraint or index (`identity_users_email_key`), on SQLite the columns
/// (`identity_users.email`, several joined by `, `) or the name of an index over expressions.
pub fn unique_violation(error: &DbErr) -> Option<String> {
    let Some(sqlx::Error::Database(error)) = driver_error(error) else {
        return None;
    };
    if !error.is_unique_violation() {
        return None;
    }
    if let Some(constraint) = error.constraint() {
        return Some(constraint.to_owned());
    }
    let message = error.message();
    let names = message.strip_prefix("UNIQUE constraint failed: ").unwrap_or(message);
    let index = names.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\''));
    Some(index.unwrap_or(names).to_owned())
}

fn driver_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}
