//! The commercial side: client companies (accounts) and the people there (contacts).
//!
//! Who may see and do what is in [`policy`]; what the domain asks about people of the tenant goes through [`Crm`].

pub mod account;
pub mod activity;
pub mod contact;
pub mod erasure;
pub mod policy;
pub mod privacy;

use std::sync::Arc;

use async_graphql::MergedObject;
use kernel::{event::Declared, people::PeopleDirectory};

pub use account::graphql::Account;
pub use contact::graphql::Contact;
pub use policy::PERMISSIONS;

/// Events of this domain.
pub const EVENTS: &[Declared] = &[
    Declared::rows::<account::entity::Entity>("An account"),
    Declared::rows::<contact::entity::Entity>("A contact"),
];

/// What the domain needs of others: schema data, made by the gateway.
#[derive(Clone)]
pub struct Crm {
    /// Who is in the tenant.
    pub people: Arc<dyn PeopleDirectory>,
}

/// The root queries of crm.
#[derive(MergedObject, Default)]
pub struct CrmQuery(account::graphql::AccountQuery, contact::graphql::ContactQuery);

/// The root mutations of crm.
#[derive(MergedObject, Default)]
pub struct CrmMutation(account::mutation::AccountMutation, contact::mutation::ContactMutation);
