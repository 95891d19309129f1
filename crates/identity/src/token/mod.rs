//! Single-use tokens sent by mail.

pub mod entity;
