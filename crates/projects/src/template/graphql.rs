//! Templates in the graph: the object and the root queries.

use async_graphql::{Context, InputObject, Object};
use kernel::{
    Error, Fields, Result,
    ask::Asking,
    graph::{Graph, Node},
    id::{ProjectTemplateId, TypedId},
    page::{ById, Connection, Order, PageArgs, check_listed, check_search, list},
    policy::Guarded,
    scalar::DateTime,
    sql,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, Select};

use super::{
    entity::{Column, Entity, Model},
    plan::TemplatePlan,
    stored,
};
use crate::policy::TEMPLATES_READ;

/// A project as it is done again and again.
#[derive(Clone, Debug)]
pub struct ProjectTemplate(pub Model);

impl From<Model> for ProjectTemplate {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for ProjectTemplate {
    const TYPE: &'static str = "ProjectTemplate";
}

/// A project as it is done again and again. For staff alone.
#[Object(name = "ProjectTemplateFields")]
impl ProjectTemplate {
    /// Its id.
    async fn id(&self) -> ProjectTemplateId {
        self.0.id
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is for, in Markdown.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// What kind of work it is.
    async fn category(&self) -> Option<&str> {
        self.0.category.as_deref()
    }

    /// How many milestones it has.
    async fn milestone_count(&self) -> i32 {
        self.0.milestone_count
    }

    /// How many tasks it has.
    async fn task_count(&self) -> i32 {
        self.0.task_count
    }

    /// From its first working day to its last, both counted; 0 without any dates.
    async fn length_days(&self) -> i32 {
        self.0.length_days
    }

    /// What it consists of.
    async fn plan(&self, ctx: &Context<'_>) -> Result<TemplatePlan> {
        let row = ctx.ask().load::<ById<stored::Entity>, _>(self.0.id.uuid()).await?;
        let row = row.ok_or_else(|| Error::not_found(ProjectTemplateId::TYPE, self.0.id))?;
        super::read(&row)
    }

    /// When it was put away; null while it is in use.
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

/// Which templates a list has; every condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ProjectTemplateFilter {
    /// Only of one of these categories, spelled exactly so.
    pub categories: Option<Vec<String>>,
    /// Only with this text in the name, description or category.
    pub search: Option<String>,
    /// True: only archived ones. Otherwise only those that are not.
    pub archived: Option<bool>,
}

impl ProjectTemplateFilter {
    fn check(&self) -> Result<()> {
        let mut fields = Fields::new();
        check_listed(self.categories.as_ref(), "filter.categories", &mut fields);
        check_search(self.search.as_deref(), "filter.search", &mut fields);
        fields.check()
    }

    fn select(&self, viewer: &Viewer) -> Select<Entity> {
        let archived = Column::ArchivedAt;
        let archived = if self.archived == Some(true) { archived.is_not_null() } else { archived.is_null() };
        let mut select = Entity::visible(viewer, TEMPLATES_READ).filter(archived);
        if let Some(categories) = &self.categories {
            select = select.filter(Column::Category.is_in(categories.iter().map(String::as_str)));
        }
        if let Some(text) = self.search.as_deref().filter(|text| !text.trim().is_empty()) {
            let found = sql::contains(&[Column::Name, Column::Description, Column::Category], text);
            select = select.filter(found);
        }
        select
    }
}

/// Root queries of templates.
#[derive(Default)]
pub struct TemplateQuery;

#[Object]
impl TemplateQuery {
    /// A template by its id. Needs `projects.template.read`.
    async fn project_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The template's id.")] id: ProjectTemplateId,
    ) -> Result<Graph<ProjectTemplate>> {
        ctx.viewer().require(TEMPLATES_READ)?;
        let row = Entity::fetch(ctx.db(), ctx.viewer(), TEMPLATES_READ, id).await?;
        Ok(Graph(row.into()))
    }

    /// Templates of projects, by name. Needs `projects.template.read`.
    async fn project_templates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which templates.")] filter: Option<ProjectTemplateFilter>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<ProjectTemplate>> {
        ctx.viewer().require(TEMPLATES_READ)?;
        let filter = filter.unwrap_or_default();
        filter.check()?;
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), filter.select(ctx.viewer()), Order::asc(Column::Name), &args).await
    }
}
