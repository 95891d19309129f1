//! Labels in the graph: the object and the root query.

use async_graphql::{Context, Object};
use kernel::{
    Result,
    ask::Asking,
    graph::{Graph, Node},
    id::{ProjectId, TaskLabelId, TypedId},
    page::{ById, Connection, Order, PageArgs, list},
    policy::Guarded,
};
use sea_orm::{ColumnTrait, Condition, QueryFilter};

use super::entity::{Column, Entity, Model};
use crate::{
    policy::INTERNAL_READ,
    project::{entity as project, graphql::Project},
};

/// A coloured word for tasks.
#[derive(Clone, Debug)]
pub struct TaskLabel(pub Model);

impl From<Model> for TaskLabel {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for TaskLabel {
    const TYPE: &'static str = "TaskLabel";
}

/// A coloured word for tasks, of the whole agency or of one project. For the team alone.
#[Object(name = "TaskLabelFields")]
impl TaskLabel {
    /// Its id.
    async fn id(&self) -> TaskLabelId {
        self.0.id
    }

    /// The word.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its colour: `#` and six hexadecimal digits.
    async fn color(&self) -> &str {
        &self.0.color
    }

    /// The project it is for; null for one of the agency, and for who may not see the project.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Graph<Project>>> {
        let Some(id) = self.0.project_id else { return Ok(None) };
        let project = ctx.ask().load::<ById<project::Entity>, _>(id.uuid()).await?;
        Ok(project.map(|project| Graph(project.into())))
    }

    /// Counts the changes; sent back as `expectedVersion`, it keeps one change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// Root queries of labels.
#[derive(Default)]
pub struct LabelQuery;

#[Object]
impl LabelQuery {
    /// The labels that the viewer may see, by name. Needs `projects.internal.read`.
    async fn task_labels(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that tasks of this project can have: its own, and the agency's.")]
        project_id: Option<ProjectId>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<TaskLabel>> {
        ctx.viewer().require(INTERNAL_READ)?;
        let mut select = Entity::visible(ctx.viewer(), INTERNAL_READ);
        if let Some(project) = project_id {
            let fits = Condition::any().add(Column::ProjectId.eq(project)).add(Column::ProjectId.is_null());
            select = select.filter(fits);
        }
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), select, Order::asc(Column::Name), &args).await
    }
}
