//! The table of idempotency keys.

use chrono::{DateTime, Utc};
use kernel::id::TenantId;
use sea_orm::entity::prelude::*;

/// One key and, once it is there, the answer to its request.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    /// Id of the row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The tenant.
    pub tenant_id: TenantId,
    /// `user:<uuid>` or `key:<uuid>`.
    pub actor: String,
    /// Hexadecimal SHA-256 of the header's value.
    pub key: String,
    /// Hexadecimal SHA-256 of the header's value, the document, operation name and variables.
    pub request_hash: String,
    /// HTTP status of the answer; [`kernel::act::lease::COMMITTED`] before it is there, once something was done.
    pub status: Option<i32>,
    /// Body of the answer.
    #[sea_orm(column_type = "Text", nullable)]
    pub response: Option<String>,
    /// Its `Content-Type`.
    pub content_type: Option<String>,
    /// The looks at personal data that the answer is, as JSON: who gets it again looks again.
    #[sea_orm(column_type = "Text", nullable)]
    pub looks: Option<String>,
    /// Until when the request counts as running.
    pub locked_until: DateTime<Utc>,
    /// When the key was first used.
    pub created_at: DateTime<Utc>,
    /// When the key is forgotten.
    pub expires_at: DateTime<Utc>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
