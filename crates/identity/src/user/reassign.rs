//! What identity needs of other domains: the gateway implements these.

use async_trait::async_trait;
use kernel::{
    Result,
    act::Act,
    db::Db,
    id::{AccountId, UserId},
    viewer::Viewer,
};

/// A domain whose records name people of the tenant.
#[async_trait]
pub trait Reassign: Send + Sync {
    /// Keeps from changing until the act ends what others lock before they lock `from`'s membership; asked before that is
    /// locked here, so that no two acts wait for each other.
    async fn hold(&self, act: &Act, from: UserId) -> Result<()>;

    /// Makes everything that `from` owns in the act's tenant `to`'s, and takes `from` out of what cannot be owned by
    /// another (team places, assignments). Afterwards no row may point to `from`'s membership.
    async fn reassign(&self, act: &mut Act, from: UserId, to: UserId) -> Result<()>;
}

/// The domain that knows the client companies.
#[async_trait]
pub trait AccountDirectory: Send + Sync {
    /// Whether the viewer sees an account with this id that people can be invited to.
    async fn exists(&self, db: &Db, viewer: &Viewer, account: AccountId) -> Result<bool>;

    /// Those of the accounts that the viewer sees, in one statement.
    async fn seen(&self, db: &Db, viewer: &Viewer, accounts: &[AccountId]) -> Result<Vec<AccountId>>;
}
