//! Keeping the trail for as long as it must be kept and no longer: periods by class of acts, archives in the object
//! storage before anything is removed, and legal holds that stop it.

pub mod hold;

use async_graphql::MergedObject;

/// Queries about keeping.
#[derive(MergedObject, Default)]
pub struct KeepQuery(hold::graphql::HoldQuery);

/// Mutations of keeping.
#[derive(MergedObject, Default)]
pub struct KeepMutation(hold::graphql::HoldMutation);
