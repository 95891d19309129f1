//! Reading what every act recorded. Writing is the kernel's: no act can leave without its entries.

pub mod activity;
pub mod event;
pub mod export;
pub mod job;
pub mod keep;
pub mod merkle;
pub mod months;
pub mod policy;
pub mod privacy;
pub mod seal;
pub mod siem;
pub mod verify;

mod entry;
mod filter;
mod search;
mod tail;

use async_graphql::MergedObject;

pub use entry::{AuditEntry, AuditQuery, trail};
pub use filter::AuditFilter;
pub use policy::PERMISSIONS;
pub use tail::AuditSubscription;

/// Queries about the sealed order.
#[derive(MergedObject, Default)]
pub struct SealQuery(seal::graphql::HeadQuery, verify::graphql::ProofQuery);

/// Mutations of the sealed order: checks, exports, keys.
#[derive(MergedObject, Default)]
pub struct SealMutation(
    verify::graphql::VerifyMutation,
    export::graphql::ExportMutation,
    seal::graphql::KeyMutation,
);
