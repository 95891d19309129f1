//! The audit entry that every act leaves: who changed what, when, from where. Written here, read by the domain `audit`.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use sea_orm::Condition;

use crate::{
    id::{AccountId, AuditEntryId, ProjectId, TenantId},
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
    /// What people call the subject; never personal data.
    pub subject_label: Option<String>,
    /// The person the subject is or belongs to: a user, a contact, an invited person.
    pub person_id: Option<Uuid>,
    /// The project the subject belongs to.
    pub project_id: Option<ProjectId>,
    /// The account the subject belongs to.
    pub account_id: Option<AccountId>,
    /// JSON: field → `[before, after]`, without secrets and personal data. Text, because its bytes are sealed.
    pub changes: String,
    /// JSON: id of a person's key → what is sealed with it ([`super::personal`]).
    pub personal: String,
    /// `success`, `denied` or `failure`.
    pub outcome: String,
    /// `info`, `notice`, `warning` or `critical`.
    pub severity: String,
    /// Correlation id of the request.
    pub request_id: Option<String>,
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
        let (project, account) =
            (Expr::col(Column::ProjectId.as_column_ref()), Expr::col(Column::AccountId.as_column_ref()));
        Anchors { own, project: Some(project), account: Some(account) }.within(viewer, near)
    }
}
