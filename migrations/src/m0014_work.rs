//! The work itself: milestones, dependencies, labels, comments, the tenant's own fields of projects, and saved views.

use crate::ddl::{Raw, Step};
use crate::m0003_projects;
use crate::table::OnDelete::{Cascade, NoAction};
use crate::table::Table;

pub(crate) const STEP: Step = Step {
    name: "m0014_work",
    source: include_str!("m0014_work.rs"),
    tables,
    completes: || vec![m0003_projects::tasks()],
    raw: Raw::none,
};

fn tables() -> Vec<Table> {
    vec![milestones(), links(), labels(), task_labels(), comments(), mentions(), fields(), views()]
}

/// Being overdue is not kept: it follows from the due date and the day.
fn milestones() -> Table {
    Table::tenant("projects_milestones")
        .uuid("project_id")
        .text("name")
        .text("notes")
        .json("deliverables")
        .date_opt("due_on")
        .choice("status", &["pending", "in_progress", "completed", "waived"])
        .choice("priority", &["low", "normal", "high", "urgent"])
        .uuid_opt("assignee_id")
        .int("percentage")
        .bigint_opt("billing_minor")
        .currency_opt("billing_currency")
        .boolean("client_visible")
        .choice_opt("approval", &["requested", "approved", "rejected"])
        .uuid_opt("approval_requested_by")
        .timestamp_opt("approval_requested_at")
        .uuid_opt("approval_decided_by")
        .timestamp_opt("approval_decided_at")
        .text_opt("approval_comment")
        .timestamp_opt("completed_at")
        .text("rank")
        .std()
        .check("percentage", "percentage BETWEEN 0 AND 100")
        .check("billing_minor", "billing_minor >= 0")
        .belongs_to("project_id", "projects_projects", NoAction)
        .member("assignee_id", NoAction)
        .unique(&["tenant_id", "id"])
        .unique(&["tenant_id", "project_id", "id"])
        .index(&["tenant_id", "project_id", "rank", "id"])
        .index(&["tenant_id", "due_on", "id"])
        .index(&["tenant_id", "assignee_id"])
}

/// Which work waits for which: each end is a task or a milestone of the project.
fn links() -> Table {
    let end = |table: Table, column: &'static str, target: &'static str| {
        let key = ["tenant_id", "project_id", column];
        table.key(&key, target, &["tenant_id", "project_id", "id"], Cascade).index(&[
            "tenant_id",
            column,
            "project_id",
        ])
    };
    let some = |task: &str, milestone: &str| format!("{task} IS NOT NULL OR {milestone} IS NOT NULL");
    let mut table = Table::tenant("projects_links")
        .uuid("project_id")
        .choice("kind", &["fs", "ss", "ff", "sf"])
        .bigint("lag_minutes")
        .uuid_opt("pred_task_id")
        .uuid_opt("pred_milestone_id")
        .uuid_opt("succ_task_id")
        .uuid_opt("succ_milestone_id")
        .std()
        .check("predecessor", &some("pred_task_id", "pred_milestone_id"))
        .check("successor", &some("succ_task_id", "succ_milestone_id"))
        .belongs_to("project_id", "projects_projects", NoAction)
        .index(&["tenant_id", "project_id", "id"]);
    for (column, target) in [
        ("pred_task_id", "projects_tasks"),
        ("pred_milestone_id", "projects_milestones"),
        ("succ_task_id", "projects_tasks"),
        ("succ_milestone_id", "projects_milestones"),
    ] {
        table = end(table, column, target);
    }
    table
}

/// Labels of the tenant, or of one project.
fn labels() -> Table {
    Table::tenant("projects_labels")
        .uuid_opt("project_id")
        .text("name")
        .text("color")
        .std()
        .belongs_to("project_id", "projects_projects", NoAction)
        .unique(&["tenant_id", "id"])
        .unique_where(&["tenant_id", "name"], "project_id IS NULL")
        .unique_where(&["tenant_id", "project_id", "name"], "project_id IS NOT NULL")
        .index(&["tenant_id", "project_id", "id"])
}

fn task_labels() -> Table {
    Table::tenant("projects_task_labels")
        .uuid("task_id")
        .uuid("label_id")
        .belongs_to("task_id", "projects_tasks", Cascade)
        .belongs_to("label_id", "projects_labels", Cascade)
        .unique(&["tenant_id", "task_id", "label_id"])
        .index(&["tenant_id", "label_id", "task_id"])
}

fn comments() -> Table {
    Table::tenant("projects_comments")
        .uuid("project_id")
        .uuid("task_id")
        .uuid_opt("author_id")
        .text("body")
        .boolean("internal")
        .timestamp_opt("edited_at")
        .std()
        .key(
            &["tenant_id", "project_id", "task_id"],
            "projects_tasks",
            &["tenant_id", "project_id", "id"],
            Cascade,
        )
        .unique(&["tenant_id", "id"])
        .index(&["tenant_id", "task_id", "project_id"])
        .index(&["tenant_id", "task_id", "created_at", "id"])
        .index(&["tenant_id", "author_id"])
}

fn mentions() -> Table {
    Table::tenant("projects_mentions")
        .uuid("comment_id")
        .uuid("user_id")
        .belongs_to("comment_id", "projects_comments", Cascade)
        .member("user_id", NoAction)
        .unique(&["tenant_id", "comment_id", "user_id"])
        .index(&["tenant_id", "user_id", "comment_id"])
}

/// What a tenant wants to know of its projects beside what everybody does.
fn fields() -> Table {
    Table::tenant("projects_fields")
        .text("name")
        .choice("kind", &["text", "number", "date", "boolean", "choice", "url"])
        .json("options")
        .boolean("required")
        .timestamp_opt("archived_at")
        .std()
        .unique_where(&["tenant_id", "name"], "archived_at IS NULL")
        .index(&["tenant_id", "name", "id"])
}

/// Filters and orders of lists that somebody saved.
fn views() -> Table {
    Table::tenant("projects_views")
        .uuid("owner_id")
        .choice("kind", &["projects", "tasks"])
        .text("name")
        .boolean("shared")
        .json("definition")
        .std()
        .member("owner_id", NoAction)
        .unique(&["tenant_id", "owner_id", "kind", "name"])
        .index(&["tenant_id", "name", "id"])
}
