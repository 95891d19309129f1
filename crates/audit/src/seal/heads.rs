//! The table of signed heads: append-only, numbered for each tenant.

use kernel::error::{Error, Result};
use sea_orm::{
    ConnectionTrait, QueryResult,
    sea_query::{Alias, Query, SimpleExpr},
};
use uuid::Uuid;

use super::{
    head::SignedHead,
    row,
    store::{count, number, statement},
};

const HEAD: &str = "tenant_id, number, size, root, signed_at, key_id, signature";

fn head(row: &QueryResult) -> Result<SignedHead> {
    // Reason: a root of another length is no root; a head with one has no valid signature either way.
    let root = row::hash(row, 3)?.unwrap_or_default();
    Ok(SignedHead {
        tenant: row.try_get_by_index(0)?,
        number: count(row, 1)?,
        size: count(row, 2)?,
        root,
        at: row.try_get_by_index(4)?,
        key: row.try_get_by_index(5)?,
        signature: row.try_get_by_index(6)?,
    })
}

/// A tenant's heads with numbers above `after`, in order.
///
/// # Errors
/// If the database does not answer.
pub async fn heads_after(
    db: &impl ConnectionTrait,
    tenant: Uuid,
    after: u64,
    most: u64,
) -> Result<Vec<SignedHead>> {
    let sql = format!(
        "SELECT {HEAD} FROM audit_heads WHERE tenant_id = $1 AND number > $2 ORDER BY number LIMIT {most}"
    );
    let select = statement(db, sql, vec![tenant.into(), number(after).into()]);
    db.query_all_raw(select).await?.iter().map(head).collect()
}

/// The last head of a tenant.
///
/// # Errors
/// If the database does not answer.
pub async fn last_head(db: &impl ConnectionTrait, tenant: Uuid) -> Result<Option<SignedHead>> {
    let sql = format!("SELECT {HEAD} FROM audit_heads WHERE tenant_id = $1 ORDER BY number DESC LIMIT 1");
    let row = db.query_one_raw(statement(db, sql, vec![tenant.into()])).await?;
    row.as_ref().map(head).transpose()
}

pub(super) async fn write_heads(tx: &impl ConnectionTrait, heads: &[SignedHead]) -> Result<()> {
    let mut insert = Query::insert();
    let columns = format!("id, {HEAD}");
    insert.into_table(Alias::new("audit_heads")).columns(columns.split(", ").map(Alias::new));
    for SignedHead { tenant, number: n, size, root, at, key, signature } in heads {
        let id = uuid::Builder::from_random_bytes(rand::random()).into_uuid();
        let values: [SimpleExpr; 8] = [
            id.into(),
            (*tenant).into(),
            number(*n).into(),
            number(*size).into(),
            root.to_vec().into(),
            (*at).into(),
            (*key).into(),
            signature.clone().into(),
        ];
        insert.values(values).map_err(Error::internal)?;
    }
    tx.execute(&insert).await?;
    Ok(())
}
