//! The table of the tenants' own fields.

use chrono::{DateTime, Utc};
use kernel::{
    act::Recorded,
    id::{ProjectFieldId, TenantId},
};
use sea_orm::entity::prelude::*;

/// Something that a tenant wants to know of each of its projects.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_fields")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProjectFieldId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// What people call it.
    pub name: String,
    /// A word of `ProjectFieldKind`.
    pub kind: String,
    /// What can be chosen: an array of lines.
    #[sea_orm(column_type = "JsonBinary")]
    pub options: Json,
    /// Whether a project must have a value.
    pub required: bool,
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
    const SUBJECT: &'static str = "ProjectField";
    const EVENT: &'static str = "projects.field";

    fn label(model: &Model) -> Option<String> {
        Some(model.name.clone())
    }
}
