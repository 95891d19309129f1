//! The log of events: every one that was committed, in the order in which they became readable, until its time is over.

use chrono::{DateTime, Utc};
use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::IntoCondition as _;

use crate::{
    id::{AuditEntryId, EventId, TenantId},
    policy::{Guarded, Near, nothing},
    viewer::{Permission, Viewer},
};

/// Reading events. Here and not in the domain `audit`, because the entity is the kernel's.
pub const EVENTS_READ: Permission =
    Permission::new("audit.event.read", "Read the events of what happened to things one may see");

/// One event of the log.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    /// Its place in the log, over all tenants; given by the database.
    #[sea_orm(primary_key)]
    pub position: i64,
    /// Its id, by which consumers are idempotent.
    pub id: EventId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// `<domain>.<thing>.<past verb>`.
    pub kind: String,
    /// Version of the payload's shape.
    pub version: i32,
    /// GraphQL type of the subject.
    pub subject_type: String,
    /// Id of the subject.
    pub subject_id: Uuid,
    /// What the kind says about it.
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// The audit entry of the same change.
    pub audit_id: Option<AuditEntryId>,
    /// Whether it is made-up history: whoever reads the log finds it, and no consumer is handed it as news.
    pub made_up: Option<bool>,
}

/// No relations: the log outlives what it is about.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<super::Model> for Model {
    fn from(event: super::Model) -> Self {
        let super::Model {
            seq: _,
            id,
            tenant_id,
            kind,
            version,
            subject_type,
            subject_id,
            payload,
            occurred_at,
            audit_id,
        } = event;
        Self {
            position: 0,
            id,
            tenant_id,
            kind,
            version,
            subject_type,
            subject_id,
            payload,
            occurred_at,
            audit_id,
            made_up: None,
        }
    }
}

/// An event is near to whom its subject is near, which the entity of the subject says: nobody but who reads all of them
/// sees one by this alone.
impl Guarded for Entity {
    type Id = EventId;

    const READ: Permission = EVENTS_READ;

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
