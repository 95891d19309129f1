//! The table of API keys.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::{ApiKeyId, TenantId, UserId},
};
use sea_orm::entity::prelude::*;

/// An API key.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_api_keys")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApiKeyId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Who made it, and for whom it acts.
    pub user_id: UserId,
    /// What it is for.
    pub name: String,
    /// Its first characters, shown to people and looked up.
    pub prefix: String,
    /// Hash of the whole key.
    pub hash: String,
    /// Networks it may be used from, as CIDR texts; empty means everywhere.
    #[sea_orm(column_type = "JsonBinary")]
    pub ip_allow: Json,
    /// Its own rate, below the tenant's.
    pub requests_per_minute: Option<i32>,
    /// Until when it works.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used.
    pub last_used_at: Option<DateTime<Utc>>,
    /// From where it was last used.
    pub last_used_ip: Option<String>,
    /// When it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
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

impl Model {
    /// Whether it lets nobody in any more: taken back, or too old.
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_some() || self.expires_at.is_some_and(|end| end <= now)
    }
}

impl Recorded for Entity {
    const SUBJECT: &'static str = "ApiKey";
    const EVENT: &'static str = "identity.api_key";
    const PERSONAL: &'static [&'static str] = &["name", "last_used_ip"];
    const SECRET: &'static [&'static str] = &["hash"];

    fn label(model: &Model) -> Option<String> {
        // Reason: people call keys after themselves and their machines, and labels stay when a person is erased.
        Some(model.prefix.clone())
    }

    fn about(model: &Model) -> About {
        About::person(model.user_id)
    }
}
