//! The table of groups, and who sees one.

use chrono::{DateTime, Utc};
use kernel::{
    act::audit_entry::ENTRIES_READ,
    id::{AccountId, AuditEntryId, ProjectId, TenantId},
    policy::{Anchors, Guarded, Near},
    viewer::{Permission, Viewer},
};
use sea_orm::{Condition, entity::prelude::*, sea_query::IntoCondition as _};

/// A group: one actor doing one kind of thing in one place within a while.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_activity_groups")]
pub struct Model {
    /// Id of its first entry.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditEntryId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Place of its first entry in the sealed order.
    pub seq: i64,
    /// What was done: [`kernel::activity::ActionText::kind`].
    pub kind: String,
    /// What that is about.
    pub category: String,
    /// `user`, `api_key`, `system` or `anonymous`.
    pub actor_kind: String,
    /// The person who acted.
    pub person_id: Option<Uuid>,
    /// The project it was done in.
    pub project_id: Option<ProjectId>,
    /// The account it was done to.
    pub account_id: Option<AccountId>,
    /// Whether only readers of the trail see it.
    pub inner_only: bool,
    /// What its entries have in common.
    pub key: String,
    /// When the first entry was written.
    pub started_at: DateTime<Utc>,
    /// When the last was.
    pub ended_at: DateTime<Utc>,
    /// How many there are.
    pub entries: i32,
    /// Whether it takes more.
    pub is_open: bool,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// As entries of the trail: what a person did is their own.
impl Guarded for Entity {
    type Id = AuditEntryId;

    const READ: Permission = ENTRIES_READ;

    fn id_column() -> Column {
        Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Column::TenantId.eq(tenant).into_condition()
    }

    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        let own = vec![Expr::col(Column::PersonId.as_column_ref())];
        let (project, account) =
            (Expr::col(Column::ProjectId.as_column_ref()), Expr::col(Column::AccountId.as_column_ref()));
        Anchors { own, project: Some(project), account: Some(account) }.within(viewer, near)
    }
}
