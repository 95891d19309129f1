//! The table of skills.

use chrono::{DateTime, Utc};
use kernel::{
    act::Recorded,
    id::{SkillId, TenantId},
};
use sea_orm::entity::prelude::*;

/// Something that people of an agency can do.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_skills")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SkillId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// What people call it.
    pub name: String,
    /// What it belongs to.
    pub area: Option<String>,
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
    const SUBJECT: &'static str = "Skill";
    const EVENT: &'static str = "projects.skill";

    fn label(model: &Model) -> Option<String> {
        Some(model.name.clone())
    }
}
