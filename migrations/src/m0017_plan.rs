//! The plan of projects: how tasks are scheduled, and baselines that plans are held against.

use sea_orm_migration::sea_orm::DbBackend;

use crate::ddl::{Raw, Step};
use crate::table::OnDelete::{Cascade, NoAction};
use crate::table::Table;

pub(crate) const STEP: Step =
    Step { name: "m0017_plan", source: include_str!("m0017_plan.rs"), tables, completes: Vec::new, raw };

fn tables() -> Vec<Table> {
    vec![baselines(), baseline_plans()]
}

/// Columns of tasks: name, type, the rest of the definition.
///
/// Reason: how a task is planned changes with the task, in its version and its trail, and is read with it ten thousand
/// times at once; a table beside it would be joined everywhere.
const TASK_COLUMNS: [(&str, &str); 7] = [
    ("scheduling", "text NOT NULL DEFAULT 'automatic'"),
    ("duration_minutes", "{integer}"),
    ("constraint_kind", "text"),
    ("constraint_on", "{date}"),
    ("deadline_on", "{date}"),
    ("optimistic_minutes", "{integer}"),
    ("pessimistic_minutes", "{integer}"),
];

/// Checks of these columns. Each names its own column alone, so that SQLite lets the column go.
const TASK_CHECKS: [(&str, &str); 5] = [
    ("scheduling", "scheduling IN ('automatic', 'manual')"),
    ("duration_minutes", "duration_minutes >= 0"),
    ("constraint_kind", "constraint_kind IN ('not_earlier', 'must_start')"),
    ("optimistic_minutes", "optimistic_minutes >= 0"),
    ("pessimistic_minutes", "pessimistic_minutes >= 0"),
];

fn raw(backend: DbBackend) -> Raw {
    let (integer, date) = match backend {
        DbBackend::Postgres => ("bigint", "date"),
        _ => ("integer", "date_text"),
    };
    let add = |(name, kind): &(&str, &str)| {
        let kind = kind.replace("{integer}", integer).replace("{date}", date);
        let check = TASK_CHECKS.iter().find(|(column, _)| column == name);
        let check = check.map_or_else(String::new, |(_, rule)| {
            format!("\n  CONSTRAINT \"ck_projects_tasks_{name}\" CHECK ({rule})\n")
        });
        format!("ALTER TABLE \"projects_tasks\" ADD COLUMN \"{name}\" {kind}{check}")
    };
    let remove = |(name, _): &(&str, &str)| format!("ALTER TABLE \"projects_tasks\" DROP COLUMN \"{name}\"");
    Raw { up: TASK_COLUMNS.iter().map(add).collect(), down: TASK_COLUMNS.iter().rev().map(remove).collect() }
}

/// What plans are held against. What a plan said then is in a document of its own, so that lists stay light.
fn baselines() -> Table {
    Table::tenant("projects_baselines")
        .uuid("project_id")
        .text("name")
        .text("note")
        .timestamp("as_of")
        .timestamp_opt("finish_at")
        .int("task_count")
        .uuid_opt("created_by")
        .std()
        .belongs_to("project_id", "projects_projects", NoAction)
        .unique(&["tenant_id", "id"])
        .unique(&["tenant_id", "project_id", "name"])
}

/// What plans said: one document each, never changed.
fn baseline_plans() -> Table {
    Table::tenant("projects_baseline_plans")
        .json("plan")
        .belongs_to("id", "projects_baselines", Cascade)
        .index(&["tenant_id", "id"])
}
