//! The table of saved views.

use chrono::{DateTime, Utc};
use kernel::{
    act::Recorded,
    id::{SavedViewId, TenantId, UserId},
};
use sea_orm::entity::prelude::*;

/// Filter and order of a list, as somebody saved them.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_views")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SavedViewId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Whose it is.
    pub owner_id: UserId,
    /// A word of `SavedViewKind`.
    pub kind: String,
    /// What they call it.
    pub name: String,
    /// Whether all staff may use it.
    pub shared: bool,
    /// Filter and order, as the client understands them.
    #[sea_orm(column_type = "JsonBinary")]
    pub definition: Json,
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
    const SUBJECT: &'static str = "SavedView";
    const EVENT: &'static str = "projects.view";

    fn label(model: &Model) -> Option<String> {
        Some(model.name.clone())
    }
}
