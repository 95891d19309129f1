//! The table of people.

use chrono::{DateTime, Utc};
use kernel::{
    act::Recorded,
    id::UserId,
    locale::{Locale, TimeZone},
    scalar::{EmailAddress, Url},
};
use sea_orm::entity::prelude::*;

/// A person with credentials, whatever tenants they belong to.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_users")]
pub struct Model {
    /// Their id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    /// Their address; unique in the installation.
    pub email: EmailAddress,
    /// When they proved that they read it.
    pub email_verified_at: Option<DateTime<Utc>>,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Phone number.
    pub phone: Option<String>,
    /// Where their picture is.
    pub avatar_url: Option<Url>,
    /// Where they work.
    pub company: Option<String>,
    /// Their language and formats.
    pub locale: Locale,
    /// Where their days begin and end.
    pub time_zone: TimeZone,
    /// Argon2id in PHC form; none until they chose a password.
    pub password_hash: Option<String>,
    /// When they chose it.
    pub password_changed_at: Option<DateTime<Utc>>,
    /// Wrong passwords since the last right one.
    pub failed_logins: i32,
    /// How often they were locked out since the last login.
    pub lock_count: i32,
    /// Until when they are locked out.
    pub locked_until: Option<DateTime<Utc>>,
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
    const SUBJECT: &'static str = "User";
    const EVENT: &'static str = "identity.user";
    const PERSONAL: &'static [&'static str] =
        &["email", "given_name", "family_name", "phone", "avatar_url", "company"];
    const SECRET: &'static [&'static str] = &["password_hash"];
}
