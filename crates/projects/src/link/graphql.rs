//! Dependencies in the graph: the object.

use async_graphql::{Context, Object};
use kernel::{
    Result,
    ask::Asking,
    graph::{Graph, Node},
    id::{DependencyId, TypedId},
    page::ById,
};

use super::entity::Model;
use crate::{
    milestone::{entity as milestone, graphql::Milestone},
    project::{entity as project, graphql::Project},
    task::{entity as task, graphql::Task},
    words::DependencyKind,
};

/// One piece of work waits for another.
#[derive(Clone, Debug)]
pub struct Dependency(pub Model);

impl From<Model> for Dependency {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for Dependency {
    const TYPE: &'static str = "Dependency";
}

/// One piece of work waits for another of the same project; each is a task or a milestone. For the team alone.
#[Object(name = "DependencyFields")]
impl Dependency {
    /// Its id.
    async fn id(&self) -> DependencyId {
        self.0.id
    }

    /// How the later one waits for the earlier one.
    async fn kind(&self) -> DependencyKind {
        DependencyKind::parse(&self.0.kind).unwrap_or_default()
    }

    /// Working minutes between the two; a lead is negative.
    async fn lag_minutes(&self) -> i64 {
        self.0.lag_minutes
    }

    /// The earlier one, if it is a task.
    async fn predecessor_task(&self, ctx: &Context<'_>) -> Result<Option<Graph<Task>>> {
        let Some(id) = self.0.pred_task_id else { return Ok(None) };
        let task = ctx.ask().load::<ById<task::Entity>, _>(id.uuid()).await?;
        Ok(task.map(|task| Graph(task.into())))
    }

    /// The earlier one, if it is a milestone.
    async fn predecessor_milestone(&self, ctx: &Context<'_>) -> Result<Option<Graph<Milestone>>> {
        let Some(id) = self.0.pred_milestone_id else { return Ok(None) };
        let milestone = ctx.ask().load::<ById<milestone::Entity>, _>(id.uuid()).await?;
        Ok(milestone.map(|milestone| Graph(milestone.into())))
    }

    /// The later one, if it is a task.
    async fn successor_task(&self, ctx: &Context<'_>) -> Result<Option<Graph<Task>>> {
        let Some(id) = self.0.succ_task_id else { return Ok(None) };
        let task = ctx.ask().load::<ById<task::Entity>, _>(id.uuid()).await?;
        Ok(task.map(|task| Graph(task.into())))
    }

    /// The later one, if it is a milestone.
    async fn successor_milestone(&self, ctx: &Context<'_>) -> Result<Option<Graph<Milestone>>> {
        let Some(id) = self.0.succ_milestone_id else { return Ok(None) };
        let milestone = ctx.ask().load::<ById<milestone::Entity>, _>(id.uuid()).await?;
        Ok(milestone.map(|milestone| Graph(milestone.into())))
    }

    /// The project; null if the viewer may not see it.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Graph<Project>>> {
        let project = ctx.ask().load::<ById<project::Entity>, _>(self.0.project_id.uuid()).await?;
        Ok(project.map(|project| Graph(project.into())))
    }

    /// Counts the changes; sent back as `expectedVersion`, it keeps one change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}
