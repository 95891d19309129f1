//! The table of legal holds.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::{AccountId, LegalHoldId, ProjectId, TenantId, TypedId as _, UserId},
    policy::{Guarded, Near, nothing},
    viewer::{Permission, Viewer},
};
use sea_orm::{Condition, entity::prelude::*};

use crate::policy::HOLDS_MANAGE;

/// A legal hold, in force until it is released.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_holds")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LegalHoldId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// GraphQL type of what is held: `User`, `Contact`, `Project` or `Account`.
    pub subject_type: String,
    /// Id of what is held.
    pub subject_id: Uuid,
    /// Why, without personal data.
    pub reason: String,
    /// Who placed it; none for the platform.
    pub placed_by: Option<UserId>,
    /// Who released it.
    pub released_by: Option<UserId>,
    /// When it was released; in force without.
    pub released_at: Option<DateTime<Utc>>,
    /// When it was placed.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts the changes.
    pub version: i64,
}

/// No relations: a hold outlives what it is on.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "LegalHold";

    fn about(model: &Model) -> About {
        let id = model.subject_id;
        match model.subject_type.as_str() {
            "Project" => About::project(ProjectId::from_uuid(id)),
            "Account" => About { account: Some(AccountId::from_uuid(id)), ..About::default() },
            _ => About { person: Some(id), ..About::default() },
        }
    }
}

impl Guarded for Entity {
    type Id = LegalHoldId;

    const READ: Permission = HOLDS_MANAGE;

    fn id_column() -> Column {
        Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(Column::TenantId.eq(tenant))
    }

    /// Holds are the whole agency's or nobody's.
    fn within(_: &Viewer, _: Near<'_>) -> Condition {
        nothing()
    }
}
