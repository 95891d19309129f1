//! How much waits: in the outbox, for each consumer, and for somebody to decide about it.

use chrono::{DateTime, Utc};
use kernel::{
    act::outbox::{self, delivery, log},
    db::Db,
    error::Result,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait,
    sea_query::{Expr, ExprTrait, Func, Query},
};

use super::deliver::{name, reached, table};

/// What waits at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Committed events that are not in the log yet.
    pub waiting: u64,
    /// When the oldest of them was committed.
    pub oldest: Option<DateTime<Utc>>,
    /// Events that consumers failed on and that are tried again.
    pub retrying: u64,
    /// Events that consumers failed on for good.
    pub parked: u64,
    /// Each consumer the database knows.
    pub consumers: Vec<ConsumerLag>,
}

/// How far a consumer is behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerLag {
    /// Its name.
    pub name: String,
    /// Events of the log that it has not been handed yet.
    pub behind: u64,
}

/// Counts what waits.
///
/// # Errors
/// If the database does not answer.
pub async fn backlog(db: &Db) -> Result<Backlog> {
    let mut backlog = Backlog::default();
    let mut waiting = Query::select();
    waiting.expr(Func::count(Expr::col(outbox::Column::Seq)));
    waiting.expr(Expr::col(outbox::Column::OccurredAt).min()).from(outbox::Entity);
    if let Some(row) = db.query_one(&waiting).await? {
        backlog.waiting = row.try_get_by_index::<i64>(0)?.unsigned_abs();
        backlog.oldest = row.try_get_by_index(1)?;
    }
    let mut failed = Query::select();
    failed.expr(Func::count(Expr::col(delivery::Column::Id)));
    failed.expr(Func::count(Expr::col(delivery::Column::ParkedAt))).from(delivery::Entity);
    if let Some(row) = db.query_one(&failed).await? {
        let all = row.try_get_by_index::<i64>(0)?.unsigned_abs();
        backlog.parked = row.try_get_by_index::<i64>(1)?.unsigned_abs();
        backlog.retrying = all - backlog.parked;
    }
    let mut end = Query::select();
    end.expr(Func::coalesce([log::Column::Position.max(), Expr::val(0i64)])).from(log::Entity);
    let behind = Expr::SubQuery(None, Box::new(end.into())).sub(Expr::col(reached()));
    let mut consumers = Query::select();
    consumers.column(name()).expr(behind).from(table()).order_by(name(), sea_orm::Order::Asc);
    for row in db.query_all(&consumers).await? {
        let behind = u64::try_from(row.try_get_by_index::<i64>(1)?).unwrap_or(0);
        backlog.consumers.push(ConsumerLag { name: row.try_get_by_index(0)?, behind });
    }
    Ok(backlog)
}
