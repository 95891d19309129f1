//! The dispatcher: carries committed events from the outbox to every node, at least once. Events of one subject come in
//! the order of its changes; so do all others that did not commit beside each other.

use std::time::Duration;

use kernel::{
    act::outbox,
    clock::Clock,
    db::Db,
    error::Result,
    id::{EventId, TenantId},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Query,
};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::cache::Services;

/// The pub/sub channel of committed events.
pub const EVENTS: &str = "events";

/// How many events one round carries.
const BATCH: u64 = 500;

/// The number by which nodes agree whose turn it is to carry ("atriumev" as big-endian bytes).
const TURN: i64 = i64::from_be_bytes(*b"atriumev");

/// How long to wait for the bell before looking anyway: another process may have committed.
const POLL: Duration = Duration::from_millis(500);

/// A committed event as nodes get it. A hint to look again, never the truth: what it is about is read from the
/// database with the rights of whoever is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Published {
    /// Its id, by which consumers are idempotent.
    pub id: EventId,
    /// The tenant.
    pub tenant: TenantId,
    /// `<domain>.<thing>.<past verb>`.
    pub kind: String,
    /// GraphQL type of the subject.
    pub subject_type: String,
    /// Id of the subject.
    pub subject_id: Uuid,
    /// What the kind says about it.
    pub payload: serde_json::Value,
}

/// Carries events until `stop`.
pub async fn run(db: Db, services: Services, clock: Clock, stop: CancellationToken) {
    let mut failures = 0u32;
    while !stop.is_cancelled() {
        match carry(&db, &services, &clock).await {
            Ok(carried) => {
                failures = 0;
                if carried == BATCH as usize {
                    continue;
                }
            }
            Err(error) => {
                failures = failures.saturating_add(1);
                tracing::warn!(?error, failures, "events wait in the outbox");
            }
        }
        let pause = if failures == 0 { POLL } else { POLL * 2u32.pow(failures.min(5)) };
        tokio::select! {
            () = stop.cancelled() => return,
            () = db.events.heard(), if failures == 0 => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Carries one batch and says how many events it had.
///
/// # Errors
/// If the database or the pub/sub service is not there; nothing is marked then, and the batch is carried again.
pub async fn carry(db: &Db, services: &Services, clock: &Clock) -> Result<usize> {
    if db.backend() != DbBackend::Postgres {
        // Reason: SQLite has one process; holding the write lock while publishing would only block acts.
        let rows = waiting(db, BATCH).await?;
        publish(services, &rows).await?;
        mark(&db.writer(), &rows, clock).await?;
        return Ok(rows.len());
    }
    // Reason: most looks find nothing; those cost a read and no lock.
    if waiting(db, 1).await?.is_empty() {
        return Ok(0);
    }
    let tx = db.begin().await?;
    take_turn(&tx).await?;
    let rows = waiting(&tx, BATCH).await?;
    publish(services, &rows).await?;
    mark(&tx, &rows, clock).await?;
    tx.commit().await?;
    Ok(rows.len())
}

/// Waits until no other node is carrying, until the end of the transaction.
///
/// Reason: two nodes that each carry a part would publish a later event before an earlier one.
async fn take_turn(tx: &impl ConnectionTrait) -> Result<()> {
    tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({TURN})")).await?;
    Ok(())
}

/// How many events wait, and since when the oldest does.
#[expect(clippy::disallowed_methods, reason = "the dispatcher serves every tenant")]
pub async fn lag(db: &Db) -> Result<(u64, Option<chrono::DateTime<chrono::Utc>>)> {
    let waiting = outbox::Entity::find()
        .filter(outbox::Column::DispatchedAt.is_null())
        .filter(outbox::Column::ParkedAt.is_null());
    let found: Option<(i64, Option<chrono::DateTime<chrono::Utc>>)> = waiting
        .select_only()
        .column_as(outbox::Column::Seq.count(), "waiting")
        .column_as(outbox::Column::OccurredAt.min(), "oldest")
        .into_tuple()
        .one(db)
        .await?;
    Ok(found.map_or((0, None), |(waiting, oldest)| (waiting.unsigned_abs(), oldest)))
}

#[expect(clippy::disallowed_methods, reason = "the dispatcher serves every tenant")]
async fn waiting(db: &impl ConnectionTrait, most: u64) -> Result<Vec<outbox::Model>> {
    let select = outbox::Entity::find()
        .filter(outbox::Column::DispatchedAt.is_null())
        .filter(outbox::Column::ParkedAt.is_null())
        .order_by_asc(outbox::Column::Seq)
        .limit(most);
    Ok(select.all(db).await?)
}

async fn publish(services: &Services, rows: &[outbox::Model]) -> Result<()> {
    for row in rows {
        let message = Published {
            id: row.id,
            tenant: row.tenant_id,
            kind: row.kind.clone(),
            subject_type: row.subject_type.clone(),
            subject_id: row.subject_id,
            payload: row.payload.clone(),
        };
        services.pubsub.publish(EVENTS, &serde_json::to_vec(&message)?).await?;
    }
    Ok(())
}

async fn mark(db: &impl ConnectionTrait, rows: &[outbox::Model], clock: &Clock) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut update = Query::update();
    update.table(outbox::Entity).value(outbox::Column::DispatchedAt, clock.now());
    update.and_where(outbox::Column::Seq.is_in(rows.iter().map(|row| row.seq)));
    db.execute(&update).await?;
    Ok(())
}
