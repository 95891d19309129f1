//! The table of activities: the entries of groups.

use chrono::{DateTime, Utc};
use kernel::{
    act::audit_entry::ENTRIES_READ,
    id::{AuditEntryId, TenantId},
    policy::{Guarded, Near, nothing},
    viewer::{Permission, Viewer},
};
use sea_orm::{Condition, entity::prelude::*, sea_query::IntoCondition as _};

/// An entry of the trail as part of a group.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_activities")]
pub struct Model {
    /// Id of the entry.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditEntryId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The group.
    pub group_id: AuditEntryId,
    /// Its place in the sealed order.
    pub seq: i64,
    /// When it was written.
    pub occurred_at: DateTime<Utc>,
    /// Type of its subject.
    pub subject_type: String,
    /// Id of its subject.
    pub subject_id: Option<Uuid>,
    /// The person whom the subject is or belongs to.
    pub about_id: Option<Uuid>,
    /// Whether none before it in its group is about the same thing.
    pub is_first: bool,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Who sees one is up to its group and its subject: [`super::Sight`].
impl Guarded for Entity {
    type Id = AuditEntryId;

    const READ: Permission = ENTRIES_READ;

    fn id_column() -> Column {
        Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Column::TenantId.eq(tenant).into_condition()
    }

    fn within(_: &Viewer, _: Near<'_>) -> Condition {
        nothing()
    }
}
