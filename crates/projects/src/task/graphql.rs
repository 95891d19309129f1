//! Tasks in the graph: the object and the root queries.

use async_graphql::{Context, Object};
use kernel::{
    Result,
    ask::Asking,
    field,
    graph::{Graph, Node},
    id::{TaskId, TypedId},
    page::{ById, Connection, PageArgs, list},
    policy::Guarded,
    scalar::{Date, DateTime},
};

use super::{
    checklist::{self, ChecklistItem},
    entity::{Column, Entity, Model},
    filter::{TaskFilter, TaskOrder},
    rules,
};
use crate::{
    column::{entity as column, graphql::TaskColumn},
    comment::{self, graphql::TaskComment},
    label::{graphql::TaskLabel, on_task},
    link::{self, graphql::Dependency},
    milestone::{entity as milestone, graphql::Milestone},
    people::{profile::graphql::SkillLevel, skill::on_task as taken},
    plan::fields::TaskPlan,
    policy::{INTERNAL_READ, TASKS_READ},
    project::{entity as project, graphql::Project},
    time::entry::{
        self,
        filter::TimeEntryFilter,
        graphql::TimeEntry,
        totals::{self, TimeTotals},
    },
    words::{Priority, TaskStatus},
};

/// A piece of work in a project.
#[derive(Clone, Debug)]
pub struct Task(pub Model);

impl From<Model> for Task {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for Task {
    const TYPE: &'static str = "Task";
}

impl Task {
    /// A value that is for the team alone.
    async fn internal<T>(&self, ctx: &Context<'_>, value: Option<T>) -> Option<Result<T>> {
        match field::may::<Entity>(ctx.ask(), INTERNAL_READ, self.0.id.uuid()).await {
            Ok(()) => value.map(Ok),
            Err(error) => Some(Err(error)),
        }
    }
}

// Reason: fields that may be refused answer `Option<Result<…>>`; an error in a `Result<Option<…>>` would take the whole
// task with it.
/// A piece of work in a project.
#[Object(name = "TaskFields")]
impl Task {
    /// Its id.
    async fn id(&self) -> TaskId {
        self.0.id
    }

    /// Its number in the project, from 1.
    async fn number(&self) -> i64 {
        self.0.number
    }

    /// What is to be done, in a line.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What is to be done, in Markdown.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Whether it is not begun, begun or finished: what its column stands for.
    async fn status(&self) -> TaskStatus {
        rules::status(&self.0)
    }

    /// The column of the board it is in; null if the viewer may not see the board.
    async fn column(&self, ctx: &Context<'_>) -> Result<Option<Graph<TaskColumn>>> {
        let column = ctx.ask().load::<ById<column::Entity>, _>(self.0.column_id.uuid()).await?;
        Ok(column.map(|column| Graph(column.into())))
    }

    /// The project; null if the viewer may see the task but not the project.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Graph<Project>>> {
        let project = ctx.ask().load::<ById<project::Entity>, _>(self.0.project_id.uuid()).await?;
        Ok(project.map(|project| Graph(project.into())))
    }

    /// How soon it has to be done.
    async fn priority(&self) -> Priority {
        Priority::parse(&self.0.priority).unwrap_or_default()
    }

    /// How long it was thought to take, in minutes. Needs `projects.internal.read` on the task.
    async fn estimate_minutes(&self, ctx: &Context<'_>) -> Option<Result<i64>> {
        self.internal(ctx, self.0.estimate_minutes).await
    }

    /// How long it still takes, in minutes. Needs `projects.internal.read` on the task.
    async fn remaining_minutes(&self, ctx: &Context<'_>) -> Option<Result<i64>> {
        self.internal(ctx, self.0.remaining_minutes).await
    }

    /// When work on it is to begin.
    async fn start_on(&self) -> Option<Date> {
        self.0.start_on.map(Into::into)
    }

    /// When it is to be done.
    async fn due_on(&self) -> Option<Date> {
        self.0.due_on.map(Into::into)
    }

    /// Its place in the project: tasks are in the order of their ranks as texts, then of their ids.
    async fn rank(&self) -> &str {
        &self.0.rank
    }

    /// Why it cannot go on; null if it can. Needs `projects.internal.read` on the task.
    async fn blocked_reason(&self, ctx: &Context<'_>) -> Option<Result<&str>> {
        self.internal(ctx, self.0.blocked_reason.as_deref()).await
    }

    /// The milestone that it is part of; null for none, and for who may not see it.
    async fn milestone(&self, ctx: &Context<'_>) -> Result<Option<Graph<Milestone>>> {
        let Some(id) = self.0.milestone_id else { return Ok(None) };
        let milestone = ctx.ask().load::<ById<milestone::Entity>, _>(id.uuid()).await?;
        Ok(milestone.map(|milestone| Graph(milestone.into())))
    }

    /// The task that it is part of; null for none, and for who may not see it.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Graph<Task>>> {
        let Some(id) = self.0.parent_id else { return Ok(None) };
        let parent = ctx.ask().load::<ById<Entity>, _>(id.uuid()).await?;
        Ok(parent.map(|parent| Graph(parent.into())))
    }

    /// Its parts, as on the board. Needs `projects.task.read`.
    async fn subtasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Option<Result<Connection<Task>>> {
        let args = PageArgs::new(first, after, last, before);
        let filter = TaskFilter::default();
        Some(super::under(ctx.ask(), Column::ParentId, self.0.id.uuid(), filter, None, args).await)
    }

    /// Small steps to tick off, at most 50. Needs `projects.internal.read` on the task.
    async fn checklist(&self, ctx: &Context<'_>) -> Option<Result<Vec<ChecklistItem>>> {
        self.internal(ctx, Some(checklist::read(&self.0.checklist))).await
    }

    /// Its labels in the order they were put on it, at most 20. Needs `projects.internal.read`.
    async fn labels(&self, ctx: &Context<'_>) -> Option<Result<Vec<Graph<TaskLabel>>>> {
        let labels = on_task::of_task(ctx.ask(), self.0.id).await;
        Some(labels.map(|labels| labels.into_iter().map(|label| Graph(label.into())).collect()))
    }

    /// The rule by which it comes again when it is done, as an RRULE of RFC 5545; null if it does not, and once it is
    /// done, for the rule goes on to the next one.
    async fn recurrence(&self) -> Option<&str> {
        self.0.recurrence.as_deref()
    }

    /// What it waits for: dependencies in which it is the later one, at most 100. Needs `projects.internal.read`.
    async fn predecessors(&self, ctx: &Context<'_>) -> Option<Result<Vec<Graph<Dependency>>>> {
        Some(link::ends(ctx.ask(), link::entity::Column::SuccTaskId, self.0.id.uuid()).await)
    }

    /// What waits for it: dependencies in which it is the earlier one, at most 100. Needs `projects.internal.read`.
    async fn successors(&self, ctx: &Context<'_>) -> Option<Result<Vec<Graph<Dependency>>>> {
        Some(link::ends(ctx.ask(), link::entity::Column::PredTaskId, self.0.id.uuid()).await)
    }

    /// What was said about it, oldest first; clients see what is not internal. Needs `projects.task.read`.
    async fn comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Option<Result<Connection<TaskComment>>> {
        let args = PageArgs::new(first, after, last, before);
        Some(comment::of_task(ctx.ask(), self.0.id, args).await)
    }

    /// Time that was written down on it, the latest first. Needs `projects.time.read`; people see their own time, and
    /// that of others where they answer for it.
    async fn time_entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this time.")] filter: Option<TimeEntryFilter>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Option<Result<Connection<TimeEntry>>> {
        let (args, filter) = (PageArgs::new(first, after, last, before), filter.unwrap_or_default());
        Some(entry::of_task(ctx.ask(), self.0.id, filter, args).await)
    }

    /// The time on it that the viewer may see, added up. Needs `projects.time.read`.
    async fn time_totals(&self, ctx: &Context<'_>) -> Option<Result<TimeTotals>> {
        Some(totals::on_task(ctx.ask(), self.0.id).await)
    }

    /// How it is scheduled. Needs `projects.internal.read` on the task.
    async fn plan(&self, ctx: &Context<'_>) -> Option<Result<TaskPlan>> {
        self.internal(ctx, Some(TaskPlan::of(&self.0))).await
    }

    /// What it takes, at these levels or better ones, at most 20 skills. Needs `projects.internal.read` on the task.
    async fn skills(&self, ctx: &Context<'_>) -> Option<Result<Vec<SkillLevel>>> {
        if let Err(error) = field::may::<Entity>(ctx.ask(), INTERNAL_READ, self.0.id.uuid()).await {
            return Some(Err(error));
        }
        Some(taken::of_task(ctx.ask(), self.0.id).await)
    }

    /// When it was done; null while it is not.
    async fn completed_at(&self) -> Option<DateTime> {
        self.0.completed_at.map(Into::into)
    }

    /// When it was archived; null while it is not.
    async fn archived_at(&self) -> Option<DateTime> {
        self.0.archived_at.map(Into::into)
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// Counts the changes; sent back as `expectedVersion`, it keeps one change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// Root queries of tasks.
#[derive(Default)]
pub struct TaskQuery;

#[Object]
impl TaskQuery {
    /// A task by its id. Needs `projects.task.read`.
    async fn task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the task.")] id: TaskId,
    ) -> Result<Graph<Task>> {
        ctx.viewer().require(TASKS_READ)?;
        let model = Entity::fetch(ctx.db(), ctx.viewer(), TASKS_READ, id).await?;
        Ok(Graph(model.into()))
    }

    /// The tasks that the viewer may see, across projects; those of archived projects only if asked for by project or
    /// id. Needs `projects.task.read`.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these tasks.")] filter: Option<TaskFilter>,
        #[graphql(desc = "The order; what is due first comes first without one.")] order_by: Option<
            TaskOrder,
        >,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<Task>> {
        ctx.viewer().require(TASKS_READ)?;
        let filter = filter.unwrap_or_default();
        filter.check(ctx.viewer())?;
        let order = order_by.unwrap_or_else(TaskOrder::by_due_date);
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), filter.select_across(ctx.viewer()), order.into(), &args).await
    }
}
