//! The job queue's table: work to be done after the act that asked for it has committed.

use chrono::{DateTime, Duration, Utc};
use sea_orm::entity::prelude::*;

use super::Act;
use crate::id::{JobId, TenantId};

/// One job.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobId,
    /// The tenant; none for the installation's own work.
    pub tenant_id: Option<TenantId>,
    /// Which handler does it.
    pub kind: String,
    /// What the handler needs; sealed by the domain if it holds secrets.
    pub payload: String,
    /// Not before.
    pub run_at: DateTime<Utc>,
    /// How often it was begun.
    pub attempts: i32,
    /// After how many it is given up.
    pub max_attempts: i32,
    /// Until when a worker holds it.
    pub locked_until: Option<DateTime<Utc>>,
    /// Which worker holds it.
    pub locked_by: Option<String>,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// When it was done.
    pub finished_at: Option<DateTime<Utc>>,
    /// When it was given up.
    pub failed_at: Option<DateTime<Utc>>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Work to be done after the commit.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Which handler does it.
    pub kind: &'static str,
    /// What the handler needs; sealed if it holds secrets.
    pub payload: String,
    /// How long to wait first.
    pub delay: Duration,
    /// After how many tries it is given up.
    pub max_attempts: i32,
}

impl NewJob {
    /// A job to be done at once, with up to ten tries.
    pub fn new(kind: &'static str, payload: String) -> Self {
        Self { kind, payload, delay: Duration::zero(), max_attempts: 10 }
    }
}

impl Act {
    /// Adds a job.
    pub fn enqueue(&mut self, job: NewJob) {
        let NewJob { kind, payload, delay, max_attempts } = job;
        self.jobs.push(Model {
            id: self.new_id(),
            tenant_id: Some(self.viewer.tenant_id()),
            kind: kind.to_owned(),
            payload,
            run_at: self.now + delay,
            attempts: 0,
            max_attempts,
            locked_until: None,
            locked_by: None,
            last_error: None,
            finished_at: None,
            failed_at: None,
            created_at: self.now,
        });
    }
}
