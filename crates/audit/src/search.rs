//! Finding entries by a part of a text through the index of trigrams. What it finds is narrowed down by the filter's own
//! condition, so that answers are the same with and without it.

use crate::seal::store::statement;
use kernel::{
    act::audit_entry::{Column, Entity},
    db::Db,
    error::Result,
    id::{AuditEntryId, TypedId},
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, QueryFilter, Select, sea_query::Expr};

/// The shortest text with a trigram.
const SHORTEST: usize = 3;

/// Entries that are looked up by their ids; a text of more is so frequent that pages fill while they are read in order.
const MOST: usize = 2_000;

/// What PostgreSQL has an index on, word for word.
const TEXTS: &str = "lower(action || ' ' || coalesce(subject_label, '') || ' ' || coalesce(operation, '') || ' ' || \
                     coalesce(request_id, '')) LIKE $1";

/// Restricts a selection to entries in which the text may be, where an index tells quickly which.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn narrowed(db: &Db, text: Option<&str>, select: Select<Entity>) -> Result<Select<Entity>> {
    let text = text.map(str::trim).filter(|text| text.chars().count() >= SHORTEST);
    let Some(text) = text else { return Ok(select) };
    if db.backend() == DbBackend::Postgres {
        // Reason: which other letters are folded is the locale's; the filter's own condition knows all spellings.
        if !text.is_ascii() {
            return Ok(select);
        }
        let escaped = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        return Ok(select.filter(Expr::cust_with_values(TEXTS, [format!("%{escaped}%")])));
    }
    Ok(match rare(db, text).await? {
        Some(entries) => select.filter(Column::Id.is_in(entries)),
        None => select,
    })
}

/// The entries of all tenants with a text; none if it is frequent. The selection is of one tenant by itself.
async fn rare(db: &Db, text: &str) -> Result<Option<Vec<AuditEntryId>>> {
    let sql = format!(
        "SELECT entry_id FROM audit_texts WHERE id IN (SELECT rowid FROM audit_fts WHERE audit_fts MATCH $1 LIMIT {})",
        MOST + 1
    );
    // Reason: within quotes FTS5 knows no operators; a quote is written twice.
    let phrase = format!("\"{}\"", text.replace('"', "\"\""));
    let rows = db.query_all_raw(statement(db, sql, vec![phrase.into()])).await?;
    if rows.len() > MOST {
        return Ok(None);
    }
    let entries = rows.iter().map(|row| Ok(AuditEntryId::from_uuid(row.try_get_by_index(0)?)));
    entries.collect::<Result<_>>().map(Some)
}
