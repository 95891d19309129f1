//! Dependencies in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    id::{DependencyId, MilestoneId, ProjectId, TaskId},
};

use super::graphql::Dependency;
use crate::words::DependencyKind;

/// A new dependency between two pieces of work of a project: at each end either a task or a milestone.
#[derive(Clone, Debug, InputObject)]
pub struct CreateDependencyInput {
    /// The project.
    pub project_id: ProjectId,
    /// The earlier one, if it is a task.
    pub predecessor_task_id: Option<TaskId>,
    /// The earlier one, if it is a milestone.
    pub predecessor_milestone_id: Option<MilestoneId>,
    /// The later one, if it is a task.
    pub successor_task_id: Option<TaskId>,
    /// The later one, if it is a milestone.
    pub successor_milestone_id: Option<MilestoneId>,
    /// How the later one waits; finish to start without one.
    pub kind: Option<DependencyKind>,
    /// Working minutes between the two, negative for a lead, at most 500 000; 0 without them.
    pub lag_minutes: Option<i64>,
}

/// Changes of a dependency: what is left out stays.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateDependencyInput {
    /// The dependency.
    pub id: DependencyId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// How the later one waits.
    pub kind: MaybeUndefined<DependencyKind>,
    /// Working minutes between the two, negative for a lead, at most 500 000.
    pub lag_minutes: MaybeUndefined<i64>,
}

/// A dependency to be removed.
#[derive(Clone, Debug, InputObject)]
pub struct DeleteDependencyInput {
    /// The dependency.
    pub id: DependencyId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

payloads! {
    /// What `createDependency` made.
    CreateDependencyPayload {
        /// The new dependency.
        dependency: Dependency
    }
    /// What `updateDependency` changed.
    UpdateDependencyPayload {
        /// The dependency as it is now.
        dependency: Dependency
    }
}

/// What `deleteDependency` removed.
#[derive(SimpleObject)]
pub struct DeleteDependencyPayload {
    /// Id of the dependency that is gone.
    pub id: DependencyId,
}

/// Root mutations of dependencies.
#[derive(Default)]
pub struct DependencyMutation;

#[Object]
impl DependencyMutation {
    /// Lets one piece of work wait for another of the same project. One that would make work wait for itself is INVALID
    /// and names the members of the cycle; so is one between a task and its own part. Needs `projects.task.write` on the
    /// project.
    async fn create_dependency(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new dependency.")] input: CreateDependencyInput,
    ) -> Result<CreateDependencyPayload> {
        super::create(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Changes how one piece of work waits for another. Needs `projects.task.write` on the project.
    async fn update_dependency(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateDependencyInput,
    ) -> Result<UpdateDependencyPayload> {
        super::update(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Lets one piece of work no longer wait for another. Needs `projects.task.write` on the project.
    async fn delete_dependency(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which dependency.")] input: DeleteDependencyInput,
    ) -> Result<DeleteDependencyPayload> {
        super::delete(ctx.viewer(), ctx.db(), input.id, input.expected_version).await?;
        Ok(DeleteDependencyPayload { id: input.id })
    }
}
