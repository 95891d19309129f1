//! Children of many parents, batched: `project.tasks(first: 10)` of fifty projects is one statement. Also the loader of
//! single rows by id.

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    marker::PhantomData,
    sync::Arc,
};

use async_graphql::dataloader::Loader;
use sea_orm::{
    ColumnTrait, DbBackend, FromQueryResult, IdenStatic, JoinType, ModelTrait, QueryFilter, QuerySelect,
    QueryTrait, Select, Value,
    sea_query::{
        Alias, ArrayType, Asterisk, Condition, Expr, ExprTrait, Func, IntoIden, Query, SelectStatement,
        WindowStatement,
    },
};
use uuid::Uuid;

use super::{Connection, Order, PageArgs, Plan, Scope, Total};
use crate::{
    ask::{Ask, FromAsk},
    db::Db,
    error::{Error, Result},
    graph::Node,
    policy::Guarded,
    sql::one_of,
    viewer::Viewer,
};

/// Loads rows of `E` by id, as far as the viewer may read them.
pub struct ById<E> {
    viewer: Viewer,
    db: Db,
    entity: PhantomData<E>,
}

impl<E: Guarded> FromAsk for ById<E> {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db, entity: PhantomData }
    }
}

impl<E> Loader<Uuid> for ById<E>
where
    E: Guarded,
    E::Model: ModelTrait<Entity = E> + Sync,
{
    type Value = E::Model;
    type Error = Error;

    async fn load(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, E::Model>> {
        let rows = E::visible(&self.viewer, E::READ)
            .filter(one_of(self.db.backend(), E::id_column(), ids.iter().copied()))
            .all(&self.db)
            .await?;
        Ok(rows.into_iter().filter_map(|row| Some((uuid_of::<E>(&row, E::id_column())?, row))).collect())
    }
}

fn uuid_of<E>(row: &E::Model, column: E::Column) -> Option<Uuid>
where
    E: Guarded,
    E::Model: ModelTrait<Entity = E>,
{
    match row.get(column) {
        Value::Uuid(id) => id,
        _ => None,
    }
}

/// Which children are asked for: equal specifications of many parents become one statement.
pub struct ChildPage<E: Guarded> {
    /// The column that holds the parent's id.
    pub parent: E::Column,
    /// The order.
    pub order: Order<E>,
    /// The page.
    pub args: PageArgs,
    /// What the filter depends on, in any text form: specifications with equal columns, order, page and this are equal.
    pub fingerprint: String,
    /// The visible rows with the filter.
    pub select: Scope<E>,
}

/// A parent and what is asked of its children.
struct ChildKey<E: Guarded> {
    parent: Uuid,
    page: Arc<ChildPage<E>>,
}

impl<E: Guarded> Clone for ChildKey<E> {
    fn clone(&self) -> Self {
        Self { parent: self.parent, page: Arc::clone(&self.page) }
    }
}

impl<E: Guarded> ChildPage<E> {
    fn identity(&self) -> (&str, &str, bool, &PageArgs, &str) {
        (
            self.parent.as_str(),
            self.order.column.as_str(),
            self.order.descending,
            &self.args,
            &self.fingerprint,
        )
    }
}

impl<E: Guarded> PartialEq for ChildKey<E> {
    fn eq(&self, other: &Self) -> bool {
        self.parent == other.parent && self.page.identity() == other.page.identity()
    }
}

impl<E: Guarded> Eq for ChildKey<E> {}

impl<E: Guarded> Hash for ChildKey<E> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parent.hash(state);
        self.page.identity().hash(state);
    }
}

/// Groups keys that differ only in the parent.
fn groups<E: Guarded>(keys: &[ChildKey<E>]) -> Vec<(Arc<ChildPage<E>>, Vec<Uuid>)> {
    let mut groups: Vec<(Arc<ChildPage<E>>, Vec<Uuid>)> = Vec::new();
    for key in keys {
        match groups.iter_mut().find(|(page, _)| page.identity() == key.page.identity()) {
            Some((_, parents)) => parents.push(key.parent),
            None => groups.push((Arc::clone(&key.page), vec![key.parent])),
        }
    }
    groups
}

struct Children<E, T>(ById<E>, PhantomData<fn() -> T>);

impl<E: Guarded, T: Node> FromAsk for Children<E, T> {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self(ById::from_ask(viewer, db), PhantomData)
    }
}

impl<E, T> Loader<ChildKey<E>> for Children<E, T>
where
    E: Guarded,
    E::Model: ModelTrait<Entity = E> + FromQueryResult + Sync,
    T: Node,
{
    type Value = Arc<Vec<E::Model>>;
    type Error = Error;

    async fn load(&self, keys: &[ChildKey<E>]) -> Result<HashMap<ChildKey<E>, Self::Value>> {
        let ById { viewer, db, .. } = &self.0;
        let mut found = HashMap::with_capacity(keys.len());
        for (page, parents) in groups(keys) {
            let plan = Plan::<E>::new::<T>(page.order, &page.args)?;
            let mut select = (page.select)(viewer);
            if let Some(beyond) = plan.beyond() {
                select = select.filter(beyond);
            }
            let statement = match db.backend() {
                DbBackend::Postgres => lateral(&plan, page.parent, select, &parents),
                _ => ranked(&plan, page.parent, select, &parents),
            };
            let rows = E::Model::find_by_statement(db.backend().build(&statement)).all(db).await?;
            let mut by_parent: HashMap<Uuid, Vec<E::Model>> = HashMap::with_capacity(parents.len());
            for row in rows {
                if let Some(parent) = uuid_of::<E>(&row, page.parent) {
                    by_parent.entry(parent).or_default().push(row);
                }
            }
            for parent in parents {
                let rows = Arc::new(by_parent.remove(&parent).unwrap_or_default());
                found.insert(ChildKey { parent, page: Arc::clone(&page) }, rows);
            }
        }
        Ok(found)
    }
}

/// PostgreSQL: the index is entered once a parent and left after a page.
fn lateral<E>(plan: &Plan<E>, parent: E::Column, select: Select<E>, parents: &[Uuid]) -> SelectStatement
where
    E: Guarded,
    E::Model: ModelTrait<Entity = E>,
{
    let mut one = select
        .filter(Expr::col(parent.as_column_ref()).eq(Expr::col((Alias::new("p"), Alias::new("p")))))
        .into_query();
    plan.apply_order(&mut one);
    one.limit(plan.size + 1);
    let ids =
        Value::Array(ArrayType::Uuid, Some(Box::new(parents.iter().map(|id| Value::from(*id)).collect())));
    let mut all = Query::select();
    all.column(("t".into_iden(), Asterisk)).from_function(Func::cust("unnest").arg(Expr::val(ids)), "p");
    all.join_lateral(JoinType::InnerJoin, one, "t", Condition::all().add(Expr::val(1).eq(Expr::val(1))));
    // Reason: the order of a subquery says nothing about the order of what is made of it.
    plan.apply_order_to(&mut all, |column| Expr::col(("t", column)));
    all
}

/// SQLite: the rows of all parents are numbered within each.
fn ranked<E>(plan: &Plan<E>, parent: E::Column, select: Select<E>, parents: &[Uuid]) -> SelectStatement
where
    E: Guarded,
    E::Model: ModelTrait<Entity = E>,
{
    let mut window = WindowStatement::partition_by((E::default().table_name().into_iden(), parent));
    plan.apply_order(&mut window);
    let mut numbered = select.filter(one_of(DbBackend::Sqlite, parent, parents.iter().copied())).into_query();
    numbered.expr_window_as(Func::cust("row_number"), window, "row_in_parent");
    let mut all = Query::select();
    all.column(Asterisk).from_subquery(numbered, "numbered");
    all.and_where(Expr::col("row_in_parent").lte(plan.size + 1));
    all.order_by("row_in_parent", sea_orm::Order::Asc);
    all
}

struct ChildCounts<E>(ById<E>);

impl<E: Guarded> FromAsk for ChildCounts<E> {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self(ById::from_ask(viewer, db))
    }
}

impl<E: Guarded> Loader<ChildKey<E>> for ChildCounts<E> {
    type Value = i64;
    type Error = Error;

    async fn load(&self, keys: &[ChildKey<E>]) -> Result<HashMap<ChildKey<E>, i64>> {
        let ById { viewer, db, .. } = &self.0;
        let mut found = HashMap::with_capacity(keys.len());
        for (page, parents) in groups(keys) {
            let counts: Vec<(Uuid, i64)> = (page.select)(viewer)
                .filter(one_of(db.backend(), page.parent, parents.iter().copied()))
                .select_only()
                .column(page.parent)
                .expr_as(Func::count(Expr::val(1)), "total")
                .group_by(page.parent)
                .into_tuple()
                .all(db)
                .await?;
            let counts: HashMap<Uuid, i64> = counts.into_iter().collect();
            for parent in parents {
                let total = counts.get(&parent).copied().unwrap_or_default();
                found.insert(ChildKey { parent, page: Arc::clone(&page) }, total);
            }
        }
        Ok(found)
    }
}

/// One page of a parent's children, in one statement with the same page of every other parent in the request.
///
/// # Errors
/// As [`super::list`].
pub async fn children<E, T>(ask: &Ask, parent: Uuid, page: ChildPage<E>) -> Result<Connection<T>>
where
    E: Guarded,
    E::Model: ModelTrait<Entity = E> + FromQueryResult + Sync,
    T: Node + From<E::Model>,
{
    let plan = Plan::<E>::new::<T>(page.order, &page.args)?;
    let key = ChildKey { parent, page: Arc::new(page) };
    let rows = ask.load::<Children<E, T>, _>(key.clone()).await?.unwrap_or_default();
    let total = Total::Batched(Box::new(move |ask: &Ask| {
        let (ask, key) = (ask.clone(), key.clone());
        Box::pin(async move { Ok(ask.load::<ChildCounts<E>, _>(key).await?.unwrap_or_default()) })
    }));
    Ok(plan.connection(rows.to_vec(), total))
}
