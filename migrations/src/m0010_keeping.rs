//! How long the trail is kept: periods of each tenant, legal holds, and the archives that entries go to before they are
//! removed.

use crate::ddl::{Raw, Step};
use crate::table::Table;

pub(crate) const STEP: Step = Step {
    name: "m0010_keeping",
    source: include_str!("m0010_keeping.rs"),
    tables,
    completes: Vec::new,
    raw: Raw::none,
};

fn tables() -> Vec<Table> {
    vec![retention(), holds(), archives()]
}

/// Months for which entries are kept, by class; without a row those of the program. Until `effective_at` the `earlier_`
/// ones are in force where they are longer.
fn retention() -> Table {
    Table::tenant("audit_retention")
        .int("security_months")
        .int("finance_months")
        .int("other_months")
        .int_opt("earlier_security_months")
        .int_opt("earlier_finance_months")
        .int_opt("earlier_other_months")
        .timestamp_opt("effective_at")
        .std()
        .unique(&["tenant_id"])
}

/// No key to what is held: a hold outlives it, for the trail does.
fn holds() -> Table {
    Table::tenant("audit_holds")
        .choice("subject_type", &["User", "Contact", "Project", "Account"])
        .uuid("subject_id")
        .text("reason")
        .uuid_opt("placed_by")
        .uuid_opt("released_by")
        .timestamp_opt("released_at")
        .std()
        .unique_where(&["tenant_id", "subject_id"], "released_at IS NULL")
        .index(&["tenant_id", "id"])
}

/// Spans of the sealed order whose entries are, or will be, in a file of the object storage. `manifest` is signed with
/// the tenant's audit key; without it nothing may be removed.
fn archives() -> Table {
    Table::tenant("audit_archives")
        .choice("status", &["writing", "stored", "removed"])
        .bigint("first_seq")
        .bigint("until_seq")
        .bigint("entries")
        .text("object_key")
        .bigint_opt("size")
        .text_opt("sha256")
        .text_opt("manifest")
        .timestamp("created_at")
        .timestamp_opt("stored_at")
        .timestamp_opt("removed_at")
        .check(
            "stored",
            "status = 'writing' OR (size IS NOT NULL AND sha256 IS NOT NULL AND manifest IS NOT NULL)",
        )
        .check("span", "first_seq >= 0 AND first_seq <= until_seq")
        .index(&["tenant_id", "id"])
        .index(&["tenant_id", "first_seq"])
        .unique_where(&["tenant_id"], "status = 'writing' OR status = 'stored'")
}
