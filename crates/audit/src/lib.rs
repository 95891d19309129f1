//! Reading what every act recorded. Writing is the kernel's: no act can leave without its entries.

pub mod export;
pub mod event;
pub mod job;
pub mod merkle;
pub mod policy;
pub mod seal;
pub mod verify;

mod entry;

pub use entry::{AuditEntry, AuditFilter, AuditQuery, trail};
pub use policy::PERMISSIONS;
