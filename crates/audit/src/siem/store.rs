//! The forwarder's own statements: which sinks are due, what to send, and what became of it. They are no acts: how far
//! a sink has come is no business fact, and its version is for people's changes alone.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{
    db::Db,
    error::Result,
    id::{AuditSinkId, TypedId as _},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryResult, Value,
    sea_query::{Expr, ExprTrait as _, Query},
};
use uuid::Uuid;

use super::entity::{Column, Entity, Model};
use crate::seal::{
    row,
    store::{number, statement},
};

/// How long a worker has a sink for itself, unless it says that it goes on.
pub(super) const LEASE: TimeDelta = TimeDelta::seconds(120);

/// Places of the sealed order that are looked through at once.
const PLACES: u64 = 10_000;

/// Entries in a batch.
pub(super) const BATCH: u64 = 100;

const DUE: &str = "s.enabled AND s.paused_at IS NULL AND s.next_at <= $1 \
                   AND (s.lease_until IS NULL OR s.lease_until < $1) AND t.size > s.next_seq";

/// Takes sinks that something waits for and nobody has, at most `most`.
///
/// Race: of two workers that find the same sink, the second waits for the first and sees its lease.
pub(super) async fn claim(db: &Db, worker: Uuid, now: DateTime<Utc>, most: usize) -> Result<Vec<Model>> {
    let from = "audit_sinks s JOIN audit_trees t ON t.tenant_id = s.tenant_id";
    let any = format!("SELECT 1 FROM {from} WHERE {DUE} LIMIT 1");
    // Reason: most looks find nothing; those take no lock.
    if db.query_one_raw(statement(db, any, vec![now.into()])).await?.is_none() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "UPDATE audit_sinks SET lease_id = $2, lease_until = $3 \
         WHERE id IN (SELECT s.id FROM {from} WHERE {DUE} ORDER BY s.next_at LIMIT {most}) \
         AND (lease_until IS NULL OR lease_until < $1) RETURNING id"
    );
    let values = vec![now.into(), worker.into(), (now + LEASE).into()];
    let rows = db.writer().query_all_raw(statement(db, sql, values)).await?;
    let ids = rows.iter().map(|row| row.try_get_by_index::<Uuid>(0)).collect::<Result<Vec<_>, _>>()?;
    by_ids(db, &ids).await
}

#[expect(clippy::disallowed_methods, reason = "the forwarder serves every tenant")]
async fn by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<Model>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // Reason: a lease that was just written may not have reached who only reads.
    Ok(Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(&db.writer()).await?)
}

/// Entries of a sink's next batch in their order (place, hash and the columns of a line), and the place behind what was
/// looked through.
pub(super) async fn batch(db: &Db, sink: &Model) -> Result<(Vec<QueryResult>, i64)> {
    let tenant = sink.tenant_id.uuid();
    let size = "SELECT size FROM audit_trees WHERE tenant_id = $1";
    let size = db.query_one_raw(statement(db, size, vec![tenant.into()])).await?;
    let size: i64 = size.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
    let until = std::cmp::min(sink.next_seq.saturating_add(number(PLACES)), size);
    let mut values: Vec<Value> = vec![tenant.into(), sink.next_seq.into(), until.into()];
    let severities = at_least(&sink.min_severity);
    let listed: Vec<String> = severities.iter().map(|word| format!("'{word}'")).collect();
    let mut only = format!("e.severity IN ({})", listed.join(", "));
    if let Some(prefix) = &sink.action_prefix {
        only.push_str(" AND e.action >= $4 AND e.action < $5");
        values.extend([prefix.as_str().into(), format!("{prefix}\u{10ffff}").into()]);
    }
    let sql = format!(
        "SELECT l.seq, l.hash, {} FROM audit_leaves l JOIN audit_entries e ON e.id = l.entry_id \
         WHERE l.tenant_id = $1 AND l.seq >= $2 AND l.seq < $3 AND {only} ORDER BY l.seq LIMIT {BATCH}",
        row::COLUMNS
    );
    let rows = db.query_all_raw(statement(db, sql, values)).await?;
    let next = match rows.last() {
        Some(last) if rows.len() as u64 == BATCH => last.try_get_by_index::<i64>(0)? + 1,
        _ => until,
    };
    Ok((rows, next))
}

/// Severities from `least` upwards.
fn at_least(least: &str) -> &'static [&'static str] {
    const ALL: [&str; 4] = ["critical", "warning", "notice", "info"];
    let count = ALL.iter().position(|word| *word == least).map_or(1, |at| at + 1);
    ALL.get(..count).unwrap_or_default()
}

/// Notes that everything before `next` was acknowledged, and that the worker goes on. Answers whether it still has the
/// sink.
pub(super) async fn advance(
    db: &Db,
    sink: &Model,
    (next, delivered): (i64, u64),
    now: DateTime<Utc>,
) -> Result<bool> {
    let mut values = vec![(Column::NextSeq, Expr::val(next)), (Column::LeaseUntil, Expr::val(now + LEASE))];
    if delivered > 0 {
        values.extend([
            (Column::Delivered, Expr::col(Column::Delivered).add(number(delivered))),
            (Column::DeliveredAt, Expr::val(now)),
            (Column::Failures, Expr::val(0)),
            (Column::FailingSince, Expr::val(None::<DateTime<Utc>>)),
            (Column::LastError, Expr::val(None::<String>)),
        ]);
    }
    write(db, sink, values).await
}

/// Notes that a try failed: the sink is left alone until `next_at`.
pub(super) async fn failed(
    db: &Db,
    sink: &Model,
    reason: &str,
    now: DateTime<Utc>,
    next_at: DateTime<Utc>,
) -> Result<bool> {
    let values = vec![
        (Column::Failures, Expr::val(sink.failures.saturating_add(1))),
        (Column::FailingSince, Expr::val(sink.failing_since.unwrap_or(now))),
        (Column::LastError, Expr::val(reason)),
        (Column::NextAt, Expr::val(next_at)),
        (Column::LeaseId, Expr::val(None::<Uuid>)),
        (Column::LeaseUntil, Expr::val(None::<DateTime<Utc>>)),
    ];
    write(db, sink, values).await
}

/// Gives the sink back.
pub(super) async fn release(db: &Db, sink: &Model) -> Result<bool> {
    let values = vec![
        (Column::LeaseId, Expr::val(None::<Uuid>)),
        (Column::LeaseUntil, Expr::val(None::<DateTime<Utc>>)),
    ];
    write(db, sink, values).await
}

/// Race: who lost the lease writes nothing, for another worker has the sink.
async fn write(db: &Db, sink: &Model, values: Vec<(Column, Expr)>) -> Result<bool> {
    let mut update = Query::update();
    update.table(Entity).values(values);
    update.and_where(Column::Id.eq(sink.id)).and_where(Column::LeaseId.eq(sink.lease_id));
    Ok(db.writer().execute(&update).await?.rows_affected() > 0)
}

/// Gives up a sink that fails, inside the act that records it. Answers whether the worker still had it.
pub(super) async fn pause(
    tx: &impl ConnectionTrait,
    sink: AuditSinkId,
    failing_since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let mut update = Query::update();
    update.table(Entity).value(Column::PausedAt, now);
    update.and_where(Column::Id.eq(sink)).and_where(Column::PausedAt.is_null());
    update.and_where(Column::FailingSince.eq(failing_since));
    Ok(tx.execute(&update).await?.rows_affected() > 0)
}

/// How sinks fare, over all tenants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Those that take what they get.
    pub active: u64,
    /// Those that failed at the last try.
    pub failing: u64,
    /// Those that were given up.
    pub paused: u64,
    /// The most entries that are still to be looked at for one that is not given up.
    pub lag: u64,
}

/// How sinks fare.
///
/// # Errors
/// If the database does not answer.
pub async fn standing(db: &Db) -> Result<Standing> {
    let sql = "SELECT \
        CAST(COALESCE(SUM(CASE WHEN s.paused_at IS NULL AND s.failures = 0 THEN 1 ELSE 0 END), 0) AS bigint), \
        CAST(COALESCE(SUM(CASE WHEN s.paused_at IS NULL AND s.failures > 0 THEN 1 ELSE 0 END), 0) AS bigint), \
        CAST(COALESCE(SUM(CASE WHEN s.paused_at IS NOT NULL THEN 1 ELSE 0 END), 0) AS bigint), \
        CAST(COALESCE(MAX(CASE WHEN s.paused_at IS NULL THEN t.size - s.next_seq ELSE 0 END), 0) AS bigint) \
        FROM audit_sinks s LEFT JOIN audit_trees t ON t.tenant_id = s.tenant_id WHERE s.enabled";
    let Some(row) = db.query_one_raw(statement(db, sql, Vec::new())).await? else {
        return Ok(Standing::default());
    };
    let at = |index| crate::seal::store::count(&row, index);
    Ok(Standing { active: at(0)?, failing: at(1)?, paused: at(2)?, lag: at(3)? })
}
