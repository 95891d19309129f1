//! Parts of statements that differ by database or need care in both: search in texts, JSON lists, counters.

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, Value,
    sea_query::{Alias, ArrayType, Expr, ExprTrait, Func, LikeExpr, OnConflict, Query},
};
use uuid::Uuid;

/// Rows with `text` somewhere in one of `columns`, however its letters are cased. SQLite folds the case of ASCII
/// letters only; there, other letters are found in the usual spellings of a word. Wildcards of `LIKE` in `text` mean
/// themselves.
pub fn contains<C: ColumnTrait>(columns: &[C], text: &str) -> Condition {
    let mut any = Condition::any();
    for spelling in spellings(text.trim()) {
        let escaped = spelling.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let pattern = format!("%{escaped}%");
        for column in columns {
            let folded = Expr::expr(Func::lower(Expr::col(column.as_column_ref())));
            any = any.add(folded.like(LikeExpr::new(pattern.clone()).escape('\\')));
        }
    }
    any
}

/// What `lower` of a database that folds all letters, or those of ASCII alone, may make of a text: of it in small
/// letters, as it was typed, in capitals, and with a capital at the first or at each word. One for a text of ASCII.
fn spellings(text: &str) -> Vec<String> {
    let mut spellings = vec![text.to_lowercase()];
    if !text.is_ascii() {
        for mut spelling in
            [text.to_owned(), text.to_uppercase(), capitalised(text, true), capitalised(text, false)]
        {
            spelling.make_ascii_lowercase();
            if !spellings.contains(&spelling) {
                spellings.push(spelling);
            }
        }
    }
    spellings
}

/// The text with a capital at each word, or at the first alone.
fn capitalised(text: &str, each: bool) -> String {
    let mut cased = String::with_capacity(text.len());
    let mut inside = false;
    for letter in text.to_lowercase().chars() {
        if inside {
            cased.push(letter);
        } else {
            cased.extend(letter.to_uppercase());
        }
        inside = letter.is_alphanumeric() || !each;
    }
    cased
}

/// Rows whose `value` is one of `ids`.
///
/// Reason: the statement reads the same for any number of ids (on SQLite for few numbers: lists are filled up to a power
/// of two), so that it is prepared once, and PostgreSQL plans it for an index whatever the number.
pub fn among(backend: DbBackend, value: Expr, ids: impl IntoIterator<Item = Uuid>) -> Expr {
    let mut ids: Vec<Uuid> = ids.into_iter().collect();
    match backend {
        DbBackend::Postgres => {
            let ids = ids.into_iter().map(Value::from).collect();
            let ids = Value::Array(ArrayType::Uuid, Some(Box::new(ids)));
            Expr::cust_with_exprs("$1 = ANY($2)", [value, Expr::val(ids)])
        }
        _ => {
            if let Some(last) = ids.last().copied() {
                ids.resize(ids.len().next_power_of_two(), last);
            }
            value.is_in(ids)
        }
    }
}

/// The same of a column.
pub fn one_of(backend: DbBackend, column: impl ColumnTrait, ids: impl IntoIterator<Item = Uuid>) -> Expr {
    among(backend, Expr::col(column.as_column_ref()), ids)
}

/// Rows whose `column`, a JSON array of strings, holds exactly `text`.
pub fn json_list_has(backend: DbBackend, column: impl ColumnTrait, text: &str) -> Expr {
    let list = Expr::col(column.as_column_ref());
    match backend {
        DbBackend::Postgres => {
            Expr::cust_with_exprs("$1 @> $2", [list, Expr::val(serde_json::json!([text]))])
        }
        _ => Expr::cust_with_exprs(
            "EXISTS (SELECT 1 FROM json_each(?) AS entry WHERE entry.value = ?)",
            [list, Expr::val(text)],
        ),
    }
}

/// The day of an instant in UTC, as text: `2026-03-31`.
pub fn day(backend: DbBackend, column: impl ColumnTrait) -> Expr {
    let instant = Expr::col(column.as_column_ref());
    match backend {
        DbBackend::Postgres => Expr::cust_with_expr("to_char($1 AT TIME ZONE 'UTC', 'YYYY-MM-DD')", instant),
        _ => Expr::cust_with_expr("substr(?, 1, 10)", instant),
    }
}

/// An id as text that sorts as the id does; PostgreSQL knows no greatest uuid.
pub fn id_text(backend: DbBackend, column: impl ColumnTrait) -> Expr {
    let id = Expr::col(column.as_column_ref());
    match backend {
        DbBackend::Postgres => Expr::cust_with_expr("CAST($1 AS text)", id),
        _ => Expr::cust_with_expr("hex(?)", id),
    }
}

/// Takes the next number, from 1, of the counter that `table` keeps in `next_number` for `tenant_id`.
///
/// Race: the statement locks the counter's row until the transaction ends, so no number is given twice.
pub async fn next_number(db: &impl ConnectionTrait, table: &'static str, tenant: Uuid) -> Result<i64, DbErr> {
    let counter = Alias::new(table);
    let mut conflict = OnConflict::column("tenant_id");
    conflict.value("next_number", Expr::col((counter.clone(), Alias::new("next_number"))).add(1));
    let mut take = Query::insert();
    take.into_table(counter).columns(["tenant_id", "next_number"]);
    take.values([Expr::val(tenant), Expr::val(2_i64)]).map_err(|error| DbErr::Custom(error.to_string()))?;
    take.on_conflict(conflict).returning_col("next_number");
    let row = db.query_one(&take).await?;
    let next: i64 = row.ok_or_else(|| DbErr::RecordNotInserted)?.try_get_by_index(0)?;
    Ok(next - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_ascii_has_one_spelling() {
        assert_eq!(spellings("ACME 100%"), ["acme 100%"]);
    }

    #[test]
    fn other_letters_are_looked_for_in_each_case() {
        assert_eq!(
            spellings("ÉTÉ à Nîmes"),
            ["été à nîmes", "ÉtÉ à nîmes", "ÉtÉ À nÎmes", "Été À nîmes", "Été à nîmes"]
        );
        assert_eq!(spellings("été"), ["été", "ÉtÉ", "Été"]);
    }
}
