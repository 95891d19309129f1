//! The table of archives. Their progress is no business fact: acts tell of what came of it.

use chrono::{DateTime, Utc};
use kernel::{
    id::{AuditArchiveId, TenantId},
    policy::{Guarded, Near, nothing},
    viewer::{Permission, Viewer},
};
use sea_orm::{Condition, entity::prelude::*};

use crate::policy::TRAIL_VERIFY;

/// The file is planned, and may be there or not.
pub const WRITING: &str = "writing";

/// File and manifest are there.
pub const STORED: &str = "stored";

/// Its entries are removed from the database.
pub const REMOVED: &str = "removed";

/// An archive of a span of the sealed order.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_archives")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditArchiveId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// [`WRITING`], [`STORED`] or [`REMOVED`].
    pub status: String,
    /// The first place that it spans.
    pub first_seq: i64,
    /// One past the last.
    pub until_seq: i64,
    /// How many entries it has.
    pub entries: i64,
    /// Key of its file.
    pub object_key: String,
    /// Length of its file in bytes.
    pub size: Option<i64>,
    /// SHA-256 of its file, in hexadecimal digits.
    pub sha256: Option<String>,
    /// [`super::manifest::Manifest`] as JSON.
    pub manifest: Option<String>,
    /// When it was planned.
    pub created_at: DateTime<Utc>,
    /// When it was stored.
    pub stored_at: Option<DateTime<Utc>>,
    /// When its entries were removed.
    pub removed_at: Option<DateTime<Utc>>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Guarded for Entity {
    type Id = AuditArchiveId;

    const READ: Permission = TRAIL_VERIFY;

    fn id_column() -> Column {
        Column::Id
    }

    /// Archives that are stored; one that is planned is nothing yet.
    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(Column::TenantId.eq(tenant))
    }

    /// Archives are the whole agency's or nobody's.
    fn within(_: &Viewer, _: Near<'_>) -> Condition {
        nothing()
    }
}
