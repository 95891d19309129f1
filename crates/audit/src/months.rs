//! The monthly parts in which PostgreSQL keeps the trail.

use chrono::{DateTime, Months, Utc};
use kernel::{db::Db, error::Result};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

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
    db.writer().query_one_raw(Statement::from_string(db.backend(), sql)).await?;
    Ok(())
}
