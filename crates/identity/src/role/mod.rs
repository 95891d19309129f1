//! Roles: the platform's and the tenant's own, what they allow and who holds them.

pub mod entity;
pub mod held;
pub mod permission;
