//! The table of tenants.

use chrono::{DateTime, Utc};
use kernel::{
    act::Recorded,
    id::TenantId,
    locale::{Locale, TimeZone},
    money::Currency,
    scalar::Url,
};
use sea_orm::entity::prelude::*;

/// An agency: everything belongs to exactly one.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_tenants")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TenantId,
    /// Its part of addresses; unique in the installation.
    pub slug: String,
    /// What people call it.
    pub name: String,
    /// Where its logo is.
    pub logo_url: Option<Url>,
    /// Language and formats where nobody chose others.
    pub default_locale: Locale,
    /// Where its calendar days begin and end.
    pub time_zone: TimeZone,
    /// Currency of amounts without another.
    pub currency: Currency,
    /// Working days as bits: bit 0 is Monday, bit 6 Sunday.
    pub working_week: i32,
    /// Minutes of a full working day.
    pub working_day_minutes: i32,
    /// `starter`, `professional`, `business` or `enterprise`.
    pub plan: String,
    /// `active`, `suspended` or `deletion_scheduled`.
    pub status: String,
    /// Why it is suspended.
    pub suspend_reason: Option<String>,
    /// When the trial ends.
    pub trial_ends_at: Option<DateTime<Utc>>,
    /// Until when the subscription is paid.
    pub subscription_ends_at: Option<DateTime<Utc>>,
    /// When everything of it will be removed.
    pub deletion_at: Option<DateTime<Utc>>,
    /// Limits that differ from the plan's: name → number.
    #[sea_orm(column_type = "JsonBinary")]
    pub limit_overrides: Json,
    /// `open`, `invitation` or `domain`.
    pub registration: String,
    /// E-mail domains that may register, for `domain`.
    #[sea_orm(column_type = "JsonBinary")]
    pub registration_domains: Json,
    /// After how many days passwords must be changed.
    pub password_max_age_days: Option<i32>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts the changes.
    pub version: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "Tenant";
    const EVENT: &'static str = "identity.tenant";

    fn label(model: &Model) -> Option<String> {
        Some(model.name.clone())
    }
}
