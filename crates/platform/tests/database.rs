//! Opening SQLite and telling its errors apart; PostgreSQL has the target `postgres` beside this one.

#![expect(clippy::unwrap_used, reason = "a test that unwraps fails where it should")]

use platform::db::{ConnectError, Pools, connect, is_transient, pools, unique_violation};
use platform::settings::DatabaseSettings;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use std::path::Path;
use std::time::Duration;

fn sqlite(path: &Path) -> DatabaseSettings {
    let url = format!("sqlite:{}", path.display()).into();
    DatabaseSettings { url, ..DatabaseSettings::default() }
}

async fn ask(db: &DatabaseConnection, sql: &str) -> String {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await.unwrap().unwrap();
    let number = || row.try_get_by_index::<i64>(0).map(|number| number.to_string());
    row.try_get_by_index::<String>(0).or_else(|_| number()).unwrap()
}

#[tokio::test]
async fn sqlite_is_made_and_tuned_on_both_pools() {
    let folder = tempfile::tempdir().unwrap();
    let Pools { read, write } = pools(&sqlite(&folder.path().join("new.db"))).await.unwrap();
    for db in [&read, &write] {
        assert_eq!(ask(db, "PRAGMA journal_mode").await, "wal");
        assert_eq!(ask(db, "PRAGMA foreign_keys").await, "1");
        assert_eq!(ask(db, "PRAGMA synchronous").await, "2", "2 is FULL");
        assert_eq!(ask(db, "PRAGMA busy_timeout").await, "10000");
    }
}

#[tokio::test]
async fn sqlite_readers_see_commits_and_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let Pools { read, write } = pools(&sqlite(&folder.path().join("a.db"))).await.unwrap();
    write.execute_unprepared("CREATE TABLE t (a INTEGER)").await.unwrap();
    write.execute_unprepared("INSERT INTO t VALUES (7)").await.unwrap();
    assert_eq!(ask(&read, "SELECT a FROM t").await, "7");
    let refused = read.execute_unprepared("INSERT INTO t VALUES (8)").await.unwrap_err();
    assert!(!is_transient(&refused), "{refused}");
    assert_eq!(ask(&read, "SELECT count(*) FROM t").await, "1");
}

#[tokio::test]
async fn sqlite_tells_which_uniqueness_broke() {
    let folder = tempfile::tempdir().unwrap();
    let Pools { write, .. } = pools(&sqlite(&folder.path().join("a.db"))).await.unwrap();
    let schema = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT, c TEXT, UNIQUE (a, b));
        CREATE UNIQUE INDEX t_lower_c ON t (lower(c));
        CREATE TABLE u (t INTEGER REFERENCES t (id), n INTEGER NOT NULL);
        INSERT INTO t VALUES (1, 'x', 'y', 'z')";
    write.execute_unprepared(schema).await.unwrap();
    let broken = async |sql| unique_violation(&write.execute_unprepared(sql).await.unwrap_err());
    assert_eq!(broken("INSERT INTO t VALUES (1, 'a', 'b', 'c')").await.as_deref(), Some("t.id"));
    assert_eq!(broken("INSERT INTO t VALUES (2, 'x', 'y', 'c')").await.as_deref(), Some("t.a, t.b"));
    assert_eq!(broken("INSERT INTO t VALUES (2, 'a', 'b', 'Z')").await.as_deref(), Some("t_lower_c"));
    assert_eq!(broken("INSERT INTO u VALUES (9, 1)").await, None);
    assert_eq!(broken("INSERT INTO u VALUES (1, NULL)").await, None);
}

#[tokio::test]
async fn sqlite_that_is_busy_is_transient() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let Pools { write, .. } = pools(&sqlite(&path)).await.unwrap();
    write.execute_unprepared("CREATE TABLE t (a INTEGER UNIQUE)").await.unwrap();
    let impatient = SqliteConnectOptions::new().filename(&path).busy_timeout(Duration::ZERO);
    let pool = SqlitePoolOptions::new().connect_with(impatient).await.unwrap();
    let other = sea_orm::SqlxSqliteConnector::from_sqlx_sqlite_pool(pool);
    // The pool has one connection, so the lock is held until it is released below.
    write.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let busy = other.execute_unprepared("INSERT INTO t VALUES (1)").await.unwrap_err();
    write.execute_unprepared("COMMIT").await.unwrap();
    assert!(is_transient(&busy), "{busy}");
    assert_eq!(unique_violation(&busy), None);
}

#[tokio::test]
async fn urls_that_are_not_understood_are_refused_without_being_repeated() {
    for url in ["", "mysql://u:hunter2@h/d", "postgres://u:hunter2@host:port/d"] {
        let settings = DatabaseSettings { url: url.into(), ..DatabaseSettings::default() };
        let refused = connect(&settings).await.unwrap_err();
        assert!(!format!("{refused} {refused:?}").contains("hunter2"), "{refused}");
    }
    let empty = connect(&DatabaseSettings::default()).await.unwrap_err();
    assert!(matches!(empty, ConnectError::Url));
}

#[test]
fn errors_of_no_database_are_not_transient() {
    assert!(!is_transient(&DbErr::RecordNotUpdated));
    assert_eq!(unique_violation(&DbErr::Custom("UNIQUE constraint failed: t.a".into())), None);
}
