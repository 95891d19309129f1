//! Tenants: settings, domains, plan and limits, and their end.

pub mod dns;
pub mod domain;
pub mod entity;
