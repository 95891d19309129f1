//! Templates of projects, and imports of tasks.

use crate::ddl::{Raw, Step};
use crate::m0003_projects;
use crate::table::OnDelete::{Cascade, NoAction};
use crate::table::Table;

pub(crate) const STEP: Step = Step {
    name: "m0016_templates",
    source: include_str!("m0016_templates.rs"),
    tables,
    completes: || vec![m0003_projects::projects()],
    raw: Raw::none,
};

fn tables() -> Vec<Table> {
    vec![templates(), plans(), imports(), import_files()]
}

fn templates() -> Table {
    Table::tenant("projects_templates")
        .text("name")
        .text("description")
        .text_opt("category")
        .int("milestone_count")
        .int("task_count")
        .int("length_days")
        .uuid_opt("created_by")
        .timestamp_opt("archived_at")
        .std()
        .unique(&["tenant_id", "id"])
        .unique_where(&["tenant_id", "name"], "archived_at IS NULL")
        .index(&["tenant_id", "name", "id"])
        .index(&["tenant_id", "category", "name", "id"])
}

/// What templates consist of: one document each, apart from them so that lists stay light.
fn plans() -> Table {
    Table::tenant("projects_template_plans")
        .json("plan")
        .belongs_to("id", "projects_templates", Cascade)
        .index(&["tenant_id", "id"])
}

/// Imports of tasks, and how far they are: rows before `position` are done.
fn imports() -> Table {
    Table::tenant("projects_imports")
        .uuid("project_id")
        .text_opt("file_name")
        .json("settings")
        .choice("status", &["waiting", "running", "done", "failed", "cancelled"])
        .uuid_opt("job_id")
        .int("row_count")
        .int("position")
        .int("created_count")
        .int("error_count")
        .uuid_opt("created_by")
        .text_opt("failure")
        .timestamp_opt("finished_at")
        .std()
        .check("position", "position >= 0")
        .belongs_to("project_id", "projects_projects", NoAction)
        .unique(&["tenant_id", "id"])
        .index(&["tenant_id", "project_id", "created_at", "id"])
        .index(&["tenant_id", "created_by"])
        .index_where(&["tenant_id", "created_at"], "finished_at IS NULL")
}

/// The text of an import until it is over, and what is wrong in its rows.
fn import_files() -> Table {
    Table::tenant("projects_import_files")
        .text("content")
        .json("errors")
        .belongs_to("id", "projects_imports", Cascade)
        .index(&["tenant_id", "id"])
}
