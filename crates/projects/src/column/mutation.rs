//! Columns in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::Graph,
    id::{ProjectId, TaskColumnId},
};

use super::graphql::TaskColumn;
use crate::words::TaskStatus;

/// A new column.
#[derive(Clone, Debug, InputObject)]
pub struct CreateTaskColumnInput {
    /// The project whose board it is on.
    pub project_id: ProjectId,
    /// Its heading, at most 60 characters.
    pub name: String,
    /// What it says about its tasks.
    pub category: TaskStatus,
    /// The column it stands right of; the right end of the board without one.
    pub after: Option<TaskColumnId>,
}

/// Changes of a column: what is left out stays.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateTaskColumnInput {
    /// The column.
    pub id: TaskColumnId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// Its heading, at most 60 characters.
    pub name: MaybeUndefined<String>,
    /// What it says about its tasks; they take the new state.
    pub category: MaybeUndefined<TaskStatus>,
}

/// A column and its new place. With neither neighbour it goes to the left end.
#[derive(Clone, Debug, InputObject)]
pub struct MoveTaskColumnInput {
    /// The column.
    pub id: TaskColumnId,
    /// The column it shall stand right of.
    pub after: Option<TaskColumnId>,
    /// The column it shall stand left of; not looked at beside `after`.
    pub before: Option<TaskColumnId>,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// A column to be removed.
#[derive(Clone, Debug, InputObject)]
pub struct DeleteTaskColumnInput {
    /// The column.
    pub id: TaskColumnId,
    /// The column of the same board that its tasks go to.
    pub move_to: TaskColumnId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// What `createTaskColumn` made.
#[derive(SimpleObject)]
pub struct CreateTaskColumnPayload {
    /// The new column.
    pub column: Graph<TaskColumn>,
}

/// What `updateTaskColumn` changed.
#[derive(SimpleObject)]
pub struct UpdateTaskColumnPayload {
    /// The column as it is now.
    pub column: Graph<TaskColumn>,
}

/// What `moveTaskColumn` changed.
#[derive(SimpleObject)]
pub struct MoveTaskColumnPayload {
    /// The column as it is now.
    pub column: Graph<TaskColumn>,
}

/// What `deleteTaskColumn` removed.
#[derive(SimpleObject)]
pub struct DeleteTaskColumnPayload {
    /// Id of the column that is gone.
    pub id: TaskColumnId,
}

/// Root mutations of columns.
#[derive(Default)]
pub struct ColumnMutation;

#[Object]
impl ColumnMutation {
    /// Adds a column to a board. Needs `projects.task.write` on the project.
    async fn create_task_column(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new column.")] input: CreateTaskColumnInput,
    ) -> Result<CreateTaskColumnPayload> {
        let column = super::create(ctx.viewer(), ctx.db(), input).await?;
        Ok(CreateTaskColumnPayload { column: Graph(column.into()) })
    }

    /// Changes a column; with its category, the state of its tasks changes. Needs `projects.task.write` on the
    /// project.
    async fn update_task_column(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateTaskColumnInput,
    ) -> Result<UpdateTaskColumnPayload> {
        let column = super::update(ctx.viewer(), ctx.db(), input).await?;
        Ok(UpdateTaskColumnPayload { column: Graph(column.into()) })
    }

    /// Moves a column to another place on its board. Needs `projects.task.write` on the project.
    async fn move_task_column(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The column and its new place.")] input: MoveTaskColumnInput,
    ) -> Result<MoveTaskColumnPayload> {
        let column = super::relocate(ctx.viewer(), ctx.db(), input).await?;
        Ok(MoveTaskColumnPayload { column: Graph(column.into()) })
    }

    /// Removes a column; its tasks go to another one and take the state that it stands for. Needs
    /// `projects.task.write` on the project.
    async fn delete_task_column(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which column, and where its tasks go.")] input: DeleteTaskColumnInput,
    ) -> Result<DeleteTaskColumnPayload> {
        let id = input.id;
        super::delete(ctx.viewer(), ctx.db(), input).await?;
        Ok(DeleteTaskColumnPayload { id })
    }
}
