//! How long the log is kept.

use chrono::{DateTime, Utc};
use kernel::{
    act::outbox::{delivery, log},
    db::Db,
    error::Result,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Query},
};

use super::deliver::{name, reached, table};

/// Events removed in one transaction.
const AT_ONCE: u64 = 5_000;

/// Removes events from before `horizon`, and says how many. Those that one of `consumers` has yet to get, and those that
/// a consumer failed on, stay.
///
/// # Errors
/// If the database refuses.
pub async fn retain(db: &Db, horizon: DateTime<Utc>, consumers: &[&'static str]) -> Result<u64> {
    let mut slowest = Query::select();
    slowest.expr(Expr::col(reached()).min()).from(table());
    slowest.and_where(Expr::col(name()).is_in(consumers.iter().copied()));
    let slowest = db.query_one(&slowest).await?;
    let slowest = slowest.map(|row| row.try_get_by_index::<Option<i64>>(0)).transpose()?.flatten();
    let (mut from, mut removed) = (i64::MIN, 0);
    loop {
        let over = over(db, from, slowest.unwrap_or(i64::MAX), horizon).await?;
        let (Some(first), Some(last)) = (over.first(), over.last()) else { return Ok(removed) };
        let mut kept = Query::select();
        kept.column(delivery::Column::EventId).from(delivery::Entity);
        let mut delete = Query::delete();
        delete.from_table(log::Entity);
        delete.and_where(log::Column::Position.between(*first, *last));
        delete.and_where(log::Column::Id.not_in_subquery(kept));
        removed += db.writer().execute(&delete).await?.rows_affected();
        from = *last;
        if (over.len() as u64) < AT_ONCE {
            return Ok(removed);
        }
    }
}

/// Positions of the oldest events, as long as they are from before `horizon`.
///
/// Reason: positions are in the order of time but for acts beside each other, so that the front of the log is what is
/// over; no index by time is needed.
#[expect(clippy::disallowed_methods, reason = "the log is kept alike for every tenant")]
async fn over(db: &Db, from: i64, to: i64, horizon: DateTime<Utc>) -> Result<Vec<i64>> {
    let front = log::Entity::find()
        .select_only()
        .columns([log::Column::Position, log::Column::OccurredAt])
        .filter(log::Column::Position.gt(from))
        .filter(log::Column::Position.lte(to))
        .order_by_asc(log::Column::Position)
        .limit(AT_ONCE);
    let front: Vec<(i64, DateTime<Utc>)> = front.into_tuple().all(db).await?;
    Ok(front.into_iter().take_while(|(_, at)| *at < horizon).map(|(position, _)| position).collect())
}
