//! The live tail of the trail: entries as they get their place in the sealed order, so that none is missed or told twice.

use std::{collections::HashMap, time::Duration};

use async_graphql::{Context, Subscription};
use futures::{Stream, StreamExt, stream};
use kernel::{
    act::audit_entry::{Column, Entity},
    ask::{Ask, Asking},
    error::Result,
    graph::Graph,
    id::{AuditEntryId, TypedId},
    policy::Guarded,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, QueryFilter,
    sea_query::{Alias, Expr, ExprTrait, Order, Query},
};
use uuid::Uuid;

use crate::{entry::AuditEntry, filter::AuditFilter, policy::ENTRIES_READ};

/// How often new entries are looked for. They come from other nodes, too, so there is nothing in the process to wait for.
const EVERY: Duration = Duration::from_millis(500);

/// Entries read at once.
const AT_ONCE: u64 = 200;

/// Root subscription of the trail.
#[derive(Default)]
pub struct AuditSubscription;

#[Subscription]
impl AuditSubscription {
    /// Entries of the audit trail from now on, in their sealed order, within seconds of what they record. Whether the
    /// viewer may see an entry is asked when it is sent. Needs `audit.entry.read`; with reach `OWN` only what one did
    /// oneself.
    async fn audit_tail(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entries")] filter: Option<AuditFilter>,
    ) -> Result<impl Stream<Item = Result<Graph<AuditEntry>>> + 'static> {
        let ask = ctx.ask().clone();
        ask.viewer.require(ENTRIES_READ)?;
        let filter = filter.unwrap_or_default();
        filter.check()?;
        let next = end(&ask).await?;
        Ok(tail(ask, filter, next))
    }
}

/// The place behind the last sealed entry.
async fn end(ask: &Ask) -> Result<i64> {
    let mut last = Query::select();
    last.expr(Expr::col(Alias::new("seq")))
        .from(Alias::new("audit_leaves"))
        .and_where(Expr::col(Alias::new("tenant_id")).eq(ask.viewer.tenant_id().uuid()))
        .order_by(Alias::new("seq"), Order::Desc)
        .limit(1);
    let row = ask.db.query_one(&last).await?;
    Ok(row.map(|row| row.try_get_by_index::<i64>(0)).transpose()?.map_or(0, |seq| seq + 1))
}

fn tail(ask: Ask, filter: AuditFilter, next: i64) -> impl Stream<Item = Result<Graph<AuditEntry>>> + use<> {
    let batches = stream::unfold((ask, filter, next), |(ask, filter, mut next)| async move {
        let found = loop {
            match look(&ask, &filter, &mut next).await {
                Ok(Seen { entries, more }) if entries.is_empty() => {
                    if !more {
                        tokio::time::sleep(EVERY).await;
                    }
                }
                Ok(Seen { entries, .. }) => {
                    break entries.into_iter().map(|entry| Ok(Graph(entry))).collect();
                }
                Err(error) => {
                    // Reason: a database that is away is not asked without a pause.
                    tokio::time::sleep(EVERY).await;
                    break vec![Err(error)];
                }
            }
        };
        // Reason: what the fields of a message load must be as it is now.
        ask.forget();
        Some((stream::iter(found), (ask, filter, next)))
    });
    batches.flatten()
}

/// What one look found.
struct Seen {
    /// Entries that the viewer may see and asked for.
    entries: Vec<AuditEntry>,
    /// Whether more may wait.
    more: bool,
}

/// The entries from `next` on that the viewer may see now.
async fn look(ask: &Ask, filter: &AuditFilter, next: &mut i64) -> Result<Seen> {
    let viewer = ask.viewer.at_present();
    let mut leaves = Query::select();
    leaves
        .columns([Alias::new("entry_id"), Alias::new("seq")])
        .from(Alias::new("audit_leaves"))
        .and_where(Expr::col(Alias::new("tenant_id")).eq(viewer.tenant_id().uuid()))
        .and_where(Expr::col(Alias::new("seq")).gte(*next))
        .order_by(Alias::new("seq"), Order::Asc)
        .limit(AT_ONCE);
    let rows = ask.db.query_all(&leaves).await?;
    let mut places: HashMap<AuditEntryId, i64> = HashMap::with_capacity(rows.len());
    for row in &rows {
        let (entry, seq): (Uuid, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        places.insert(AuditEntryId::from_uuid(entry), seq);
    }
    let more = rows.len() as u64 == AT_ONCE;
    let Some(last) = places.values().max().copied() else {
        return Ok(Seen { entries: Vec::new(), more });
    };
    let wanted = Entity::visible(&viewer, ENTRIES_READ).filter(Column::Id.is_in(places.keys().copied()));
    let mut entries = filter.apply(wanted).all(&ask.db).await?;
    *next = last + 1;
    entries.sort_by_key(|entry| places.get(&entry.id).copied());
    Ok(Seen { entries: entries.into_iter().map(AuditEntry).collect(), more })
}
