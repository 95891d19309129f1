//! Timers in the graph: the object and the root queries.

use async_graphql::{Context, Object};
use kernel::{
    Result,
    ask::Asking,
    graph::{Graph, Node},
    id::{TimerId, TypedId},
    page::{ById, Connection, Order, PageArgs, list},
    policy::Guarded,
    scalar::DateTime,
};

use super::entity::{Column, Entity, Model};
use crate::{
    policy::time::TIME_READ,
    project::{entity as project, graphql::Project},
    task::{entity as task, graphql::Task},
    time::activity_type::{entity as activity_type, graphql::ActivityType},
};

/// A timer that runs.
#[derive(Clone, Debug)]
pub struct Timer(pub Model);

impl From<Model> for Timer {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for Timer {
    const TYPE: &'static str = "Timer";
}

/// A timer that runs.
#[Object(name = "TimerFields")]
impl Timer {
    /// Its id.
    async fn id(&self) -> TimerId {
        self.0.id
    }

    /// The project; null if the viewer may not see it.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Graph<Project>>> {
        let project = ctx.ask().load::<ById<project::Entity>, _>(self.0.project_id.uuid()).await?;
        Ok(project.map(|project| Graph(project.into())))
    }

    /// The task; null for none, or for one that the viewer may not see.
    async fn task(&self, ctx: &Context<'_>) -> Result<Option<Graph<Task>>> {
        let Some(id) = self.0.task_id else { return Ok(None) };
        let task = ctx.ask().load::<ById<task::Entity>, _>(id.uuid()).await?;
        Ok(task.map(|task| Graph(task.into())))
    }

    /// The kind of work; null for none.
    async fn activity_type(&self, ctx: &Context<'_>) -> Result<Option<Graph<ActivityType>>> {
        let Some(id) = self.0.activity_id else { return Ok(None) };
        let found = ctx.ask().load::<ById<activity_type::Entity>, _>(id.uuid()).await?;
        Ok(found.map(|found| Graph(found.into())))
    }

    /// What is being done, in Markdown.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Whether the time is billed.
    async fn billable(&self) -> bool {
        self.0.billable
    }

    /// Since when it runs.
    async fn started_at(&self) -> DateTime {
        self.0.started_at.into()
    }

    /// For how many whole minutes it runs by now.
    async fn minutes(&self, ctx: &Context<'_>) -> i64 {
        (ctx.viewer().now - self.0.started_at).num_minutes().max(0)
    }

    /// When it was found to be forgotten; null while it is not.
    async fn flagged_at(&self) -> Option<DateTime> {
        self.0.flagged_at.map(Into::into)
    }
}

/// Root queries of timers.
#[derive(Default)]
pub struct TimerQuery;

#[Object]
impl TimerQuery {
    /// The viewer's running timer; null if none runs. Needs `projects.time.read`.
    async fn timer(&self, ctx: &Context<'_>) -> Result<Option<Graph<Timer>>> {
        ctx.viewer().require(TIME_READ)?;
        let Some(user) = ctx.viewer().user_id() else { return Ok(None) };
        let timer = super::running(ctx.db(), ctx.viewer(), user).await?;
        Ok(timer.map(|timer| Graph(timer.into())))
    }

    /// The running timers that the viewer may see, the oldest first: their own, and those on projects they answer for.
    /// Needs `projects.time.read`.
    async fn timers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<Timer>> {
        ctx.viewer().require(TIME_READ)?;
        let args = PageArgs::new(first, after, last, before);
        let visible = Entity::visible(ctx.viewer(), TIME_READ);
        list(ctx.db(), visible, Order::asc(Column::StartedAt), &args).await
    }
}
