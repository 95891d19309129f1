//! Making proofs from the stored tree.

use kernel::{
    db::Db,
    error::{Error, Result},
    id::{AuditEntryId, TenantId, TypedId},
};
use sea_orm::ConnectionTrait;

use super::proof::{Consistency, Inclusion, texts};
use crate::{
    merkle,
    seal::{
        head::SignedHead,
        heads, row,
        store::{self, count, statement},
    },
};

/// Proof that an entry is in the tree of the tenant's newest head. None if there is no such entry, or no head that
/// speaks of it yet.
///
/// # Errors
/// If the database does not answer, or a node of the tree is missing.
pub async fn inclusion(db: &Db, tenant: TenantId, entry: AuditEntryId) -> Result<Option<Inclusion>> {
    let sql = format!(
        "SELECT l.seq, {} FROM audit_leaves l JOIN audit_entries e ON e.id = l.entry_id \
         WHERE l.tenant_id = $1 AND l.entry_id = $2",
        row::COLUMNS
    );
    let select = statement(db, sql, vec![tenant.uuid().into(), entry.uuid().into()]);
    let Some(found) = db.query_one_raw(select).await? else { return Ok(None) };
    let (seq, Some(line)) = (count(&found, 0)?, row::line(&found, 1)?) else { return Ok(None) };
    let Some(head) = heads::last_head(db, tenant.uuid()).await? else { return Ok(None) };
    let Some(nodes) = merkle::inclusion(seq, head.size) else { return Ok(None) };
    let path = store::hashes(db, tenant.uuid(), &nodes).await?;
    let mut text = Vec::with_capacity(1_024);
    line.write(&mut text);
    let line = String::from_utf8(text).map_err(Error::internal)?;
    Ok(Some(Inclusion { v: 1, seq, line, path: texts(&path), head }))
}

/// Proof that the tree of `to` begins with that of `from`; none if `from` is the later one.
///
/// # Errors
/// As [`inclusion`].
pub async fn consistency(
    db: &Db,
    tenant: TenantId,
    from: SignedHead,
    to: SignedHead,
) -> Result<Option<Consistency>> {
    let Some(nodes) = merkle::consistency(from.size, to.size) else { return Ok(None) };
    let path = store::hashes(db, tenant.uuid(), &nodes).await?;
    Ok(Some(Consistency { v: 1, from, to, path: texts(&path) }))
}

/// The head with this number.
///
/// # Errors
/// If the database does not answer.
pub async fn head(db: &Db, tenant: TenantId, number: i64) -> Result<Option<SignedHead>> {
    let Ok(number) = u64::try_from(number) else { return Ok(None) };
    let heads = heads::heads_after(db, tenant.uuid(), number.saturating_sub(1), 1).await?;
    Ok(heads.into_iter().find(|head| head.number == number))
}
