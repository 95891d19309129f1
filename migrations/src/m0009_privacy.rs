//! What people ask for about personal data: an export of what is held of somebody, or their erasure.

use crate::ddl::{Raw, Step};
use crate::table::Table;

pub(crate) const STEP: Step = Step {
    name: "m0009_privacy",
    source: include_str!("m0009_privacy.rs"),
    tables,
    completes: Vec::new,
    raw: Raw::none,
};

fn tables() -> Vec<Table> {
    vec![requests()]
}

/// No key to people: a request outlives the person it is about, and who asked for it.
fn requests() -> Table {
    Table::tenant("audit_privacy_requests")
        .choice("kind", &["export", "erasure"])
        .choice(
            "status",
            &["awaiting_approval", "waiting", "running", "done", "failed", "cancelled", "refused", "expired"],
        )
        .choice("person_type", &["User", "Contact"])
        .uuid("person_id")
        .text_opt("reason")
        .uuid_opt("requested_by")
        .uuid_opt("decided_by")
        .timestamp_opt("decided_at")
        .uuid_opt("job_id")
        .text_opt("file_key")
        .bigint_opt("file_size")
        .text_opt("file_sha256")
        .timestamp_opt("expires_at")
        .text_opt("preview")
        .text_opt("outcome")
        .text_opt("certificate")
        .timestamp_opt("finished_at")
        .std()
        .check("file", "file_key IS NULL OR expires_at IS NOT NULL")
        .index(&["tenant_id", "id"])
        .index(&["tenant_id", "person_id", "id"])
        .index(&["tenant_id", "requested_by", "id"])
        .unique_where(&["tenant_id", "kind", "person_id", "requested_by"], UNDER_WAY)
        .unique_where(&["tenant_id", "person_id"], "kind = 'erasure' AND status = 'awaiting_approval'")
        .index_where(&["expires_at"], "file_key IS NOT NULL")
}

/// The same person asks for the same thing once at a time; of an erasure, there is one request whoever asks.
const UNDER_WAY: &str =
    "kind = 'export' AND (status = 'awaiting_approval' OR status = 'waiting' OR status = 'running')";
