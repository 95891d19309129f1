//! Children that hang on their parents through a link and not a column of their own: the tasks assigned to each of
//! fifty people are one statement.

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    marker::PhantomData,
    sync::Arc,
};

use async_graphql::dataloader::Loader;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, IdenStatic, ModelTrait,
    QuerySelect, QueryTrait, Select,
    sea_query::{Alias, Asterisk, Expr, ExprTrait, Func, JoinType, Query, SelectStatement, WindowStatement},
};
use uuid::Uuid;

use super::{Connection, Order, PageArgs, Plan, Scope, Total};
use crate::{
    ask::{Ask, FromAsk},
    db::Db,
    error::{Error, Result},
    graph::Node,
    policy::Guarded,
    sql::among,
    viewer::Viewer,
};

/// Which children belong to which parents.
pub struct Link {
    /// Distinct pairs with the columns `parent` and `child`, of the viewer's tenant.
    pub pairs: Box<dyn Fn(&Viewer) -> SelectStatement + Send + Sync>,
}

/// Which children are asked for: equal specifications of many parents become one statement.
pub struct LinkedPage<E: Guarded> {
    /// How children belong to parents.
    pub link: Link,
    /// The order.
    pub order: Order<E>,
    /// The page.
    pub args: PageArgs,
    /// What the link and the filter depend on, in any text form: specifications with equal order, page and this are
    /// equal.
    pub fingerprint: String,
    /// The visible rows with the filter.
    pub select: Scope<E>,
}

struct LinkedKey<E: Guarded> {
    parent: Uuid,
    page: Arc<LinkedPage<E>>,
}

impl<E: Guarded> Clone for LinkedKey<E> {
    fn clone(&self) -> Self {
        Self { parent: self.parent, page: Arc::clone(&self.page) }
    }
}

impl<E: Guarded> LinkedPage<E> {
    fn identity(&self) -> (&str, bool, &PageArgs, &str) {
        (self.order.column.as_str(), self.order.descending, &self.args, &self.fingerprint)
    }

    /// The visible children with the filter, beside the parents they belong to.
    fn joined(
        &self,
        backend: DbBackend,
        viewer: &Viewer,
        select: Select<E>,
        parents: &[Uuid],
    ) -> SelectStatement {
        let mut joined = select.into_query();
        let child = Expr::col((LINK, Alias::new("child"))).equals(E::id_column().as_column_ref());
        joined.join_subquery(JoinType::InnerJoin, (self.link.pairs)(viewer), LINK, child);
        let parent = Expr::col((LINK, Alias::new("parent")));
        joined.and_where(among(backend, parent, parents.iter().copied()));
        joined
    }
}

const LINK: &str = "link";

impl<E: Guarded> PartialEq for LinkedKey<E> {
    fn eq(&self, other: &Self) -> bool {
        self.parent == other.parent && self.page.identity() == other.page.identity()
    }
}

impl<E: Guarded> Eq for LinkedKey<E> {}

impl<E: Guarded> Hash for LinkedKey<E> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parent.hash(state);
        self.page.identity().hash(state);
    }
}

type Groups<E> = Vec<(Arc<LinkedPage<E>>, Vec<Uuid>)>;

fn groups<E: Guarded>(keys: &[LinkedKey<E>]) -> Groups<E> {
    let mut groups: Groups<E> = Vec::new();
    for key in keys {
        match groups.iter_mut().find(|(page, _)| page.identity() == key.page.identity()) {
            Some((_, parents)) => parents.push(key.parent),
            None => groups.push((Arc::clone(&key.page), vec![key.parent])),
        }
    }
    groups
}

struct Linked<E, T> {
    viewer: Viewer,
    db: Db,
    of: PhantomData<fn() -> (E, T)>,
}

impl<E: Guarded, T: Node> FromAsk for Linked<E, T> {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db, of: PhantomData }
    }
}

impl<E, T> Loader<LinkedKey<E>> for Linked<E, T>
where
    E: Guarded,
    E::Model: ModelTrait<Entity = E> + FromQueryResult + Sync,
    T: Node,
{
    type Value = Arc<Vec<E::Model>>;
    type Error = Error;

    async fn load(&self, keys: &[LinkedKey<E>]) -> Result<HashMap<LinkedKey<E>, Self::Value>> {
        let mut found = HashMap::with_capacity(keys.len());
        for (page, parents) in groups(keys) {
            let plan = Plan::<E>::new::<T>(page.order, &page.args)?;
            let statement = ranked(&plan, &page, self.db.backend(), &self.viewer, &parents);
            let mut by_parent: HashMap<Uuid, Vec<E::Model>> = HashMap::with_capacity(parents.len());
            for row in self.db.query_all(&statement).await? {
                let parent = row.try_get("", "link_parent")?;
                by_parent.entry(parent).or_default().push(E::Model::from_query_result(&row, "")?);
            }
            for parent in parents {
                let rows = Arc::new(by_parent.remove(&parent).unwrap_or_default());
                found.insert(LinkedKey { parent, page: Arc::clone(&page) }, rows);
            }
        }
        Ok(found)
    }
}

/// The children numbered within each parent, cut after a page.
fn ranked<E>(
    plan: &Plan<E>,
    page: &LinkedPage<E>,
    backend: DbBackend,
    viewer: &Viewer,
    parents: &[Uuid],
) -> SelectStatement
where
    E: Guarded,
    E::Model: ModelTrait<Entity = E>,
{
    let mut select = (page.select)(viewer);
    if let Some(beyond) = plan.beyond() {
        select = sea_orm::QueryFilter::filter(select, beyond);
    }
    let mut numbered = page.joined(backend, viewer, select, parents);
    let mut window = WindowStatement::partition_by((LINK, Alias::new("parent")));
    plan.apply_order(&mut window);
    numbered.expr_as(Expr::col((LINK, Alias::new("parent"))), "link_parent");
    numbered.expr_window_as(Func::cust("row_number"), window, "row_in_parent");
    let mut all = Query::select();
    all.column(Asterisk).from_subquery(numbered, "numbered");
    all.and_where(Expr::col("row_in_parent").lte(plan.size + 1));
    all.order_by("row_in_parent", sea_orm::Order::Asc);
    all
}

struct LinkedCounts<E> {
    viewer: Viewer,
    db: Db,
    of: PhantomData<fn() -> E>,
}

impl<E: Guarded> FromAsk for LinkedCounts<E> {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db, of: PhantomData }
    }
}

impl<E: Guarded> Loader<LinkedKey<E>> for LinkedCounts<E> {
    type Value = i64;
    type Error = Error;

    async fn load(&self, keys: &[LinkedKey<E>]) -> Result<HashMap<LinkedKey<E>, i64>> {
        let mut found = HashMap::with_capacity(keys.len());
        for (page, parents) in groups(keys) {
            let select = (page.select)(&self.viewer).select_only();
            let mut counted = page.joined(self.db.backend(), &self.viewer, select, &parents);
            counted.expr_as(Expr::col((LINK, Alias::new("parent"))), "link_parent");
            counted.expr_as(Func::count(Expr::val(1)), "total");
            counted.add_group_by([Expr::col((LINK, Alias::new("parent")))]);
            let mut counts: HashMap<Uuid, i64> = HashMap::new();
            for row in self.db.query_all(&counted).await? {
                counts.insert(row.try_get("", "link_parent")?, row.try_get("", "total")?);
            }
            for parent in parents {
                let total = counts.get(&parent).copied().unwrap_or_default();
                found.insert(LinkedKey { parent, page: Arc::clone(&page) }, total);
            }
        }
        Ok(found)
    }
}

/// One page of the children linked to a parent, in one statement with the same page of every other parent in the
/// request.
///
/// # Errors
/// As [`super::list`].
pub async fn linked<E, T>(ask: &Ask, parent: Uuid, page: LinkedPage<E>) -> Result<Connection<T>>
where
    E: Guarded + EntityTrait,
    E::Model: ModelTrait<Entity = E> + FromQueryResult + Sync,
    T: Node + From<E::Model>,
{
    let plan = Plan::<E>::new::<T>(page.order, &page.args)?;
    let key = LinkedKey { parent, page: Arc::new(page) };
    let rows = ask.load::<Linked<E, T>, _>(key.clone()).await?.unwrap_or_default();
    let total = Total::Batched(Box::new(move |ask: &Ask| {
        let (ask, key) = (ask.clone(), key.clone());
        Box::pin(async move { Ok(ask.load::<LinkedCounts<E>, _>(key).await?.unwrap_or_default()) })
    }));
    Ok(plan.connection(rows.to_vec(), total))
}
