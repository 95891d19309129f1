//! Pages: keyset pagination in both directions for root lists, and for the children of many parents in one statement.
//! Shape and semantics follow the Relay cursor connections specification (<https://relay.dev/graphql/connections.htm>).

mod children;
mod connection;
mod cursor;
mod input;
mod linked;
mod order;

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ModelTrait, Order as SqlOrder, QueryFilter, QuerySelect, QueryTrait,
    Select,
    sea_query::{Expr, ExprTrait, NullOrdering, OrderedStatement},
};

use crate::{
    db::Db,
    error::{Error, Result, Text},
    graph::Node,
    policy::Guarded,
    viewer::Viewer,
};

pub use children::{ById, ChildPage, children};
pub use connection::{Connection, Edge, PageInfo, Total};
use cursor::{Cursor, Place};
pub use input::{
    DateRange, DateTimeRange, Direction, MAX_LISTED, MAX_SEARCH, TOO_MANY_LISTED, check_listed, check_search,
};
pub use linked::{Link, LinkedPage, linked};
pub use order::{Order, Sort};

/// Largest page.
pub const MAX_PAGE: i32 = 100;

/// Page size without `first` or `last`.
pub const DEFAULT_PAGE: i32 = 20;

const BOTH_ENDS: Text = Text::new(
    "both_ends",
    "Use `first` (with `after`) or `last` (with `before`), not both.",
    "Utilisez `first` (avec `after`) ou `last` (avec `before`), pas les deux.",
);
const PAGE_SIZE: Text = Text::new(
    "page_size",
    "A page has between 0 and {max} rows.",
    "Une page compte entre 0 et {max} lignes.",
);

/// The four arguments of a connection, as sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PageArgs {
    /// How many rows from the start (or after `after`).
    pub first: Option<i32>,
    /// Cursor before the first row.
    pub after: Option<String>,
    /// How many rows from the end (or before `before`).
    pub last: Option<i32>,
    /// Cursor behind the last row.
    pub before: Option<String>,
}

impl PageArgs {
    /// Arguments as a resolver gets them.
    pub fn new(first: Option<i32>, after: Option<String>, last: Option<i32>, before: Option<String>) -> Self {
        Self { first, after, last, before }
    }

    /// The first `n` rows.
    pub fn first(n: i32) -> Self {
        Self { first: Some(n), ..Self::default() }
    }

    fn check(&self) -> Result<(bool, u64)> {
        let backward = self.last.is_some() || (self.before.is_some() && self.first.is_none());
        if (self.first.is_some() || self.after.is_some()) && (self.last.is_some() || self.before.is_some()) {
            return Err(Error::field(if self.last.is_some() { "last" } else { "before" }, BOTH_ENDS));
        }
        let (field, size) = if backward { ("last", self.last) } else { ("first", self.first) };
        let size = size.unwrap_or(DEFAULT_PAGE);
        match u64::try_from(size) {
            Ok(size) if size <= MAX_PAGE as u64 => Ok((backward, size)),
            _ => Err(Error::field(field, PAGE_SIZE.with("max", MAX_PAGE))),
        }
    }
}

/// The rows of a list for a viewer: the visible ones with the list's filter.
pub type Scope<E> = Box<dyn Fn(&Viewer) -> Select<E> + Send + Sync>;

/// A page of `E` as it will be asked for: order, direction, size and where to start.
struct Plan<E: EntityTrait> {
    order: Order<E>,
    backward: bool,
    size: u64,
    from: Option<Cursor>,
    continued: bool,
}

impl<E> Plan<E>
where
    E: Guarded,
    E::Model: ModelTrait<Entity = E>,
{
    fn new<T: Node>(order: Order<E>, args: &PageArgs) -> Result<Self> {
        let (backward, size) = args.check()?;
        let (field, text) = if backward { ("before", &args.before) } else { ("after", &args.after) };
        let from = match text {
            Some(text) => {
                Some(Cursor::decode::<E>(text, T::TYPE, &order).ok_or_else(|| cursor::foreign(field))?)
            }
            None => None,
        };
        Ok(Self { order, backward, size, continued: from.is_some(), from })
    }

    /// The direction in which rows are fetched: backward pages are read from their end.
    fn descending(&self) -> bool {
        self.order.descending != self.backward
    }

    fn apply_order(&self, statement: &mut impl OrderedStatement) {
        self.apply_order_to(statement, qualified::<E>);
    }

    /// The same order where `E`'s columns have other names.
    fn apply_order_to(&self, statement: &mut impl OrderedStatement, name: impl Fn(E::Column) -> Expr) {
        let direction = if self.descending() { SqlOrder::Desc } else { SqlOrder::Asc };
        let nulls = if self.backward { NullOrdering::First } else { NullOrdering::Last };
        let key = self.order.sort.key(name(self.order.column));
        if is_nullable::<E>(self.order.column) {
            statement.order_by_expr_with_nulls(key, direction.clone(), nulls);
        } else {
            statement.order_by_expr(key, direction.clone());
        }
        statement.order_by_expr(name(E::id_column()), direction);
    }

    /// Rows beyond the cursor in the fetching direction.
    fn beyond(&self) -> Option<Condition> {
        let cursor = self.from.as_ref()?;
        let (column, id, sort) = (self.order.column, E::id_column(), self.order.sort);
        let key = || sort.key(qualified::<E>(column));
        let further = |key: Expr, bound: Expr| if self.descending() { key.lt(bound) } else { key.gt(bound) };
        let further_id = || further(qualified::<E>(id), Expr::val(cursor.id));
        let same_and_further = |same| Condition::all().add(same).add(further_id());
        let condition = match (&cursor.value, self.backward) {
            // Reason: written so that an index finds the place; behind an `or` it is read from its start.
            (Some(value), _) if !is_nullable::<E>(column) => {
                let bound = || sort.bound(value.clone());
                let from = if self.descending() { key().lte(bound()) } else { key().gte(bound()) };
                let beyond = Condition::any().add(further(key(), bound())).add(further_id());
                Condition::all().add(from).add(beyond)
            }
            (Some(value), backward) => {
                let bound = || sort.bound(value.clone());
                let mut any =
                    Condition::any().add(further(key(), bound())).add(same_and_further(key().eq(bound())));
                if !backward {
                    any = any.add(column.is_null());
                }
                any
            }
            (None, false) => same_and_further(column.is_null()),
            (None, true) => {
                Condition::any().add(column.is_not_null()).add(same_and_further(column.is_null()))
            }
        };
        Some(condition)
    }

    /// Cuts the extra row that was fetched to know whether there is more, and puts the rest into list order.
    fn cut(&self, mut rows: Vec<E::Model>) -> (Vec<E::Model>, bool, bool) {
        let more = rows.len() as u64 > self.size;
        rows.truncate(self.size as usize);
        if self.backward {
            rows.reverse();
            (rows, more, self.continued)
        } else {
            (rows, self.continued, more)
        }
    }

    fn connection<T>(&self, rows: Vec<E::Model>, total: Total) -> Connection<T>
    where
        T: Node + From<E::Model>,
    {
        let (rows, has_previous, has_next) = self.cut(rows);
        let place = |row: &E::Model| Place {
            cursor: Cursor::of::<E>(row, &self.order),
            list: T::TYPE,
            order: self.order.tag(),
        };
        let edges = rows.into_iter().map(|row| Edge::new(place(&row), T::from(row))).collect();
        Connection::new(edges, has_previous, has_next, total)
    }
}

/// The value of the ordering column at a cursor of the list of `T`; none if the cursor is of another list or order.
pub fn value_in_cursor<E, T>(text: &str, order: &Order<E>) -> Option<sea_orm::Value>
where
    E: Guarded,
    E::Model: ModelTrait<Entity = E>,
    T: Node,
{
    Cursor::decode::<E>(text, T::TYPE, order)?.value
}

/// The cursor of a row in the list of `T`, for answers that are no pages.
pub fn cursor_of<E, T>(row: &E::Model, order: &Order<E>) -> String
where
    E: Guarded,
    E::Model: ModelTrait<Entity = E>,
    T: Node,
{
    Place { cursor: Cursor::of::<E>(row, order), list: T::TYPE, order: order.tag() }.text()
}

fn qualified<E: EntityTrait>(column: E::Column) -> Expr {
    Expr::col(column.as_column_ref())
}

fn is_nullable<E: EntityTrait>(column: E::Column) -> bool {
    column.def().is_null()
}

/// One page of a root list. `select` is the visible rows with the list's filter, without an order.
///
/// # Errors
/// INVALID for a page size out of bounds, both directions at once, or a cursor of another list or order.
pub async fn list<E, T>(db: &Db, select: Select<E>, order: Order<E>, args: &PageArgs) -> Result<Connection<T>>
where
    E: Guarded,
    E::Model: ModelTrait<Entity = E>,
    T: Node + From<E::Model>,
{
    let plan = Plan::<E>::new::<T>(order, args)?;
    let total = Total::of(select.clone());
    let mut page = select;
    if let Some(beyond) = plan.beyond() {
        page = page.filter(beyond);
    }
    plan.apply_order(QueryTrait::query(&mut page));
    let rows = page.limit(plan.size + 1).all(db).await?;
    Ok(plan.connection(rows, total))
}
