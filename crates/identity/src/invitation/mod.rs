//! Invitations into a tenant.

pub mod entity;
pub mod role;
