//! Comments in the graph: the object.

use async_graphql::{Context, Object};
use kernel::{
    Result,
    ask::Asking,
    graph::{Graph, Node},
    id::{TaskCommentId, TypedId},
    page::ById,
    scalar::DateTime,
};

use super::entity::Model;
use crate::task::{entity as task, graphql::Task};

/// What somebody said about a task.
#[derive(Clone, Debug)]
pub struct TaskComment(pub Model);

impl From<Model> for TaskComment {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for TaskComment {
    const TYPE: &'static str = "TaskComment";
}

/// What somebody said about a task. Clients see those that are not internal.
#[Object(name = "TaskCommentFields")]
impl TaskComment {
    /// Its id.
    async fn id(&self) -> TaskCommentId {
        self.0.id
    }

    /// What they said, in Markdown.
    async fn body(&self) -> &str {
        &self.0.body
    }

    /// Whether it is for the team alone.
    async fn internal(&self) -> bool {
        self.0.internal
    }

    /// The task; null if the viewer may not see it.
    async fn task(&self, ctx: &Context<'_>) -> Result<Option<Graph<Task>>> {
        let task = ctx.ask().load::<ById<task::Entity>, _>(self.0.task_id.uuid()).await?;
        Ok(task.map(|task| Graph(task.into())))
    }

    /// When it was last said otherwise; null if never.
    async fn edited_at(&self) -> Option<DateTime> {
        self.0.edited_at.map(Into::into)
    }

    /// When it was said.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// Counts the changes; sent back as `expectedVersion`, it keeps one change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}
