//! Who is who and who may do what: tenants, people, memberships, invitations, sessions, roles, API keys.
//!
//! Long-lived things (configuration, password hasher, caches) are in [`Identity`]; every permission and every predicate
//! on rows is in [`policy`].

pub mod activity;
pub mod api_key;
pub mod assigning;
pub mod erasure;
mod events;
pub mod explain;
pub mod invitation;
pub mod login;
pub mod mail;
pub mod membership;
pub mod password;
pub mod policy;
pub mod principal;
pub mod privacy;
pub mod registration;
pub mod role;
pub mod service;
pub mod session;
pub mod signing;
pub mod tenant;
#[cfg(test)]
mod testing;
pub mod token;
pub mod user;

use async_graphql::MergedObject;

pub use events::EVENTS;
pub use policy::PERMISSIONS;
pub use service::{Identity, IdentityConfig, IdentityContext, Parts};
pub use session::Session;

/// The root queries of identity.
#[derive(MergedObject, Default)]
pub struct IdentityQuery(
    user::UserQuery,
    tenant::TenantQuery,
    invitation::InvitationQuery,
    role::graphql::RoleQuery,
    api_key::graphql::ApiKeyQuery,
    assigning::graphql::AssignmentQuery,
    explain::graphql::ExplainQuery,
    session::graphql::SessionQuery,
);

/// The root mutations of identity.
#[derive(MergedObject, Default)]
pub struct IdentityMutation(
    user::UserMutation,
    tenant::TenantMutation,
    registration::RegistrationMutation,
    password::PasswordMutation,
    invitation::InvitationMutation,
    role::graphql::RoleMutation,
    api_key::graphql::ApiKeyMutation,
    assigning::graphql::AssignmentMutation,
    login::graphql::LoginMutation,
    session::graphql::SessionMutation,
);
