//! The table of single-use tokens sent by mail.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::{TenantId, UserId},
};
use sea_orm::entity::prelude::*;

/// A token that proves that somebody reads a mailbox.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_tokens")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Whose it is.
    pub user_id: UserId,
    /// `verify_email`, `reset_password`, `change_email_old` or `change_email_new`.
    pub purpose: String,
    /// Hash of the token.
    pub hash: String,
    /// What the purpose needs.
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
    /// When it was used.
    pub used_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "MailToken";
    const SECRET: &'static [&'static str] = &["hash", "payload"];

    fn about(model: &Model) -> About {
        About::person(model.user_id)
    }
}
