//! Rows as an act writes them: whole models in, few statements out, differences for the trail. Generic over SeaORM's
//! models, so that no domain writes an `ActiveModel` by hand.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IdenStatic, Iterable, ModelTrait,
    RuntimeErr, SqlErr, Value,
    sea_query::{CaseStatement, Expr, ExprTrait, InsertStatement, Query},
};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{
    Recorded,
    alike::{Alike, Member, Values},
};
use crate::{
    db::json_of,
    error::{Error, Result, says},
};

/// Why rows were not written: the database's own word, for who knows what a broken key means, or ours.
pub(super) enum Refused {
    Database(DbErr),
    Ours(Error),
}

impl From<DbErr> for Refused {
    fn from(error: DbErr) -> Self {
        Self::Database(error)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Database(error) => conflict_or_internal(error),
            Refused::Ours(error) => error,
        }
    }
}

/// What changed in a row: each field with its value before and after.
pub type Changes = Vec<(&'static str, [Json; 2])>;

/// Bound variables a statement may have, below the limits of both databases (SQLite 32 766, PostgreSQL 65 535).
pub(super) const MAX_VARIABLES: usize = 30_000;

/// Rows a statement may name by id: a `CASE` over them is walked once a row.
const MAX_MEMBERS: usize = 900;

pub(super) fn table<E: EntityTrait>() -> &'static str {
    E::default().table_name()
}

fn column<E: EntityTrait>(name: &str) -> Option<E::Column> {
    E::Column::iter().find(|column| column.as_str() == name)
}

pub(super) fn id_of<E: EntityTrait>(model: &E::Model) -> Option<Uuid>
where
    E::Model: ModelTrait<Entity = E>,
{
    match model.get(column::<E>("id")?) {
        Value::Uuid(id) => id,
        _ => None,
    }
}

pub(super) fn version_of<E: EntityTrait>(model: &E::Model) -> Option<i64>
where
    E::Model: ModelTrait<Entity = E>,
{
    match model.get(column::<E>("version")?) {
        Value::BigInt(version) => version,
        _ => None,
    }
}

/// Whether `error` says that a row with this id is there already.
pub(super) fn violates_id(error: &DbErr, table: &str) -> bool {
    let Some(SqlErr::UniqueConstraintViolation(message)) = error.sql_err() else { return false };
    message.contains(&format!("\"pk_{table}\"")) || message.ends_with(&format!("{table}.id"))
}

/// Whether `error` says that the unique key over `columns` of `table` has these values already.
pub fn violates_unique(error: &DbErr, table: &str, columns: &[&str]) -> bool {
    let Some(SqlErr::UniqueConstraintViolation(message)) = error.sql_err() else { return false };
    let by_name = format!("uq_{table}_{}", columns.join("_"));
    let by_columns = columns.iter().map(|column| format!("{table}.{column}")).collect::<Vec<_>>().join(", ");
    message.contains(&by_name) || message.ends_with(&by_columns)
}

pub(super) async fn insert_many<E>(
    db: &impl ConnectionTrait,
    models: &[E::Model],
    skip: &[&str],
) -> Result<()>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    insert_many_raw::<E>(db, models, skip).await.map_err(conflict_or_internal)
}

pub(super) async fn insert_many_raw<E>(
    db: &impl ConnectionTrait,
    models: &[E::Model],
    skip: &[&str],
) -> Result<(), DbErr>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    for chunk in models.chunks(rows_at_once::<E>()) {
        db.execute(&insert_of::<E>(chunk, skip)?).await?;
    }
    Ok(())
}

/// Rows that one statement writes.
pub(super) fn rows_at_once<E: EntityTrait>() -> usize {
    MAX_VARIABLES / E::Column::iter().count()
}

/// The statement that writes these rows but for the columns to skip; there are at least one and at most
/// [`rows_at_once`].
pub(super) fn insert_of<E>(models: &[E::Model], skip: &[&str]) -> Result<InsertStatement, DbErr>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    let columns: Vec<E::Column> =
        E::Column::iter().filter(|column| !skip.contains(&column.as_str())).collect();
    let mut insert = Query::insert();
    insert.into_table(E::default().table_ref()).columns(columns.iter().copied());
    for model in models {
        let values = columns.iter().map(|column| column.save_as(Expr::val(model.get(*column))));
        insert.values(values).map_err(|error| DbErr::Custom(error.to_string()))?;
    }
    Ok(insert)
}

/// Writes what differs in each pair, sets `updated_at` and the next `version` where the table has them, and answers the
/// pairs with the new state filled in, in the given order.
pub(super) async fn update_many<E>(
    db: &impl ConnectionTrait,
    pairs: Vec<(E::Model, E::Model)>,
    now: DateTime<Utc>,
) -> Result<Vec<(E::Model, E::Model)>, Refused>
where
    E: Recorded,
    E::Model: ModelTrait<Entity = E>,
{
    let mut alike = Alike::<E>::default();
    let mut done = Vec::with_capacity(pairs.len());
    for (before, mut after) in pairs {
        let mut changed: Vec<(E::Column, Value)> = E::Column::iter()
            .filter(|column| !matches!(column.as_str(), "version" | "updated_at"))
            .map(|column| (column, after.get(column)))
            .filter(|(column, value)| before.get(*column) != *value)
            .collect();
        let version = version_of::<E>(&before);
        if !changed.is_empty() {
            changed.extend(advance::<E>(&mut after, version, now)?);
            let id = id_of::<E>(&before).ok_or_else(|| Error::internal("an updated row has an id"))?;
            alike.add(changed, (id, version));
        }
        done.push((before, after));
    }
    for groups in alike.by_columns() {
        match groups.as_slice() {
            [(changed, members)] => update_group::<E>(db, changed, members).await?,
            several => update_each::<E>(db, several).await?,
        }
    }
    Ok(done)
}

/// Writes `updated_at` and the next `version` of rows alone; answers their new states in the given order.
pub(super) async fn touch_many<E>(
    db: &impl ConnectionTrait,
    rows: &[E::Model],
    now: DateTime<Utc>,
) -> Result<Vec<E::Model>>
where
    E: Recorded,
    E::Model: ModelTrait<Entity = E>,
{
    let (mut changed, mut members, mut touched) = (Vec::new(), Vec::new(), Vec::new());
    for before in rows {
        let (mut after, version) = (before.clone(), version_of::<E>(before));
        let id = id_of::<E>(before).ok_or_else(|| Error::internal("a touched row has an id"))?;
        changed = advance::<E>(&mut after, version, now)?.into_iter().collect();
        members.push((id, version));
        touched.push(after);
    }
    update_group::<E>(db, &changed, &members).await?;
    Ok(touched)
}

/// Sets `updated_at` and the next version, where the table has them; answers the part that is written as a value.
fn advance<E>(
    after: &mut E::Model,
    version: Option<i64>,
    now: DateTime<Utc>,
) -> Result<Option<(E::Column, Value)>>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    if let (Some(column), Some(version)) = (column::<E>("version"), version) {
        after.try_set(column, (version + 1).into())?;
    }
    let Some(column) = column::<E>("updated_at") else { return Ok(None) };
    after.try_set(column, now.into())?;
    Ok(Some((column, now.into())))
}

async fn update_group<E: Recorded>(
    db: &impl ConnectionTrait,
    changed: &[(E::Column, Value)],
    members: &[Member],
) -> Result<(), Refused> {
    for chunk in members.chunks(MAX_MEMBERS) {
        let values =
            changed.iter().map(|(column, value)| (*column, column.save_as(Expr::val(value.clone()))));
        update_members::<E>(db, values, chunk).await?;
    }
    Ok(())
}

/// Rows that change the same columns, each to its own values: one statement with a `CASE` for each column.
async fn update_each<E: Recorded>(
    db: &impl ConnectionTrait,
    groups: &[(Values<E>, Vec<Member>)],
) -> Result<(), Refused> {
    let rows: Vec<(Member, &Values<E>)> = groups
        .iter()
        .flat_map(|(changed, members)| members.iter().map(move |member| (*member, changed)))
        .collect();
    let (Some((_, columns)), Some(id)) = (rows.first(), column::<E>("id")) else { return Ok(()) };
    let size = (MAX_VARIABLES / (2 * columns.len() + 3)).clamp(1, MAX_MEMBERS);
    for chunk in rows.chunks(size) {
        let values = columns.iter().enumerate().map(|(place, (column, _))| {
            let mut case = CaseStatement::new();
            for ((member, _), changed) in chunk {
                case = case.case(id.eq(*member), column.save_as(Expr::val(changed[place].1.clone())));
            }
            (*column, Expr::Case(Box::new(case)))
        });
        let members: Vec<Member> = chunk.iter().map(|(member, _)| *member).collect();
        update_members::<E>(db, values, &members).await?;
    }
    Ok(())
}

async fn update_members<E: Recorded>(
    db: &impl ConnectionTrait,
    values: impl IntoIterator<Item = (E::Column, Expr)>,
    members: &[Member],
) -> Result<(), Refused> {
    let mut update = Query::update();
    update.table(E::default().table_ref()).values(values);
    if let Some(version) = column::<E>("version") {
        update.value(version, Expr::col(version).add(1));
    }
    update.cond_where(members_condition::<E>(members));
    let written = db.execute(&update).await?.rows_affected();
    if written == members.len() as u64 { Ok(()) } else { Err(stale::<E>(db, members).await.into()) }
}

/// Rows with these ids, each at the version it must have.
///
/// Reason: written as `id = … AND version = … OR …` it would nest as deep as there are rows, for us to walk and for
/// SQLite to refuse; a list and a `CASE` are flat.
fn members_condition<E: EntityTrait>(members: &[Member]) -> Condition {
    let Some(id) = column::<E>("id") else { return crate::policy::nothing() };
    let all = Condition::all().add(id.is_in(members.iter().map(|(member, _)| *member)));
    let (Some(column), Some((_, first))) = (column::<E>("version"), members.first()) else { return all };
    match first {
        Some(version) if members.iter().all(|(_, other)| other == first) => all.add(column.eq(*version)),
        _ => {
            let mut expected = CaseStatement::new();
            for (member, version) in members {
                expected = expected.case(id.eq(*member), *version);
            }
            all.add(Expr::col(column.as_column_ref()).eq(Expr::Case(Box::new(expected))))
        }
    }
}

/// The error for rows that are not as they were read: with the current version if one row was meant.
async fn stale<E: Recorded>(db: &impl ConnectionTrait, members: &[Member]) -> Error {
    let message = says::STALE.with("type", E::SUBJECT);
    let current_version = match (members, column::<E>("id"), column::<E>("version")) {
        ([(id, _)], Some(id_column), Some(version)) => {
            let mut select = Query::select();
            select.column(version).from(E::default().table_ref()).and_where(id_column.eq(*id));
            match db.query_one(&select).await {
                Ok(Some(row)) => row.try_get_by_index::<i64>(0).ok(),
                Ok(None) => None,
                Err(error) => return error.into(),
            }
        }
        _ => None,
    };
    Error::Conflict { message, current_version }
}

pub(super) async fn delete_many<E>(db: &impl ConnectionTrait, models: &[E::Model]) -> Result<()>
where
    E: Recorded,
    E::Model: ModelTrait<Entity = E>,
{
    let members: Vec<Member> =
        models.iter().filter_map(|model| Some((id_of::<E>(model)?, version_of::<E>(model)))).collect();
    for chunk in members.chunks(MAX_MEMBERS) {
        let mut delete = Query::delete();
        delete.from_table(E::default().table_ref()).cond_where(members_condition::<E>(chunk));
        let gone = db.execute(&delete).await.map_err(conflict_or_internal)?.rows_affected();
        if gone != chunk.len() as u64 {
            return Err(stale::<E>(db, chunk).await);
        }
    }
    Ok(())
}

/// What differs, without the bookkeeping columns; a side that does not exist counts as null everywhere.
pub(super) fn differences<E>(before: Option<&E::Model>, after: Option<&E::Model>) -> Changes
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    let side = |model: Option<&E::Model>, column: E::Column| {
        model.map_or(Json::Null, |model| json_of(&model.get(column)))
    };
    E::Column::iter()
        .filter(|column| {
            !matches!(column.as_str(), "id" | "tenant_id" | "version" | "created_at" | "updated_at")
        })
        .map(|column| (column.as_str(), [side(before, column), side(after, column)]))
        .filter(|(_, [before, after])| before != after)
        .collect()
}

/// Two acts that lock each other out are a conflict that a retry solves; the rest is ours.
pub(super) fn conflict_or_internal(error: DbErr) -> Error {
    if is_transient(&error) { Error::unavailable(error) } else { error.into() }
}

/// Whether trying the same statement again can help: the database was busy, or chose us to end a deadlock.
pub fn is_transient(error: &DbErr) -> bool {
    let runtime = match error {
        DbErr::Exec(runtime) | DbErr::Query(runtime) | DbErr::Conn(runtime) => runtime,
        DbErr::ConnectionAcquire(_) => return true,
        _ => return false,
    };
    let RuntimeErr::SqlxError(error) = runtime else { return false };
    match error.as_ref() {
        sea_orm::SqlxError::Database(error) => {
            // PostgreSQL: serialization failure, deadlock. SQLite: BUSY, BUSY_SNAPSHOT, LOCKED.
            matches!(error.code().as_deref(), Some("40001" | "40P01" | "5" | "517" | "6"))
        }
        sea_orm::SqlxError::Io(_) | sea_orm::SqlxError::PoolTimedOut => true,
        _ => false,
    }
}
