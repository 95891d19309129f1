//! The table of counters that project numbers are taken from: one row a tenant.

use kernel::{act::Recorded, id::TenantId};
use sea_orm::entity::prelude::*;

/// The name of the table.
pub const TABLE: &str = "projects_counters";

/// The next number of a tenant. The platform takes numbers by one statement; rows are written whole by generated data
/// alone.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_counters")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// The number that the next project gets.
    pub next_number: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "ProjectCounter";
}
