//! The statements of the queue: taking, prolonging, taking back, ending. Each is one statement for many jobs.

use chrono::{DateTime, Utc};
use kernel::{
    act::job,
    db::Db,
    error::Result,
    id::{JobId, TenantId, TypedId},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, FromQueryResult, Statement, Value,
    sea_query::{ArrayType, Expr, ExprTrait, LockBehavior, LockType, Query},
};

use super::{LEASE, run::Run, settle::Ended};

/// Jobs that a worker does not want at the moment: of a tenant, or of a kind, that fills it already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Others {
    /// Not only jobs of this tenant (with `Some(None)`, of the installation).
    pub(super) tenant: Option<Option<TenantId>>,
    /// Not only jobs of this kind.
    pub(super) kind: Option<String>,
}

/// Takes up to `most` jobs of these kinds that are due, the most urgent and then the longest due first. Jobs of other
/// kinds keep their tries for a worker that knows them: while a version is rolled out, old workers run beside new ones.
pub(super) async fn take(
    db: &Db,
    worker: &str,
    now: DateTime<Utc>,
    kinds: &[&'static str],
    most: usize,
    others: &Others,
) -> Result<Vec<job::Model>> {
    if db.backend() != DbBackend::Postgres && !any_due(db, now, kinds).await? {
        // Reason: most looks find nothing; those shall not wait for the one writer.
        return Ok(Vec::new());
    }
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut values: Vec<Value> = vec![now.into(), (now + LEASE).into(), worker.into(), most.into()];
    let known = of_kinds(db.backend(), kinds, &mut values);
    let only = format!(" AND {known}{}", others.sql(&mut values));
    let due = format!(
        "SELECT id FROM jobs WHERE status = 'waiting' AND run_at <= $1{only} ORDER BY priority, run_at, id LIMIT $4"
    );
    let chosen = match db.backend() {
        // Reason: as an array the choice is made once, whatever the plan; rows that others are taking are passed over.
        DbBackend::Postgres => format!("id = ANY(ARRAY({due} FOR UPDATE SKIP LOCKED))"),
        _ => format!("id IN ({due})"),
    };
    let sql = format!(
        "UPDATE jobs SET status = 'running', attempts = attempts + 1, fence = fence + 1, locked_until = $2, \
         locked_by = $3, started_at = $1 WHERE {chosen} RETURNING *"
    );
    let statement = Statement::from_sql_and_values(db.backend(), sql, values);
    let mut jobs = job::Model::find_by_statement(statement).all(&db.writer()).await?;
    jobs.sort_by_key(|job| (job.priority, job.run_at, job.id));
    Ok(jobs)
}

impl Others {
    /// The condition as SQL, its values added to `values`.
    fn sql(&self, values: &mut Vec<Value>) -> String {
        let mut any = Vec::new();
        match self.tenant {
            None => {}
            Some(None) => any.push("tenant_id IS NOT NULL".to_owned()),
            Some(Some(tenant)) => {
                values.push(tenant.uuid().into());
                any.push(format!("tenant_id IS NULL OR tenant_id <> ${}", values.len()));
            }
        }
        if let Some(kind) = &self.kind {
            values.push(kind.as_str().into());
            any.push(format!("kind <> ${}", values.len()));
        }
        if any.is_empty() { String::new() } else { format!(" AND ({})", any.join(" OR ")) }
    }
}

/// The condition that a job is of one of these kinds, its values added to `values`.
///
/// Reason: on an expression, so that the index by urgency is read and not the one by kind, after which all that is due
/// would have to be sorted.
fn of_kinds(backend: DbBackend, kinds: &[&'static str], values: &mut Vec<Value>) -> String {
    if backend == DbBackend::Postgres {
        let kinds = kinds.iter().map(|kind| Value::from(*kind)).collect();
        values.push(Value::Array(ArrayType::String, Some(Box::new(kinds))));
        return format!("kind || '' = ANY(${})", values.len());
    }
    let places = kinds.iter().map(|kind| {
        values.push((*kind).into());
        format!("${}", values.len())
    });
    format!("kind || '' IN ({})", places.collect::<Vec<_>>().join(", "))
}

async fn any_due(db: &Db, now: DateTime<Utc>, kinds: &[&'static str]) -> Result<bool> {
    let mut values = vec![now.into()];
    let known = of_kinds(db.backend(), kinds, &mut values);
    let sql = format!("SELECT 1 FROM jobs WHERE status = 'waiting' AND run_at <= $1 AND {known} LIMIT 1");
    let statement = Statement::from_sql_and_values(db.backend(), sql, values);
    Ok(db.query_one_raw(statement).await?.is_some())
}

/// Takes back what workers hold that show no life any more; says how many jobs those were.
pub(super) async fn reclaim(db: &Db, now: DateTime<Utc>) -> Result<u64> {
    let dead = "status = 'running' AND locked_until < $1";
    let statement = |sql: String| Statement::from_sql_and_values(db.backend(), sql, [now.into()]);
    let seen = statement(format!("SELECT 1 FROM jobs WHERE {dead} LIMIT 1"));
    if db.query_one_raw(seen).await?.is_none() {
        return Ok(0);
    }
    let chosen = match db.backend() {
        DbBackend::Postgres => {
            format!("id = ANY(ARRAY(SELECT id FROM jobs WHERE {dead} FOR UPDATE SKIP LOCKED))")
        }
        _ => dead.to_owned(),
    };
    let sql = format!(
        "UPDATE jobs SET locked_until = NULL, last_error = 'the worker of this try disappeared', \
         status = CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled' WHEN attempts >= max_attempts THEN 'failed' \
         ELSE 'waiting' END, \
         finished_at = CASE WHEN cancel_requested_at IS NULL AND attempts < max_attempts THEN NULL ELSE $1 END \
         WHERE {chosen}"
    );
    Ok(db.writer().execute_raw(statement(sql)).await?.rows_affected())
}

/// Prolongs the leases of jobs that run here.
///
/// Race: on PostgreSQL a job whose handler is ending it in an act at this moment is passed over, not waited for.
pub(super) async fn prolong(db: &Db, now: DateTime<Utc>, runs: &[Run]) -> Result<()> {
    let backend = db.backend();
    let mut held = Query::select();
    held.column(job::Column::Id)
        .from(job::Entity)
        .and_where(among(backend, runs))
        .and_where(job::Column::Status.eq(job::Status::Running.as_str()))
        .and_where(job::Column::LockedBy.eq(runs.first().and_then(|run| run.locked_by.clone())));
    if backend == DbBackend::Postgres {
        held.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    let mut prolong = Query::update();
    prolong
        .table(job::Entity)
        .value(job::Column::LockedUntil, now + LEASE)
        .and_where(Expr::col(job::Column::Id).in_subquery(held));
    db.writer().execute(&prolong).await?;
    Ok(())
}

/// What became of a job that runs here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) id: JobId,
    pub(super) fence: i64,
    pub(super) running: bool,
    pub(super) done: bool,
    pub(super) asked: bool,
}

/// Looks after jobs that run here; those that are missing were removed.
pub(super) async fn look(db: &Db, runs: &[Run]) -> Result<Vec<Seen>> {
    let mut select = Query::select();
    select
        .columns([job::Column::Id, job::Column::Fence, job::Column::Status, job::Column::CancelRequestedAt])
        .from(job::Entity)
        .and_where(among(db.backend(), runs));
    let rows = db.query_all(&select).await?;
    let seen = rows.iter().map(|row| {
        let status: String = row.try_get_by_index(2)?;
        let asked: Option<DateTime<Utc>> = row.try_get_by_index(3)?;
        Ok(Seen {
            id: row.try_get_by_index(0)?,
            fence: row.try_get_by_index(1)?,
            running: status == job::Status::Running.as_str(),
            done: status == job::Status::Done.as_str(),
            asked: asked.is_some(),
        })
    });
    Ok(seen.collect::<std::result::Result<_, sea_orm::DbErr>>()?)
}

fn among(backend: DbBackend, runs: &[Run]) -> Expr {
    kernel::sql::one_of(backend, job::Column::Id, runs.iter().map(|run| run.id.uuid()))
}

/// Writes how far jobs are.
pub(super) async fn report(db: &Db, said: &[(Run, super::Progress)]) -> Result<()> {
    let rows = said.iter().map(|(run, progress)| {
        let super::Progress { done, total, message } = progress.clone();
        vec![
            run.id.uuid().into(),
            run.fence.into(),
            done.into(),
            Value::BigInt(total),
            message.map(clean).into(),
        ]
    });
    let mut values = Vec::new();
    let said = rows_of(rows.collect(), &mut values);
    let sql = format!(
        "UPDATE jobs SET progress_done = s.column3, progress_total = s.column4, progress_message = s.column5 \
         FROM {said} AS s WHERE jobs.id = s.column1 AND jobs.fence = s.column2 AND jobs.status = 'running'"
    );
    db.writer().execute_raw(Statement::from_sql_and_values(db.backend(), sql, values)).await?;
    Ok(())
}

/// Writes how tries ended. A try that is not a job's last any more, and one whose handler ended the job in its own act,
/// changes nothing.
pub(super) async fn settle(db: &Db, now: DateTime<Utc>, ended: &[Ended]) -> Result<()> {
    let rows = ended.iter().map(|end| {
        let Ended { id, fence, status, run_at, attempts, error, result, progress } = end.clone();
        let super::Progress { done, total, message } = progress.clone().unwrap_or_default();
        vec![
            id.uuid().into(),
            fence.into(),
            status.as_str().into(),
            run_at.into(),
            attempts.into(),
            error.map(clean).into(),
            result.into(),
            Value::BigInt(progress.is_some().then_some(done)),
            Value::BigInt(total),
            message.map(clean).into(),
        ]
    });
    let mut values = vec![now.into()];
    let ended = rows_of(rows.collect(), &mut values);
    // Reason: the payload of what is done may hold sealed secrets that nobody needs any more.
    let sql = format!(
        "UPDATE jobs SET \
         status = CASE WHEN s.column3 = 'waiting' AND jobs.cancel_requested_at IS NOT NULL THEN 'cancelled' \
         ELSE s.column3 END, \
         finished_at = CASE WHEN s.column3 = 'waiting' AND jobs.cancel_requested_at IS NULL THEN NULL ELSE $1 END, \
         payload = CASE WHEN s.column3 = 'done' THEN '' ELSE jobs.payload END, \
         run_at = s.column4, attempts = s.column5, locked_until = NULL, \
         last_error = coalesce(s.column6, jobs.last_error), result = s.column7, \
         progress_done = coalesce(s.column8, jobs.progress_done), \
         progress_total = coalesce(s.column9, jobs.progress_total), \
         progress_message = coalesce(s.column10, jobs.progress_message) \
         FROM {ended} AS s WHERE jobs.id = s.column1 AND jobs.fence = s.column2 AND jobs.status = 'running'"
    );
    db.writer().execute_raw(Statement::from_sql_and_values(db.backend(), sql, values)).await?;
    Ok(())
}

/// Rows as a `VALUES` list in parentheses, whose columns are `column1` and so on; their values are added to `values`.
///
/// Reason: filled up with copies of the last row to a power of two, so that few statements are ever prepared; a row
/// that a job is joined with twice changes it once.
pub(super) fn rows_of(mut rows: Vec<Vec<Value>>, values: &mut Vec<Value>) -> String {
    if let Some(last) = rows.last().cloned() {
        rows.resize(rows.len().next_power_of_two(), last);
    }
    let rows = rows.into_iter().map(|row| {
        let places = row.into_iter().map(|value| {
            values.push(value);
            format!("${}", values.len())
        });
        format!("({})", places.collect::<Vec<_>>().join(", "))
    });
    format!("(VALUES {})", rows.collect::<Vec<_>>().join(", "))
}

/// Texts of handlers come from anywhere; PostgreSQL refuses NUL in them.
fn clean(text: String) -> String {
    const LONG: usize = 4_000;
    let mut text = text.replace('\0', "\u{fffd}");
    if text.len() > LONG {
        text.truncate(text.floor_char_boundary(LONG));
    }
    text
}

/// All rows that one statement ends; below the variables that both databases allow.
pub(super) const AT_ONCE: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_filled_up_to_a_power_of_two() {
        let mut values: Vec<Value> = vec![0.into()];
        let text = rows_of(vec![vec![1.into()], vec![2.into()], vec![3.into()]], &mut values);
        assert_eq!(text, "(VALUES ($2), ($3), ($4), ($5))");
        assert_eq!(values, [0, 1, 2, 3, 3].map(Value::from));
    }

    #[test]
    fn long_text_is_cut_between_letters() {
        assert_eq!(clean("a\0b".to_owned()), "a\u{fffd}b");
        assert!(clean("é".repeat(4_000)).len() <= 4_000);
    }
}
