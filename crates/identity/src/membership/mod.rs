//! Memberships: a person's place in a tenant.

pub mod entity;
