//! Entries that wait to be sealed: how many, since when, and whether anybody can still be sealing.

use chrono::{DateTime, Utc};
use kernel::error::Result;
use sea_orm::{ConnectionTrait, DbBackend};
use uuid::Uuid;

use crate::seal::store::{count, statement};

/// What waits of one tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Queue {
    /// How many entries.
    pub(super) entries: u64,
    /// Since when the first of them does, by the database's clock.
    pub(super) since: Option<DateTime<Utc>>,
    /// How many wait for much longer than sealing takes; those of which nobody knows since when are among them.
    pub(super) overdue: u64,
    /// The first of these by id.
    pub(super) first: Option<Uuid>,
}

/// What waits of a tenant, but for what is sealed already and what is not there any more.
///
/// Reason: measured by the database's clock alone, for an act's time is when it began, and may be long ago when its
/// entries come to wait.
pub(super) async fn queue(db: &impl ConnectionTrait, tenant: Uuid) -> Result<Queue> {
    let before = match db.get_database_backend() {
        DbBackend::Postgres => format!("clock_timestamp() - interval '{OVERDUE_MINUTES} minutes'"),
        _ => format!("strftime('%Y-%m-%dT%H:%M:%f', 'now', '-{OVERDUE_MINUTES} minutes') || '000+00:00'"),
    };
    let waits = "FROM audit_unsealed u WHERE u.tenant_id = $1 \
                 AND EXISTS (SELECT 1 FROM audit_entries e WHERE e.id = u.entry_id) \
                 AND NOT EXISTS (SELECT 1 FROM audit_leaves l WHERE l.entry_id = u.entry_id)";
    let late = format!("(u.since IS NULL OR u.since < {before})");
    let all = format!("SELECT count(*), min(u.since), count(CASE WHEN {late} THEN 1 END) {waits}");
    let Some(row) = db.query_one_raw(statement(db, all, vec![tenant.into()])).await? else {
        return Ok(Queue::default());
    };
    let mut queue = Queue {
        entries: count(&row, 0)?,
        since: row.try_get_by_index(1)?,
        overdue: count(&row, 2)?,
        first: None,
    };
    if queue.overdue > 0 {
        let first = format!("SELECT u.entry_id {waits} AND {late} ORDER BY u.entry_id LIMIT 1");
        let row = db.query_one_raw(statement(db, first, vec![tenant.into()])).await?;
        queue.first = row.map(|row| row.try_get_by_index(0)).transpose()?;
    }
    Ok(queue)
}

/// How long an entry waits before nobody can be sealing any more, in minutes; sealing takes two seconds.
const OVERDUE_MINUTES: u32 = 10;
