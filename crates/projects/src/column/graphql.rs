//! Columns in the graph: the object.

use async_graphql::{Context, Object};
use kernel::{
    Result,
    ask::Asking,
    graph::{Graph, Node},
    id::{TaskColumnId, TypedId},
    page::ById,
};

use super::entity::Model;
use crate::{
    project::{entity as project, graphql::Project},
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

    /// Counts the changes; sent back as `expectedVersion`, it keeps one change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}
