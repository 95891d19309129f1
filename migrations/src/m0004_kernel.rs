//! The mechanisms every domain uses: assignments, audit, outbox, jobs, idempotency keys.

use crate::ddl::Step;
use crate::table::OnDelete::{Cascade, NoAction};
use crate::table::Table;

pub(crate) const STEP: Step =
    Step { name: "m0004_kernel", source: include_str!("m0004_kernel.rs"), tables, completes: Vec::new };

fn tables() -> Vec<Table> {
    vec![assignments(), audit_entries(), outbox(), jobs(), idempotency_keys()]
}

/// What lets a person reach a project or an account. For a project, `account_id` is the project's account.
fn assignments() -> Table {
    Table::tenant("assignments")
        .uuid("user_id")
        .choice("kind", &["project", "account"])
        .uuid_opt("project_id")
        .uuid_opt("account_id")
        .uuid_opt("role_id")
        .choice("source", &["manager", "team", "direct"])
        .timestamp_opt("expires_at")
        .timestamp("created_at")
        .check(
            "target",
            "(kind = 'project' AND project_id IS NOT NULL) \
             OR (kind = 'account' AND project_id IS NULL AND account_id IS NOT NULL)",
        )
        .member("user_id", Cascade)
        .belongs_to("project_id", "projects_projects", Cascade)
        .belongs_to("account_id", "crm_accounts", Cascade)
        .belongs_to("role_id", "identity_roles", NoAction)
        // Reason: a unique key over nullable columns holds nothing, so each kind has its own.
        .unique_where(&["tenant_id", "user_id", "project_id", "source"], "kind = 'project'")
        .unique_where(&["tenant_id", "user_id", "account_id", "source"], "kind = 'account'")
        .index(&["tenant_id", "user_id", "project_id"])
        .index(&["tenant_id", "user_id", "account_id"])
        .index(&["tenant_id", "project_id"])
        .index(&["tenant_id", "account_id"])
        .index(&["tenant_id", "role_id"])
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

fn idempotency_keys() -> Table {
    Table::tenant("idempotency_keys")
        .text("actor")
        .text("key")
        .text("request_hash")
        .int_opt("status")
        .text_opt("response")
        .text_opt("content_type")
        .timestamp("locked_until")
        .timestamp("created_at")
        .timestamp("expires_at")
        .unique(&["tenant_id", "actor", "key"])
        .index(&["expires_at"])
}
