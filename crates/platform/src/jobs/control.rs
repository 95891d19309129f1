//! What people do with jobs: cancel, try again, discard; and removing those that are long over.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{
    act::job::{self, Column, Entity, Status},
    db::Db,
    error::{Error, Result, Text},
    id::{JobId, TenantId},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, FromQueryResult, SqlErr,
    sea_query::{Expr, ExprTrait, Query},
};

/// How long jobs are kept that were done or cancelled.
const KEEP_DONE: TimeDelta = TimeDelta::days(7);

/// How long jobs are kept that were given up.
const KEEP_FAILED: TimeDelta = TimeDelta::days(90);

/// Jobs that one statement removes.
const PURGE_AT_ONCE: u64 = 5_000;

const ANOTHER_WAITS: Text = Text::new(
    "job_another_waits",
    "Another job for the same thing is not over yet.",
    "Une autre tâche pour le même objet n'est pas encore terminée.",
);

/// Which jobs; every given condition must hold.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Of this tenant; with `Some(None)` the installation's own.
    pub tenant: Option<Option<TenantId>>,
    /// One of these.
    pub ids: Option<Vec<JobId>>,
    /// Of this kind.
    pub kind: Option<String>,
    /// In this status.
    pub status: Option<Status>,
}

impl Scope {
    /// One job of a tenant.
    pub fn one(tenant: TenantId, id: JobId) -> Self {
        Self { tenant: Some(Some(tenant)), ids: Some(vec![id]), ..Self::default() }
    }

    /// The condition on rows of the queue.
    pub fn condition(&self) -> Condition {
        let Self { tenant, ids, kind, status } = self;
        let tenant = tenant.map(|tenant| match tenant {
            Some(tenant) => Column::TenantId.eq(tenant),
            None => Column::TenantId.is_null(),
        });
        Condition::all()
            .add_option(tenant)
            .add_option(ids.as_ref().map(|ids| Column::Id.is_in(ids.iter().copied())))
            .add_option(kind.as_ref().map(|kind| Column::Kind.eq(kind.as_str())))
            .add_option(status.map(|status| Column::Status.eq(status.as_str())))
    }
}

/// Cancels jobs: those that wait at once; those that run are told to end, and end as cancelled unless they are done
/// before. Answers the jobs as they are now; those that were over are not among them.
///
/// # Errors
/// If the database does not answer.
pub async fn cancel(db: &impl ConnectionTrait, scope: &Scope, now: DateTime<Utc>) -> Result<Vec<job::Model>> {
    let waits = || Column::Status.eq(Status::Waiting.as_str());
    let mut cancel = Query::update();
    cancel
        .table(Entity)
        .value(Column::FinishedAt, Expr::case(waits(), now).finally(Expr::col(Column::FinishedAt)))
        .value(
            Column::Status,
            Expr::case(waits(), Status::Cancelled.as_str()).finally(Expr::col(Column::Status)),
        )
        .value(
            Column::CancelRequestedAt,
            Expr::case(Column::CancelRequestedAt.is_null(), now)
                .finally(Expr::col(Column::CancelRequestedAt)),
        )
        .cond_where(scope.condition())
        .and_where(Column::Status.is_in([Status::Waiting, Status::Running].map(Status::as_str)))
        .returning_all();
    Ok(rows(db, db.get_database_backend().build(&cancel)).await?)
}

/// Lets jobs that failed or were cancelled begin anew, with all their tries; those that wait for their time or their next
/// try are due at once. Answers the jobs as they are now.
///
/// # Errors
/// CONFLICT if another job with the same unique key is not over.
pub async fn retry(db: &impl ConnectionTrait, scope: &Scope, now: DateTime<Utc>) -> Result<Vec<job::Model>> {
    let mut retry = Query::update();
    retry
        .table(Entity)
        .value(Column::Status, Status::Waiting.as_str())
        .value(Column::RunAt, now)
        .value(Column::Attempts, 0)
        .values([Column::FinishedAt, Column::CancelRequestedAt].map(|column| (column, Expr::null())))
        .values(
            [Column::ProgressDone, Column::ProgressTotal, Column::ProgressMessage]
                .map(|column| (column, Expr::null())),
        )
        .cond_where(scope.condition())
        .and_where(
            Column::Status.is_in([Status::Failed, Status::Cancelled, Status::Waiting].map(Status::as_str)),
        )
        .returning_all();
    match rows(db, db.get_database_backend().build(&retry)).await {
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
            Err(Error::Conflict { message: ANOTHER_WAITS.into(), current_version: None })
        }
        done => Ok(done?),
    }
}

/// Removes jobs that failed or were cancelled. Answers them.
///
/// # Errors
/// If the database does not answer.
pub async fn discard(db: &impl ConnectionTrait, scope: &Scope) -> Result<Vec<job::Model>> {
    let mut discard = Query::delete();
    discard
        .from_table(Entity)
        .cond_where(scope.condition())
        .and_where(Column::Status.is_in([Status::Failed, Status::Cancelled].map(Status::as_str)))
        .returning_all();
    Ok(rows(db, db.get_database_backend().build(&discard)).await?)
}

async fn rows(
    db: &impl ConnectionTrait,
    statement: sea_orm::Statement,
) -> std::result::Result<Vec<job::Model>, DbErr> {
    job::Model::find_by_statement(statement).all(db).await
}

/// Removes jobs that are long over: done and cancelled ones after a week, failed ones after ninety days. Says how many.
///
/// # Errors
/// If the database does not answer.
pub async fn purge(db: &Db, now: DateTime<Utc>) -> Result<u64> {
    let failed = || Column::Status.eq(Status::Failed.as_str());
    let mut old = Query::select();
    old.column(Column::Id)
        .from(Entity)
        .and_where(Column::FinishedAt.lt(now - KEEP_DONE))
        .and_where(failed().not().or(Column::FinishedAt.lt(now - KEEP_FAILED)))
        .limit(PURGE_AT_ONCE);
    let mut delete = Query::delete();
    delete.from_table(Entity).and_where(Expr::col(Column::Id).in_subquery(old));
    let mut removed = 0;
    loop {
        let some = db.writer().execute(&delete).await?.rows_affected();
        removed += some;
        if some < PURGE_AT_ONCE {
            return Ok(removed);
        }
    }
}
