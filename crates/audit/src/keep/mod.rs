//! Keeping the trail for as long as it must be kept and no longer: periods by class of acts, archives in the object
//! storage before anything is removed, and legal holds that stop it.

pub mod archive;
pub mod hold;
pub mod retention;

use async_graphql::MergedObject;

/// Queries about keeping.
#[derive(MergedObject, Default)]
pub struct KeepQuery(
    hold::graphql::HoldQuery,
    retention::graphql::RetentionQuery,
    archive::graphql::ArchiveQuery,
);

/// Mutations of keeping.
#[derive(MergedObject, Default)]
pub struct KeepMutation(
    hold::graphql::HoldMutation,
    retention::graphql::RetentionMutation,
    archive::graphql::ArchiveMutation,
);
