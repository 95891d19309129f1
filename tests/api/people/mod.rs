//! Tests of people as those who work: calendars, profiles, leave, allocations, workload, suggestions.

mod allocations;
mod assigning;
mod calendars;
mod far;
mod full_weeks;
mod leave;
mod profiles;
mod room;
mod suggestions;
mod workload;

use serde_json::{Value, json};

/// Hours from one time of the day to another.
fn span(from: &str, to: &str) -> Value {
    json!([{ "from": from, "to": to }])
}

/// A week with these hours from Monday to Friday.
fn week(from: &str, to: &str) -> Value {
    let (day, free) = (json!({ "hours": span(from, to) }), json!({ "hours": [] }));
    json!([day, day, day, day, day, free, free])
}
