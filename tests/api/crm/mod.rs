//! Tests of client companies and the people there.

mod accounts;
mod contacts;
mod seen;
