//! The table that joins people to tenants.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::{AccountId, MembershipId, TenantId, UserId},
};
use sea_orm::entity::prelude::*;
use serde_json::{Map, json};

/// A person's place in a tenant.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_memberships")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MembershipId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Who.
    pub user_id: UserId,
    /// The client company, for a client's person.
    pub account_id: Option<AccountId>,
    /// `pending`, `active` or `deactivated`.
    pub status: String,
    /// Since when.
    pub joined_at: DateTime<Utc>,
    /// When they were last here.
    pub last_seen_at: Option<DateTime<Utc>>,
    /// End of the lock-out that an administrator lifted for this tenant: that lock-out does not hold here.
    pub lock_lifted: Option<DateTime<Utc>>,
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
    const SUBJECT: &'static str = "Membership";
    const EVENT: &'static str = "identity.membership";

    fn refs(model: &Model) -> Map<String, serde_json::Value> {
        let mut refs = Map::new();
        refs.insert("user".to_owned(), json!(model.user_id));
        refs
    }

    fn about(model: &Model) -> About {
        About { account: model.account_id, ..About::person(model.user_id) }
    }
}
