//! A tenant's own fields in the graph: the object, the values, and the root query.

use async_graphql::{Context, Object, SimpleObject};
use futures::future::try_join_all;
use kernel::{
    Result,
    ask::{Ask, Asking},
    graph::{Graph, Node},
    id::{ProjectFieldId, TypedId},
    page::{ById, Connection, Order, PageArgs, list},
    policy::Guarded,
    scalar::DateTime,
};
use sea_orm::{ColumnTrait, QueryFilter};

use super::{
    entity::{Column, Entity, Model},
    rules,
};
use crate::{policy::INTERNAL_READ, words::ProjectFieldKind};

/// Something that the agency wants to know of each project.
#[derive(Clone, Debug)]
pub struct ProjectField(pub Model);

impl From<Model> for ProjectField {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for ProjectField {
    const TYPE: &'static str = "ProjectField";
}

/// Something that the agency wants to know of each project. For the team alone.
#[Object(name = "ProjectFieldFields")]
impl ProjectField {
    /// Its id.
    async fn id(&self) -> ProjectFieldId {
        self.0.id
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What its values are.
    async fn kind(&self) -> ProjectFieldKind {
        rules::kind(&self.0)
    }

    /// What can be chosen; empty for fields that are no choices.
    async fn options(&self) -> Vec<&str> {
        rules::options(&self.0)
    }

    /// Whether new projects must have a value.
    async fn required(&self) -> bool {
        self.0.required
    }

    /// When it was put away; null while it is in use.
    async fn archived_at(&self) -> Option<DateTime> {
        self.0.archived_at.map(Into::into)
    }

    /// Counts the changes; sent back as `expectedVersion`, it keeps one change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// The value that a project has of one of the agency's own fields.
#[derive(SimpleObject)]
pub struct CustomFieldValue {
    /// The field.
    pub field: Graph<ProjectField>,
    /// The value as text: a line, a decimal number, a date, `true` or `false`, an option, an address.
    pub value: String,
}

/// The values of a project whose fields are in use, by name; one statement for all projects of a request.
pub(crate) async fn values_of(ask: &Ask, stored: &serde_json::Value) -> Result<Vec<CustomFieldValue>> {
    let values = rules::values(stored);
    let load = |(id, _): &(ProjectFieldId, String)| ask.load::<ById<Entity>, _>(id.uuid());
    let fields = try_join_all(values.iter().map(load)).await?;
    let found = fields.into_iter().zip(values).filter_map(|(field, (_, value))| Some((field?, value)));
    let mut found: Vec<(Model, String)> = found.filter(|(field, _)| field.archived_at.is_none()).collect();
    found.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
    let shown = |(field, value): (Model, String)| CustomFieldValue { field: Graph(field.into()), value };
    Ok(found.into_iter().map(shown).collect())
}

/// Root queries of own fields.
#[derive(Default)]
pub struct FieldQuery;

#[Object]
impl FieldQuery {
    /// The agency's own fields of projects, by name. Needs `projects.internal.read`.
    async fn project_fields(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "True: also those that were put away.")] archived: Option<bool>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<ProjectField>> {
        ctx.viewer().require(INTERNAL_READ)?;
        let mut select = Entity::visible(ctx.viewer(), INTERNAL_READ);
        if archived != Some(true) {
            select = select.filter(Column::ArchivedAt.is_null());
        }
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), select, Order::asc(Column::Name), &args).await
    }
}
