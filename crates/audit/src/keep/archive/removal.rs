//! Removing what an archive holds: in batches, never what is held meanwhile.

use kernel::{
    act::{Outcome, Severity},
    db::Db,
    error::{Error, Result},
    id::TypedId as _,
    viewer::Viewer,
};
use sea_orm::{
    ConnectionTrait,
    sea_query::{Alias, Expr, OnConflict, Query},
};
use serde_json::json;
use uuid::Uuid;

use super::{Model, manifest::Manifest};
use crate::{
    keep::hold::{self, FREE},
    seal::store::{count, number, statement},
};

/// Entries that one transaction looks at and removes; on SQLite it holds up acts meanwhile.
const BATCH: u64 = 1_000;

/// Removes the next entries of an archive from a place on; answers the place to go on from, none at the end.
pub(super) async fn batch(
    db: &Db,
    viewer: &Viewer,
    row: &Model,
    manifest: &Manifest,
    from: u64,
) -> Result<Option<u64>> {
    let tenant = viewer.tenant_id();
    let tx = db.begin().await?;
    // Race: a hold that is placed now waits for this batch, or this batch sees it.
    hold::take_turn(&tx, tenant).await?;
    let sql = format!(
        "SELECT l.seq, e.id FROM audit_leaves l JOIN audit_entries e ON e.id = l.entry_id \
         WHERE l.tenant_id = $1 AND l.seq >= $2 AND l.seq < $3 AND {FREE} ORDER BY l.seq LIMIT {BATCH}"
    );
    let values = vec![tenant.uuid().into(), number(from).into(), number(manifest.until).into()];
    let bits = manifest.bits();
    let (mut going, mut next): (Vec<Uuid>, _) = (Vec::new(), None);
    for row in tx.query_all_raw(statement(&tx, sql, values)).await? {
        let seq = count(&row, 0)?;
        next = Some(seq + 1);
        if manifest.has(&bits, seq) {
            going.push(row.try_get_by_index(1)?);
        }
    }
    if going.is_empty() {
        return Ok(next);
    }
    let mut list = Query::insert();
    list.into_table(Alias::new("audit_removed"))
        .columns(["entry_id", "tenant_id", "archive_id"].map(Alias::new))
        .on_conflict(OnConflict::new().do_nothing().to_owned());
    for entry in &going {
        let values = [Expr::val(*entry), Expr::val(tenant.uuid()), Expr::val(row.id.uuid())];
        list.values(values).map_err(Error::internal)?;
    }
    tx.execute(&list).await?;
    crate::activity::forget(&tx, tenant, &going).await?;
    for (table, id) in [("audit_texts", "entry_id"), ("audit_entries", "id")] {
        let going = going.iter().copied();
        let mut delete = Query::delete();
        delete.from_table(Alias::new(table)).and_where(kernel::sql::among(
            tx.get_database_backend(),
            Expr::col(Alias::new(id)),
            going,
        ));
        tx.execute(&delete).await?;
    }
    tx.commit().await?;
    Ok(next)
}

/// Notes that what an archive holds is removed, but for what is held.
pub(super) async fn finish(db: &Db, viewer: &Viewer, row: &Model, manifest: &Manifest) -> Result<()> {
    let done = viewer.act(db, "audit.retention.remove", async |act| {
        act.mark(Outcome::Success, Severity::Notice);
        let sql = "UPDATE audit_archives SET status = 'removed', removed_at = $1 \
                   WHERE tenant_id = $2 AND id = $3 AND status = 'stored'";
        let tenant = viewer.tenant_id().uuid();
        let values = vec![act.now().into(), tenant.into(), row.id.uuid().into()];
        act.conn().execute_raw(statement(act.conn(), sql, values)).await?;
        let sql = "SELECT count(*) FROM audit_removed WHERE tenant_id = $1 AND archive_id = $2";
        let values = vec![tenant.into(), row.id.uuid().into()];
        let removed = act.conn().query_one_raw(statement(act.conn(), sql, values)).await?;
        let removed = removed.map(|row| count(&row, 0)).transpose()?.unwrap_or_default();
        let mut details = super::details(manifest);
        details.insert("removed".to_owned(), json!(number(removed)));
        act.note("AuditArchive", Some(row.id.uuid()), Some(row.object_key.clone()), details);
        Ok(())
    });
    done.await
}
