//! The audit entry that every act leaves: who changed what, when, from where. Written here, read by the domain `audit`.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use sea_orm::Condition;

use crate::{
    id::{AuditEntryId, TenantId},
    policy::{Anchors, Guarded, Near},
    viewer::{Permission, Viewer},
};

/// Reading audit entries. Here and not in the domain `audit`, because the entity is the kernel's.
pub const ENTRIES_READ: Permission =
    Permission::new("audit.entry.read", "Read the audit trail: who changed what, and when");

/// One entry of the audit trail. Append-only.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entries")]
pub struct Model {
    /// Its id, ordered by time.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditEntryId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// When, from the act's clock.
    pub occurred_at: DateTime<Utc>,
    /// `user`, `api_key`, `system` or `anonymous`.
    pub actor_kind: String,
    /// The user or key.
    pub actor_id: Option<Uuid>,
    /// The person a key acts for.
    pub on_behalf_of: Option<Uuid>,
    /// The act: `projects.project.create`.
    pub action: String,
    /// GraphQL type of the subject.
    pub subject_type: String,
    /// Id of the subject.
    pub subject_id: Option<Uuid>,
    /// What people call the subject.
    pub subject_label: Option<String>,
    /// Field → `[before, after]`, without secrets and personal data.
    #[sea_orm(column_type = "JsonBinary")]
    pub changes: Json,
    /// The same for personal data.
    #[sea_orm(column_type = "JsonBinary")]
    pub personal: Json,
    /// `success`, `denied` or `failure`.
    pub outcome: String,
    /// `info`, `notice`, `warning` or `critical`.
    pub severity: String,
    /// Correlation id of the request.
    pub request_id: Option<String>,
    /// Address of the client.
    pub ip: Option<String>,
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// Name of the GraphQL operation.
    pub operation: Option<String>,
}

/// No relations: history outlives what it is about.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Guarded for Entity {
    type Id = AuditEntryId;

    const READ: Permission = ENTRIES_READ;

    fn id_column() -> Column {
        Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(Column::TenantId.eq(tenant))
    }

    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        let own =
            vec![Expr::col(Column::ActorId.as_column_ref()), Expr::col(Column::OnBehalfOf.as_column_ref())];
        Anchors { own, project: None, account: None }.within(viewer, near)
    }
}
