//! The audit trail.

use crate::ddl::Step;
use crate::table::Table;

pub(crate) const STEP: Step =
    Step { name: "m0005_audit", source: include_str!("m0005_audit.rs"), tables, completes: Vec::new };

fn tables() -> Vec<Table> {
    vec![audit_entries()]
}

/// No key but the tenant's: history outlives the rows it speaks of.
fn audit_entries() -> Table {
    Table::tenant("audit_entries")
        .timestamp("occurred_at")
        .choice("actor_kind", &["user", "api_key", "system", "anonymous"])
        .uuid_opt("actor_id")
        .uuid_opt("on_behalf_of")
        .text("action")
        .text("subject_type")
        .uuid_opt("subject_id")
        .text_opt("subject_label")
        .json("changes")
        .json("personal")
        .choice("outcome", &["success", "denied", "failure"])
        .choice("severity", &["info", "notice", "warning", "critical"])
        .text_opt("request_id")
        .text_opt("ip")
        .text_opt("user_agent")
        .text_opt("operation")
        .index(&["tenant_id", "occurred_at", "id"])
        .index(&["tenant_id", "subject_id", "occurred_at"])
        .index(&["tenant_id", "actor_id", "occurred_at"])
}
