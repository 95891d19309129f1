//! Columns in the graph: the object.

use async_graphql::{Context, Object};
use kernel::{
    Result,
    ask::Asking,
    graph::{Graph, Node},
    id::{TaskColumnId, TypedId},
    page::{ById, Connection, PageArgs},
};

use super::entity::Model;
use crate::{
    project::{entity as project, graphql::Project},
    task::{self, filter::TaskFilter, graphql::Task},
    words::TaskStatus,
};

/// A column of a project's board.
#[derive(Clone, Debug)]
pub struct TaskColumn(pub Model);

impl From<Model> for TaskColumn {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for TaskColumn {
    const TYPE: &'static str = "TaskColumn";
}

/// A column of a project's board.
#[Object(name = "TaskColumnFields")]
impl TaskColumn {
    /// Its id.
    async fn id(&self) -> TaskColumnId {
        self.0.id
    }

    /// Its heading.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it says about its tasks: they are not begun, begun or finished.
    async fn category(&self) -> TaskStatus {
        super::category(&self.0)
    }

    /// The project whose board it is on; null if the viewer may not see it.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Graph<Project>>> {
        let project = ctx.ask().load::<ById<project::Entity>, _>(self.0.project_id.uuid()).await?;
        Ok(project.map(|project| Graph(project.into())))
    }

    /// Its tasks, as they stand on the board. Needs `projects.task.read`.
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these tasks.")] filter: Option<TaskFilter>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Option<Result<Connection<Task>>> {
        let args = PageArgs::new(first, after, last, before);
        let under = task::entity::Column::ColumnId;
        Some(task::under(ctx.ask(), under, self.0.id.uuid(), filter.unwrap_or_default(), None, args).await)
    }

    /// Counts the changes; sent back as `expectedVersion`, it keeps one change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}
