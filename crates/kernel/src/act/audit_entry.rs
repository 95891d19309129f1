//! The audit entry that every act leaves: who changed what, when, from where. Written here, read by the domain `audit`.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::id::{AuditEntryId, TenantId};

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
