//! Comments in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    id::{TaskCommentId, TaskId, UserId},
};

use super::graphql::TaskComment;
use crate::service::Projects;

/// A new comment.
#[derive(Clone, Debug, InputObject)]
pub struct CreateTaskCommentInput {
    /// The task.
    pub task_id: TaskId,
    /// What is said, in Markdown, at most 20 000 bytes.
    pub body: String,
    /// Whether it is for the team alone; it is without it, unless a client says it.
    pub internal: Option<bool>,
    /// Whom it is addressed to: at most 10 people who may see it.
    pub mention_ids: Option<Vec<UserId>>,
}

/// An own comment, said otherwise.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateTaskCommentInput {
    /// The comment.
    pub id: TaskCommentId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// What is said, in Markdown, at most 20 000 bytes.
    pub body: String,
    /// Whom it is addressed to: at most 10 people who may see it; they replace those it was addressed to. Left out: as
    /// before.
    pub mention_ids: Option<Vec<UserId>>,
}

/// A comment to be removed.
#[derive(Clone, Debug, InputObject)]
pub struct DeleteTaskCommentInput {
    /// The comment.
    pub id: TaskCommentId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

payloads! {
    /// What `createTaskComment` made.
    CreateTaskCommentPayload {
        /// The new comment.
        comment: TaskComment
    }
    /// What `updateTaskComment` changed.
    UpdateTaskCommentPayload {
        /// The comment as it is now.
        comment: TaskComment
    }
}

/// What `deleteTaskComment` removed.
#[derive(SimpleObject)]
pub struct DeleteTaskCommentPayload {
    /// Id of the comment that is gone.
    pub id: TaskCommentId,
}

/// Root mutations of comments.
#[derive(Default)]
pub struct CommentMutation;

#[Object]
impl CommentMutation {
    /// Comments on a task. Needs `projects.comment.write` on it.
    async fn create_task_comment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new comment.")] input: CreateTaskCommentInput,
    ) -> Result<CreateTaskCommentPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        super::create(ctx.viewer(), ctx.db(), projects, input).await.map(Into::into)
    }

    /// Says an own comment otherwise. Needs `projects.comment.write` on the task.
    async fn update_task_comment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateTaskCommentInput,
    ) -> Result<UpdateTaskCommentPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        super::update(ctx.viewer(), ctx.db(), projects, input).await.map(Into::into)
    }

    /// Removes an own comment. Needs `projects.comment.write` on the task.
    async fn delete_task_comment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which comment.")] input: DeleteTaskCommentInput,
    ) -> Result<DeleteTaskCommentPayload> {
        super::delete(ctx.viewer(), ctx.db(), input.id, input.expected_version).await?;
        Ok(DeleteTaskCommentPayload { id: input.id })
    }
}
