//! Passwords: what they must be like, and what becomes of the old ones.

pub mod history;
