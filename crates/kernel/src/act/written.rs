//! What an act leaves behind beside its rows: entries of the trail, which wait for their place in it, and events.

use sea_orm::{
    ConnectionTrait, DbBackend, Iterable,
    sea_query::{Alias, CommonTableExpression, Expr, InsertStatement, Query, WithClause, WithQuery},
};

use super::{
    audit_entry, outbox, rows,
    together::{in_one_text, statements_of},
};
use crate::error::Result;

/// Events without their order of writing, which the database gives.
const GIVEN: &[&str] = &["seq"];

/// Most values of a statement of PostgreSQL, which counts them in sixteen bits.
const MAX_POSTGRES: usize = 60_000;

/// Writes entries and events: in one round, if there are not too many, since every one is a round trip that the act's
/// locks are held for.
///
/// # Errors
/// If the database refuses.
pub(super) async fn write(
    tx: &impl ConnectionTrait,
    entries: &[audit_entry::Model],
    events: &[outbox::Model],
) -> Result<()> {
    // Reason: on SQLite a trigger notes what waits.
    let at_once = rows::rows_at_once::<audit_entry::Entity>();
    if tx.get_database_backend() != DbBackend::Postgres {
        // Reason: the memory that a text of statements takes is bounded.
        for part in 0..entries.len().div_ceil(ROUND).max(events.len().div_ceil(ROUND)) {
            let mut round = statements_of::<audit_entry::Entity>(part_of(entries, part), &[])?;
            round.extend(statements_of::<outbox::Entity>(part_of(events, part), GIVEN)?);
            let round = in_one_text(round.into_iter().map(|(_, insert)| insert));
            tx.execute_raw(round).await.map_err(rows::conflict_or_internal)?;
        }
        return Ok(());
    }
    let values = |of_entries: usize, of_events: usize| {
        of_entries * audit_entry::Column::iter().count() + of_events * outbox::Column::iter().count()
    };
    let some = !entries.is_empty() && !events.is_empty();
    if some && values(entries.len(), events.len()) <= MAX_POSTGRES {
        let events = rows::insert_of::<outbox::Entity>(events, GIVEN).map_err(rows::conflict_or_internal)?;
        return execute(tx, waiting(entries)?.query(events)).await;
    }
    for chunk in entries.chunks(at_once) {
        let done = Query::select().expr(Expr::val(1)).to_owned();
        execute(tx, waiting(chunk)?.query(done)).await?;
    }
    rows::insert_many::<outbox::Entity>(tx, events, GIVEN).await
}

/// Entries and events that one text of statements writes, of each.
const ROUND: usize = 5_000;

fn part_of<T>(all: &[T], part: usize) -> &[T] {
    let from = (part * ROUND).min(all.len());
    all.get(from..(from + ROUND).min(all.len())).unwrap_or_default()
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
