//! Events on their way to consumers.

use crate::ddl::{Raw, Step};
use crate::table::Table;

pub(crate) const STEP: Step = Step {
    name: "m0006_events",
    source: include_str!("m0006_events.rs"),
    tables,
    completes: Vec::new,
    raw: Raw::none,
};

fn tables() -> Vec<Table> {
    vec![outbox()]
}

/// Events in the order they were recorded: `seq`, not `id`, is the primary key.
fn outbox() -> Table {
    Table::bare("outbox")
        .sequence("seq")
        .uuid("id")
        .tenant_id()
        .text("kind")
        .int("version")
        .text("subject_type")
        .uuid("subject_id")
        .json("payload")
        .timestamp("occurred_at")
        .uuid_opt("audit_id")
        .timestamp_opt("dispatched_at")
        .count("attempts")
        .text_opt("last_error")
        .timestamp_opt("parked_at")
        .unique(&["id"])
        .index(&["tenant_id", "seq"])
        .index_where(&["seq"], "dispatched_at IS NULL AND parked_at IS NULL")
}
