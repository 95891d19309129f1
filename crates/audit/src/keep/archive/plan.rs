//! Which entries go next: those whose time is over and that nobody holds, span after span of the sealed order.

use std::collections::BTreeSet;

use kernel::{
    act::LATE,
    db::Db,
    error::Result,
    id::{AuditArchiveId, TypedId as _},
    viewer::Viewer,
};
use sea_orm::{ConnectionTrait, Value};

use super::{Model, cutoffs};
use crate::{
    filter::first_id,
    keep::{hold::FREE, retention::Cutoffs},
    seal::store::{count, number, statement},
};

/// Places of the sealed order that one archive spans at most; a manifest has a bit for each.
pub(super) const SPAN: u64 = 65_536;

/// The condition, in SQL, that the entry `e` of the tenant `$1` is over and that nobody holds it. Its values are those of
/// [`values`].
fn over() -> String {
    format!(
        "e.tenant_id = $1 AND e.id <= $2 AND (CASE \
         WHEN e.action LIKE 'identity.%' OR e.action LIKE 'audit.%' THEN e.occurred_at < $3 \
         WHEN e.action LIKE 'finance.%' THEN e.occurred_at < $4 ELSE e.occurred_at < $5 END) AND {FREE}"
    )
}

fn values(viewer: &Viewer, cutoffs: Cutoffs) -> Vec<Value> {
    // Reason: ids grow with time, so that a range of ids finds its months and its place in the index.
    let last = first_id(cutoffs.latest() + LATE);
    vec![
        viewer.tenant_id().uuid().into(),
        last.into(),
        cutoffs.security.into(),
        cutoffs.finance.into(),
        cutoffs.other.into(),
    ]
}

/// The first place of an entry that is over.
pub(super) async fn first(db: &Db, viewer: &Viewer) -> Result<Option<u64>> {
    let sql = format!(
        "SELECT min(l.seq) FROM audit_entries e JOIN audit_leaves l ON l.entry_id = e.id WHERE {}",
        over()
    );
    let values = values(viewer, cutoffs(db, viewer).await?);
    let Some(row) = db.query_one_raw(statement(db, sql, values)).await? else { return Ok(None) };
    let first: Option<i64> = row.try_get_by_index(0)?;
    Ok(first.and_then(|first| u64::try_from(first).ok()))
}

/// Plans the next archive, if anything is over; answers whether.
pub(super) async fn begin(db: &Db, viewer: &Viewer) -> Result<bool> {
    let Some(first) = first(db, viewer).await? else { return Ok(false) };
    let places = over_in(db, viewer, first, first + SPAN).await?;
    let Some(last) = places.last() else { return Ok(false) };
    let (tenant, id): (_, AuditArchiveId) = (viewer.tenant_id().uuid(), viewer.ids.generate());
    let until = last + 1;
    let object = format!("audit/{tenant}/{first:012}-{until:012}-{id}.jsonl.zst");
    let sql = "INSERT INTO audit_archives (id, tenant_id, status, first_seq, until_seq, entries, object_key, created_at) \
               VALUES ($1, $2, 'writing', $3, $4, $5, $6, $7)";
    let values = vec![
        id.uuid().into(),
        tenant.into(),
        number(first).into(),
        number(until).into(),
        number(places.len() as u64).into(),
        object.into(),
        viewer.clock.now().into(),
    ];
    let db = db.writer();
    db.execute_raw(statement(&db, sql, values)).await?;
    Ok(true)
}

/// The places of the entries that an archive shall have.
pub(super) async fn places(db: &Db, viewer: &Viewer, row: &Model) -> Result<BTreeSet<u64>> {
    over_in(db, viewer, row.first_seq.unsigned_abs(), row.until_seq.unsigned_abs()).await
}

async fn over_in(db: &Db, viewer: &Viewer, first: u64, until: u64) -> Result<BTreeSet<u64>> {
    let sql = format!(
        "SELECT l.seq FROM audit_leaves l JOIN audit_entries e ON e.id = l.entry_id \
         WHERE l.tenant_id = $1 AND l.seq >= $6 AND l.seq < $7 AND {}",
        over()
    );
    let mut values = values(viewer, cutoffs(db, viewer).await?);
    values.extend([number(first).into(), number(until).into()]);
    let rows = db.query_all_raw(statement(db, sql, values)).await?;
    rows.iter().map(|row| count(row, 0)).collect()
}

/// Takes back an archive that was planned and never stored.
pub(super) async fn forget(db: &Db, row: &Model) -> Result<()> {
    let sql = "DELETE FROM audit_archives WHERE tenant_id = $1 AND id = $2 AND status = 'writing'";
    let values = vec![row.tenant_id.uuid().into(), row.id.uuid().into()];
    let db = db.writer();
    db.execute_raw(statement(&db, sql, values)).await?;
    Ok(())
}
