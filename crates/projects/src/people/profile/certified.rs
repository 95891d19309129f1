//! The table of certifications of people.

use chrono::NaiveDate;
use kernel::{
    act::{About, Recorded},
    id::{CertificationId, TenantId, UserId},
};
use sea_orm::entity::prelude::*;

/// A certification of a person.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_certifications")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CertificationId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The person.
    pub user_id: UserId,
    /// What it is called.
    pub name: String,
    /// Who gave it.
    pub issuer: Option<String>,
    /// Since when they have it.
    pub issued_on: Option<NaiveDate>,
    /// The last day on which it holds.
    pub expires_on: Option<NaiveDate>,
    /// Its number.
    pub credential: Option<String>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of a tenant, whoever asks; what they may see is decided by what the rows belong to.
#[expect(clippy::disallowed_methods, reason = "limited to the tenant right here")]
pub fn of_tenant(tenant: TenantId) -> Select<Entity> {
    Entity::find().filter(Column::TenantId.eq(tenant))
}

impl Recorded for Entity {
    const SUBJECT: &'static str = "Certification";
    const PERSONAL: &'static [&'static str] = &["name", "issuer", "issued_on", "expires_on", "credential"];

    fn about(model: &Model) -> About {
        About::person(model.user_id)
    }
}
