//! Opening PostgreSQL and telling its errors apart, on the server that `ATRIUM_TEST_DATABASE_URL` names.

#![expect(clippy::unwrap_used, reason = "a test that unwraps fails where it should")]

use platform::db::{is_transient, pools, unique_violation};
use platform::settings::DatabaseSettings;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

async fn ask(db: &DatabaseConnection, sql: &str) -> String {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await.unwrap().unwrap();
    let number = || row.try_get_by_index::<i64>(0).map(|number| number.to_string());
    row.try_get_by_index::<String>(0).or_else(|_| number()).unwrap()
}

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
