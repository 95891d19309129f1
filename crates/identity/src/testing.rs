//! Rows for unit tests.

use chrono::{DateTime, TimeZone as _, Utc};
use kernel::{
    clock::Clock,
    id::IdGen,
    locale::{Locale, TimeZone},
    money::Currency,
};
use serde_json::json;

use crate::{tenant::entity as tenant, user::entity as user};

/// A fixed time.
pub(crate) fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 12, 0, 0).unwrap()
}

/// Ids that are the same in every run.
pub(crate) fn ids() -> IdGen {
    IdGen::seeded(Clock::manual(noon()), 7)
}

/// An active tenant on the smallest plan.
pub(crate) fn tenant() -> tenant::Model {
    tenant::Model {
        id: ids().generate(),
        slug: "acme".into(),
        name: "Acme".into(),
        logo_url: None,
        default_locale: Locale::en(),
        time_zone: TimeZone::UTC,
        currency: Currency::EUR,
        working_week: 0b001_1111,
        working_day_minutes: 480,
        plan: "starter".into(),
        status: "active".into(),
        suspend_reason: None,
        trial_ends_at: None,
        subscription_ends_at: None,
        deletion_at: None,
        limit_overrides: json!({}),
        registration: "invitation".into(),
        registration_domains: json!([]),
        password_max_age_days: None,
        created_at: noon(),
        updated_at: noon(),
        version: 1,
    }
}

/// A person without a password.
pub(crate) fn user() -> user::Model {
    user::Model {
        id: ids().generate(),
        email: "ada@acme.test".parse().unwrap(),
        email_verified_at: Some(noon()),
        given_name: "Ada".into(),
        family_name: "Lovelace".into(),
        phone: None,
        avatar_url: None,
        company: None,
        locale: Locale::en(),
        time_zone: TimeZone::UTC,
        password_hash: None,
        password_changed_at: None,
        failed_logins: 0,
        lock_count: 0,
        locked_until: None,
        created_at: noon(),
        updated_at: noon(),
        version: 1,
    }
}
