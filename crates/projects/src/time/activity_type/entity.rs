//! The table of kinds of work.

use chrono::{DateTime, Utc};
use kernel::{
    act::Recorded,
    id::{ActivityTypeId, TenantId},
};
use sea_orm::entity::prelude::*;

/// A kind of work that time is spent on, such as design.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_activity_types")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ActivityTypeId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// What people call it.
    pub name: String,
    /// Whether time spent on it is billable unless somebody says otherwise.
    pub billable: bool,
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
    const SUBJECT: &'static str = "ActivityType";
    const EVENT: &'static str = "projects.activity_type";

    fn label(model: &Model) -> Option<String> {
        Some(model.name.clone())
    }
}
