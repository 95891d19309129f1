//! Tenants, people, memberships, roles, sessions, tokens, invitations, API keys, signing keys.

use crate::ddl::{Raw, Step};
use crate::table::OnDelete::{Cascade, NoAction, Restrict};
use crate::table::Table;

pub(crate) const STEP: Step = Step {
    name: "m0001_identity",
    source: include_str!("m0001_identity.rs"),
    tables,
    completes: Vec::new,
    raw: Raw::none,
};

/// How far a permission reaches.
const REACHES: &[&str] = &["own", "assigned", "account", "tenant"];

/// The tables that point to a customer account, which the next step creates.
pub(crate) fn pointing_to_accounts() -> Vec<Table> {
    vec![memberships(), invitations()]
}

fn tables() -> Vec<Table> {
    vec![
        tenants(),
        domains(),
        users(),
        password_history(),
        known_devices(),
        signing_keys(),
        memberships(),
        roles(),
        role_permissions(),
        membership_roles(),
        sessions(),
        refresh_tokens(),
        tokens(),
        invitations(),
        invitation_roles(),
        api_keys(),
        api_key_scopes(),
    ]
}

fn tenants() -> Table {
    Table::installation("identity_tenants")
        .text("slug")
        .text("name")
        .text_opt("logo_url")
        .text("default_locale")
        .text("time_zone")
        .currency("currency")
        .int("working_week")
        .int("working_day_minutes")
        .choice("plan", &["starter", "professional", "business", "enterprise"])
        .choice("status", &["active", "suspended", "deletion_scheduled", "purging"])
        .text_opt("suspend_reason")
        .timestamp_opt("trial_ends_at")
        .timestamp_opt("subscription_ends_at")
        .timestamp_opt("deletion_at")
        .json("limit_overrides")
        .choice("registration", &["open", "invitation", "domain"])
        .json("registration_domains")
        .int_opt("password_max_age_days")
        .std()
        .unique(&["slug"])
}

fn domains() -> Table {
    Table::tenant("identity_domains")
        .text("domain")
        .text("token")
        .timestamp_opt("verified_at")
        .std()
        .unique(&["tenant_id", "domain"])
        .unique_where(&["domain"], "verified_at IS NOT NULL")
}

fn users() -> Table {
    Table::installation("identity_users")
        .text("email")
        .timestamp_opt("email_verified_at")
        .text("given_name")
        .text("family_name")
        .text_opt("phone")
        .text_opt("avatar_url")
        .text_opt("company")
        .text("locale")
        .text("time_zone")
        .text_opt("password_hash")
        .timestamp_opt("password_changed_at")
        .count("failed_logins")
        .count("lock_count")
        .timestamp_opt("locked_until")
        .std()
        .unique(&["email"])
}

fn password_history() -> Table {
    Table::installation("identity_password_history")
        .uuid("user_id")
        .text("hash")
        .timestamp("created_at")
        .key(&["user_id"], "identity_users", &["id"], Cascade)
        .index(&["user_id", "created_at"])
}

fn known_devices() -> Table {
    Table::installation("identity_known_devices")
        .uuid("user_id")
        .text("device_hash")
        .timestamp("first_seen_at")
        .timestamp("last_seen_at")
        .key(&["user_id"], "identity_users", &["id"], Cascade)
        .unique(&["user_id", "device_hash"])
}

fn signing_keys() -> Table {
    Table::installation("identity_signing_keys")
        .choice("algorithm", &["EdDSA", "RS256"])
        .json("public_jwk")
        .text("private_sealed")
        .timestamp("created_at")
        .timestamp_opt("not_after")
        .timestamp_opt("retired_at")
}

fn memberships() -> Table {
    Table::tenant("identity_memberships")
        .uuid("user_id")
        .uuid_opt("account_id")
        .choice("status", &["pending", "active", "deactivated"])
        .timestamp("joined_at")
        .timestamp_opt("last_seen_at")
        .timestamp_opt("lock_lifted")
        .std()
        .key(&["user_id"], "identity_users", &["id"], NoAction)
        .belongs_to_later("account_id", "crm_accounts")
        .unique(&["tenant_id", "id"])
        .unique(&["tenant_id", "user_id"])
        .index(&["tenant_id", "account_id"])
        .index(&["user_id"])
}

fn roles() -> Table {
    Table::tenant("identity_roles")
        .text("key")
        .text("name")
        .text("description")
        .boolean("system")
        .std()
        .unique(&["tenant_id", "id"])
        .unique(&["tenant_id", "key"])
}

fn role_permissions() -> Table {
    Table::tenant("identity_role_permissions")
        .uuid("role_id")
        .text("permission")
        .choice("reach", REACHES)
        .belongs_to("role_id", "identity_roles", Cascade)
        .unique(&["tenant_id", "role_id", "permission"])
}

fn membership_roles() -> Table {
    Table::tenant("identity_membership_roles")
        .uuid("membership_id")
        .uuid("role_id")
        .timestamp_opt("expires_at")
        .uuid_opt("granted_by")
        .timestamp("created_at")
        .belongs_to("membership_id", "identity_memberships", Cascade)
        .belongs_to("role_id", "identity_roles", Restrict)
        .unique(&["tenant_id", "membership_id", "role_id"])
        .index(&["tenant_id", "role_id"])
}

fn sessions() -> Table {
    Table::tenant("identity_sessions")
        .uuid("user_id")
        .text("device")
        .text("device_hash")
        .text("user_agent")
        .text("ip")
        .boolean("remember")
        .choice("delivery", &["cookie", "body"])
        .timestamp("created_at")
        .timestamp("last_used_at")
        .timestamp("expires_at")
        .timestamp_opt("revoked_at")
        .text_opt("revoke_reason")
        .member("user_id", NoAction)
        .unique(&["tenant_id", "id"])
        .index(&["tenant_id", "user_id"])
}

fn refresh_tokens() -> Table {
    Table::tenant("identity_refresh_tokens")
        .uuid("session_id")
        .text("hash")
        .timestamp("issued_at")
        .timestamp("expires_at")
        .timestamp_opt("used_at")
        .belongs_to("session_id", "identity_sessions", Cascade)
        .unique(&["hash"])
        .index(&["tenant_id", "session_id"])
}

fn tokens() -> Table {
    Table::tenant("identity_tokens")
        .uuid("user_id")
        .choice("purpose", &["verify_email", "reset_password", "change_email_old", "change_email_new"])
        .text("hash")
        .json("payload")
        .timestamp("expires_at")
        .timestamp_opt("used_at")
        .timestamp("created_at")
        .key(&["user_id"], "identity_users", &["id"], NoAction)
        .unique(&["hash"])
        .index(&["tenant_id", "user_id", "purpose"])
        .index(&["user_id"])
}

fn invitations() -> Table {
    Table::tenant("identity_invitations")
        .text("email")
        .text_opt("given_name")
        .text_opt("family_name")
        .uuid_opt("account_id")
        .uuid("invited_by")
        .text("token_hash")
        .timestamp("expires_at")
        .timestamp_opt("accepted_at")
        .timestamp_opt("revoked_at")
        .std()
        .belongs_to_later("account_id", "crm_accounts")
        .member("invited_by", NoAction)
        .unique(&["tenant_id", "id"])
        .unique(&["token_hash"])
        .index(&["tenant_id", "email"])
        .index(&["tenant_id", "account_id"])
        .index(&["tenant_id", "invited_by"])
}

fn invitation_roles() -> Table {
    Table::tenant("identity_invitation_roles")
        .uuid("invitation_id")
        .uuid("role_id")
        .belongs_to("invitation_id", "identity_invitations", Cascade)
        .belongs_to("role_id", "identity_roles", NoAction)
        .unique(&["tenant_id", "invitation_id", "role_id"])
        .index(&["tenant_id", "role_id"])
}

fn api_keys() -> Table {
    Table::tenant("identity_api_keys")
        .uuid("user_id")
        .text("name")
        .text("prefix")
        .text("hash")
        .json("ip_allow")
        .int_opt("requests_per_minute")
        .timestamp_opt("expires_at")
        .timestamp_opt("last_used_at")
        .text_opt("last_used_ip")
        .timestamp_opt("revoked_at")
        .std()
        .member("user_id", NoAction)
        .unique(&["tenant_id", "id"])
        .unique(&["prefix"])
        .index(&["tenant_id", "user_id"])
}

fn api_key_scopes() -> Table {
    Table::tenant("identity_api_key_scopes")
        .uuid("api_key_id")
        .text("permission")
        .choice("reach", REACHES)
        .belongs_to("api_key_id", "identity_api_keys", Cascade)
        .unique(&["tenant_id", "api_key_id", "permission"])
}
