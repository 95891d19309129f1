//! The sealed order in the database: what waits, leaves, nodes, where trees end, heads.

use chrono::{DateTime, Utc};
use kernel::{
    error::{Error, Result},
    sql,
};
use sea_orm::{
    ConnectionTrait, DbBackend, QueryResult, Statement, Value,
    sea_query::{Alias, ArrayType, Expr, OnConflict, Query, SimpleExpr},
};
use uuid::Uuid;

use super::row;
use crate::merkle::{Frontier, Hash, Node, Range, Tiles, ranges};

/// The number by which processes agree whose turn it is to seal ("atriumsl" as big-endian bytes).
const TURN: i64 = i64::from_be_bytes(*b"atriumsl");

/// Where a tenant's tree ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// Its right edge.
    pub frontier: Frontier,
    /// How many heads were signed.
    pub heads: u64,
    /// The size that the last of them had.
    pub head_size: u64,
    /// When it was signed.
    pub head_at: Option<DateTime<Utc>>,
}

/// A leaf to be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaf {
    pub(super) entry: Uuid,
    pub(super) tenant: Uuid,
    pub(super) seq: u64,
    pub(super) hash: Hash,
}

/// A perfect node to be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoredNode {
    pub(super) tenant: Uuid,
    pub(super) level: u32,
    pub(super) position: u64,
    pub(super) hash: Hash,
}

/// A statement with `$1`, `$2` … for both databases.
pub(crate) fn statement<C: ConnectionTrait>(db: &C, sql: impl Into<String>, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(db.get_database_backend(), sql, values)
}

/// A number of the database, never negative.
pub(crate) fn count(row: &QueryResult, at: usize) -> Result<u64> {
    let number: i64 = row.try_get_by_index(at)?;
    u64::try_from(number).map_err(|_| Error::internal("a size or place below zero"))
}

/// As [`count`], for the database.
pub(crate) fn number(value: u64) -> i64 {
    // Invariant: trees have fewer leaves than there are nanoseconds in three centuries.
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Takes the turn to change trees until the transaction ends; `wait` for it or answer whether it was free. On SQLite
/// the write lock is the turn.
pub(super) async fn take_turn(tx: &impl ConnectionTrait, wait: bool) -> Result<bool> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(true);
    }
    if wait {
        tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({TURN})")).await?;
        return Ok(true);
    }
    let taken = statement(tx, format!("SELECT pg_try_advisory_xact_lock({TURN})"), Vec::new());
    let row = tx.query_one_raw(taken).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(false))
}

/// Whether any entry waits.
pub(super) async fn is_any_waiting(db: &impl ConnectionTrait) -> Result<bool> {
    // Reason: in order, or PostgreSQL walks through all that was sealed and not vacuumed yet.
    let one = statement(db, "SELECT entry_id FROM audit_unsealed ORDER BY entry_id LIMIT 1", Vec::new());
    Ok(db.query_one_raw(one).await?.is_some())
}

/// Entries that wait, by id, but for those of some tenants; what was removed before it was sealed is left for the check
/// to find, and so is what waits although it was sealed: neither may hold up the others.
pub(super) async fn waiting(db: &impl ConnectionTrait, most: u64, but: &[Uuid]) -> Result<Vec<QueryResult>> {
    let places: Vec<String> = (2..2 + but.len()).map(|place| format!("${place}")).collect();
    let [but_for, but_of] = ["tenant_id", "e.tenant_id"].map(|column| match but {
        [] => String::new(),
        _ => format!(" AND {column} NOT IN ({})", places.join(", ")),
    });
    // Reason: a window of what waits is taken first, or a planner that believes the queue short joins and sorts all of
    // a long one, a batch after the other.
    let sql = format!(
        "SELECT {} FROM (SELECT entry_id FROM audit_unsealed WHERE entry_id > $1{but_for} \
         ORDER BY entry_id LIMIT {most}) u JOIN audit_entries e ON e.id = u.entry_id \
         WHERE NOT EXISTS (SELECT 1 FROM audit_leaves l WHERE l.entry_id = u.entry_id){but_of} ORDER BY u.entry_id",
        row::COLUMNS
    );
    let mut after = Uuid::nil();
    loop {
        let mut values: Vec<Value> = vec![after.into()];
        values.extend(but.iter().map(|tenant| Value::from(*tenant)));
        let rows = db.query_all_raw(statement(db, sql.clone(), values)).await?;
        if !rows.is_empty() {
            return Ok(rows);
        }
        let Some(last) = last_of_window(db, after, most).await? else { return Ok(rows) };
        after = last;
    }
}

/// The last of `most` entries that wait behind one, if there are as many.
async fn last_of_window(db: &impl ConnectionTrait, after: Uuid, most: u64) -> Result<Option<Uuid>> {
    let sql = format!(
        "SELECT entry_id FROM audit_unsealed WHERE entry_id > $1 ORDER BY entry_id LIMIT 1 OFFSET {}",
        most - 1
    );
    let last = db.query_one_raw(statement(db, sql, vec![after.into()])).await?;
    Ok(last.map(|row| row.try_get_by_index(0)).transpose()?)
}

/// How many entries wait, and since when the oldest does.
///
/// # Errors
/// If the database does not answer.
pub async fn lag(db: &impl ConnectionTrait) -> Result<(u64, Option<DateTime<Utc>>)> {
    let sql = "SELECT count(*), min(e.occurred_at) FROM audit_unsealed u \
               LEFT JOIN audit_entries e ON e.id = u.entry_id";
    match db.query_one_raw(statement(db, sql, Vec::new())).await? {
        Some(row) => Ok((count(&row, 0)?, row.try_get_by_index(1)?)),
        None => Ok((0, None)),
    }
}

const TREE: &str = "tenant_id, size, peaks, heads, head_size, head_at";

/// The note of a tree's end; none if it is damaged, which the check finds.
fn tree(row: &QueryResult) -> Result<(Uuid, Option<Tree>)> {
    let (tenant, size, peaks): (Uuid, i64, Vec<u8>) =
        (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
    let (heads, head_size): (i64, i64) = (row.try_get_by_index(3)?, row.try_get_by_index(4)?);
    let head_at = row.try_get_by_index(5)?;
    let tree = || {
        let (peaks, rest) = peaks.as_chunks::<32>();
        let size = u64::try_from(size).ok()?;
        let frontier = Frontier::new(size, peaks.to_vec()).filter(|_| rest.is_empty())?;
        let (heads, head_size) = (u64::try_from(heads).ok()?, u64::try_from(head_size).ok()?);
        (head_size <= size).then_some(Tree { frontier, heads, head_size, head_at })
    };
    let tree = tree();
    if tree.is_none() {
        tracing::error!(%tenant, "the note of the tree's end is damaged: nothing of this tenant is sealed");
    }
    Ok((tenant, tree))
}

/// Where the trees of these tenants end; no row for one without entries, none for a damaged note.
pub(super) async fn trees(db: &impl ConnectionTrait, tenants: &[Uuid]) -> Result<Vec<(Uuid, Option<Tree>)>> {
    let mut select = Query::select();
    select.columns(TREE.split(", ").map(Alias::new)).from(Alias::new("audit_trees")).and_where(sql::among(
        db.get_database_backend(),
        Expr::col(Alias::new("tenant_id")),
        tenants.to_vec(),
    ));
    db.query_all(&select).await?.iter().map(tree).collect()
}

/// Where the tree of a tenant ends.
///
/// # Errors
/// If the database does not answer, or the note is damaged.
pub async fn tree_of(db: &impl ConnectionTrait, tenant: Uuid) -> Result<Tree> {
    match trees(db, &[tenant]).await?.pop() {
        None => Ok(Tree::default()),
        Some((_, Some(tree))) => Ok(tree),
        Some((_, None)) => Err(Error::internal(format!("the note of the tree of {tenant} is damaged"))),
    }
}

/// The note of a tree's end as it is, whether it makes sense or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// How many leaves the tree has.
    pub size: u64,
    /// The roots of its perfect subtrees, one after the other.
    pub peaks: Vec<u8>,
    /// How many heads were signed.
    pub heads: u64,
    /// The size of the last of them.
    pub head_size: u64,
    /// When that was signed.
    pub head_at: Option<DateTime<Utc>>,
}

/// The note of a tenant's tree; that of an empty tree if there is none.
///
/// # Errors
/// If the database does not answer.
pub async fn note_of(db: &impl ConnectionTrait, tenant: Uuid) -> Result<Note> {
    let sql = "SELECT size, peaks, heads, head_size, head_at FROM audit_trees WHERE tenant_id = $1";
    let Some(row) = db.query_one_raw(statement(db, sql, vec![tenant.into()])).await? else {
        return Ok(Note::default());
    };
    let whole = |index| row.try_get_by_index::<i64>(index).map(|number| u64::try_from(number).unwrap_or(0));
    Ok(Note {
        size: whole(0)?,
        peaks: row.try_get_by_index(1)?,
        heads: whole(2)?,
        head_size: whole(3)?,
        head_at: row.try_get_by_index(4)?,
    })
}

/// Trees that grew since their last head, which was signed before `before`.
pub(super) async fn unsigned(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
    most: u64,
) -> Result<Vec<(Uuid, Tree)>> {
    let sql = format!(
        "SELECT {TREE} FROM audit_trees WHERE size > head_size AND (head_at IS NULL OR head_at <= $1) \
         ORDER BY tenant_id LIMIT {most}"
    );
    let rows = db.query_all_raw(statement(db, sql, vec![before.into()])).await?;
    let trees = rows.iter().map(tree).collect::<Result<Vec<_>>>()?;
    Ok(trees.into_iter().filter_map(|(tenant, tree)| Some((tenant, tree?))).collect())
}

/// What of the note of a tree's end is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Noted {
    /// Where it ends: by who seals.
    End,
    /// What was signed: by who signs.
    Head,
}

/// Writes where trees end, or what of them was signed.
///
/// Race: each leaves the other's part as it is, which on SQLite may have changed since the note was read.
pub(super) async fn write_trees(
    tx: &impl ConnectionTrait,
    trees: &[(Uuid, Tree)],
    noted: Noted,
) -> Result<()> {
    if trees.is_empty() {
        return Ok(());
    }
    let mut insert = Query::insert();
    insert.into_table(Alias::new("audit_trees")).columns(TREE.split(", ").map(Alias::new));
    for (tenant, Tree { frontier, heads, head_size, head_at }) in trees {
        let values = [
            Expr::val(*tenant),
            Expr::val(number(frontier.size())),
            Expr::val(frontier.peaks().concat()),
            Expr::val(number(*heads)),
            Expr::val(number(*head_size)),
            Expr::val(*head_at),
        ];
        insert.values(values).map_err(Error::internal)?;
    }
    let mut conflict = OnConflict::column("tenant_id");
    conflict.update_columns(match noted {
        Noted::End => ["size", "peaks"].map(Alias::new).to_vec(),
        Noted::Head => ["heads", "head_size", "head_at"].map(Alias::new).to_vec(),
    });
    insert.on_conflict(conflict);
    tx.execute(&insert).await?;
    Ok(())
}

/// Appends leaves, and takes their entries from what waits.
///
/// Race: two processes that seal the same entry, or give the same place twice, break a unique key, and one of them
/// undoes its whole batch.
pub(super) async fn write_leaves(
    tx: &impl ConnectionTrait,
    leaves: &[Leaf],
    now: DateTime<Utc>,
) -> Result<()> {
    match tx.get_database_backend() {
        // Reason: the statement reads the same for any number of leaves, so that it is prepared once.
        DbBackend::Postgres => {
            let sql = "INSERT INTO audit_leaves (entry_id, tenant_id, seq, hash, sealed_at) \
                       SELECT entry_id, tenant_id, seq, hash, $5 \
                       FROM unnest($1, $2, $3, $4) AS t(entry_id, tenant_id, seq, hash)";
            let array = |kind: ArrayType, value: fn(&Leaf) -> Value| {
                Value::Array(kind, Some(Box::new(leaves.iter().map(value).collect())))
            };
            let values = vec![
                array(ArrayType::Uuid, |leaf| leaf.entry.into()),
                array(ArrayType::Uuid, |leaf| leaf.tenant.into()),
                array(ArrayType::BigInt, |leaf| number(leaf.seq).into()),
                array(ArrayType::Bytes, |leaf| leaf.hash.to_vec().into()),
                now.into(),
            ];
            tx.execute_raw(statement(tx, sql, values)).await?;
        }
        _ => {
            let columns = ["entry_id", "tenant_id", "seq", "hash", "sealed_at"].map(Alias::new);
            let mut insert = Query::insert();
            insert.into_table(Alias::new("audit_leaves")).columns(columns);
            for leaf in leaves {
                let values: [SimpleExpr; 5] = [
                    leaf.entry.into(),
                    leaf.tenant.into(),
                    number(leaf.seq).into(),
                    leaf.hash.to_vec().into(),
                    now.into(),
                ];
                insert.values(values).map_err(Error::internal)?;
            }
            tx.execute(&insert).await?;
        }
    }
    let sealed = |column| {
        let entries = leaves.iter().map(|leaf| leaf.entry);
        sql::among(tx.get_database_backend(), Expr::col(Alias::new(column)), entries)
    };
    tx.execute(&crate::search::texts(sealed("id"))).await?;
    let mut delete = Query::delete();
    delete.from_table(Alias::new("audit_unsealed")).and_where(sealed("entry_id"));
    tx.execute(&delete).await?;
    Ok(())
}

pub(super) async fn write_nodes(tx: &impl ConnectionTrait, nodes: &[StoredNode]) -> Result<()> {
    if nodes.is_empty() {
        return Ok(());
    }
    let mut insert = Query::insert();
    let columns = ["tenant_id", "level", "position", "hash"].map(Alias::new);
    insert.into_table(Alias::new("audit_nodes")).columns(columns);
    for StoredNode { tenant, level, position, hash } in nodes {
        let values: [SimpleExpr; 4] = [
            (*tenant).into(),
            i32::try_from(*level).unwrap_or(i32::MAX).into(),
            number(*position).into(),
            hash.to_vec().into(),
        ];
        insert.values(values).map_err(Error::internal)?;
    }
    tx.execute(&insert).await?;
    Ok(())
}

/// The hashes of subtrees of a tenant's tree; in two statements, whatever its size.
///
/// # Errors
/// If a stored node is not there.
pub async fn hashes(db: &impl ConnectionTrait, tenant: Uuid, nodes: &[Node]) -> Result<Vec<Hash>> {
    let wanted = ranges(nodes);
    let (leaves, above): (Vec<Range>, Vec<Range>) = wanted.into_iter().partition(|range| range.level == 0);
    let mut tiles = Tiles::default();
    read_range(db, tenant, "audit_leaves", "0, seq, hash", &leaves, &mut tiles).await?;
    read_range(db, tenant, "audit_nodes", "level, position, hash", &above, &mut tiles).await?;
    let found = nodes.iter().map(|node| tiles.hash(*node));
    found.collect::<Option<_>>().ok_or_else(|| Error::internal("a node of the tree is missing"))
}

async fn read_range(
    db: &impl ConnectionTrait,
    tenant: Uuid,
    table: &str,
    columns: &str,
    ranges: &[Range],
    into: &mut Tiles,
) -> Result<()> {
    if ranges.is_empty() {
        return Ok(());
    }
    let place = columns.split(", ").nth(1).unwrap_or("seq");
    let parts: Vec<String> = ranges
        .iter()
        .map(|Range { level, start, end }| match level {
            0 => format!("{place} >= {start} AND {place} < {end}"),
            _ => format!("level = {level} AND {place} >= {start} AND {place} < {end}"),
        })
        .collect();
    let sql = format!("SELECT {columns} FROM {table} WHERE tenant_id = $1 AND ({})", parts.join(" OR "));
    for row in db.query_all_raw(statement(db, sql, vec![tenant.into()])).await? {
        let level: i32 = row.try_get_by_index(0)?;
        if let Some(hash) = row::hash(&row, 2)? {
            into.add(level.unsigned_abs(), count(&row, 1)?, hash);
        }
    }
    Ok(())
}
