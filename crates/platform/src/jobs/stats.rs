//! How much there is in the queue.

use chrono::{DateTime, Utc};
use kernel::{
    act::job::{Column, Entity, Status},
    db::Db,
    error::Result,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait,
    sea_query::{Expr, ExprTrait, Func, Query},
};

/// How much work waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueBacklog {
    /// Jobs that are due and not done.
    pub due: u64,
    /// Jobs that were given up.
    pub failed: u64,
}

/// Jobs of a kind in a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Depth {
    /// Which handler does them.
    pub kind: String,
    /// Where they are on their way.
    pub status: Status,
    /// How many they are.
    pub count: u64,
}

/// What is counted; the done and cancelled are many and of no concern. In the words of the index for it, for SQLite knows
/// no other to mean the same.
const COUNTED: &str = "status IN ('waiting', 'running', 'failed')";

/// Counts what waits at `now`.
///
/// # Errors
/// If the database does not answer.
pub async fn backlog(db: &Db, now: DateTime<Utc>) -> Result<QueueBacklog> {
    let is = |status: Status| Column::Status.eq(status.as_str());
    let due = is(Status::Running).or(is(Status::Waiting).and(Column::RunAt.lte(now)));
    let mut count = Query::select();
    count
        .expr(Func::count(Expr::case(due, 1)))
        .expr(Func::count(Expr::case(is(Status::Failed), 1)))
        .from(Entity)
        .and_where(Expr::cust(COUNTED));
    let Some(row) = db.query_one(&count).await? else { return Ok(QueueBacklog::default()) };
    let number = |index| Ok::<_, sea_orm::DbErr>(row.try_get_by_index::<i64>(index)?.unsigned_abs());
    Ok(QueueBacklog { due: number(0)?, failed: number(1)? })
}

/// Counts jobs that wait, run or were given up, by kind and status.
///
/// # Errors
/// If the database does not answer.
pub async fn depth(db: &Db) -> Result<Vec<Depth>> {
    let mut count = Query::select();
    count
        .columns([Column::Kind, Column::Status])
        .expr(Func::count(Expr::col(Column::Id)))
        .from(Entity)
        .and_where(Expr::cust(COUNTED))
        .group_by_columns([Column::Kind, Column::Status]);
    let rows = db.query_all(&count).await?;
    let depths = rows.iter().map(|row| {
        let status: String = row.try_get_by_index(1)?;
        Ok(Depth {
            kind: row.try_get_by_index(0)?,
            // Invariant: the column has a CHECK over these words.
            status: Status::parse(&status).unwrap_or(Status::Failed),
            count: row.try_get_by_index::<i64>(2)?.unsigned_abs(),
        })
    });
    Ok(depths.collect::<std::result::Result<_, sea_orm::DbErr>>()?)
}
