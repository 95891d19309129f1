//! Opening databases and telling their errors apart. SQLite always; PostgreSQL with the feature
//! `services`, on the server that `ATRIUM_TEST_DATABASE_URL` names.

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

#[cfg(feature = "services")]
mod postgres {
    use super::*;

    #[expect(clippy::expect_used, reason = "a test that unwraps fails where it should")]
    #[expect(clippy::disallowed_methods, reason = "the test run names its server in the environment")]
    fn settings() -> DatabaseSettings {
        let url = std::env::var("ATRIUM_TEST_DATABASE_URL")
            .expect("ATRIUM_TEST_DATABASE_URL is not set: run under scripts/with-services");
        DatabaseSettings { url: url.into(), statement_timeout_s: 1, ..DatabaseSettings::default() }
    }

    async fn open() -> DatabaseConnection {
        pools(&settings()).await.unwrap().write
    }

    #[tokio::test]
    async fn postgres_sessions_carry_our_settings() {
        let db = open().await;
        assert_eq!(ask(&db, "SHOW application_name").await, "atrium");
        assert_eq!(ask(&db, "SHOW statement_timeout").await, "1s");
        assert_eq!(ask(&db, "SHOW timezone").await, "UTC");
        assert_eq!(ask(&db, "SHOW jit").await, "off");
    }

    #[tokio::test]
    async fn postgres_names_the_constraint_that_broke() {
        let db = open().await;
        let name = format!("unique_{}", std::process::id());
        let sql = format!("CREATE TABLE {name} (a int CONSTRAINT {name}_a UNIQUE)");
        db.execute_unprepared(&sql).await.unwrap();
        let insert = format!("INSERT INTO {name} VALUES (1)");
        db.execute_unprepared(&insert).await.unwrap();
        let error = db.execute_unprepared(&insert).await.unwrap_err();
        db.execute_unprepared(&format!("DROP TABLE {name}")).await.unwrap();
        assert_eq!(unique_violation(&error), Some(format!("{name}_a")));
        assert!(!is_transient(&error));
    }

    #[tokio::test]
    async fn postgres_conflicts_are_transient_and_slow_statements_are_not() {
        let db = open().await;
        for code in ["40001", "40P01"] {
            let raise = format!("DO $$ BEGIN RAISE SQLSTATE '{code}'; END $$");
            let error = db.execute_unprepared(&raise).await.unwrap_err();
            assert!(is_transient(&error), "{error}");
        }
        let slow = db.execute_unprepared("SELECT pg_sleep(5)").await.unwrap_err();
        assert!(!is_transient(&slow), "{slow}");
    }

    #[tokio::test]
    async fn postgres_that_ends_a_session_is_transient_and_the_pool_recovers() {
        let db = open().await;
        let end = "SELECT pg_terminate_backend(pg_backend_pid())";
        let error = db.execute_unprepared(end).await.unwrap_err();
        assert!(is_transient(&error), "{error}");
        assert_eq!(ask(&db, "SELECT '7'").await, "7");
    }
}
