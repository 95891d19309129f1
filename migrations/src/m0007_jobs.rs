//! The queue of work, what is put into it by the calendar, and who may do so at the moment.

use crate::ddl::{Raw, Step};
use crate::table::OnDelete::NoAction;
use crate::table::Table;

pub(crate) const STEP: Step = Step {
    name: "m0007_jobs",
    source: include_str!("m0007_jobs.rs"),
    tables,
    completes: Vec::new,
    raw: Raw::none,
};

fn tables() -> Vec<Table> {
    vec![jobs(), job_schedules(), job_leases()]
}

/// Work to do later. Without a tenant it is the installation's own.
fn jobs() -> Table {
    Table::installation("jobs")
        .uuid_opt("tenant_id")
        .text("kind")
        .text("payload")
        .count("priority")
        .text_opt("unique_key")
        .choice("status", &["done", "waiting", "running", "failed", "cancelled"])
        .timestamp("run_at")
        .count("attempts")
        .int("max_attempts")
        .bigint("fence")
        .timestamp_opt("locked_until")
        .text_opt("locked_by")
        .timestamp_opt("started_at")
        .timestamp_opt("finished_at")
        .timestamp_opt("cancel_requested_at")
        .text_opt("last_error")
        .bigint_opt("progress_done")
        .bigint_opt("progress_total")
        .text_opt("progress_message")
        .text_opt("result")
        .uuid_opt("created_by")
        .timestamp("created_at")
        .check("end", "(finished_at IS NULL) = (status = 'waiting' OR status = 'running')")
        .check("lease", "status <> 'running' OR locked_until IS NOT NULL")
        .key(&["tenant_id"], "identity_tenants", &["id"], NoAction)
        .index(&["tenant_id", "id"])
        // What workers take next, whose worker has died, and what is old.
        .index_where(&["priority", "run_at", "id"], "status = 'waiting'")
        .index_where(&["locked_until"], "status = 'running'")
        .index_where(&["status", "kind", "run_at"], "status IN ('waiting', 'running', 'failed')")
        .index_where(&["finished_at"], "finished_at IS NOT NULL")
        // Reason: a unique key with NULL in it holds nothing, so the installation's jobs have their own.
        .unique_where(&["tenant_id", "kind", "unique_key"], "unique_key IS NOT NULL AND finished_at IS NULL")
        .unique_where(
            &["kind", "unique_key"],
            "tenant_id IS NULL AND unique_key IS NOT NULL AND finished_at IS NULL",
        )
}

/// Jobs that come by the calendar. Without a tenant they are the installation's own; without a time zone, by the
/// tenant's.
fn job_schedules() -> Table {
    Table::installation("job_schedules")
        .uuid_opt("tenant_id")
        .text("name")
        .text("kind")
        .text("payload")
        .count("priority")
        .text("cron")
        .text_opt("time_zone")
        .timestamp("next_at")
        .timestamp_opt("last_at")
        .timestamp("created_at")
        .key(&["tenant_id"], "identity_tenants", &["id"], NoAction)
        .unique_where(&["tenant_id", "name"], "tenant_id IS NOT NULL")
        .unique_where(&["name"], "tenant_id IS NULL")
        .index(&["tenant_id"])
        .index(&["next_at"])
}

/// Who leads in something that one process does for all, by its name.
fn job_leases() -> Table {
    Table::bare("job_leases").text("name").primary("name").text("holder").timestamp("until")
}
