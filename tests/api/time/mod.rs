//! Tests of time: timers, entries, weeks and their approval, rates, rounding, and what is claimed for billing.

mod approval;
mod arranging;
pub(crate) mod asks;
mod claims;
mod corrections;
mod entries;
mod forgotten;
mod going;
mod rates;
mod seen;
mod timers;
mod totals;
mod trail;
mod weeks;
