//! Finding entries by a part of a text through the index of trigrams. What it finds is narrowed down by the filter's own
//! condition, so that answers are the same with and without it.

use crate::{
    filter::{AuditFilter, begins_with},
    seal::store::statement,
};
use kernel::{
    act::audit_entry::{Column, Entity},
    db::Db,
    error::Result,
    id::{AuditEntryId, TenantId, TypedId},
    policy::Guarded,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, QueryFilter, QuerySelect, Select,
    sea_query::{Alias, Expr, InsertStatement, OnConflict, Query},
};

/// The shortest text with a trigram.
const SHORTEST: usize = 3;

/// Entries that are looked up by their ids; a text of more is so frequent that pages fill while they are read in order.
const MOST: usize = 2_000;

/// In what of an entry texts are looked for.
const TEXT: &str = "action || ' ' || coalesce(subject_label, '') || ' ' || coalesce(operation, '') || ' ' || \
                    coalesce(request_id, '')";

/// The statement that adds the texts of these entries to what is searched.
///
/// Reason: who takes entries from the order and puts them back to wait must not keep others from being sealed.
pub(crate) fn texts(entries: Expr) -> InsertStatement {
    let mut texts = Query::select();
    texts.columns(["id", "tenant_id"].map(Alias::new)).expr(Expr::cust(TEXT));
    texts.from(Alias::new("audit_entries")).and_where(entries);
    let mut insert = Query::insert();
    insert.into_table(Alias::new("audit_texts")).columns(["entry_id", "tenant_id", "text"].map(Alias::new));
    // Invariant: three columns and three values.
    drop(insert.select_from(texts));
    insert.on_conflict(OnConflict::new().do_nothing().to_owned()).to_owned()
}

/// The entries of a selection that a filter asks for, in such words that the database finds a page of them quickly.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn filtered(
    db: &Db,
    tenant: TenantId,
    mut filter: AuditFilter,
    mut select: Select<Entity>,
) -> Result<Select<Entity>> {
    if let Some(prefix) = filter.action_prefix.take() {
        // Reason: of a frequent act SQLite would read and sort every entry; the sign keeps it from the index of acts.
        let plain = db.backend() == DbBackend::Postgres || !is_frequent(db, tenant, &prefix).await?;
        let action = if plain { Column::Action.into_expr() } else { Expr::cust("+audit_entries.action") };
        select = select.filter(begins_with(action, &prefix));
    }
    let text = filter.text.clone();
    let select = filter.apply(select);
    let text = text.as_deref().map(str::trim).filter(|text| text.chars().count() >= SHORTEST);
    let Some(text) = text else { return Ok(select) };
    // Reason: which other letters PostgreSQL folds is the locale's; the filter's own condition knows all spellings.
    if db.backend() == DbBackend::Postgres && !text.is_ascii() {
        return Ok(select);
    }
    Ok(match rare(db, tenant, text).await? {
        Some(entries) => select.filter(Column::Id.is_in(entries)),
        None => select,
    })
}

/// Whether many entries of a tenant are of acts whose names begin so.
async fn is_frequent(db: &Db, tenant: TenantId, prefix: &str) -> Result<bool> {
    let acts = Entity::of_tenant(tenant).select_only().column(Column::TenantId);
    let acts = acts.filter(begins_with(Column::Action.into_expr(), prefix)).offset(MOST as u64).limit(1);
    Ok(acts.into_tuple::<TenantId>().one(db).await?.is_some())
}

/// The entries in which a text may be; none if it is frequent. Those that are not sealed yet are among them, and on
/// SQLite those of other tenants: the selection is of one tenant by itself.
async fn rare(db: &Db, tenant: TenantId, text: &str) -> Result<Option<Vec<AuditEntryId>>> {
    let most = MOST + 1;
    let (found, pattern) = match db.backend() {
        DbBackend::Postgres => {
            let text = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            ("tenant_id = $1 AND lower(text) LIKE $2".to_owned(), format!("%{text}%"))
        }
        // Reason: within quotes FTS5 knows no operators; a quote is written twice.
        _ => (
            format!("position IN (SELECT rowid FROM audit_fts WHERE audit_fts MATCH $2 LIMIT {most})"),
            format!("\"{}\"", text.replace('"', "\"\"")),
        ),
    };
    let sql = format!(
        "SELECT entry_id FROM audit_unsealed WHERE tenant_id = $1 \
         UNION ALL SELECT entry_id FROM audit_texts WHERE {found} LIMIT {most}"
    );
    let rows = db.query_all_raw(statement(db, sql, vec![tenant.uuid().into(), pattern.into()])).await?;
    if rows.len() > MOST {
        return Ok(None);
    }
    let entries = rows.iter().map(|row| Ok(AuditEntryId::from_uuid(row.try_get_by_index(0)?)));
    entries.collect::<Result<_>>().map(Some)
}
