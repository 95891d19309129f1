//! Leading in something that one process does for all: by a row of the database that runs out unless it is prolonged.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{clock::Clock, db::Db, error::Result};
use sea_orm::{ConnectionTrait, Statement};

/// How long a leader that died is waited for.
const TTL: TimeDelta = TimeDelta::seconds(15);

/// The lead in one thing. A leader that was slow may believe to lead for a moment when another does already: what it
/// writes must be safe then, too.
#[derive(Clone, Debug)]
pub struct Lease {
    db: Db,
    clock: Clock,
    name: &'static str,
    holder: Arc<str>,
    until: Arc<Mutex<Option<DateTime<Utc>>>>,
}

impl Lease {
    /// The lead in `name`, for a process called `holder`.
    pub fn new(db: Db, clock: Clock, name: &'static str, holder: impl Into<Arc<str>>) -> Self {
        Self { db, clock, name, holder: holder.into(), until: Arc::default() }
    }

    /// Whether this process leads, from now for some seconds: prolongs the lead, or takes it if nobody has it.
    ///
    /// # Errors
    /// If the database does not answer; then nobody may believe to lead.
    pub async fn hold(&self) -> Result<bool> {
        let now = self.clock.now();
        let held = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_some_and(|until| until - now > TTL / 2 && until - now <= TTL) {
            return Ok(true);
        }
        let until = now + TTL;
        let backend = self.db.backend();
        let sql = "SELECT 1 FROM job_leases WHERE name = $1 AND holder <> $2 AND until >= $3 AND until <= $4";
        // Reason: a lead that would last for longer than any was taken by a clock that was wrong.
        let longest = now + TTL * 2;
        let values = [self.name.into(), (&*self.holder).into(), now.into(), longest.into()];
        let other = self.db.query_one_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
        let taken = other.is_none()
            && {
                let sql = "INSERT INTO job_leases (name, holder, until) VALUES ($1, $2, $3) \
                       ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until \
                       WHERE job_leases.holder = excluded.holder OR job_leases.until < $4 OR job_leases.until > $5";
                let values =
                    [self.name.into(), (&*self.holder).into(), until.into(), now.into(), longest.into()];
                let statement = Statement::from_sql_and_values(backend, sql, values);
                self.db.writer().execute_raw(statement).await?.rows_affected() > 0
            };
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = taken.then_some(until);
        Ok(taken)
    }

    /// Gives the lead to whoever asks next.
    ///
    /// # Errors
    /// If the database does not answer; the lead runs out then.
    pub async fn release(&self) -> Result<()> {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let sql = "DELETE FROM job_leases WHERE name = $1 AND holder = $2";
        let values = [self.name.into(), (&*self.holder).into()];
        self.db.writer().execute_raw(Statement::from_sql_and_values(self.db.backend(), sql, values)).await?;
        Ok(())
    }
}
