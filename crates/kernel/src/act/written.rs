//! What an act leaves behind beside its rows: entries of the trail, which wait for their place in it, and events.

use sea_orm::{
    ConnectionTrait, DbBackend,
    sea_query::{Alias, CommonTableExpression, Expr, InsertStatement, Query, WithClause, WithQuery},
};

use super::{audit_entry, outbox, rows};
use crate::error::Result;

/// Events without their order of writing, which the database gives.
const GIVEN: &[&str] = &["seq"];

/// Writes entries and events: on PostgreSQL in one statement, if there are not too many, since every one is a round trip
/// that the act's locks are held for.
///
/// # Errors
/// If the database refuses.
pub(super) async fn write(
    tx: &impl ConnectionTrait,
    entries: &[audit_entry::Model],
    events: &[outbox::Model],
) -> Result<()> {
    // Reason: on SQLite a trigger notes what waits.
    if tx.get_database_backend() != DbBackend::Postgres {
        rows::insert_many::<audit_entry::Entity>(tx, entries, &[]).await?;
        return rows::insert_many::<outbox::Entity>(tx, events, GIVEN).await;
    }
    let at_once = rows::rows_at_once::<audit_entry::Entity>();
    // Invariant: half as many of both fit into one statement, since events have fewer columns.
    let few = 1..=at_once / 2;
    if few.contains(&entries.len()) && few.contains(&events.len()) {
        let events = rows::insert_of::<outbox::Entity>(events, GIVEN).map_err(rows::conflict_or_internal)?;
        return execute(tx, waiting(entries)?.query(events)).await;
    }
    for chunk in entries.chunks(at_once) {
        let done = Query::select().expr(Expr::val(1)).to_owned();
        execute(tx, waiting(chunk)?.query(done)).await?;
    }
    rows::insert_many::<outbox::Entity>(tx, events, GIVEN).await
}

/// The beginning of a statement that writes entries and notes that they wait to be sealed.
fn waiting(entries: &[audit_entry::Model]) -> Result<WithClause> {
    let columns = ["id", "tenant_id"].map(Alias::new);
    let mut entry =
        rows::insert_of::<audit_entry::Entity>(entries, &[]).map_err(rows::conflict_or_internal)?;
    entry.returning(Query::returning().columns(columns.clone()));
    let mut unsealed = Query::insert();
    unsealed
        .into_table(Alias::new("audit_unsealed"))
        .columns(["entry_id", "tenant_id", "since"].map(Alias::new));
    let mut written = Query::select();
    written.columns(columns).expr(Expr::cust("clock_timestamp()")).from(Alias::new("entry"));
    unsealed.select_from(written).map_err(crate::Error::internal)?;
    let part = |name, query: InsertStatement| {
        CommonTableExpression::new().table_name(Alias::new(name)).query(query).to_owned()
    };
    Ok(WithClause::new().cte(part("entry", entry)).cte(part("unsealed", unsealed)).to_owned())
}

async fn execute(tx: &impl ConnectionTrait, query: WithQuery) -> Result<()> {
    tx.execute(&query).await.map_err(rows::conflict_or_internal)?;
    Ok(())
}
