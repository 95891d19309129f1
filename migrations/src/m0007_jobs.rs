//! The queue of work.

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
    vec![jobs()]
}

/// Work to do later. Without a tenant it is the installation's own.
fn jobs() -> Table {
    Table::installation("jobs")
        .uuid_opt("tenant_id")
        .text("kind")
        .text("payload")
        .timestamp("run_at")
        .count("attempts")
        .int("max_attempts")
        .timestamp_opt("locked_until")
        .text_opt("locked_by")
        .text_opt("last_error")
        .timestamp_opt("finished_at")
        .timestamp_opt("failed_at")
        .timestamp("created_at")
        .key(&["tenant_id"], "identity_tenants", &["id"], NoAction)
        .index(&["tenant_id"])
        .index_where(&["run_at"], "finished_at IS NULL AND failed_at IS NULL")
}
