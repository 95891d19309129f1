//! The table of sinks.

use chrono::{DateTime, Utc};
use kernel::{
    act::Recorded,
    id::{AuditSinkId, TenantId},
    policy::{Guarded, Near, nothing},
    viewer::{Permission, Viewer},
};
use sea_orm::{Condition, entity::prelude::*, sea_query::IntoCondition as _};

use crate::policy::SINKS_MANAGE;

/// A sink: what people set, and how far the forwarder has come with it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_sinks")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditSinkId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// What people call it.
    pub name: String,
    /// How it is spoken to: [`super::rules::Kind`].
    pub kind: String,
    /// `host:port`, or a web address.
    pub address: String,
    /// The certificates that its own must come from; those of the web without.
    pub ca_pem: Option<String>,
    /// Header that carries the secret.
    pub header_name: Option<String>,
    /// Value of that header, sealed.
    pub header_sealed: Option<String>,
    /// The key that signs bodies, sealed.
    pub signing_sealed: Option<String>,
    /// The least severity that is forwarded.
    pub min_severity: String,
    /// Only acts whose name begins with this.
    pub action_prefix: Option<String>,
    /// Whether personal data is opened.
    pub personal_data: bool,
    /// Whether it is in use.
    pub enabled: bool,
    /// The first place of the sealed order that nothing was acknowledged of.
    pub next_seq: i64,
    /// Entries that were acknowledged.
    pub delivered: i64,
    /// When the last of them was.
    pub delivered_at: Option<DateTime<Utc>>,
    /// Tries in a row that failed.
    pub failures: i32,
    /// When the first of these failed.
    pub failing_since: Option<DateTime<Utc>>,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// Not tried before this.
    pub next_at: DateTime<Utc>,
    /// When it was given up, until somebody resumes it.
    pub paused_at: Option<DateTime<Utc>>,
    /// The worker that has it.
    pub lease_id: Option<Uuid>,
    /// Until when.
    pub lease_until: Option<DateTime<Utc>>,
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
    const SUBJECT: &'static str = "AuditSink";
    const EVENT: &'static str = "audit.sink";
    const SECRET: &'static [&'static str] = &["header_sealed", "signing_sealed"];

    fn label(model: &Model) -> Option<String> {
        Some(model.name.clone())
    }
}

impl Guarded for Entity {
    type Id = AuditSinkId;

    const READ: Permission = SINKS_MANAGE;

    fn id_column() -> Column {
        Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Column::TenantId.eq(tenant).into_condition()
    }

    fn within(_: &Viewer, _: Near<'_>) -> Condition {
        nothing()
    }
}
