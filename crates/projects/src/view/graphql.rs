//! Saved views in the graph: the object and the root query.

use async_graphql::{Context, Json, Object};
use kernel::{
    Result,
    ask::Asking,
    graph::Node,
    id::SavedViewId,
    page::{Connection, Order, PageArgs, list},
    policy::Guarded,
};
use sea_orm::{ColumnTrait, QueryFilter};
use serde_json::Value;

use super::entity::{Column, Entity, Model};
use crate::{policy::PROJECTS_READ, words::SavedViewKind};

/// Filter and order of a list, as somebody saved them.
#[derive(Clone, Debug)]
pub struct SavedView(pub Model);

impl From<Model> for SavedView {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for SavedView {
    const TYPE: &'static str = "SavedView";
}

/// Filter and order of a list, as somebody saved them.
#[Object(name = "SavedViewFields")]
impl SavedView {
    /// Its id.
    async fn id(&self) -> SavedViewId {
        self.0.id
    }

    /// Which list it is of.
    async fn kind(&self) -> SavedViewKind {
        SavedViewKind::parse(&self.0.kind).unwrap_or_default()
    }

    /// What its owner calls it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether all staff may use it.
    async fn shared(&self) -> bool {
        self.0.shared
    }

    /// Whether it is the viewer's own, to change and remove.
    async fn mine(&self, ctx: &Context<'_>) -> bool {
        ctx.viewer().user_id() == Some(self.0.owner_id)
    }

    /// Filter, order and columns, as the program that saved them understands them.
    async fn definition(&self) -> Json<Value> {
        Json(self.0.definition.clone())
    }

    /// Counts the changes; sent back as `expectedVersion`, it keeps one change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// Root queries of saved views.
#[derive(Default)]
pub struct ViewQuery;

#[Object]
impl ViewQuery {
    /// Own views and those that staff share, by name. Needs `projects.project.read`.
    async fn saved_views(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this list.")] kind: Option<SavedViewKind>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<SavedView>> {
        ctx.viewer().require(PROJECTS_READ)?;
        let mut select = Entity::visible(ctx.viewer(), PROJECTS_READ);
        if let Some(kind) = kind {
            select = select.filter(Column::Kind.eq(kind.as_str()));
        }
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), select, Order::asc(Column::Name), &args).await
    }
}
