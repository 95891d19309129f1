//! Parts of statements that differ by database or need care in both: search in texts, JSON lists, counters.

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr,
    sea_query::{Alias, Expr, ExprTrait, Func, LikeExpr, OnConflict, Query},
};
use uuid::Uuid;

/// Rows with `text` somewhere in one of `columns`, however its letters are cased. SQLite folds the case of ASCII
/// letters only. Wildcards of `LIKE` in `text` mean themselves.
pub fn contains<C: ColumnTrait>(columns: &[C], text: &str) -> Condition {
    let escaped = text.trim().to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let pattern = format!("%{escaped}%");
    let mut any = Condition::any();
    for column in columns {
        let folded = Expr::expr(Func::lower(Expr::col(column.as_column_ref())));
        any = any.add(folded.like(LikeExpr::new(pattern.clone()).escape('\\')));
    }
    any
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
