//! Customer accounts and their contacts.

use crate::ddl::{Raw, Step};
use crate::m0001_identity;
use crate::table::OnDelete::NoAction;
use crate::table::Table;

pub(crate) const STEP: Step = Step {
    name: "m0002_crm",
    source: include_str!("m0002_crm.rs"),
    tables,
    completes: m0001_identity::pointing_to_accounts,
    raw: Raw::none,
};

fn tables() -> Vec<Table> {
    vec![accounts(), contacts()]
}

fn accounts() -> Table {
    Table::tenant("crm_accounts")
        .text("name")
        .text_opt("legal_name")
        .text_opt("domain")
        .text_opt("industry")
        .currency("currency")
        .text("locale")
        .choice("lifecycle", &["prospect", "client", "former"])
        .uuid_opt("owner_id")
        .uuid_opt("created_by")
        .timestamp_opt("archived_at")
        .std()
        .member("owner_id", NoAction)
        .unique(&["tenant_id", "id"])
        .index(&["tenant_id", "name", "id"])
        .index(&["tenant_id", "owner_id"])
}

fn contacts() -> Table {
    Table::tenant("crm_contacts")
        .uuid("account_id")
        .text("given_name")
        .text("family_name")
        .text_opt("email")
        .text_opt("phone")
        .text_opt("job_title")
        .uuid_opt("user_id")
        .uuid_opt("created_by")
        .timestamp_opt("archived_at")
        .std()
        .belongs_to("account_id", "crm_accounts", NoAction)
        .member("user_id", NoAction)
        .unique(&["tenant_id", "id"])
        .index(&["tenant_id", "account_id"])
        .index(&["tenant_id", "user_id"])
}
