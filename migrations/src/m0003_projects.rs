//! Projects, their members, board columns, tasks and assignees.

use crate::ddl::{Raw, Step};
use crate::table::OnDelete::{Cascade, NoAction};
use crate::table::Table;

pub(crate) const STEP: Step = Step {
    name: "m0003_projects",
    source: include_str!("m0003_projects.rs"),
    tables,
    completes: Vec::new,
    raw: Raw::none,
};

const STATUSES: &[&str] =
    &["intake", "planning", "in_progress", "review", "completed", "on_hold", "cancelled"];
const PRIORITIES: &[&str] = &["low", "normal", "high", "urgent"];
/// The three categories a board column stands for, and with it the state of its tasks.
const CATEGORIES: &[&str] = &["todo", "doing", "done"];

fn tables() -> Vec<Table> {
    vec![counters(), projects(), members(), columns(), tasks(), task_assignees()]
}

fn counters() -> Table {
    Table::bare("projects_counters").tenant_id().primary("tenant_id").bigint("next_number")
}

pub(crate) fn projects() -> Table {
    Table::tenant("projects_projects")
        .bigint("number")
        .text("code")
        .text("name")
        .text("description")
        .uuid_opt("account_id")
        .uuid_opt("manager_id")
        .choice("status", STATUSES)
        .choice_opt("held_from", STATUSES)
        .choice("priority", PRIORITIES)
        .date_opt("estimated_start")
        .date_opt("estimated_end")
        .date_opt("actual_start")
        .date_opt("actual_end")
        .date_opt("expected_delivery")
        .bigint_opt("budget_minor")
        .currency_opt("budget_currency")
        .bigint_opt("budget_minutes")
        .choice("billing_type", &["fixed_fee", "time_and_materials", "retainer", "non_billable"])
        .choice("methodology", &["agile", "waterfall", "hybrid"])
        .json("tags")
        .json("custom")
        .uuid_opt("parent_id")
        .uuid_opt("template_id")
        .int_opt("health")
        .uuid_opt("created_by")
        .timestamp_opt("archived_at")
        .std()
        .check("budget_minor", "budget_minor >= 0")
        .check("budget_minutes", "budget_minutes >= 0")
        .check("health", "health BETWEEN 0 AND 100")
        .belongs_to("account_id", "crm_accounts", NoAction)
        .member("manager_id", NoAction)
        .belongs_to("parent_id", "projects_projects", NoAction)
        .belongs_to_later("template_id", "projects_templates")
        .unique(&["tenant_id", "id"])
        .unique(&["tenant_id", "code"])
        .index(&["tenant_id", "parent_id"])
        .index(&["tenant_id", "template_id"])
        .index(&["tenant_id", "name", "id"])
        .index(&["tenant_id", "account_id"])
        .index(&["tenant_id", "manager_id"])
        .index(&["tenant_id", "status", "id"])
        .index(&["tenant_id", "created_at", "id"])
        .index(&["tenant_id", "updated_at", "id"])
        .index(&["tenant_id", "expected_delivery", "id"])
}

fn members() -> Table {
    Table::tenant("projects_members")
        .uuid("project_id")
        .uuid("user_id")
        .uuid_opt("role_id")
        .text_opt("title")
        .bigint_opt("bill_rate_minor")
        .currency_opt("rate_currency")
        .int_opt("allocation_bp")
        .date("joined_on")
        .date_opt("left_on")
        .std()
        .check("allocation_bp", "allocation_bp BETWEEN 0 AND 10000")
        .belongs_to("project_id", "projects_projects", NoAction)
        .member("user_id", NoAction)
        .belongs_to("role_id", "identity_roles", NoAction)
        .unique_where(&["tenant_id", "project_id", "user_id"], "left_on IS NULL")
        .index(&["tenant_id", "project_id", "user_id"])
        .index(&["tenant_id", "user_id"])
        .index(&["tenant_id", "role_id"])
}

fn columns() -> Table {
    Table::tenant("projects_columns")
        .uuid("project_id")
        .text("name")
        .choice("category", CATEGORIES)
        .text("rank")
        .std()
        .belongs_to("project_id", "projects_projects", NoAction)
        .unique(&["tenant_id", "project_id", "id"])
}

pub(crate) fn tasks() -> Table {
    Table::tenant("projects_tasks")
        .uuid("project_id")
        .bigint("number")
        .uuid("column_id")
        .choice("status", CATEGORIES)
        .text("title")
        .text("description")
        .choice("priority", PRIORITIES)
        .uuid_opt("reporter_id")
        .bigint_opt("estimate_minutes")
        .bigint_opt("remaining_minutes")
        .date_opt("start_on")
        .date_opt("due_on")
        .uuid_opt("milestone_id")
        .uuid_opt("parent_id")
        .json("checklist")
        .text_opt("recurrence")
        .date_opt("recurs_from")
        .text("rank")
        .text_opt("blocked_reason")
        .timestamp_opt("completed_at")
        .uuid_opt("created_by")
        .timestamp_opt("archived_at")
        .std()
        .check("estimate_minutes", "estimate_minutes >= 0")
        .check("recurs_from", "recurrence IS NULL OR recurs_from IS NOT NULL")
        .belongs_to("project_id", "projects_projects", NoAction)
        .key(
            &["tenant_id", "project_id", "column_id"],
            "projects_columns",
            &["tenant_id", "project_id", "id"],
            NoAction,
        )
        .key(
            &["tenant_id", "project_id", "parent_id"],
            "projects_tasks",
            &["tenant_id", "project_id", "id"],
            NoAction,
        )
        .key_later(
            &["tenant_id", "project_id", "milestone_id"],
            "projects_milestones",
            &["tenant_id", "project_id", "id"],
        )
        .member("reporter_id", NoAction)
        .unique(&["tenant_id", "id"])
        .unique(&["tenant_id", "project_id", "id"])
        .unique(&["tenant_id", "project_id", "number"])
        .index(&["tenant_id", "parent_id", "project_id"])
        .index(&["tenant_id", "milestone_id", "project_id"])
        .index(&["tenant_id", "project_id", "rank", "id"])
        .index(&["tenant_id", "project_id", "due_on", "id"])
        .index(&["tenant_id", "due_on", "id"])
        // Reason: the project comes last so that the index serves the key to the column and a search by column.
        .index(&["tenant_id", "column_id", "project_id"])
        .index(&["tenant_id", "reporter_id"])
}

fn task_assignees() -> Table {
    Table::tenant("projects_task_assignees")
        .uuid("task_id")
        .uuid("user_id")
        .belongs_to("task_id", "projects_tasks", Cascade)
        .member("user_id", NoAction)
        .unique(&["tenant_id", "task_id", "user_id"])
        .index(&["tenant_id", "user_id", "task_id"])
}
