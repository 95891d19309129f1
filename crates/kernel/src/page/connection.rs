//! The GraphQL side of a page: `<Type>Connection`, `<Type>Edge` and `PageInfo`.

use std::borrow::Cow;

use async_graphql::{Context, Object, SimpleObject, TypeName};
use futures::future::BoxFuture;
use sea_orm::{
    ConnectionTrait, EntityTrait, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, Func, Query, SelectStatement},
};

use super::cursor::Place;
use crate::{
    ask::{Ask, Asking},
    error::{Error, Result},
    graph::{Graph, Node},
};

/// Where a page stands in its list.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct PageInfo {
    /// Whether there is more before this page. When paging forwards this only says whether `after` was given.
    pub has_previous_page: bool,
    /// Whether there is more behind this page. When paging backwards this only says whether `before` was given.
    pub has_next_page: bool,
    /// Cursor of the first row; null on an empty page.
    pub start_cursor: Option<String>,
    /// Cursor of the last row; null on an empty page.
    pub end_cursor: Option<String>,
}

/// Finds a count with the loaders of a request.
type CountLoad = dyn Fn(&Ask) -> BoxFuture<'static, Result<i64>> + Send + Sync;

/// How the total of a list is found, if somebody asks for it.
pub enum Total {
    /// Counted by this statement.
    Query(Box<SelectStatement>),
    /// Counted together with other lists, through a loader.
    Batched(Box<CountLoad>),
}

impl Total {
    /// The count of the rows of `select`.
    pub fn of<E: EntityTrait>(select: Select<E>) -> Self {
        let rows = select.select_only().expr_as(Expr::val(1), "one").into_query();
        let mut count = Query::select();
        count.expr(Func::count(Expr::val(1))).from_subquery(rows, "counted");
        Self::Query(Box::new(count))
    }

    async fn find(&self, ask: &Ask) -> Result<i64> {
        match self {
            Self::Query(count) => {
                let row = ask.db.query_one(count.as_ref()).await?;
                let row = row.ok_or_else(|| Error::internal("a count answers a row"))?;
                Ok(row.try_get_by_index(0)?)
            }
            Self::Batched(load) => load(ask).await,
        }
    }
}

/// One row of a page with its cursor.
pub struct Edge<T> {
    place: Place,
    node: Graph<T>,
}

impl<T> Edge<T> {
    /// A row and its place.
    pub(super) fn new(place: Place, node: T) -> Self {
        Self { place, node: Graph(node) }
    }
}

impl<T: Node> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        Cow::Owned(format!("{}Edge", T::TYPE))
    }
}

/// A row of a page with its place in the list.
#[Object(name_type)]
impl<T: Node> Edge<T> {
    /// The row.
    async fn node(&self) -> &Graph<T> {
        &self.node
    }

    /// Its place, for `after` and `before`.
    async fn cursor(&self) -> String {
        self.place.text()
    }
}

/// A page of a list.
pub struct Connection<T> {
    edges: Vec<Edge<T>>,
    has_previous_page: bool,
    has_next_page: bool,
    total: Total,
}

impl<T> Connection<T> {
    /// A page of the given rows.
    pub(super) fn new(
        edges: Vec<Edge<T>>,
        has_previous_page: bool,
        has_next_page: bool,
        total: Total,
    ) -> Self {
        Self { edges, has_previous_page, has_next_page, total }
    }

    /// The rows.
    pub fn rows(&self) -> impl Iterator<Item = &T> {
        self.edges.iter().map(|edge| &edge.node.0)
    }

    /// Where the page stands in its list.
    pub fn info(&self) -> PageInfo {
        PageInfo {
            has_previous_page: self.has_previous_page,
            has_next_page: self.has_next_page,
            start_cursor: self.edges.first().map(|edge| edge.place.text()),
            end_cursor: self.edges.last().map(|edge| edge.place.text()),
        }
    }

    /// How many rows the whole list has: one statement, or a share of one.
    pub async fn total(&self, ask: &Ask) -> Result<i64> {
        self.total.find(ask).await
    }
}

impl<T: Node> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        Cow::Owned(format!("{}Connection", T::TYPE))
    }
}

/// A page of a list.
#[Object(name_type)]
impl<T: Node> Connection<T> {
    /// The rows of this page.
    async fn nodes(&self) -> Vec<&Graph<T>> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// The rows of this page with their cursors.
    async fn edges(&self) -> &[Edge<T>] {
        &self.edges
    }

    /// Where this page stands in the list.
    async fn page_info(&self) -> PageInfo {
        self.info()
    }

    /// How many rows the whole list has; counted only when asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64> {
        self.total.find(ctx.ask()).await
    }
}
