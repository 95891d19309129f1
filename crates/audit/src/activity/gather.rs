//! The gatherer: reads the sealed order of each tenant from where it stopped, and writes groups and their place in one
//! transaction. Killed at any moment, it goes on where the last transaction ended.

use std::time::Duration;

use kernel::{
    activity::ActionText,
    db::Db,
    error::{Error, Result},
    id::{AuditEntryId, TenantId, TypedId as _},
    policy::Guarded as _,
    sql::one_of,
};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, IntoActiveModel as _, Iterable as _,
    QueryFilter as _, QueryResult, QuerySelect as _,
    sea_query::{ExprTrait as _, OnConflict, Query},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Texts, group, item,
    plan::{Entry, Plan, Told, plan, text_of},
};
use crate::seal::store::statement;

/// How often new entries are looked for. They come from other nodes, too.
const EVERY: Duration = Duration::from_secs(1);

/// Places of the sealed order in one transaction.
const AT_ONCE: i64 = 500;

/// Gathers entries into groups. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Gatherer {
    db: Db,
    texts: Texts,
}

impl Gatherer {
    /// A gatherer that knows these sentences.
    pub fn new(db: Db, texts: Texts) -> Self {
        Self { db, texts }
    }

    /// Gathers until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let pause = match self.gather().await {
                Ok(true) => continue,
                Ok(false) => EVERY,
                Err(error) => {
                    tracing::debug!(?error, "activity could not be gathered");
                    EVERY * 5
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Gathers whatever is sealed.
    ///
    /// # Errors
    /// If the database does not answer; what was gathered before stays.
    pub async fn gather_all(&self) -> Result<()> {
        while self.gather().await? {}
        Ok(())
    }

    /// Gathers a batch of the tenant that is furthest behind; answers whether there was one.
    async fn gather(&self) -> Result<bool> {
        let sql = "SELECT t.tenant_id, COALESCE(r.next_seq, 0), t.size FROM audit_trees t \
                   LEFT JOIN audit_activity_readers r ON r.tenant_id = t.tenant_id \
                   WHERE t.size > COALESCE(r.next_seq, 0) \
                   ORDER BY t.size - COALESCE(r.next_seq, 0) DESC LIMIT 1";
        let Some(row) = self.db.query_one_raw(statement(&self.db, sql, Vec::new())).await? else {
            return Ok(false);
        };
        let (tenant, from, size): (Uuid, i64, i64) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        let until = std::cmp::min(from + AT_ONCE, size);
        let entries = self.entries(tenant, from, until).await?;
        let tx = self.db.begin().await?;
        // Race: of two processes that read the same place, the second finds it passed, and writes nothing.
        if !pass(&tx, tenant, from, until).await? {
            return Ok(true);
        }
        let tenant = TenantId::from_uuid(tenant);
        let open = open(&tx, tenant, &entries).await?;
        let told = told(&tx, tenant, &open).await?;
        write(&tx, plan(tenant, open, told, &entries)).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The entries at these places that have a sentence.
    async fn entries(
        &self,
        tenant: Uuid,
        from: i64,
        until: i64,
    ) -> Result<Vec<(Entry, &'static ActionText)>> {
        let sql = "SELECT e.id, l.seq, e.occurred_at, e.actor_kind, e.actor_id, e.on_behalf_of, e.action, \
                   e.subject_type, e.subject_id, e.person_id, e.project_id, e.account_id, e.changes, e.outcome \
                   FROM audit_leaves l JOIN audit_entries e ON e.id = l.entry_id \
                   WHERE l.tenant_id = $1 AND l.seq >= $2 AND l.seq < $3 ORDER BY l.seq";
        let values = vec![tenant.into(), from.into(), until.into()];
        let rows = self.db.query_all_raw(statement(&self.db, sql, values)).await?;
        let mut entries = Vec::with_capacity(rows.len());
        for row in &rows {
            let entry = entry(row)?;
            if let Some(text) = text_of(self.texts, &entry) {
                entries.push((entry, text));
            }
        }
        Ok(entries)
    }
}

fn entry(row: &QueryResult) -> Result<Entry> {
    Ok(Entry {
        id: row.try_get_by_index(0)?,
        seq: row.try_get_by_index(1)?,
        at: row.try_get_by_index(2)?,
        actor_kind: row.try_get_by_index(3)?,
        actor_id: row.try_get_by_index(4)?,
        on_behalf_of: row.try_get_by_index(5)?,
        action: row.try_get_by_index(6)?,
        subject_type: row.try_get_by_index(7)?,
        subject_id: row.try_get_by_index(8)?,
        person_id: row.try_get_by_index(9)?,
        project_id: row.try_get_by_index(10)?,
        account_id: row.try_get_by_index(11)?,
        changes: row.try_get_by_index(12)?,
        outcome: row.try_get_by_index(13)?,
    })
}

/// Notes that places before `until` are read, unless somebody else did; answers whether it was us.
async fn pass(tx: &impl ConnectionTrait, tenant: Uuid, from: i64, until: i64) -> Result<bool> {
    let sql = "INSERT INTO audit_activity_readers (tenant_id, next_seq) VALUES ($1, $2) \
               ON CONFLICT (tenant_id) DO UPDATE SET next_seq = excluded.next_seq \
               WHERE audit_activity_readers.next_seq = $3";
    let done = tx.execute_raw(statement(tx, sql, vec![tenant.into(), until.into(), from.into()])).await?;
    Ok(done.rows_affected() > 0)
}

/// The open groups of these entries' keys.
async fn open(
    tx: &impl ConnectionTrait,
    tenant: TenantId,
    entries: &[(Entry, &'static ActionText)],
) -> Result<Vec<group::Model>> {
    let mut keys: Vec<String> = entries.iter().map(|(entry, text)| entry.key(text.kind)).collect();
    keys.sort_unstable();
    keys.dedup();
    let open = group::Entity::of_tenant(tenant).filter(group::Column::IsOpen.eq(true));
    Ok(open.filter(group::Column::Key.is_in(keys)).all(tx).await?)
}

/// What the entries of these groups are about.
async fn told(tx: &impl ConnectionTrait, tenant: TenantId, open: &[group::Model]) -> Result<Told> {
    if open.is_empty() {
        return Ok(Told::new());
    }
    let groups = open.iter().map(|group| group.id.uuid());
    let items = item::Entity::of_tenant(tenant)
        .filter(one_of(tx.get_database_backend(), item::Column::GroupId, groups))
        .filter(item::Column::IsFirst.eq(true))
        .select_only()
        .column(item::Column::GroupId)
        .column(item::Column::SubjectId);
    let items: Vec<(AuditEntryId, Option<Uuid>)> = items.into_tuple().all(tx).await?;
    Ok(items.into_iter().collect())
}

/// Rows in one statement, below the variables that both databases allow.
const ROWS: usize = 500;

async fn write(tx: &impl ConnectionTrait, plan: Plan) -> Result<()> {
    let Plan { changed, new, items } = plan;
    // Reason: a group must be closed before another of its key is open.
    upsert(tx, changed).await?;
    upsert(tx, new).await?;
    for items in items.chunks(ROWS) {
        let mut insert = Query::insert();
        insert.into_table(item::Entity).columns(item::Column::iter());
        for item in items {
            let row = item.clone().into_active_model();
            let values = item::Column::iter().filter_map(|column| row.get(column).into_value());
            insert.values(values.map(Into::into)).map_err(Error::internal)?;
        }
        tx.execute(&insert).await?;
    }
    Ok(())
}

/// Removes what is told of entries that are removed, and groups that have nothing left.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn forget(tx: &impl ConnectionTrait, tenant: TenantId, entries: &[Uuid]) -> Result<()> {
    let backend = tx.get_database_backend();
    let gone = || one_of(backend, item::Column::Id, entries.iter().copied());
    let groups = item::Entity::of_tenant(tenant).filter(gone()).select_only().column(item::Column::GroupId);
    let groups: Vec<Uuid> = groups.distinct().into_tuple().all(tx).await?;
    let mut delete = Query::delete();
    delete.from_table(item::Entity).and_where(item::Column::TenantId.eq(tenant)).and_where(gone());
    tx.execute(&delete).await?;
    let mut left = Query::select();
    left.column(item::Column::GroupId).from(item::Entity).and_where(item::Column::TenantId.eq(tenant));
    left.and_where(one_of(backend, item::Column::GroupId, groups.iter().copied()));
    let mut delete = Query::delete();
    delete.from_table(group::Entity).and_where(group::Column::TenantId.eq(tenant));
    delete.and_where(one_of(backend, group::Column::Id, groups));
    delete.and_where(group::Column::Id.in_subquery(left).not());
    tx.execute(&delete).await?;
    Ok(())
}

async fn upsert(tx: &impl ConnectionTrait, groups: Vec<group::Model>) -> Result<()> {
    for groups in groups.chunks(ROWS) {
        let mut insert = Query::insert();
        insert.into_table(group::Entity).columns(group::Column::iter());
        for group in groups {
            let row = group.clone().into_active_model();
            let values = group::Column::iter().filter_map(|column| row.get(column).into_value());
            insert.values(values.map(Into::into)).map_err(Error::internal)?;
        }
        let grown = [group::Column::EndedAt, group::Column::Entries, group::Column::IsOpen];
        insert.on_conflict(OnConflict::column(group::Column::Id).update_columns(grown).to_owned());
        tx.execute(&insert).await?;
    }
    Ok(())
}
