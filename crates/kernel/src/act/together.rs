//! New rows of several kinds in as few rounds to the database as their number allows: for acts that make a whole (a
//! project with its board, milestones, tasks and links) at once.

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, EntityTrait, ModelTrait, Statement, Value,
    sea_query::{Alias, CommonTableExpression, Expr, InsertStatement, Query, SqliteQueryBuilder, WithClause},
};

use super::{Act, Changes, Recorded, rows};
use crate::error::Result;

/// New rows of several kinds, in an order in which rows only point at rows before them or of their own kind.
#[derive(Default)]
pub struct NewRows {
    kinds: Vec<Box<dyn Kind>>,
}

impl NewRows {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds rows of one kind; the same kind may come again.
    pub fn add<M>(&mut self, models: Vec<M>)
    where
        M: ModelTrait + Sync + 'static,
        M::Entity: Recorded + EntityTrait<Model = M>,
    {
        let more = models.iter().map(|_| Changes::new()).collect();
        self.add_telling(models, more);
    }

    /// Adds rows whose entries and events also tell of rows that belong to them, which are added by
    /// [`NewRows::add_parts`]: a list of changes for each row.
    pub fn add_telling<M>(&mut self, models: Vec<M>, more: Vec<Changes>)
    where
        M: ModelTrait + Sync + 'static,
        M::Entity: Recorded + EntityTrait<Model = M>,
    {
        self.kinds.push(Box::new(Of { models, more: Some(more) }));
    }

    /// Adds rows that belong to other new rows, whose entries tell of them.
    pub fn add_parts<M>(&mut self, models: Vec<M>)
    where
        M: ModelTrait + Sync + 'static,
        M::Entity: Recorded + EntityTrait<Model = M>,
    {
        self.kinds.push(Box::new(Of { models, more: None }));
    }
}

/// Rows of one kind, whichever.
trait Kind: Send + Sync {
    /// The statements that write them, with the variables of each.
    fn statements(&self) -> Result<Vec<(usize, InsertStatement)>, DbErr>;

    /// Records them as written.
    fn record(self: Box<Self>, act: &mut Act);
}

struct Of<M> {
    models: Vec<M>,
    more: Option<Vec<Changes>>,
}

impl<M> Kind for Of<M>
where
    M: ModelTrait + Sync,
    M::Entity: Recorded + EntityTrait<Model = M>,
{
    fn statements(&self) -> Result<Vec<(usize, InsertStatement)>, DbErr> {
        statements_of::<M::Entity>(&self.models, &[])
    }

    fn record(self: Box<Self>, act: &mut Act) {
        let Self { models, more } = *self;
        for (model, more) in models.iter().zip(more.into_iter().flatten()) {
            let mut changes = rows::differences::<M::Entity>(None, Some(model));
            changes.extend(more);
            act.changed::<M::Entity>("created", model, changes);
        }
    }
}

/// The statements that write rows of one kind but for the columns to skip, with the variables of each.
pub(super) fn statements_of<E>(
    models: &[E::Model],
    skip: &[&str],
) -> Result<Vec<(usize, InsertStatement)>, DbErr>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    let at_once = rows::rows_at_once::<E>();
    let each = rows::MAX_VARIABLES / at_once;
    let statement = |models: &[E::Model]| Ok((models.len() * each, rows::insert_of::<E>(models, skip)?));
    models.chunks(at_once).map(statement).collect()
}

/// Several statements in one text, whose `?` are filled one after the other: how SQLite takes many at once.
pub(super) fn in_one_text(inserts: impl IntoIterator<Item = InsertStatement>) -> Statement {
    let (mut sql, mut values): (String, Vec<Value>) = Default::default();
    for insert in inserts {
        let (one, of_one) = insert.build(SqliteQueryBuilder);
        sql.push_str(&one);
        sql.push_str(";\n");
        values.extend(of_one.0);
    }
    Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
}

impl Act {
    /// Writes new rows of several kinds, as [`Act::insert_all`] writes those of one: in one round to the database for
    /// about every thirty thousand values, whatever the number of kinds.
    ///
    /// # Errors
    /// If the database refuses one of them; nothing of the round is written then.
    pub async fn insert_together(&mut self, new: NewRows) -> Result<()> {
        let (mut round, mut used) = (Vec::new(), 0);
        for kind in &new.kinds {
            for (variables, insert) in kind.statements().map_err(rows::conflict_or_internal)? {
                if used + variables > rows::MAX_VARIABLES {
                    self.write_round(std::mem::take(&mut round)).await?;
                    used = 0;
                }
                used += variables;
                round.push(insert);
            }
        }
        self.write_round(round).await?;
        new.kinds.into_iter().for_each(|kind| kind.record(self));
        Ok(())
    }

    /// Reason: PostgreSQL takes one statement with a part for each kind, and checks keys at its end.
    async fn write_round(&self, inserts: Vec<InsertStatement>) -> Result<()> {
        if inserts.is_empty() {
            return Ok(());
        }
        let done = match self.tx.get_database_backend() {
            DbBackend::Postgres => {
                let mut parts = WithClause::new();
                for (place, insert) in inserts.into_iter().enumerate() {
                    let mut part = CommonTableExpression::new();
                    parts.cte(part.table_name(Alias::new(format!("part{place}"))).query(insert).to_owned());
                }
                let written = Query::select().expr(Expr::val(1)).to_owned();
                self.tx.execute(&parts.query(written)).await
            }
            _ => self.tx.execute_raw(in_one_text(inserts)).await,
        };
        done.map(drop).map_err(rows::conflict_or_internal)
    }
}
