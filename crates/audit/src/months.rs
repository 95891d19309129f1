//! The monthly parts in which PostgreSQL keeps the trail.

use chrono::{DateTime, Months, Utc};
use kernel::{db::Db, error::Result};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, RuntimeErr, Statement};

/// How many months ahead have a part.
const AHEAD: u32 = 2;

/// Makes the parts of this month and the next ones, where the database has parts. Harmless when they are there.
///
/// # Errors
/// If the database does not answer.
pub async fn ensure(db: &Db, now: DateTime<Utc>) -> Result<()> {
    if db.backend() != DbBackend::Postgres {
        return Ok(());
    }
    let months = (0..=AHEAD).filter_map(|ahead| now.checked_add_months(Months::new(ahead)));
    let calls: Vec<String> =
        months.map(|month| format!("audit_ensure_month('{}')", month.to_rfc3339())).collect();
    let sql = format!("SELECT {}", calls.join(", "));
    let tx = db.begin().await?;
    // Reason: a part needs the table for itself, and whoever waits for that behind a long reader (a backup) holds up every
    // act. The parts are made months ahead: the next run will do.
    tx.execute_unprepared("SET LOCAL lock_timeout = '500ms'").await?;
    match tx.query_one_raw(Statement::from_string(db.backend(), sql)).await {
        Ok(_) => Ok(tx.commit().await?),
        Err(error) if is_lock_timeout(&error) => {
            tracing::info!("the parts of the trail for the next months are made by a later run");
            Ok(tx.rollback().await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// `lock_not_available` (PostgreSQL, appendix A).
fn is_lock_timeout(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return false;
    };
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == "55P03")
}
