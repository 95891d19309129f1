//! Changing jobs through the graph.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kernel::{ask::Asking, error::Result, graph::Graph, id::JobId};

use super::graphql::Job;

/// A job to begin anew.
#[derive(Clone, Debug, InputObject)]
pub struct RetryJobInput {
    /// The job.
    pub id: JobId,
}

/// What `retryJob` changed.
#[derive(SimpleObject)]
pub struct RetryJobPayload {
    /// The job as it is now.
    pub job: Graph<Job>,
}

/// A job to be cancelled.
#[derive(Clone, Debug, InputObject)]
pub struct CancelJobInput {
    /// The job.
    pub id: JobId,
}

/// What `cancelJob` changed.
#[derive(SimpleObject)]
pub struct CancelJobPayload {
    /// The job as it is now; one that runs ends within seconds.
    pub job: Graph<Job>,
}

/// A job to be removed.
#[derive(Clone, Debug, InputObject)]
pub struct DiscardJobInput {
    /// The job.
    pub id: JobId,
}

/// What `discardJob` removed.
#[derive(SimpleObject)]
pub struct DiscardJobPayload {
    /// Id of the job that is gone.
    pub id: JobId,
}

/// Changes of jobs.
#[derive(Default)]
pub(super) struct JobChanges;

#[Object]
impl JobChanges {
    /// Lets a job begin anew that failed or was cancelled, with all its tries; one that waits for its time or its next
    /// try is due at once. Needs `audit.job.manage`.
    async fn retry_job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The job.")] input: RetryJobInput,
    ) -> Result<RetryJobPayload> {
        let job = super::retry(ctx.db(), ctx.viewer(), input.id).await?;
        Ok(RetryJobPayload { job: Graph(job.into()) })
    }

    /// Cancels a job: at once if it waits; one that runs is told to end, and is cancelled unless it is done before.
    /// Needs `audit.job.manage`.
    async fn cancel_job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The job.")] input: CancelJobInput,
    ) -> Result<CancelJobPayload> {
        let job = super::cancel(ctx.db(), ctx.viewer(), input.id).await?;
        Ok(CancelJobPayload { job: Graph(job.into()) })
    }

    /// Removes a job that failed or was cancelled. Needs `audit.job.manage`.
    async fn discard_job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The job.")] input: DiscardJobInput,
    ) -> Result<DiscardJobPayload> {
        let job = super::discard(ctx.db(), ctx.viewer(), input.id).await?;
        Ok(DiscardJobPayload { id: job.id })
    }
}
