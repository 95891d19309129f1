//! What people ask for about personal data: a copy of everything that is held of somebody, that they are forgotten, who
//! saw what. What there is, each domain tells through [`kernel::privacy::PersonalData`].

pub mod access;
pub mod activity;
mod archive;
pub mod entity;
pub mod erasure;
pub mod export;
pub mod graphql;
mod holder;
pub mod mutation;
pub mod ticket;

use async_graphql::MergedObject;

pub use export::Privacy;
pub use graphql::{PrivacyRequest, PrivacyRequestKind, PrivacyRequestStatus};
pub use holder::AuditData;

/// The root queries about personal data.
#[derive(MergedObject, Default)]
pub struct PrivacyQuery(graphql::RequestRoot, mutation::AccessRoot, erasure::graphql::ErasureRoot);

/// The root mutations about personal data.
#[derive(MergedObject, Default)]
pub struct PrivacyMutation(mutation::ExportChanges, erasure::graphql::ErasureChanges);
