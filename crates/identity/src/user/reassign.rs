//! What becomes of the records of a person who leaves.

use async_trait::async_trait;
use kernel::{Result, act::Act, id::UserId};

/// A domain whose records name people of the tenant.
#[async_trait]
pub trait Reassign: Send + Sync {
    /// Makes everything that `from` owns in the act's tenant `to`'s, and takes `from` out of what cannot be owned by
    /// another (team places, assignments). Afterwards no row may point to `from`'s membership.
    async fn reassign(&self, act: &mut Act, from: UserId, to: UserId) -> Result<()>;
}
