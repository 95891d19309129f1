//! Tasks in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    bulk::ItemError,
    error::Error,
    graph::Graph,
    id::{MilestoneId, ProjectId, TaskColumnId, TaskId, TaskLabelId, UserId},
    locale::Language,
    scalar::Date,
};

use super::{checklist::ChecklistItemInput, entity::Model, graphql::Task};
use crate::{
    people::profile::mutation::SkillLevelInput, plan::fields::TaskPlanInput, service::Projects,
    words::Priority,
};

/// A new task. With neither neighbour it goes behind all others.
#[derive(Clone, Debug, InputObject)]
pub struct CreateTaskInput {
    /// The project.
    pub project_id: ProjectId,
    /// What is to be done, in a line of at most 200 characters.
    pub title: String,
    /// What is to be done, in Markdown, at most 50 000 bytes.
    pub description: Option<String>,
    /// How soon it has to be done; normal without one.
    pub priority: Option<Priority>,
    /// Who does it: active staff, at most 20.
    pub assignee_ids: Option<Vec<UserId>>,
    /// Who asked for it; who makes it without one.
    pub reporter_id: Option<UserId>,
    /// How long it is thought to take, in minutes.
    pub estimate_minutes: Option<i64>,
    /// How long it still takes, in minutes.
    pub remaining_minutes: Option<i64>,
    /// When work on it is to begin.
    pub start_on: Option<Date>,
    /// When it is to be done, not before it begins.
    pub due_on: Option<Date>,
    /// The column of the project's board; the first for tasks that are not begun without one.
    pub column_id: Option<TaskColumnId>,
    /// The milestone of the project that it is part of.
    pub milestone_id: Option<MilestoneId>,
    /// The task of the project that it is part of; tasks are nested at most 5 deep.
    pub parent_id: Option<TaskId>,
    /// Its labels: of the project or the agency, at most 20.
    pub label_ids: Option<Vec<TaskLabelId>>,
    /// Small steps to tick off, at most 50.
    pub checklist: Option<Vec<ChecklistItemInput>>,
    /// The rule by which it comes again when it is done: an RRULE of RFC 5545 without times, such as
    /// `FREQ=WEEKLY;BYDAY=MO`. Needs a due date or a start, which is the first day of the series.
    pub recurrence: Option<String>,
    /// How it is scheduled; automatically, without a word.
    pub plan: Option<TaskPlanInput>,
    /// What it takes, at these levels or better ones: at most 20 skills.
    pub skills: Option<Vec<SkillLevelInput>>,
    /// The task of the project that it goes right behind.
    pub after: Option<TaskId>,
    /// The task of the project that it goes right before; not looked at beside `after`.
    pub before: Option<TaskId>,
}

/// Changes of a task: what is left out stays.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateTaskInput {
    /// The task.
    pub id: TaskId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// What is to be done, in a line of at most 200 characters.
    pub title: MaybeUndefined<String>,
    /// What is to be done, in Markdown, at most 50 000 bytes.
    pub description: MaybeUndefined<String>,
    /// How soon it has to be done.
    pub priority: MaybeUndefined<Priority>,
    /// Who does it: active staff, at most 20; they replace those who did. Null or an empty list: nobody.
    pub assignee_ids: MaybeUndefined<Vec<UserId>>,
    /// Who asked for it.
    pub reporter_id: MaybeUndefined<UserId>,
    /// How long it is thought to take, in minutes.
    pub estimate_minutes: MaybeUndefined<i64>,
    /// How long it still takes, in minutes.
    pub remaining_minutes: MaybeUndefined<i64>,
    /// When work on it is to begin.
    pub start_on: MaybeUndefined<Date>,
    /// When it is to be done, not before it begins.
    pub due_on: MaybeUndefined<Date>,
    /// The column of the project's board; the task keeps its place in the project.
    pub column_id: MaybeUndefined<TaskColumnId>,
    /// Why it cannot go on, at most 500 characters; null if it can.
    pub blocked_reason: MaybeUndefined<String>,
    /// The milestone of the project that it is part of; null for none.
    pub milestone_id: MaybeUndefined<MilestoneId>,
    /// The task of the project that it is part of; null for none. Tasks are nested at most 5 deep.
    pub parent_id: MaybeUndefined<TaskId>,
    /// Its labels: of the project or the agency, at most 20; they replace those it had. Null or an empty list: none.
    pub label_ids: MaybeUndefined<Vec<TaskLabelId>>,
    /// Small steps to tick off, at most 50; they replace those it had, and keep what is done by their ids.
    pub checklist: MaybeUndefined<Vec<ChecklistItemInput>>,
    /// The rule by which it comes again when it is done: an RRULE of RFC 5545 without times, such as
    /// `FREQ=WEEKLY;BYDAY=MO`; null for none. A new rule begins with the due date, or else the start.
    pub recurrence: MaybeUndefined<String>,
    /// How it is scheduled: what is left out stays.
    pub plan: Option<TaskPlanInput>,
    /// What it takes, at these levels or better ones: all of it, at most 20 skills. Null leaves it as it is.
    pub skills: Option<Vec<SkillLevelInput>>,
}

/// A task and its new place. With neither neighbour it goes behind all others.
#[derive(Clone, Debug, InputObject)]
pub struct MoveTaskInput {
    /// The task.
    pub id: TaskId,
    /// The column it goes to; it stays in its column without one.
    pub column_id: Option<TaskColumnId>,
    /// The task of the project that it goes right behind.
    pub after: Option<TaskId>,
    /// The task of the project that it goes right before; not looked at beside `after`.
    pub before: Option<TaskId>,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// A task to be archived.
#[derive(Clone, Debug, InputObject)]
pub struct ArchiveTaskInput {
    /// The task.
    pub id: TaskId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// A task to be brought back.
#[derive(Clone, Debug, InputObject)]
pub struct RestoreTaskInput {
    /// The task.
    pub id: TaskId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// Changes of many tasks.
#[derive(Clone, Debug, InputObject)]
pub struct BulkUpdateTasksInput {
    /// The changes, at most 500, each task once.
    pub items: Vec<UpdateTaskInput>,
}

/// A step of a checklist to be ticked, or not any more.
#[derive(Clone, Debug, InputObject)]
pub struct TickChecklistItemInput {
    /// The task.
    pub task_id: TaskId,
    /// Number of the step.
    pub item_id: i32,
    /// Whether it is done.
    pub done: bool,
}

payloads! {
    /// What `createTask` made.
    CreateTaskPayload {
        /// The new task.
        task: Task
    }
    /// What `updateTask` changed.
    UpdateTaskPayload {
        /// The task as it is now.
        task: Task
    }
    /// What `moveTask` changed.
    MoveTaskPayload {
        /// The task as it is now.
        task: Task
    }
    /// What `archiveTask` changed.
    ArchiveTaskPayload {
        /// The task as it is now.
        task: Task
    }
    /// What `restoreTask` changed.
    RestoreTaskPayload {
        /// The task as it is now.
        task: Task
    }
    /// What `tickChecklistItem` changed.
    TickChecklistItemPayload {
        /// The task as it is now.
        task: Task
    }
}

/// What `bulkUpdateTasks` did.
#[derive(SimpleObject)]
pub struct BulkUpdateTasksPayload {
    /// One result for each item, in their order.
    pub results: Vec<BulkUpdateTasksResult>,
}

/// What became of one item of `bulkUpdateTasks`.
#[derive(SimpleObject)]
pub struct BulkUpdateTasksResult {
    /// Place of the item in the input, from 0.
    pub index: i32,
    /// Whether it was done.
    pub ok: bool,
    /// The task as it is now; null if the item was not done.
    pub node: Option<Graph<Task>>,
    /// Why the item was not done; null if it was.
    pub error: Option<ItemError>,
}

impl BulkUpdateTasksResult {
    fn new(index: usize, result: Result<Model>, language: Language) -> Self {
        let error = result.as_ref().err().map(|error: &Error| ItemError::new(error, language));
        let index = i32::try_from(index).unwrap_or(i32::MAX);
        let node = result.ok().map(|task| Graph(task.into()));
        Self { index, ok: node.is_some(), node, error }
    }
}

/// Root mutations of tasks.
#[derive(Default)]
pub struct TaskMutation;

#[Object]
impl TaskMutation {
    /// Makes a task. Needs `projects.task.create` on the project.
    async fn create_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new task.")] input: CreateTaskInput,
    ) -> Result<CreateTaskPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        let task = super::create(ctx.viewer(), ctx.db(), projects, input).await?;
        Ok(task.into())
    }

    /// Changes a task. Needs `projects.task.write` on it.
    async fn update_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateTaskInput,
    ) -> Result<UpdateTaskPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        let task = super::update(ctx.viewer(), ctx.db(), projects, input).await?;
        Ok(task.into())
    }

    /// Moves a task to another place of its project, and to another column. Needs `projects.task.write` on it.
    async fn move_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The task and its new place.")] input: MoveTaskInput,
    ) -> Result<MoveTaskPayload> {
        let task = super::relocate(ctx.viewer(), ctx.db(), input).await?;
        Ok(task.into())
    }

    /// Puts a task away: lists leave it out, it changes no more. Needs `projects.task.write` on it.
    async fn archive_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which task.")] input: ArchiveTaskInput,
    ) -> Result<ArchiveTaskPayload> {
        let task = super::archive(ctx.viewer(), ctx.db(), input.id, input.expected_version).await?;
        Ok(task.into())
    }

    /// Brings an archived task back to its place. Needs `projects.task.write` on it.
    async fn restore_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which task.")] input: RestoreTaskInput,
    ) -> Result<RestoreTaskPayload> {
        let task = super::restore(ctx.viewer(), ctx.db(), input.id, input.expected_version).await?;
        Ok(task.into())
    }

    /// Ticks a step of a task's checklist, or takes the tick away; other steps stay as others have left them. Needs
    /// `projects.task.write` on the task.
    async fn tick_checklist_item(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which step.")] input: TickChecklistItemInput,
    ) -> Result<TickChecklistItemPayload> {
        super::tick(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Changes up to 500 tasks in one act; each item is done or answered with its own error. Needs
    /// `projects.task.write` on each task.
    async fn bulk_update_tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: BulkUpdateTasksInput,
    ) -> Result<BulkUpdateTasksPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        let results = super::update_many(ctx.viewer(), ctx.db(), projects, input.items).await?;
        let language = ctx.viewer().language();
        let results = results.into_iter().enumerate();
        let results = results.map(|(index, result)| BulkUpdateTasksResult::new(index, result, language));
        Ok(BulkUpdateTasksPayload { results: results.collect() })
    }
}
