//! Signing up an agency, and registering with one.
