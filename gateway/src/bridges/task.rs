//! What other domains know of a task.

use async_graphql::{Context, Object};
use audit::activity::{self, Activity, Sights};
use futures::future::try_join_all;
use identity::user::User;
use kernel::{
    ask::Asking,
    error::Result,
    graph::Graph,
    id::{TaskId, UserId},
    page::{Connection, PageArgs},
};
use projects::Task;

/// What other domains know of a task.
pub struct TaskBridges {
    id: TaskId,
    reporter: Option<UserId>,
}

impl From<&Task> for TaskBridges {
    fn from(task: &Task) -> Self {
        Self { id: task.0.id, reporter: task.0.reporter_id }
    }
}

#[Object(name = "TaskBridgeFields")]
impl TaskBridges {
    /// Who works on it, as far as the viewer may see them.
    async fn assignees(&self, ctx: &Context<'_>) -> Result<Vec<Graph<User>>> {
        let ask = ctx.ask();
        let ids = projects::task::assignees(ask, self.id).await?;
        let people = try_join_all(ids.into_iter().map(|id| super::user(ask, Some(id)))).await?;
        Ok(people.into_iter().flatten().collect())
    }

    /// Who reported it; null if nobody did, or for viewers who may not see them.
    async fn reporter(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.reporter).await
    }

    /// What happened to the task, as far as the viewer may see it now, newest first.
    async fn activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the newest, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor before the first row.")] after: Option<String>,
        #[graphql(desc = "How many from the oldest, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor behind the last row.")] before: Option<String>,
    ) -> Result<Option<Connection<Activity>>> {
        let (sights, args) = (ctx.data_unchecked::<Sights>(), PageArgs::new(first, after, last, before));
        activity::of_task(ctx.ask(), sights, self.id, args).await.map(Some)
    }
}
