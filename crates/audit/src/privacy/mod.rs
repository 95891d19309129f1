//! What people ask for about personal data: a copy of everything that is held of somebody, that they are forgotten, who
//! saw what. What there is, each domain tells through [`kernel::privacy::PersonalData`].

pub mod entity;
pub mod graphql;

use async_graphql::MergedObject;

pub use graphql::{PrivacyRequest, PrivacyRequestKind, PrivacyRequestStatus};

/// The root queries about personal data.
#[derive(MergedObject, Default)]
pub struct PrivacyQuery(graphql::RequestRoot);
