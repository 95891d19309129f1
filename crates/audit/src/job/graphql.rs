//! Jobs in the graph: the object, its filter, and the root queries.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use kernel::{
    Fields,
    act::job::{Column, Entity, Model, Status},
    ask::Asking,
    error::Result,
    graph::{Graph, Node},
    id::{JobId, TypedId as _, UserId},
    page::{Connection, Order, PageArgs, check_listed, list},
    policy::Guarded as _,
    scalar::DateTime,
};
use sea_orm::{ColumnTrait as _, QueryFilter as _, Select};

use crate::policy::{JOBS_MANAGE, JOBS_READ};

/// A background job.
#[derive(Clone, Debug)]
pub struct Job(pub Model);

impl From<Model> for Job {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for Job {
    const TYPE: &'static str = "Job";
}

/// Where a job is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum JobStatus {
    /// For its time, or for a worker.
    Waiting,
    /// A worker has it.
    Running,
    /// It was done.
    Done,
    /// It was given up after its last try; somebody may let it begin anew or discard it.
    Failed,
    /// Somebody did not want it any more.
    Cancelled,
}

impl From<Status> for JobStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Waiting => Self::Waiting,
            Status::Running => Self::Running,
            Status::Done => Self::Done,
            Status::Failed => Self::Failed,
            Status::Cancelled => Self::Cancelled,
        }
    }
}

impl JobStatus {
    const fn word(self) -> &'static str {
        match self {
            Self::Waiting => Status::Waiting,
            Self::Running => Status::Running,
            Self::Done => Status::Done,
            Self::Failed => Status::Failed,
            Self::Cancelled => Status::Cancelled,
        }
        .as_str()
    }
}

/// How far a job is; written once a second.
#[derive(Clone, Debug, SimpleObject)]
pub struct JobProgress {
    /// Steps done so far.
    pub done: i64,
    /// Steps in all; null if that is not known.
    pub total: Option<i64>,
    /// What it is doing.
    pub message: Option<String>,
}

/// Work that the platform does after the change that asked for it: sending letters, making exports. What it works on is
/// not shown.
#[Object(name = "JobFields")]
impl Job {
    /// Its id.
    async fn id(&self) -> JobId {
        self.0.id
    }

    /// What is done, as `<domain>.<thing>.<verb>`.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// Where it is on its way.
    async fn status(&self) -> JobStatus {
        self.0.status().into()
    }

    /// Order among jobs that are due, the smaller the sooner; 0 is usual.
    async fn priority(&self) -> i32 {
        self.0.priority
    }

    /// How often it was begun.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// After how many tries it is given up.
    async fn max_attempts(&self) -> i32 {
        self.0.max_attempts
    }

    /// Not before this; after a failure, when it is tried again.
    async fn run_at(&self) -> DateTime {
        self.0.run_at.into()
    }

    /// When its last try began.
    async fn started_at(&self) -> Option<DateTime> {
        self.0.started_at.map(Into::into)
    }

    /// When it was done, given up or cancelled.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at.map(Into::into)
    }

    /// When somebody asked for its end.
    async fn cancel_requested_at(&self) -> Option<DateTime> {
        self.0.cancel_requested_at.map(Into::into)
    }

    /// How far it is; null if it does not tell.
    async fn progress(&self) -> Option<JobProgress> {
        let Model { progress_done, progress_total, progress_message, .. } = &self.0;
        let done = (*progress_done)?;
        Some(JobProgress { done, total: *progress_total, message: progress_message.clone() })
    }

    /// Why its last try failed, in the words of the program. Needs `audit.job.manage`; null without.
    async fn last_error(&self, ctx: &Context<'_>) -> Option<&str> {
        self.0.last_error.as_deref().filter(|_| ctx.viewer().holds(JOBS_MANAGE))
    }

    /// When it was asked for.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }
}

/// Which jobs; every given condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct JobFilter {
    /// Of one of these kinds, at most 500.
    pub kinds: Option<Vec<String>>,
    /// In one of these statuses.
    pub statuses: Option<Vec<JobStatus>>,
    /// Asked for by this person.
    pub created_by: Option<UserId>,
}

impl JobFilter {
    fn check(&self) -> Result<()> {
        let mut fields = Fields::new();
        check_listed(self.kinds.as_ref(), "filter.kinds", &mut fields);
        check_listed(self.statuses.as_ref(), "filter.statuses", &mut fields);
        fields.check()
    }

    fn apply(&self, mut select: Select<Entity>) -> Select<Entity> {
        let Self { kinds, statuses, created_by } = self;
        if let Some(kinds) = kinds {
            select = select.filter(Column::Kind.is_in(kinds.iter().map(String::as_str)));
        }
        if let Some(statuses) = statuses {
            select = select.filter(Column::Status.is_in(statuses.iter().map(|status| status.word())));
        }
        if let Some(person) = created_by {
            select = select.filter(Column::CreatedBy.eq(person.uuid()));
        }
        select
    }
}

/// Queries about jobs.
#[derive(Default)]
pub(super) struct JobRoot;

#[Object]
impl JobRoot {
    /// A background job. Needs `audit.job.read`; with reach `OWN` only one that one started oneself.
    async fn job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The job's id.")] id: JobId,
    ) -> Result<Graph<Job>> {
        ctx.viewer().require(JOBS_READ)?;
        let row = Entity::fetch(ctx.db(), ctx.viewer(), JOBS_READ, id).await?;
        Ok(Graph(row.into()))
    }

    /// Background jobs of the tenant, the newest first. Needs `audit.job.read`; with reach `OWN` only those that one
    /// started oneself. Done and cancelled ones are kept for a week, failed ones for ninety days.
    async fn jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which jobs")] filter: Option<JobFilter>,
        #[graphql(desc = "How many from the start, at most 100")] first: Option<i32>,
        #[graphql(desc = "Cursor before the first row")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100")] last: Option<i32>,
        #[graphql(desc = "Cursor behind the last row")] before: Option<String>,
    ) -> Result<Connection<Job>> {
        let (viewer, filter) = (ctx.viewer(), filter.unwrap_or_default());
        viewer.require(JOBS_READ)?;
        filter.check()?;
        let select = filter.apply(Entity::visible(viewer, JOBS_READ));
        list(ctx.db(), select, Order::desc(Column::Id), &PageArgs::new(first, after, last, before)).await
    }
}
