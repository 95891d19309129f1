//! Baselines in the graph: the object and the root queries.

use async_graphql::{Context, Object, SimpleObject};
use kernel::{
    Fields, Result, Text,
    ask::Asking,
    graph::{Graph, Node},
    id::{BaselineId, ProjectId, TaskId, TypedId},
    page::{ById, Connection, Direction, Order, PageArgs, list},
    policy::Guarded,
    scalar::{Date, DateTime},
};
use sea_orm::{ColumnTrait, QueryFilter};

use super::{
    compare::{self, BaselineComparison},
    entity::{Column, Entity, Model},
    stored,
};
use crate::{
    plan::say,
    policy::INTERNAL_READ,
    project::{entity as project, graphql::Project},
    register::check_range,
};

/// A page of tasks is too long.
pub const PAGE_TOO_LONG: Text =
    Text::new("page_too_long", "A page has 1 to {max} items.", "Une page compte de 1 à {max} éléments.");

/// Most tasks of a page of a baseline.
const MAX_ITEMS: i32 = 1_000;

/// Most tasks that are left out before a page: as many as a plan may have.
const MAX_SKIP: i32 = 10_000;

/// What the plan of a project said once.
#[derive(Clone, Debug)]
pub struct Baseline(pub Model);

impl From<Model> for Baseline {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for Baseline {
    const TYPE: &'static str = "Baseline";
}

/// What the plan of a project said once, to hold later ones against. For the team alone.
#[Object(name = "BaselineFields")]
impl Baseline {
    /// Its id.
    async fn id(&self) -> BaselineId {
        self.0.id
    }

    /// What people call it, unique in the project.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What there is to say about it, in Markdown.
    async fn note(&self) -> &str {
        &self.0.note
    }

    /// The instant that the plan was reckoned as of.
    async fn as_of(&self) -> DateTime {
        self.0.as_of.into()
    }

    /// When the project was finished by it; null if there was nothing to do.
    async fn finish(&self) -> Option<DateTime> {
        self.0.finish_at.map(Into::into)
    }

    /// How many tasks it had.
    async fn task_count(&self) -> i32 {
        self.0.task_count
    }

    /// What it said about each task, in the order of the board then.
    async fn items(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 1 000.", default = 100)] first: i32,
        #[graphql(desc = "How many to leave out before them, 0 to 10 000.", default)] skip: i32,
    ) -> Result<Vec<BaselineItem>> {
        let mut fields = Fields::new();
        fields.require((1..=MAX_ITEMS).contains(&first), "first", PAGE_TOO_LONG.with("max", MAX_ITEMS));
        check_range(skip, (0, MAX_SKIP), "skip", &mut fields);
        fields.check()?;
        let kept = stored::page(ctx.ask(), self.0.id, skip.unsigned_abs(), first.unsigned_abs()).await?;
        Ok(kept.iter().map(Into::into).collect())
    }

    /// The project; null if the viewer may see the baseline but not the project.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Graph<Project>>> {
        let project = ctx.ask().load::<ById<project::Entity>, _>(self.0.project_id.uuid()).await?;
        Ok(project.map(|project| Graph(project.into())))
    }

    /// When it was kept.
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

/// What a baseline said about a task.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct BaselineItem {
    /// Id of the task.
    pub task_id: TaskId,
    /// Its number in the project.
    pub number: i64,
    /// What was to be done, in a line, as it was called then.
    pub title: String,
    /// When it started at the earliest.
    pub start: DateTime,
    /// When it was finished at the earliest.
    pub finish: DateTime,
    /// How long it took, in working minutes; null for tasks with parts.
    pub duration_minutes: Option<i64>,
    /// How long it was thought to take, in minutes.
    pub estimate_minutes: Option<i64>,
    /// When work on it was to begin, as somebody planned it.
    pub start_on: Option<Date>,
    /// When it had to be done, as somebody planned it.
    pub due_on: Option<Date>,
}

impl From<&stored::Kept> for BaselineItem {
    fn from(kept: &stored::Kept) -> Self {
        let stored::Kept { task, number, title, start, finish, duration, estimate, start_on, due_on } =
            kept.clone();
        Self {
            task_id: task,
            number,
            title,
            start: say::time(start),
            finish: say::time(finish),
            duration_minutes: duration,
            estimate_minutes: estimate,
            start_on: start_on.map(Into::into),
            due_on: due_on.map(Into::into),
        }
    }
}

/// Root queries of baselines.
#[derive(Default)]
pub struct BaselineQuery;

#[Object]
impl BaselineQuery {
    /// A baseline by its id. Staff only; needs `projects.internal.read`.
    async fn baseline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the baseline.")] id: BaselineId,
    ) -> Result<Graph<Baseline>> {
        ctx.viewer().require(INTERNAL_READ)?;
        let model = Entity::fetch(ctx.db(), ctx.viewer(), INTERNAL_READ, id).await?;
        Ok(Graph(model.into()))
    }

    /// The baselines that the viewer may see, the latest first. Staff only; needs `projects.internal.read`.
    async fn baselines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this project.")] project_id: Option<ProjectId>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<Baseline>> {
        ctx.viewer().require(INTERNAL_READ)?;
        let mut select = Entity::visible(ctx.viewer(), INTERNAL_READ);
        if let Some(project) = project_id {
            select = select.filter(Column::ProjectId.eq(project.uuid()));
        }
        let order = Order::by(Column::CreatedAt, Direction::Desc);
        list(ctx.db(), select, order, &PageArgs::new(first, after, last, before)).await
    }

    /// By how much the plan of a project, reckoned now, has slipped from a baseline. Staff only; needs
    /// `projects.task.read`, `projects.milestone.read` and `projects.internal.read` on the project.
    async fn compare_baseline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the baseline.")] id: BaselineId,
    ) -> Result<BaselineComparison> {
        compare::compare(ctx.ask(), id).await
    }
}
