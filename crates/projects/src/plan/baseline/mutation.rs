//! Baselines in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    id::{BaselineId, ProjectId},
};

use super::graphql::Baseline;

/// A new baseline.
#[derive(Clone, Debug, InputObject)]
pub struct CreateBaselineInput {
    /// The project.
    pub project_id: ProjectId,
    /// What people call it, unique in the project.
    pub name: String,
    /// What there is to say about it, in Markdown, at most 5 000 bytes.
    pub note: Option<String>,
}

/// Changes of a baseline: what is left out stays. What the plan said stays as it was.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateBaselineInput {
    /// The baseline.
    pub id: BaselineId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// What people call it, unique in the project.
    pub name: MaybeUndefined<String>,
    /// What there is to say about it, in Markdown, at most 5 000 bytes.
    pub note: MaybeUndefined<String>,
}

/// A baseline to be removed.
#[derive(Clone, Debug, InputObject)]
pub struct DeleteBaselineInput {
    /// The baseline.
    pub id: BaselineId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

payloads! {
    /// What `createBaseline` made.
    CreateBaselinePayload {
        /// The new baseline.
        baseline: Baseline
    }
    /// What `updateBaseline` changed.
    UpdateBaselinePayload {
        /// The baseline as it is now.
        baseline: Baseline
    }
}

/// What `deleteBaseline` removed.
#[derive(SimpleObject)]
pub struct DeleteBaselinePayload {
    /// Id of the baseline that is gone.
    pub id: BaselineId,
}

/// Root mutations of baselines.
#[derive(Default)]
pub struct BaselineMutation;

#[Object]
impl BaselineMutation {
    /// Keeps what the plan of a project says now: the earliest dates of each task; at most 20 for a project. Needs
    /// `projects.plan.write`, `projects.task.read`, `projects.milestone.read` and `projects.internal.read` on it.
    async fn create_baseline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new baseline.")] input: CreateBaselineInput,
    ) -> Result<CreateBaselinePayload> {
        super::create(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Changes name and note of a baseline. Needs `projects.plan.write` on its project.
    async fn update_baseline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateBaselineInput,
    ) -> Result<UpdateBaselinePayload> {
        super::update(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Removes a baseline. Needs `projects.plan.write` on its project.
    async fn delete_baseline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which baseline.")] input: DeleteBaselineInput,
    ) -> Result<DeleteBaselinePayload> {
        super::delete(ctx.viewer(), ctx.db(), input.id, input.expected_version).await?;
        Ok(DeleteBaselinePayload { id: input.id })
    }
}
