//! Imports in the graph: the object, the preview, the root queries and the mutation.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kernel::{
    Error, Result,
    act::job,
    ask::Asking,
    graph::{Graph, Node},
    id::{JobId, MilestoneId, ProjectId, TaskColumnId, TaskImportId, TypedId, UserId},
    page::{ById, Connection, Order, PageArgs, list},
    policy::Guarded,
    scalar::{Date, DateTime},
};
use sea_orm::{ColumnTrait, QueryFilter};

use super::{
    Draft, Preview,
    entity::{Column, Entity, Model},
    file::{self, RowError},
    settings::Settings,
    words::ImportField,
};
use crate::{
    plan::fields::TaskPlan,
    policy::INTERNAL_READ,
    project::{self, graphql::Project},
    service::Projects,
    words::{Priority, TaskImportStatus},
};

/// Errors that one answer holds at most.
const ERRORS_AT_ONCE: i32 = 500;

/// Tasks of a file that come into a project.
#[derive(Clone, Debug)]
pub struct TaskImport(pub Model);

impl From<Model> for TaskImport {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for TaskImport {
    const TYPE: &'static str = "TaskImport";
}

/// Tasks of a file that come into a project. For the team alone.
#[Object(name = "TaskImportFields")]
impl TaskImport {
    /// Its id.
    async fn id(&self) -> TaskImportId {
        self.0.id
    }

    /// The project; null for who does not see it.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Graph<Project>>> {
        let project = ctx.ask().load::<ById<project::entity::Entity>, _>(self.0.project_id.uuid()).await?;
        Ok(project.map(|project| Graph(project.into())))
    }

    /// What the file was called.
    async fn file_name(&self) -> Option<&str> {
        self.0.file_name.as_deref()
    }

    /// How it goes.
    async fn status(&self) -> TaskImportStatus {
        TaskImportStatus::parse(&self.0.status).unwrap_or_default()
    }

    /// The job that does it; `job(id:)` and `jobProgress` tell how far it is. Null for who may not see the job.
    async fn job_id(&self, ctx: &Context<'_>) -> Result<Option<JobId>> {
        let Some(id) = self.0.job_id else { return Ok(None) };
        let job = ctx.ask().load::<ById<job::Entity>, _>(id.uuid()).await?;
        Ok(job.map(|job| job.id))
    }

    /// How many rows the file has.
    async fn row_count(&self) -> i32 {
        self.0.row_count
    }

    /// How many of them were looked at.
    async fn rows_done(&self) -> i32 {
        self.0.position
    }

    /// How many became tasks.
    async fn created_count(&self) -> i32 {
        self.0.created_count
    }

    /// How many rows did not become tasks.
    async fn error_count(&self) -> i32 {
        self.0.error_count
    }

    /// How many rows were left out because they are archived where the file comes from.
    async fn skipped_count(&self) -> i32 {
        self.0.position.saturating_sub(self.0.created_count).saturating_sub(self.0.error_count).max(0)
    }

    /// What is wrong in rows, in the order in which they were read: the first thousand things are kept.
    async fn row_errors(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of lines after this one.")] after_line: Option<i64>,
        #[graphql(desc = "How many, at most 500; 100 without it.")] first: Option<i32>,
    ) -> Result<Vec<ImportRowError>> {
        let row = ctx.ask().load::<ById<file::Entity>, _>(self.0.id.uuid()).await?;
        let row = row.ok_or_else(|| Error::not_found(TaskImportId::TYPE, self.0.id))?;
        let errors: Vec<RowError> = serde_json::from_value(row.errors).map_err(Error::internal)?;
        let first = usize::try_from(first.unwrap_or(100).clamp(0, ERRORS_AT_ONCE)).unwrap_or_default();
        let after = u64::try_from(after_line.unwrap_or_default()).unwrap_or_default();
        let wanted = errors.into_iter().filter(|error| error.line > after).take(first);
        Ok(wanted.map(|error| said(error, ctx)).collect())
    }

    /// Why it was given up: the code of the error that ended it.
    async fn failure(&self) -> Option<&str> {
        self.0.failure.as_deref()
    }

    /// When it was asked for.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was over.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at.map(Into::into)
    }
}

/// What is wrong in a row of a file.
#[derive(Clone, Debug, SimpleObject)]
pub struct ImportRowError {
    /// The line of the file on which the row begins, from 1.
    pub line: i64,
    /// The heading of the column; null if it is about the whole row.
    pub column: Option<String>,
    /// The machine's word for it.
    pub code: String,
    /// The sentence, in the language of the request.
    pub message: String,
}

fn said(error: RowError, ctx: &Context<'_>) -> ImportRowError {
    let message = error.message(ctx.viewer().language()).to_owned();
    let line = i64::try_from(error.line).unwrap_or(i64::MAX);
    ImportRowError { line, column: error.column, code: error.code, message }
}

/// A file to look at.
#[derive(Clone, Debug, InputObject)]
pub struct TaskImportPreviewInput {
    /// The project that the tasks would come into.
    pub project_id: ProjectId,
    /// The file as text: rows with headings, at most 900 000 bytes and 5 000 rows.
    pub content: String,
    /// How it is read.
    pub settings: Option<Settings>,
}

/// A file to be imported.
#[derive(Clone, Debug, InputObject)]
pub struct ImportTasksInput {
    /// The project that the tasks come into.
    pub project_id: ProjectId,
    /// The file as text: rows with headings, at most 900 000 bytes and 5 000 rows.
    pub content: String,
    /// What the file is called, at most 200 characters.
    pub file_name: Option<String>,
    /// How it is read.
    pub settings: Option<Settings>,
}

/// What an import would make of a file.
#[derive(Clone, Debug, SimpleObject)]
pub struct TaskImportPreview {
    /// What each column of the file is taken for.
    pub headings: Vec<ImportHeading>,
    /// How many rows the file has.
    pub row_count: i32,
    /// How many of them would become tasks.
    pub good_count: i32,
    /// How many would not, for something is wrong in them.
    pub error_count: i32,
    /// How many are left out because they are archived where the file comes from.
    pub skipped_count: i32,
    /// The first twenty tasks.
    pub drafts: Vec<ImportDraft>,
    /// The first hundred things that are wrong.
    pub row_errors: Vec<ImportRowError>,
    /// States that no column of the board is known for, at most 100.
    pub unknown_statuses: Vec<String>,
    /// Names and addresses that nobody is known by, or several, at most 100.
    pub unknown_people: Vec<String>,
}

/// A column of a file.
#[derive(Clone, Debug, SimpleObject)]
pub struct ImportHeading {
    /// Its heading.
    pub heading: String,
    /// What it is taken for; null if nothing is read from it.
    pub field: Option<ImportField>,
}

/// A task as an import would make it.
#[derive(Clone, Debug, SimpleObject)]
pub struct ImportDraft {
    /// The line of the file on which its row begins, from 1.
    pub line: i64,
    /// What is to be done, in a line.
    pub title: String,
    /// What is to be done, in Markdown.
    pub description: String,
    /// The column of the board; null: where work begins.
    pub column_id: Option<TaskColumnId>,
    /// How soon it has to be done.
    pub priority: Priority,
    /// Who does it.
    pub assignee_ids: Vec<UserId>,
    /// How long it is thought to take, in minutes.
    pub estimate_minutes: Option<i64>,
    /// When it is to begin.
    pub start_on: Option<Date>,
    /// When it is to be done.
    pub due_on: Option<Date>,
    /// Names of its labels.
    pub label_names: Vec<String>,
    /// Its milestone.
    pub milestone_id: Option<MilestoneId>,
    /// How it is scheduled.
    pub plan: TaskPlan,
    /// The line of the row that it is part of.
    pub parent_line: Option<i64>,
}

impl From<Draft> for ImportDraft {
    fn from(draft: Draft) -> Self {
        let Draft {
            line,
            title,
            description,
            column,
            priority,
            people,
            estimate,
            start_on,
            due_on,
            labels,
            milestone,
            plan,
            done: _,
            parent,
        } = draft;
        let number = |line: u64| i64::try_from(line).unwrap_or(i64::MAX);
        Self {
            line: number(line),
            title,
            description,
            column_id: column.map(|column| column.id),
            priority,
            assignee_ids: people,
            estimate_minutes: estimate,
            start_on: start_on.map(Into::into),
            due_on: due_on.map(Into::into),
            label_names: labels,
            milestone_id: milestone,
            plan,
            parent_line: parent.map(number),
        }
    }
}

fn shown(preview: Preview, ctx: &Context<'_>) -> TaskImportPreview {
    let Preview { table, fields, drafts, good, errors, bad, skipped, unknown_statuses, unknown_people } =
        preview;
    let count = |rows: usize| i32::try_from(rows).unwrap_or(i32::MAX);
    let row_count = count(table.rows.len());
    let headings = table.headings.into_iter().zip(fields);
    TaskImportPreview {
        headings: headings.map(|(heading, field)| ImportHeading { heading, field }).collect(),
        row_count,
        good_count: count(good),
        error_count: count(bad),
        skipped_count: count(skipped),
        drafts: drafts.into_iter().map(Into::into).collect(),
        row_errors: errors.into_iter().map(|error| said(error, ctx)).collect(),
        unknown_statuses,
        unknown_people,
    }
}

payloads! {
    /// What `importTasks` began.
    ImportTasksPayload {
        /// The import, which a job does.
        task_import: TaskImport
    }
}

/// Root queries of imports.
#[derive(Default)]
pub struct ImportQuery;

#[Object]
impl ImportQuery {
    /// An import of tasks by its id. Needs `projects.internal.read` on its project.
    async fn task_import(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The import's id.")] id: TaskImportId,
    ) -> Result<Graph<TaskImport>> {
        ctx.viewer().require(INTERNAL_READ)?;
        let row = Entity::fetch(ctx.db(), ctx.viewer(), INTERNAL_READ, id).await?;
        Ok(Graph(row.into()))
    }

    /// Imports of tasks, the newest first. Needs `projects.internal.read` on their projects.
    async fn task_imports(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only into this project.")] project_id: Option<ProjectId>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<TaskImport>> {
        ctx.viewer().require(INTERNAL_READ)?;
        let mut select = Entity::visible(ctx.viewer(), INTERNAL_READ);
        if let Some(project) = project_id {
            select = select.filter(Column::ProjectId.eq(project.uuid()));
        }
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), select, Order::desc(Column::CreatedAt), &args).await
    }

    /// What an import would make of a file; it changes nothing. Needs `projects.task.create` on the project and
    /// `projects.task.write`.
    async fn task_import_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The file, and how it is read.")] input: TaskImportPreviewInput,
    ) -> Result<TaskImportPreview> {
        let projects = ctx.data_unchecked::<Projects>();
        let preview = super::preview(ctx.viewer(), ctx.db(), projects, input).await?;
        Ok(shown(preview, ctx))
    }
}

/// Root mutation of imports.
#[derive(Default)]
pub struct ImportMutation;

#[Object]
impl ImportMutation {
    /// Imports the tasks of a file, as Jira, Trello and Asana export them, into a project. A job does it, in batches that
    /// come in whole or not at all; rows with something wrong in them do not, and are told. Needs
    /// `projects.task.create` on the project and `projects.task.write`.
    async fn import_tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The file, and how it is read.")] input: ImportTasksInput,
    ) -> Result<ImportTasksPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        super::start(ctx.viewer(), ctx.db(), projects, input).await.map(Into::into)
    }
}
