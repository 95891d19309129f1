//! Real services behind small traits: database connections, cache, pub/sub, rate limits, cryptography, mail and files.
//!
//! Everything here has an embedded form that needs nothing installed and, where one machine is not
//! enough, a distributed one. No domain knowledge: what a key, a channel or a message means is said by
//! the callers.

pub mod cache;
pub mod crypto;
pub mod db;
pub mod dispatch;
pub mod jobs;
pub mod mail;
pub mod settings;
pub mod storage;
pub mod wake;
