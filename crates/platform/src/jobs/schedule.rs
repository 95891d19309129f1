//! Jobs by the calendar: cron expressions in a time zone. One process at a time puts what is due into the queue; each due
//! time is put in once, whoever dies meanwhile. A schedule whose last job is not over yet waits for its next time.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds, Year};
use kernel::{
    act::{Act, NewJob, job},
    clock::Clock,
    db::{Db, Transaction},
    error::{Error, FieldError, Result, Text},
    id::{IdGen, JobId, TenantId, TypedId},
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Lease, queue::rows_of};

/// How often the calendar is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Schedules that one look puts into the queue.
const AT_ONCE: i64 = 200;

const BAD_CRON: Text = Text::new(
    "bad_cron",
    "This is not a cron expression of five fields: {why}",
    "Ce n'est pas une expression cron à cinq champs : {why}",
);

/// A schedule of the installation, as the program declares it.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// Its name, unique in the installation.
    pub name: &'static str,
    /// Which handler does its jobs.
    pub kind: &'static str,
    /// Minute, hour, day of the month, month, day of the week.
    pub cron: &'static str,
    /// Whose clocks it goes by.
    pub zone: Tz,
}

/// A schedule of a tenant.
#[derive(Clone, Debug)]
pub struct NewSchedule {
    /// Its name, unique in the tenant.
    pub name: String,
    /// Which handler does its jobs.
    pub kind: &'static str,
    /// What the handler needs; sealed if it holds secrets.
    pub payload: String,
    /// Minute, hour, day of the month, month, day of the week.
    pub cron: String,
    /// Whose clocks it goes by; without one the tenant's.
    pub zone: Option<Tz>,
}

/// The time zones of tenants, as they are now.
#[async_trait]
pub trait Zones: Send + Sync + 'static {
    /// The zones of these tenants; UTC for one that is missing.
    async fn zones(&self, tenants: &[TenantId]) -> Result<HashMap<TenantId, Tz>>;
}

/// The first time after `after` that a cron expression names on the clocks of a zone. A fixed time that a change of
/// clocks leaves out comes right after the gap, one that happens twice comes once.
///
/// # Errors
/// INVALID at `cron` if the expression is none, or names no time at all.
pub fn next_time(cron: &str, zone: Tz, after: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    let next =
        parser.parse(cron).and_then(|cron| cron.find_next_occurrence(&after.with_timezone(&zone), false));
    match next {
        Ok(next) => Ok(next.with_timezone(&Utc)),
        Err(why) => Err(FieldError::new("cron", BAD_CRON.with("why", why.to_string())).into()),
    }
}

/// Writes a schedule of the act's tenant, or changes the one with its name.
///
/// # Errors
/// INVALID at `cron` if that is no cron expression.
pub async fn set(act: &Act, schedule: NewSchedule) -> Result<()> {
    let NewSchedule { name, kind, payload, cron, zone } = schedule;
    let next = next_time(&cron, zone.unwrap_or(act.viewer().tenant.time_zone), act.now())?;
    let id: JobId = act.new_id();
    let sql = "INSERT INTO job_schedules (id, tenant_id, name, kind, payload, cron, time_zone, next_at, created_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
               ON CONFLICT (tenant_id, name) WHERE tenant_id IS NOT NULL DO UPDATE SET kind = excluded.kind, \
               payload = excluded.payload, cron = excluded.cron, time_zone = excluded.time_zone, \
               next_at = excluded.next_at";
    let values: [Value; 9] = [
        id.uuid().into(),
        act.viewer().tenant_id().uuid().into(),
        name.into(),
        kind.into(),
        payload.into(),
        cron.into(),
        zone.map(Tz::name).into(),
        next.into(),
        act.now().into(),
    ];
    execute(act.conn(), sql, values).await.map(drop)
}

/// Removes a schedule of the act's tenant; says whether there was one.
///
/// # Errors
/// If the database does not answer.
pub async fn remove(act: &Act, name: &str) -> Result<bool> {
    let sql = "DELETE FROM job_schedules WHERE tenant_id = $1 AND name = $2";
    let values = [act.viewer().tenant_id().uuid().into(), name.into()];
    Ok(execute(act.conn(), sql, values).await? > 0)
}

/// Writes the schedules of the installation that are not there, were declared otherwise, or wait for a time that a wrong
/// clock has set too late. Any number of processes may do so at once.
///
/// # Errors
/// INVALID at `cron` if one is no cron expression.
pub async fn declare(db: &Db, ids: &IdGen, now: DateTime<Utc>, schedules: &[Schedule]) -> Result<()> {
    if schedules.is_empty() {
        return Ok(());
    }
    let rows = schedules.iter().map(|schedule| {
        let Schedule { name, kind, cron, zone } = *schedule;
        let next = next_time(cron, zone, now)?;
        let id: JobId = ids.generate();
        let row: Vec<Value> = vec![
            id.uuid().into(),
            name.into(),
            kind.into(),
            cron.into(),
            zone.name().into(),
            next.into(),
            now.into(),
        ];
        Ok(row)
    });
    let rows: Vec<Vec<Value>> = rows.collect::<Result<_>>()?;
    let mut values = Vec::new();
    let lines = rows.into_iter().map(|row| {
        let places = row.into_iter().map(|value| {
            values.push(value);
            format!("${}", values.len())
        });
        let places: Vec<String> = places.collect();
        format!("({}, '')", places.join(", "))
    });
    let lines: Vec<String> = lines.collect();
    let sql = format!(
        "INSERT INTO job_schedules (id, name, kind, cron, time_zone, next_at, created_at, payload) VALUES {} \
         ON CONFLICT (name) WHERE tenant_id IS NULL DO UPDATE SET kind = excluded.kind, cron = excluded.cron, \
         time_zone = excluded.time_zone, next_at = excluded.next_at \
         WHERE job_schedules.cron <> excluded.cron OR job_schedules.kind <> excluded.kind \
         OR job_schedules.time_zone <> excluded.time_zone OR job_schedules.next_at > excluded.next_at",
        lines.join(", ")
    );
    execute(&db.writer(), sql, values).await.map(drop)
}

async fn execute(
    db: &impl ConnectionTrait,
    sql: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql.into(), values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}

/// A row that is due.
#[derive(Clone, Debug, FromQueryResult)]
struct Due {
    id: Uuid,
    tenant_id: Option<TenantId>,
    name: String,
    kind: String,
    payload: String,
    priority: i32,
    cron: String,
    time_zone: Option<String>,
    next_at: DateTime<Utc>,
}

/// Puts into the queue what the calendar says. One leads, any number stand by.
#[derive(Clone)]
pub struct Scheduler {
    db: Db,
    clock: Clock,
    ids: IdGen,
    lease: Lease,
    zones: Arc<dyn Zones>,
}

impl Scheduler {
    /// A scheduler in the process `name`.
    pub fn new(db: Db, clock: Clock, ids: IdGen, name: impl Into<Arc<str>>, zones: Arc<dyn Zones>) -> Self {
        let lease = Lease::new(db.clone(), clock.clone(), "schedules", name);
        Self { db, clock, ids, lease, zones }
    }

    /// Looks at the calendar until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        while tokio::time::timeout(LOOK, stop.cancelled()).await.is_err() {
            if let Err(error) = self.look().await {
                tracing::warn!(?error, "scheduled jobs wait");
            }
        }
        if let Err(error) = self.lease.release().await {
            tracing::debug!(?error, "the lead in schedules runs out by itself");
        }
    }

    /// Puts into the queue what is due, if this process leads; says how many jobs those were.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn look(&self) -> Result<usize> {
        if !self.lease.hold().await? {
            return Ok(0);
        }
        let now = self.clock.now();
        let sql = "SELECT * FROM job_schedules WHERE next_at <= $1 ORDER BY next_at, id LIMIT $2";
        let due = Statement::from_sql_and_values(self.db.backend(), sql, [now.into(), AT_ONCE.into()]);
        let due = Due::find_by_statement(due).all(&self.db).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let next = self.next_times(&due, now).await?;
        let tx = self.db.begin().await?;
        let put = self.put(&tx, &due, &next, now).await?;
        tx.commit().await?;
        if put > 0 {
            self.db.jobs.ring();
        }
        Ok(put)
    }

    /// The next time of each schedule: after now, for times that nobody was there for come once.
    async fn next_times(&self, due: &[Due], now: DateTime<Utc>) -> Result<Vec<DateTime<Utc>>> {
        let tenants: HashSet<TenantId> = due.iter().filter_map(|due| due.tenant_id).collect();
        let tenants: Vec<TenantId> = tenants.into_iter().collect();
        let zones = if tenants.is_empty() { HashMap::new() } else { self.zones.zones(&tenants).await? };
        let next = due.iter().map(|due| {
            let own = due.time_zone.as_deref().and_then(|name| name.parse().ok());
            let zone = own.or_else(|| zones.get(&due.tenant_id?).copied()).unwrap_or(Tz::UTC);
            next_time(&due.cron, zone, now)
        });
        next.collect()
    }

    /// Moves schedules on and writes their jobs, in one transaction.
    ///
    /// Race: another who believes to lead moves on only what is still at the time it saw; the row's lock decides.
    async fn put(
        &self,
        tx: &Transaction,
        due: &[Due],
        next: &[DateTime<Utc>],
        now: DateTime<Utc>,
    ) -> Result<usize> {
        let rows =
            due.iter().zip(next).map(|(due, next)| vec![due.id.into(), due.next_at.into(), (*next).into()]);
        let mut values = Vec::new();
        let rows = rows_of(rows.collect(), &mut values);
        let sql = format!(
            "UPDATE job_schedules SET next_at = s.column3, last_at = s.column2 FROM {rows} AS s \
             WHERE job_schedules.id = s.column1 AND job_schedules.next_at = s.column2 RETURNING job_schedules.id"
        );
        let moved = Statement::from_sql_and_values(self.db.backend(), sql, values);
        let moved = tx.query_all_raw(moved).await?;
        let moved: HashSet<Uuid> =
            moved.iter().map(|row| row.try_get_by_index(0)).collect::<std::result::Result<_, _>>()?;
        let jobs = due.iter().filter(|due| moved.contains(&due.id)).map(|due| {
            let row =
                NewJob::new("", due.payload.clone()).into_row(self.ids.generate(), due.tenant_id, None, now);
            job::Model {
                kind: due.kind.clone(),
                priority: due.priority,
                unique_key: Some(format!("schedule:{}", due.name)),
                ..row
            }
        });
        let jobs: Vec<job::Model> = jobs.collect();
        let put = job::insert_unless_there(tx, &jobs).await?;
        usize::try_from(put).map_err(|_| Error::internal("more jobs than there can be"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(cron: &str, zone: Tz, after: &str, count: usize) -> Vec<String> {
        let mut at: DateTime<Utc> = after.parse().unwrap();
        let mut times = Vec::new();
        for _ in 0..count {
            at = next_time(cron, zone, at).unwrap();
            times.push(at.with_timezone(&zone).to_rfc3339());
        }
        times
    }

    #[test]
    fn time_that_clocks_leave_out_comes_right_after_the_gap() {
        assert_eq!(
            times("30 2 * * *", Tz::Europe__Berlin, "2026-03-27T12:00:00Z", 3),
            ["2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"]
        );
    }

    #[test]
    fn time_that_happens_twice_comes_once() {
        assert_eq!(
            times("30 2 * * *", Tz::Europe__Berlin, "2026-10-24T12:00:00Z", 2),
            ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]
        );
    }

    #[test]
    fn hourly_schedule_goes_through_both_changes_of_clocks() {
        let spring = times("0 * * * *", Tz::America__New_York, "2026-03-08T05:30:00Z", 4);
        assert_eq!(
            spring,
            [
                "2026-03-08T01:00:00-05:00",
                "2026-03-08T03:00:00-04:00",
                "2026-03-08T04:00:00-04:00",
                "2026-03-08T05:00:00-04:00"
            ]
        );
        let autumn = times("0 * * * *", Tz::America__New_York, "2026-11-01T04:30:00Z", 3);
        assert_eq!(
            autumn,
            ["2026-11-01T01:00:00-04:00", "2026-11-01T01:00:00-05:00", "2026-11-01T02:00:00-05:00"]
        );
    }

    #[test]
    fn expression_with_seconds_or_nonsense_is_refused() {
        let now = "2026-03-02T09:00:00Z".parse().unwrap();
        for cron in ["* * * * * *", "61 * * * *", "", "daily", "0 0 30 2 *"] {
            assert!(matches!(next_time(cron, Tz::UTC, now), Err(Error::Invalid(_))), "{cron}");
        }
    }
}
