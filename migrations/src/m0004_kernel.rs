//! Mechanisms that every domain uses: assignments, idempotency keys.

use crate::ddl::{Raw, Step};
use crate::table::OnDelete::{Cascade, NoAction};
use crate::table::Table;

pub(crate) const STEP: Step = Step {
    name: "m0004_kernel",
    source: include_str!("m0004_kernel.rs"),
    tables,
    completes: Vec::new,
    raw: Raw::none,
};

fn tables() -> Vec<Table> {
    vec![assignments(), idempotency_keys()]
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

fn idempotency_keys() -> Table {
    Table::tenant("idempotency_keys")
        .text("actor")
        .text("key")
        .text("request_hash")
        .int_opt("status")
        .text_opt("response")
        .text_opt("content_type")
        .text_opt("looks")
        .timestamp("locked_until")
        .timestamp("created_at")
        .timestamp("expires_at")
        .unique(&["tenant_id", "actor", "key"])
        .index(&["expires_at"])
}
