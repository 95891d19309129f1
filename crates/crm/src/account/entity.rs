//! The table of accounts.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::{AccountId, TenantId, UserId},
    locale::Locale,
    money::Currency,
};
use sea_orm::entity::prelude::*;

/// A client company of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_accounts")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountId,
    /// The tenant whose client it is.
    pub tenant_id: TenantId,
    /// What people call it.
    pub name: String,
    /// Its name in contracts and on invoices.
    pub legal_name: Option<String>,
    /// Its internet domain, lower-case ASCII.
    pub domain: Option<String>,
    /// What business it is in.
    pub industry: Option<String>,
    /// Currency it is billed in.
    pub currency: Currency,
    /// Language and formats it is written to in.
    pub locale: Locale,
    /// `prospect`, `client` or `former`.
    pub lifecycle: String,
    /// The member of staff who answers for it.
    pub owner_id: Option<UserId>,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// When it was put away.
    pub archived_at: Option<DateTime<Utc>>,
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
    const SUBJECT: &'static str = "Account";
    const EVENT: &'static str = "crm.account";

    fn label(model: &Model) -> Option<String> {
        Some(model.name.clone())
    }

    fn about(model: &Model) -> About {
        About { account: Some(model.id), ..About::default() }
    }
}
