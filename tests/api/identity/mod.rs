//! Tests of identity: who is who, and who may do what.

mod asks;
mod assignments;
mod cookies;
mod explain;
mod grants;
mod key_bounds;
mod keys;
mod lockout;
mod login;
mod owners;
mod rates;
mod roles;
mod sessions;
mod tokens;
