//! The table of contacts.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::{AccountId, ContactId, TenantId, UserId},
    scalar::EmailAddress,
};
use sea_orm::entity::prelude::*;

/// A person at a client company.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_contacts")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ContactId,
    /// The tenant whose client's person it is.
    pub tenant_id: TenantId,
    /// The company.
    pub account_id: AccountId,
    /// First name.
    pub given_name: String,
    /// Last name.
    pub family_name: String,
    /// Where mail reaches them.
    pub email: Option<EmailAddress>,
    /// Where calls reach them, in the form of E.164 where the country is known.
    pub phone: Option<String>,
    /// What they do there.
    pub job_title: Option<String>,
    /// The person's user, if they can sign in.
    pub user_id: Option<UserId>,
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
    const SUBJECT: &'static str = "Contact";
    const EVENT: &'static str = "crm.contact";
    const PERSONAL: &'static [&'static str] = &["given_name", "family_name", "email", "phone", "job_title"];

    fn about(model: &Model) -> About {
        About { account: Some(model.account_id), ..About::person(model.id) }
    }
}
