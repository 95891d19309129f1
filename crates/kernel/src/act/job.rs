//! The job queue's table: work to be done after the act that asked for it has committed. Taking, trying again and giving
//! up is the runner's (`platform::jobs`).

use chrono::{DateTime, Duration, Utc};
use sea_orm::{
    Condition, Iterable,
    entity::prelude::*,
    sea_query::{Expr, OnConflict, Query},
};
use serde_json::Value as Json;

use super::Act;
use crate::{
    error::{Error, Result, Text},
    id::{JobId, TenantId, UserId},
    policy::{Anchors, Guarded, Near},
    viewer::{Permission, Viewer},
};

/// Seeing jobs. Here and not in the domain `audit`, because the entity is the kernel's.
pub const JOBS_READ: Permission =
    Permission::new("audit.job.read", "See background jobs: what waits, runs, was done or failed");

/// A job that another worker has by now, or that is over.
const JOB_LOST: Text = Text::new(
    "job_lost",
    "Another worker does this job by now, or it is over.",
    "Un autre processus exécute désormais cette tâche, ou elle est terminée.",
);

/// Where a job is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// For its time, or for a worker.
    Waiting,
    /// A worker has it.
    Running,
    /// It was done.
    Done,
    /// It was given up.
    Failed,
    /// Somebody did not want it any more.
    Cancelled,
}

impl Status {
    /// All of them, in the order of a job's life.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status of a word of the database.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Whether nothing more happens to the job by itself.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// One job.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    /// Its id; the same over all tries, so effects outside of the database are keyed by it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobId,
    /// The tenant; none for the installation's own work.
    pub tenant_id: Option<TenantId>,
    /// Which handler does it.
    pub kind: String,
    /// What the handler needs; sealed by the domain if it holds secrets. Never shown; forgotten when the job is done.
    pub payload: String,
    /// Order among due jobs, the smaller the sooner.
    pub priority: i32,
    /// At most one unfinished job of a tenant and kind has it.
    pub unique_key: Option<String>,
    /// `waiting`, `running`, `done`, `failed` or `cancelled`.
    pub status: String,
    /// Not before.
    pub run_at: DateTime<Utc>,
    /// How often it was begun.
    pub attempts: i32,
    /// After how many it is given up.
    pub max_attempts: i32,
    /// How often a worker took it, retries by hand included: only the last one may say how it ended.
    pub fence: i64,
    /// Until when a worker holds it; prolonged while it runs.
    pub locked_until: Option<DateTime<Utc>>,
    /// Which worker holds it, or held it last.
    pub locked_by: Option<String>,
    /// When the last try began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was done, given up or cancelled.
    pub finished_at: Option<DateTime<Utc>>,
    /// When somebody asked for its end.
    pub cancel_requested_at: Option<DateTime<Utc>>,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// Steps done so far.
    pub progress_done: Option<i64>,
    /// Steps in all, if that is known.
    pub progress_total: Option<i64>,
    /// What it is doing.
    pub progress_message: Option<String>,
    /// What came of it, as JSON.
    pub result: Option<String>,
    /// Who asked for it; none for the platform itself.
    pub created_by: Option<UserId>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Where it is on its way.
    pub fn status(&self) -> Status {
        // Invariant: the column has a CHECK over these words.
        Status::parse(&self.status).unwrap_or(Status::Failed)
    }
}

impl Guarded for Entity {
    type Id = JobId;

    const READ: Permission = JOBS_READ;

    fn id_column() -> Column {
        Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(Column::TenantId.eq(tenant))
    }

    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        let own = vec![Expr::col(Column::CreatedBy.as_column_ref())];
        Anchors { own, project: None, account: None }.within(viewer, near)
    }
}

/// Order among due jobs: the smaller number is done first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Priority(pub i32);

impl Priority {
    /// Somebody waits for it.
    pub const URGENT: Self = Self(-10);
    /// As most.
    pub const USUAL: Self = Self(0);
    /// Whenever nothing else is to be done.
    pub const BULK: Self = Self(10);
}

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
    /// Order among due jobs.
    pub priority: Priority,
}

impl NewJob {
    /// A job of usual priority to be done at once, with up to ten tries.
    pub fn new(kind: &'static str, payload: String) -> Self {
        Self { kind, payload, delay: Duration::zero(), max_attempts: 10, priority: Priority::USUAL }
    }

    /// The row of a job that waits.
    pub fn into_row(
        self,
        id: JobId,
        tenant: Option<TenantId>,
        created_by: Option<UserId>,
        now: DateTime<Utc>,
    ) -> Model {
        let Self { kind, payload, delay, max_attempts, priority } = self;
        Model {
            id,
            tenant_id: tenant,
            kind: kind.to_owned(),
            payload,
            priority: priority.0,
            unique_key: None,
            status: Status::Waiting.as_str().to_owned(),
            run_at: now + delay,
            attempts: 0,
            max_attempts,
            fence: 0,
            locked_until: None,
            locked_by: None,
            started_at: None,
            finished_at: None,
            cancel_requested_at: None,
            last_error: None,
            progress_done: None,
            progress_total: None,
            progress_message: None,
            result: None,
            created_by,
            created_at: now,
        }
    }
}

impl Act {
    /// Adds a job; its id.
    pub fn enqueue(&mut self, job: NewJob) -> JobId {
        let row = self.row(job);
        let id = row.id;
        self.jobs.push(row);
        id
    }

    /// Adds a job unless the tenant has one of this kind under `key` that is not over yet. Answers the id of the one
    /// that there is then; what the other was given to do stays as it is.
    pub async fn enqueue_once(&mut self, job: NewJob, key: &str) -> Result<JobId> {
        let row = Model { unique_key: Some(key.to_owned()), ..self.row(job) };
        // Race: one that was in the way may be over before it is read; then there is room for ours.
        for _ in 0..3 {
            if insert_unless_there(&self.tx, std::slice::from_ref(&row)).await? > 0 {
                self.late_jobs = true;
                return Ok(row.id);
            }
            if let Some(there) = unfinished(&self.tx, &row).await? {
                return Ok(there);
            }
        }
        Err(Error::internal("a job was in the way of another and was not there"))
    }

    /// Ends a job as done in this act: what the act writes and the end of the job commit together, so the effect
    /// happens at most once, whenever the worker dies.
    ///
    /// # Errors
    /// CONFLICT if the worker's lease of the job ran out and somebody else has it: nothing may be committed any more.
    pub async fn finish_job(&mut self, job: &Model, result: Option<&Json>) -> Result<()> {
        let mut end = Query::update();
        end.table(Entity)
            .value(Column::Status, Status::Done.as_str())
            .value(Column::FinishedAt, self.now)
            // Reason: the payload may hold sealed secrets that nobody needs any more.
            .value(Column::Payload, "")
            .value(Column::LockedUntil, Expr::null())
            .value(Column::Result, result.map(Json::to_string))
            .and_where(Column::Id.eq(job.id))
            .and_where(Column::Fence.eq(job.fence))
            .and_where(Column::Status.eq(Status::Running.as_str()));
        match self.tx.execute(&end).await?.rows_affected() {
            0 => Err(Error::Conflict { message: JOB_LOST.into(), current_version: None }),
            _ => Ok(()),
        }
    }

    fn row(&self, job: NewJob) -> Model {
        job.into_row(self.new_id(), Some(self.viewer.tenant_id()), self.viewer.user_id(), self.now)
    }
}

/// Writes jobs but those whose unique key another has that is not over; says how many it wrote.
pub async fn insert_unless_there(db: &impl ConnectionTrait, rows: &[Model]) -> Result<u64> {
    if rows.is_empty() {
        return Ok(0);
    }
    let mut insert = Query::insert();
    insert.into_table(Entity).columns(Column::iter());
    for row in rows {
        let values = Column::iter().map(|column| column.save_as(Expr::val(row.get(column))));
        insert.values(values).map_err(|error| DbErr::Custom(error.to_string()))?;
    }
    insert.on_conflict(OnConflict::new().do_nothing().to_owned());
    Ok(db.execute(&insert).await?.rows_affected())
}

/// The job with the same unique key that is not over.
async fn unfinished(db: &impl ConnectionTrait, row: &Model) -> Result<Option<JobId>> {
    let mut select = Query::select();
    select
        .column(Column::Id)
        .from(Entity)
        .and_where(match row.tenant_id {
            Some(tenant) => Column::TenantId.eq(tenant),
            None => Column::TenantId.is_null(),
        })
        .and_where(Column::Kind.eq(row.kind.as_str()))
        .and_where(Column::UniqueKey.eq(row.unique_key.clone()))
        .and_where(Column::Status.is_in([Status::Waiting.as_str(), Status::Running.as_str()]));
    let row = db.query_one(&select).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}
