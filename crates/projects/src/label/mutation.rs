//! Labels in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    id::{ProjectId, TaskLabelId},
};

use super::graphql::TaskLabel;

/// A new label.
#[derive(Clone, Debug, InputObject)]
pub struct CreateTaskLabelInput {
    /// The project it is for; without one it is for all of the agency, which needs the permission tenant-wide.
    pub project_id: Option<ProjectId>,
    /// The word, at most 40 characters.
    pub name: String,
    /// Its colour: `#` and six hexadecimal digits.
    pub color: String,
}

/// Changes of a label: what is left out stays.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateTaskLabelInput {
    /// The label.
    pub id: TaskLabelId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// The word, at most 40 characters.
    pub name: MaybeUndefined<String>,
    /// Its colour: `#` and six hexadecimal digits.
    pub color: MaybeUndefined<String>,
}

/// A label to be removed.
#[derive(Clone, Debug, InputObject)]
pub struct DeleteTaskLabelInput {
    /// The label.
    pub id: TaskLabelId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

payloads! {
    /// What `createTaskLabel` made.
    CreateTaskLabelPayload {
        /// The new label.
        label: TaskLabel
    }
    /// What `updateTaskLabel` changed.
    UpdateTaskLabelPayload {
        /// The label as it is now.
        label: TaskLabel
    }
}

/// What `deleteTaskLabel` removed.
#[derive(SimpleObject)]
pub struct DeleteTaskLabelPayload {
    /// Id of the label that is gone.
    pub id: TaskLabelId,
}

/// Root mutations of labels.
#[derive(Default)]
pub struct LabelMutation;

#[Object]
impl LabelMutation {
    /// Makes a label. Needs `projects.task.write` on the project, or tenant-wide for a label of the agency.
    async fn create_task_label(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new label.")] input: CreateTaskLabelInput,
    ) -> Result<CreateTaskLabelPayload> {
        super::create(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Changes a label. Needs what making it needs.
    async fn update_task_label(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateTaskLabelInput,
    ) -> Result<UpdateTaskLabelPayload> {
        super::update(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Removes a label, also from the tasks that have it. Needs what making it needs.
    async fn delete_task_label(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which label.")] input: DeleteTaskLabelInput,
    ) -> Result<DeleteTaskLabelPayload> {
        super::delete(ctx.viewer(), ctx.db(), input.id, input.expected_version).await?;
        Ok(DeleteTaskLabelPayload { id: input.id })
    }
}
