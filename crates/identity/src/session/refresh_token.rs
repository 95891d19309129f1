//! The table of refresh tokens.

use chrono::{DateTime, Utc};
use kernel::{
    act::Recorded,
    id::{SessionId, TenantId},
};
use sea_orm::entity::prelude::*;

/// A refresh token; each is used once.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_refresh_tokens")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The session it renews.
    pub session_id: SessionId,
    /// Hash of the token.
    pub hash: String,
    /// When it was given.
    pub issued_at: DateTime<Utc>,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
    /// When it was exchanged for the next.
    pub used_at: Option<DateTime<Utc>>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "RefreshToken";
    const SECRET: &'static [&'static str] = &["hash"];
}
