//! What a person has to do: their open tasks by when they are due.

use async_graphql::{Context, Object};
use chrono::{Days, NaiveDate};
use kernel::{
    Result,
    ask::Asking,
    graph::Graph,
    page::{Connection, PageArgs, list},
};
use sea_orm::{ColumnTrait, Condition, QueryFilter};

use super::{
    entity::Column,
    filter::{TaskFilter, TaskOrder},
    graphql::Task,
};
use crate::{
    column::{self, graphql::TaskColumn},
    policy::TASKS_READ,
    project::{self, graphql::Project},
    words::TaskStatus,
};

/// The days that `upcoming` has, from tomorrow.
const UPCOMING_DAYS: u64 = 7;

/// The open tasks of the viewer in projects that are neither archived nor over, by when they are due in the agency's time zone.
pub struct MyWork {
    today: NaiveDate,
}

impl MyWork {
    async fn due(&self, ctx: &Context<'_>, due: Condition, page: PageArgs) -> Result<Connection<Task>> {
        let open = vec![TaskStatus::Todo, TaskStatus::Doing];
        let filter = TaskFilter { assigned_to_me: Some(true), status: Some(open), ..TaskFilter::default() };
        let going_on = project::under_way(ctx.viewer().tenant_id());
        let select = filter.select(ctx.viewer()).filter(due).filter(Column::ProjectId.in_subquery(going_on));
        list(ctx.db(), select, TaskOrder::by_due_date().into(), &page).await
    }

    /// The last day of what is upcoming.
    fn horizon(&self) -> NaiveDate {
        self.today.checked_add_days(Days::new(UPCOMING_DAYS)).unwrap_or(NaiveDate::MAX)
    }
}

/// The open tasks of the viewer in projects that are neither archived nor over, by when they are due in the agency's time zone.
#[Object]
impl MyWork {
    /// Those that were due before today.
    async fn overdue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<Task>> {
        let due = Condition::all().add(Column::DueOn.lt(self.today));
        self.due(ctx, due, PageArgs::new(first, after, last, before)).await
    }

    /// Those that are due today.
    async fn today(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<Task>> {
        let due = Condition::all().add(Column::DueOn.eq(self.today));
        self.due(ctx, due, PageArgs::new(first, after, last, before)).await
    }

    /// Those that are due in the seven days after today.
    async fn upcoming(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<Task>> {
        let due = Condition::all().add(Column::DueOn.gt(self.today)).add(Column::DueOn.lte(self.horizon()));
        self.due(ctx, due, PageArgs::new(first, after, last, before)).await
    }

    /// Those that are due later still, and those without a date at the end.
    async fn later(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<Task>> {
        let due = Condition::any().add(Column::DueOn.gt(self.horizon())).add(Column::DueOn.is_null());
        self.due(ctx, due, PageArgs::new(first, after, last, before)).await
    }
}

/// The task board of a project.
#[derive(async_graphql::SimpleObject)]
pub struct Board {
    /// The project.
    pub project: Graph<Project>,
    /// Its columns from left to right, at most 30; each pages through its tasks.
    pub columns: Vec<Graph<TaskColumn>>,
}

/// Root queries of boards and of one's own work.
#[derive(Default)]
pub struct WorkQuery;

#[Object]
impl WorkQuery {
    /// The board of a project: its columns with their tasks, in a number of statements that grows neither with columns
    /// nor with tasks nor with people. Needs `projects.task.read`.
    async fn board(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the project.")] project_id: kernel::id::ProjectId,
    ) -> Result<Board> {
        ctx.viewer().require(TASKS_READ)?;
        use kernel::policy::Guarded;
        use project::entity::Entity;
        let project = Entity::fetch(ctx.db(), ctx.viewer(), Entity::READ, project_id).await?;
        let columns = column::of_project_for(ctx.ask(), project.id).await?;
        Ok(Board { project: Graph(project.into()), columns })
    }

    /// The open tasks of the viewer, by when they are due. Needs `projects.task.read`.
    async fn my_work(&self, ctx: &Context<'_>) -> Result<MyWork> {
        let viewer = ctx.viewer();
        viewer.require(TASKS_READ)?;
        Ok(MyWork { today: crate::today(viewer, viewer.now) })
    }
}
