//! Time: how an agency keeps it, running timers, weeks with their entries, what hours are billed at and cost, and what
//! was claimed for billing.

use crate::ddl::{Raw, Step};
use crate::table::OnDelete::NoAction;
use crate::table::Table;

pub(crate) const STEP: Step = Step {
    name: "m0013_time",
    source: include_str!("m0013_time.rs"),
    tables,
    completes: Vec::new,
    raw: Raw::none,
};

/// Where the rate of an hour is written: the nearer to the work, the stronger.
const LEVELS: &[&str] =
    &["tenant", "entry", "task", "member", "project_activity", "project", "activity", "person", "account"];

const ENTRY_STATUSES: &[&str] = &["draft", "submitted", "approved", "rejected"];

const SHEET_STATUSES: &[&str] = &["open", "submitted", "approved", "rejected"];

fn tables() -> Vec<Table> {
    vec![
        settings(),
        activity_types(),
        timers(),
        timesheets(),
        claims(),
        entries(),
        bill_rates(),
        cost_rates(),
    ]
}

fn settings() -> Table {
    Table::tenant("projects_time_settings")
        .choice("rounding_mode", &["none", "up", "down", "nearest"])
        .bigint("rounding_step")
        .choice("rounding_scope", &["entry", "day"])
        .bigint("minimum_minutes")
        .int("timer_hours")
        .choice("timer_action", &["notify", "stop"])
        .boolean("reminders")
        .date_opt("locked_through")
        .std()
        .check("rounding_step", "rounding_step BETWEEN 1 AND 480")
        .check("minimum_minutes", "minimum_minutes BETWEEN 0 AND 480")
        .check("timer_hours", "timer_hours BETWEEN 1 AND 24")
        .unique(&["tenant_id"])
}

fn activity_types() -> Table {
    Table::tenant("projects_activity_types")
        .text("name")
        .boolean("billable")
        .timestamp_opt("archived_at")
        .std()
        .unique(&["tenant_id", "id"])
        .unique_where(&["tenant_id", "name"], "archived_at IS NULL")
        .index(&["tenant_id", "name", "id"])
}

fn timers() -> Table {
    Table::tenant("projects_timers")
        .uuid("user_id")
        .uuid("project_id")
        .uuid_opt("task_id")
        .uuid_opt("activity_id")
        .text("description")
        .boolean("billable")
        .timestamp("started_at")
        .timestamp_opt("flagged_at")
        .std()
        .member("user_id", NoAction)
        .belongs_to("project_id", "projects_projects", NoAction)
        .belongs_to("task_id", "projects_tasks", NoAction)
        .belongs_to("activity_id", "projects_activity_types", NoAction)
        .unique(&["tenant_id", "user_id"])
        .index(&["tenant_id", "project_id"])
        .index(&["tenant_id", "task_id"])
        .index(&["tenant_id", "activity_id"])
        .index(&["tenant_id", "started_at", "id"])
        .index(&["started_at", "flagged_at"])
}

/// No key to people: hours that were worked outlive the person's place in the agency.
fn timesheets() -> Table {
    Table::tenant("projects_timesheets")
        .uuid_opt("user_id")
        .date("week_start")
        .choice("status", SHEET_STATUSES)
        .timestamp_opt("submitted_at")
        .uuid_opt("decided_by")
        .timestamp_opt("decided_at")
        .text_opt("reason")
        .std()
        .unique(&["tenant_id", "id"])
        .unique(&["tenant_id", "user_id", "week_start"])
        .index(&["tenant_id", "week_start", "id"])
        .index(&["tenant_id", "status", "week_start"])
}

fn claims() -> Table {
    Table::tenant("projects_time_claims")
        .uuid_opt("created_by")
        .timestamp_opt("released_at")
        .std()
        .unique(&["tenant_id", "id"])
}

/// No key to people, as for weeks.
fn entries() -> Table {
    Table::tenant("projects_time_entries")
        .uuid_opt("user_id")
        .uuid("timesheet_id")
        .uuid("project_id")
        .uuid_opt("task_id")
        .uuid_opt("activity_id")
        .date("spent_on")
        .bigint("minutes")
        .timestamp_opt("started_at")
        .timestamp_opt("ended_at")
        .text("description")
        .boolean("billable")
        .boolean("flagged")
        .choice("status", ENTRY_STATUSES)
        .bigint_opt("own_rate_minor")
        .currency_opt("own_rate_currency")
        .bigint_opt("bill_rate_minor")
        .currency_opt("bill_rate_currency")
        .choice_opt("bill_source", LEVELS)
        .bigint_opt("cost_rate_minor")
        .currency_opt("cost_rate_currency")
        .choice_opt("cost_source", LEVELS)
        .uuid_opt("decided_by")
        .timestamp_opt("decided_at")
        .text_opt("reason")
        .uuid_opt("claim_id")
        .bigint_opt("billed_minutes")
        .std()
        // Reason: no day of any time zone has more than 25 hours but a few in the history of zones.
        .check("minutes", "minutes BETWEEN 1 AND 2880")
        .check("own_rate_minor", "own_rate_minor >= 0")
        .check("billed_minutes", "billed_minutes >= 0")
        .belongs_to("timesheet_id", "projects_timesheets", NoAction)
        .belongs_to("project_id", "projects_projects", NoAction)
        .belongs_to("task_id", "projects_tasks", NoAction)
        .belongs_to("activity_id", "projects_activity_types", NoAction)
        .belongs_to("claim_id", "projects_time_claims", NoAction)
        .unique(&["tenant_id", "id"])
        .index(&["tenant_id", "user_id", "spent_on", "id"])
        .index(&["tenant_id", "project_id", "spent_on", "id"])
        .index(&["tenant_id", "timesheet_id", "project_id"])
        .index(&["tenant_id", "task_id"])
        .index(&["tenant_id", "activity_id"])
        .index(&["tenant_id", "claim_id"])
        .index(&["tenant_id", "spent_on", "id"])
        .index(&["tenant_id", "status", "spent_on", "id"])
}

fn bill_rates() -> Table {
    Table::tenant("projects_bill_rates")
        .choice("level", LEVELS)
        .uuid_opt("task_id")
        .uuid_opt("project_id")
        .uuid_opt("activity_id")
        .uuid_opt("user_id")
        .uuid_opt("account_id")
        .date("since")
        .bigint("amount_minor")
        .currency("currency")
        .std()
        .check("amount_minor", "amount_minor >= 0")
        .belongs_to("task_id", "projects_tasks", NoAction)
        .belongs_to("project_id", "projects_projects", NoAction)
        .belongs_to("activity_id", "projects_activity_types", NoAction)
        .member("user_id", NoAction)
        .belongs_to("account_id", "crm_accounts", NoAction)
        .index(&["tenant_id", "since", "id"])
        .index(&["tenant_id", "task_id"])
        .index(&["tenant_id", "project_id"])
        .index(&["tenant_id", "activity_id"])
        .index(&["tenant_id", "user_id"])
        .index(&["tenant_id", "account_id"])
        .unique_where(&["tenant_id", "level", "since"], "level = 'tenant'")
        .unique_where(&["tenant_id", "task_id", "since"], "level = 'task'")
        .unique_where(&["tenant_id", "project_id", "user_id", "since"], "level = 'member'")
        .unique_where(&["tenant_id", "project_id", "activity_id", "since"], "level = 'project_activity'")
        .unique_where(&["tenant_id", "project_id", "since"], "level = 'project'")
        .unique_where(&["tenant_id", "activity_id", "since"], "level = 'activity'")
        .unique_where(&["tenant_id", "user_id", "since"], "level = 'person'")
        .unique_where(&["tenant_id", "account_id", "since"], "level = 'account'")
}

fn cost_rates() -> Table {
    Table::tenant("projects_cost_rates")
        .choice("level", &["tenant", "member", "person"])
        .uuid_opt("project_id")
        .uuid_opt("user_id")
        .date("since")
        .bigint("amount_minor")
        .currency("currency")
        .std()
        .check("amount_minor", "amount_minor >= 0")
        .belongs_to("project_id", "projects_projects", NoAction)
        .member("user_id", NoAction)
        .index(&["tenant_id", "since", "id"])
        .index(&["tenant_id", "project_id"])
        .index(&["tenant_id", "user_id"])
        .unique_where(&["tenant_id", "level", "since"], "level = 'tenant'")
        .unique_where(&["tenant_id", "project_id", "user_id", "since"], "level = 'member'")
        .unique_where(&["tenant_id", "user_id", "since"], "level = 'person'")
}
