//! Events of time, for the catalogue.

use kernel::event::Declared;

use super::{activity_type, claim, entry, rate, settings, sheet, timer};
use crate::policy::{RATES_READ, time::COSTS_READ};

/// Events of timers, entries, weeks, rates and what is arranged about them.
pub const EVENTS: &[Declared] = &[
    Declared::rows_with::<timer::entity::Entity>("A timer", &["user"]),
    Declared::rows_guarded::<entry::entity::Entity>(
        "A piece of time",
        &[
            ("own_rate_minor", RATES_READ),
            ("own_rate_currency", RATES_READ),
            ("bill_rate_minor", RATES_READ),
            ("bill_rate_currency", RATES_READ),
            ("bill_source", RATES_READ),
            ("billed_minutes", RATES_READ),
            ("cost_rate_minor", COSTS_READ),
            ("cost_rate_currency", COSTS_READ),
            ("cost_source", COSTS_READ),
        ],
    ),
    Declared::rows::<sheet::entity::Entity>("A person's week"),
    Declared::rows::<activity_type::entity::Entity>("A kind of work"),
    Declared::rows_guarded::<rate::bill::Entity>(
        "What an hour is billed at",
        &[("amount_minor", RATES_READ), ("currency", RATES_READ)],
    ),
    Declared::rows_guarded::<rate::cost::Entity>(
        "What an hour costs",
        &[("amount_minor", COSTS_READ), ("currency", COSTS_READ)],
    ),
    Declared::rows::<claim::entity::Entity>("A claim of approved time"),
    Declared::rows::<settings::entity::Entity>("How the agency keeps time"),
];
