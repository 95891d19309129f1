//! Entries as the database gives them, read without copying their texts: sealing and checking read millions.

use kernel::error::{Error, Result};
use sea_orm::QueryResult;
use sqlx::{ColumnIndex, Row as _, postgres::PgRow, sqlite::SqliteRow};
use uuid::Uuid;

use super::line::Line;

/// The columns of `audit_entries` (named `e`) that a [`Line`] is made of, in its order.
pub const COLUMNS: &str = "e.id, e.tenant_id, e.occurred_at, e.actor_kind, e.actor_id, e.on_behalf_of, e.action, \
     e.subject_type, e.subject_id, e.subject_label, e.person_id, e.project_id, e.account_id, e.changes, e.personal, \
     e.outcome, e.severity, e.request_id, e.operation";

/// The entry of a row whose columns from `at` on are [`COLUMNS`]; none if there is no entry in it.
///
/// # Errors
/// If a column holds something else than its type says.
pub fn line(row: &QueryResult, at: usize) -> Result<Option<Line<'_>>> {
    match (row.try_as_pg_row(), row.try_as_sqlite_row()) {
        (Some(row), _) => postgres(row, at).map_err(Error::internal),
        (_, Some(row)) => sqlite(row, at).map_err(Error::internal),
        _ => Err(Error::internal("a row of neither database")),
    }
}

macro_rules! reader {
    ($name:ident, $row:ty) => {
        fn $name(row: &$row, at: usize) -> Result<Option<Line<'_>>, sqlx::Error>
        where
            usize: ColumnIndex<$row>,
        {
            let Some(id) = row.try_get::<Option<Uuid>, _>(at)? else { return Ok(None) };
            Ok(Some(Line {
                id,
                tenant: row.try_get(at + 1)?,
                at: row.try_get(at + 2)?,
                actor_kind: row.try_get(at + 3)?,
                actor_id: row.try_get(at + 4)?,
                on_behalf_of: row.try_get(at + 5)?,
                action: row.try_get(at + 6)?,
                subject_type: row.try_get(at + 7)?,
                subject_id: row.try_get(at + 8)?,
                subject_label: row.try_get(at + 9)?,
                person_id: row.try_get(at + 10)?,
                project_id: row.try_get(at + 11)?,
                account_id: row.try_get(at + 12)?,
                changes: row.try_get(at + 13)?,
                personal: row.try_get(at + 14)?,
                outcome: row.try_get(at + 15)?,
                severity: row.try_get(at + 16)?,
                request_id: row.try_get(at + 17)?,
                operation: row.try_get(at + 18)?,
            }))
        }
    };
}

reader!(postgres, PgRow);
reader!(sqlite, SqliteRow);

/// The hash in a column; none if it has not the length of one.
///
/// # Errors
/// If the column is no byte string.
pub fn hash(row: &QueryResult, at: usize) -> Result<Option<crate::merkle::Hash>> {
    let bytes = match (row.try_as_pg_row(), row.try_as_sqlite_row()) {
        (Some(row), _) => row.try_get::<&[u8], _>(at).map_err(Error::internal)?,
        (_, Some(row)) => row.try_get::<&[u8], _>(at).map_err(Error::internal)?,
        _ => return Err(Error::internal("a row of neither database")),
    };
    Ok(bytes.try_into().ok())
}
