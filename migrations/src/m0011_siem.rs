//! What others read of the sealed trail in its order: the sinks that a tenant's entries are forwarded to, and the
//! activity that people read, gathered into groups.

use crate::ddl::{Raw, Step};
use crate::table::Table;

pub(crate) const STEP: Step = Step {
    name: "m0011_siem",
    source: include_str!("m0011_siem.rs"),
    tables,
    completes: Vec::new,
    raw: Raw::none,
};

fn tables() -> Vec<Table> {
    vec![sinks(), readers(), groups(), activities()]
}

/// Where entries are forwarded to. `next_seq` is the place in the sealed order from which on nothing was acknowledged;
/// `lease_until` says until when a worker has the sink for itself.
fn sinks() -> Table {
    Table::tenant("audit_sinks")
        .text("name")
        .choice("kind", &["syslog_udp", "syslog_tcp", "syslog_tls", "http_json", "http_ndjson"])
        .text("address")
        .text_opt("ca_pem")
        .text_opt("header_name")
        .text_opt("header_sealed")
        .text_opt("signing_sealed")
        .choice("min_severity", &["info", "notice", "warning", "critical"])
        .text_opt("action_prefix")
        .boolean("personal_data")
        .boolean("enabled")
        .bigint("next_seq")
        .bigint("delivered")
        .timestamp_opt("delivered_at")
        .int("failures")
        .timestamp_opt("failing_since")
        .text_opt("last_error")
        .timestamp("next_at")
        .timestamp_opt("paused_at")
        .uuid_opt("lease_id")
        .timestamp_opt("lease_until")
        .std()
        .index(&["tenant_id", "id"])
        .index_where(&["next_at"], "enabled AND paused_at IS NULL")
}

/// How far the activity of a tenant is gathered.
fn readers() -> Table {
    Table::bare("audit_activity_readers")
        .uuid("tenant_id")
        .primary("tenant_id")
        .key(&["tenant_id"], "identity_tenants", &["id"], crate::table::OnDelete::NoAction)
        .bigint("next_seq")
}

/// Groups of activities: one actor doing one kind of thing in one place within a while. The id is that of the first
/// entry and `seq` its place, which never change; only one group of a key takes more.
fn groups() -> Table {
    Table::tenant("audit_activity_groups")
        .bigint("seq")
        .text("kind")
        .text("category")
        .text("actor_kind")
        .uuid_opt("person_id")
        .uuid_opt("project_id")
        .uuid_opt("account_id")
        .boolean("inner_only")
        .text("key")
        .timestamp("started_at")
        .timestamp("ended_at")
        .int("entries")
        .boolean("is_open")
        .unique(&["tenant_id", "id"])
        .index(&["tenant_id", "seq"])
        .index(&["tenant_id", "category", "seq"])
        .unique_where(&["tenant_id", "key"], "is_open")
        .index_where(&["tenant_id", "person_id", "seq"], "person_id IS NOT NULL")
        .index_where(&["tenant_id", "project_id", "seq"], "project_id IS NOT NULL")
        .index_where(&["tenant_id", "account_id", "seq"], "account_id IS NOT NULL")
}

/// The entries of groups; `is_first` where none before it in its group is about the same thing.
fn activities() -> Table {
    Table::tenant("audit_activities")
        .uuid("group_id")
        .bigint("seq")
        .timestamp("occurred_at")
        .text("subject_type")
        .uuid_opt("subject_id")
        .uuid_opt("about_id")
        .boolean("is_first")
        .belongs_to("group_id", "audit_activity_groups", crate::table::OnDelete::NoAction)
        .index(&["tenant_id", "group_id", "seq"])
        .index_where(&["tenant_id", "subject_id", "seq"], "is_first")
}
