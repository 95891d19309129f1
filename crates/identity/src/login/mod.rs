//! Signing in, and being locked out.

pub mod device;
