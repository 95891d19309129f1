//! Events of this domain, for the catalogue.

use kernel::{assignment, event::Declared};
use serde_json::json;

use crate::{api_key, invitation, membership, role, session, tenant, user};

/// Events of tenants, people, roles and keys.
pub const EVENTS: &[Declared] = &[
    Declared::rows::<tenant::entity::Entity>("An agency"),
    Declared::rows::<tenant::domain::Entity>("A domain name of an agency"),
    Declared::rows::<user::entity::Entity>("A person"),
    Declared::rows_with::<membership::entity::Entity>("A membership of a person", &["user"]),
    Declared::rows::<role::held::Entity>("A role that a member holds"),
    Declared::rows::<role::entity::Entity>("A role"),
    Declared::rows::<session::entity::Entity>("A session"),
    Declared::rows::<invitation::entity::Entity>("An invitation"),
    Declared::rows::<api_key::entity::Entity>("An API key"),
    Declared::rows_with::<assignment::Entity>(
        "An assignment of a person to a project or an account",
        &["user", "role", "project", "account"],
    ),
    Declared::Own {
        kind: "identity.user.locked",
        subject: "User",
        version: 1,
        about: "A person was locked out after failed logins.",
        members: || json!({ "until": { "type": "string", "format": "date-time", "description": "When it ends." } }),
        guarded: &[],
    },
];
