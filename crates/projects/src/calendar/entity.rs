//! The table of working calendars.

use chrono::{DateTime, Utc};
use kernel::{
    act::Recorded,
    id::{TenantId, WorkCalendarId},
};
use sea_orm::entity::prelude::*;
use serde_json::Value as Json;

/// A working calendar of an agency.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_calendars")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WorkCalendarId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// What people call it.
    pub name: String,
    /// For each day of the week, Monday first, the hours: intervals in minutes after midnight.
    #[sea_orm(column_type = "JsonBinary")]
    pub hours: Json,
    /// ISO 3166-1 alpha-2 code of the country whose public holidays are free.
    pub country: Option<String>,
    /// Whether it is that of everybody who has no other; one is.
    pub is_default: bool,
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
    const SUBJECT: &'static str = "WorkCalendar";
    const EVENT: &'static str = "projects.calendar";

    fn label(model: &Model) -> Option<String> {
        Some(model.name.clone())
    }
}
