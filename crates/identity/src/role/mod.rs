//! Roles: the platform's and the tenant's own, what they allow and who holds them.

mod editing;
pub mod entity;
mod giving;
pub mod graphql;
pub mod held;
mod loaders;
pub mod permission;
pub mod rules;
mod store;
mod system;

use async_trait::async_trait;
use kernel::{Result, act::Act, id::RoleId};

pub use editing::{NewRole, RoleChanges, create, delete, update};
pub use giving::{assign, assign_in, check_staff_role, revoke};
pub use graphql::Role;
pub use loaders::{RoleHolding, held_by};

pub(crate) use giving::{
    check_fits, check_grantable, check_held, keep_an_owner, member_to, revoke_in, visible, weigh,
};
pub use rules::LAST_OWNER;
pub use store::held_in;
pub(crate) use store::{is_last_owner, is_owner, lock_members, matrices, pick, system_role, system_row};
pub use system::system_rows;

/// A domain whose records name roles. Implemented by the gateway for the domains it joins.
#[async_trait]
pub trait RoleUses: Send + Sync {
    /// How many records of the act's tenant name the role.
    async fn count(&self, act: &Act, role: RoleId) -> Result<u64>;

    /// Makes every record of the act's tenant that names `from` name `to`.
    async fn replace(&self, act: &mut Act, from: RoleId, to: RoleId) -> Result<()>;
}
