//! The schedule engine: a network of activities in; dates, floats, conflicts, odds and explanations out. It knows of no
//! database, no clock and no API.
//!
//! Terms are those of the field. The forward and backward passes are the critical path method (J. E. Kelley and M. R.
//! Walker, "Critical-Path Planning and Scheduling", 1959) over a precedence diagram with four kinds of links (Project
//! Management Institute, "Practice Standard for Scheduling", 3rd ed., 2019). Time is counted in whole working minutes
//! over calendars; all intervals are half open.

pub mod calendar;
pub mod earned;
pub mod forecast;
pub mod health;
mod hold;
pub mod level;
pub mod network;
pub mod pass;
pub mod staffing;
mod usage;

pub use calendar::{Calendar, Hours, Instant, Pattern, Work};
pub use network::{Activity, Constraint, Kind, Link, Network, Progress, Unsound};
pub use pass::{Conflict, Dates, Driver, Schedule};

/// On how many cases a property that takes long is tried, unless `PROPTEST_CASES` tells it.
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "it is a setting of the test run")]
fn cases(usual: u32) -> proptest::test_runner::Config {
    use proptest::test_runner::Config;

    if std::env::var_os("PROPTEST_CASES").is_some() { Config::default() } else { Config::with_cases(usual) }
}
