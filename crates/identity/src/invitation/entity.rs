//! The table of invitations.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::{AccountId, InvitationId, TenantId, UserId},
    scalar::EmailAddress,
};
use sea_orm::entity::prelude::*;

/// An invitation into a tenant.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_invitations")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InvitationId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Whom it invites.
    pub email: EmailAddress,
    /// Given name, as the inviter knows it.
    pub given_name: Option<String>,
    /// Family name, as the inviter knows it.
    pub family_name: Option<String>,
    /// The client company they will belong to.
    pub account_id: Option<AccountId>,
    /// Who invited them.
    pub invited_by: UserId,
    /// Hash of the token in the mail.
    pub token_hash: String,
    /// Until when it can be accepted.
    pub expires_at: DateTime<Utc>,
    /// When it was.
    pub accepted_at: Option<DateTime<Utc>>,
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

impl Recorded for Entity {
    const SUBJECT: &'static str = "Invitation";
    const EVENT: &'static str = "identity.invitation";
    const PERSONAL: &'static [&'static str] = &["email", "given_name", "family_name"];
    const SECRET: &'static [&'static str] = &["token_hash"];

    fn about(model: &Model) -> About {
        About { account: model.account_id, ..About::person(model.id) }
    }
}
