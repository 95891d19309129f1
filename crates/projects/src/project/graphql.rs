//! Projects in the graph: the object and the root queries.

use async_graphql::{Context, Object};
use kernel::{
    Error, Result,
    ask::Asking,
    field,
    graph::{Graph, Node},
    id::{ProjectId, TypedId},
    money::Money,
    page::{ById, Connection, PageArgs, list},
    policy::Guarded,
    scalar::{Date, DateTime},
    viewer::Permission,
};
use sea_orm::{ColumnTrait, QueryFilter};

use super::{
    entity::{Column, Entity, Model},
    filter::{ProjectFilter, ProjectOrder},
    progress, rules, store,
};
use crate::{
    column::{self, graphql::TaskColumn},
    field::graphql::{CustomFieldValue, values_of},
    link::{self, graphql::Dependency},
    member::{
        self,
        graphql::{MemberFilter, ProjectMember},
    },
    milestone::{
        self,
        filter::{MilestoneFilter, MilestoneOrder},
        graphql::Milestone,
    },
    policy::{BUDGETS_READ, INTERNAL_READ, PROJECTS_READ},
    task::{
        self,
        filter::{TaskFilter, TaskOrder},
        graphql::Task,
    },
    template::{entity as template, graphql::ProjectTemplate},
    time::entry::{
        self,
        filter::TimeEntryFilter,
        graphql::TimeEntry,
        totals::{self, TimeTotals},
    },
    words::{BillingType, Methodology, Priority, ProjectStatus},
};

/// A piece of work for a client, or for the agency itself.
#[derive(Clone, Debug)]
pub struct Project(pub Model);

impl From<Model> for Project {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for Project {
    const TYPE: &'static str = "Project";
}

impl Project {
    /// A value that needs `permission` on the project.
    async fn guarded<T>(
        &self,
        ctx: &Context<'_>,
        permission: Permission,
        value: Option<T>,
    ) -> Option<Result<T>> {
        match field::may::<Entity>(ctx.ask(), permission, self.0.id.uuid()).await {
            Ok(()) => value.map(Ok),
            Err(error) => Some(Err(error)),
        }
    }
}

// Reason: fields that may be refused answer `Option<Result<…>>`; an error in a `Result<Option<…>>` would take the whole
// project with it.
/// A piece of work for a client, or for the agency itself.
#[Object(name = "ProjectFields")]
impl Project {
    /// Its id.
    async fn id(&self) -> ProjectId {
        self.0.id
    }

    /// Its short name, such as `ACME-12`; unique in the agency and never changed.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is about, in Markdown.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Where it stands.
    async fn status(&self) -> ProjectStatus {
        rules::status(&self.0)
    }

    /// The statuses it may go to from here, as far as its course allows; who may move it is another question.
    async fn allowed_transitions(&self) -> Vec<ProjectStatus> {
        let held_from = self.0.held_from.as_deref().and_then(ProjectStatus::parse);
        if self.0.archived_at.is_some() {
            Vec::new()
        } else {
            rules::allowed(rules::status(&self.0), held_from)
        }
    }

    /// How soon it has to be done.
    async fn priority(&self) -> Priority {
        Priority::parse(&self.0.priority).unwrap_or_default()
    }

    /// When it is thought to begin.
    async fn estimated_start(&self) -> Option<Date> {
        self.0.estimated_start.map(Into::into)
    }

    /// When it is thought to end.
    async fn estimated_end(&self) -> Option<Date> {
        self.0.estimated_end.map(Into::into)
    }

    /// When work on it began: the day it first went in progress, unless it was put right.
    async fn actual_start(&self) -> Option<Date> {
        self.0.actual_start.map(Into::into)
    }

    /// When it was completed, or given up after work had begun, unless it was put right.
    async fn actual_end(&self) -> Option<Date> {
        self.0.actual_end.map(Into::into)
    }

    /// When the client expects it.
    async fn expected_delivery(&self) -> Option<Date> {
        self.0.expected_delivery.map(Into::into)
    }

    /// What it may cost. Needs `projects.budget.read` on the project.
    async fn budget(&self, ctx: &Context<'_>) -> Option<Result<Money>> {
        let parts = self.0.budget_minor.zip(self.0.budget_currency);
        let budget = parts.map(|(amount, currency)| Money::new(amount, currency));
        self.guarded(ctx, BUDGETS_READ, budget).await
    }

    /// How much work it may take, in minutes. Needs `projects.budget.read` on the project.
    async fn budget_minutes(&self, ctx: &Context<'_>) -> Option<Result<i64>> {
        self.guarded(ctx, BUDGETS_READ, self.0.budget_minutes).await
    }

    /// How the work is paid.
    async fn billing_type(&self) -> BillingType {
        BillingType::parse(&self.0.billing_type).unwrap_or_default()
    }

    /// How the work is organised.
    async fn methodology(&self) -> Methodology {
        Methodology::parse(&self.0.methodology).unwrap_or_default()
    }

    /// Words to find it by, at most 20.
    async fn tags(&self) -> Vec<&str> {
        let tags = self.0.tags.as_array().map(Vec::as_slice).unwrap_or_default();
        tags.iter().filter_map(|tag| tag.as_str()).collect()
    }

    /// The template that it was made from, or that the project was made from of which it is a clone; null for none, and
    /// for who may not see templates.
    async fn template(&self, ctx: &Context<'_>) -> Result<Option<Graph<ProjectTemplate>>> {
        let Some(id) = self.0.template_id else { return Ok(None) };
        let template = ctx.ask().load::<ById<template::Entity>, _>(id.uuid()).await?;
        Ok(template.map(|template| Graph(template.into())))
    }

    /// How well it goes, from 0 to 100, as it was recorded in the night; null before that, if nothing was known, and for
    /// clients; the last one of a project that is over. `healthReport` makes it anew.
    async fn health(&self, ctx: &Context<'_>) -> Option<i32> {
        self.0.health.filter(|_| !ctx.viewer().is_client())
    }

    /// How much of it is done, in per cent, cut down. With milestones that are not waived it is the mean of their
    /// percentages; without them the share of its tasks that are done; 0 without either.
    async fn progress(&self, ctx: &Context<'_>) -> Result<i32> {
        progress::progress(ctx.ask(), self.0.id).await
    }

    /// The project that it is part of; null for none, and for who may not see it.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Graph<Project>>> {
        let Some(id) = self.0.parent_id else { return Ok(None) };
        let parent = ctx.ask().load::<ById<Entity>, _>(id.uuid()).await?;
        Ok(parent.map(|parent| Graph(parent.into())))
    }

    /// The projects that are part of it.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn subprojects(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these projects.")] filter: Option<ProjectFilter>,
        #[graphql(desc = "The order; by name without one.")] order_by: Option<ProjectOrder>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<Project>> {
        let args = PageArgs::new(first, after, last, before);
        store::parts_of(ctx.ask(), self.0.id, filter.unwrap_or_default(), order_by, args).await
    }

    /// Values of the agency's own fields that are in use, by name, at most 50. Needs `projects.internal.read` on it.
    async fn custom_fields(&self, ctx: &Context<'_>) -> Option<Result<Vec<CustomFieldValue>>> {
        match self.guarded(ctx, INTERNAL_READ, Some(())).await? {
            Ok(()) => Some(values_of(ctx.ask(), &self.0.custom).await),
            Err(error) => Some(Err(error)),
        }
    }

    /// Its milestones. Needs `projects.milestone.read`; clients see those that are marked for them.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn milestones(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these milestones.")] filter: Option<MilestoneFilter>,
        #[graphql(desc = "The order; as they are arranged without one.")] order_by: Option<MilestoneOrder>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Option<Result<Connection<Milestone>>> {
        let (args, filter) = (PageArgs::new(first, after, last, before), filter.unwrap_or_default());
        Some(milestone::of_project(ctx.ask(), self.0.id, filter, order_by, args).await)
    }

    /// Which of its work waits for which. Needs `projects.internal.read`.
    async fn dependencies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Option<Result<Connection<Dependency>>> {
        let args = PageArgs::new(first, after, last, before);
        Some(link::of_project(ctx.ask(), self.0.id, args).await)
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
        Some(entry::of_project(ctx.ask(), self.0.id, filter, args).await)
    }

    /// The time on it that the viewer may see, added up. Needs `projects.time.read`.
    async fn time_totals(&self, ctx: &Context<'_>) -> Option<Result<TimeTotals>> {
        Some(totals::on_project(ctx.ask(), self.0.id).await)
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

    /// The columns of its board from left to right, at most 30. Needs `projects.task.read`.
    async fn columns(&self, ctx: &Context<'_>) -> Option<Result<Vec<Graph<TaskColumn>>>> {
        Some(column::of_project_for(ctx.ask(), self.0.id).await)
    }

    /// Its tasks. Needs `projects.task.read`.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these tasks.")] filter: Option<TaskFilter>,
        #[graphql(desc = "The order; as on the board without one.")] order_by: Option<TaskOrder>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Option<Result<Connection<Task>>> {
        let args = PageArgs::new(first, after, last, before);
        Some(task::of_project(ctx.ask(), self.0.id, filter.unwrap_or_default(), order_by, args).await)
    }

    /// The people who work on it, in the order they joined. Needs `projects.team.read`.
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these places; without it those that nobody has left.")] filter: Option<
            MemberFilter,
        >,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Option<Result<Connection<ProjectMember>>> {
        let args = PageArgs::new(first, after, last, before);
        Some(member::of_project(ctx.ask(), self.0.id, filter.unwrap_or_default(), args).await)
    }
}

/// Root queries of projects.
#[derive(Default)]
pub struct ProjectQuery;

#[Object]
impl ProjectQuery {
    /// A project by its id. Needs `projects.project.read`.
    async fn project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the project.")] id: ProjectId,
    ) -> Result<Graph<Project>> {
        ctx.viewer().require(PROJECTS_READ)?;
        let model = Entity::fetch(ctx.db(), ctx.viewer(), PROJECTS_READ, id).await?;
        Ok(Graph(model.into()))
    }

    /// A project by its code, however its letters are cased. Needs `projects.project.read`.
    async fn project_by_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Code of the project, such as `ACME-12`.")] code: String,
    ) -> Result<Graph<Project>> {
        ctx.viewer().require(PROJECTS_READ)?;
        let code = code.trim().to_uppercase();
        let select = Entity::visible(ctx.viewer(), PROJECTS_READ).filter(Column::Code.eq(code.as_str()));
        let model = select.one(ctx.db()).await?.ok_or_else(|| Error::not_found("Project", code))?;
        Ok(Graph(model.into()))
    }

    /// The projects that the viewer may see. Needs `projects.project.read`.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these projects.")] filter: Option<ProjectFilter>,
        #[graphql(desc = "The order; by name without one.")] order_by: Option<ProjectOrder>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<Project>> {
        ctx.viewer().require(PROJECTS_READ)?;
        let filter = filter.unwrap_or_default();
        filter.check(ctx.viewer(), order_by)?;
        let select = filter.select(ctx.viewer(), ctx.db().backend());
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), select, order_by.unwrap_or_default().into(), &args).await
    }
}
