//! The table of sessions.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::{SessionId, TenantId, UserId},
};
use sea_orm::entity::prelude::*;

/// A signed-in session.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_sessions")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Whose it is.
    pub user_id: UserId,
    /// Readable name of the device.
    pub device: String,
    /// Recognises the device.
    pub device_hash: String,
    /// What the client calls itself.
    pub user_agent: String,
    /// Address at its last use.
    pub ip: String,
    /// Whether it was to be remembered.
    pub remember: bool,
    /// Where its refresh token is: `cookie` or `body`.
    pub delivery: String,
    /// When they signed in.
    pub created_at: DateTime<Utc>,
    /// When it was last used.
    pub last_used_at: DateTime<Utc>,
    /// Until when it can be renewed.
    pub expires_at: DateTime<Utc>,
    /// When it was ended.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Why.
    pub revoke_reason: Option<String>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "Session";
    const EVENT: &'static str = "identity.session";
    const PERSONAL: &'static [&'static str] = &["user_agent", "ip", "device"];
    const SECRET: &'static [&'static str] = &["device_hash"];

    fn label(model: &Model) -> Option<String> {
        // Reason: the name of a device is personal, and labels stay when personal data is removed from the trail.
        Some(model.id.to_string())
    }

    fn about(model: &Model) -> About {
        About::person(model.user_id)
    }
}
