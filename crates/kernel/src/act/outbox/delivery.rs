//! Deliveries that failed: an event that a consumer could not take is tried again with growing pauses, and parked when
//! that does not help.

use chrono::{DateTime, Utc};
use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::IntoCondition as _;

use crate::{
    act::Recorded,
    id::{EventDeliveryId, EventId, TenantId},
    policy::{Guarded, Near, nothing},
    viewer::{Permission, Viewer},
};

/// Seeing and deciding about events that consumers failed on.
pub const EVENTS_MANAGE: Permission =
    Permission::new("audit.event.manage", "See events that could not be delivered, retry or discard them");

/// An event that a consumer failed on.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_deliveries")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EventDeliveryId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The consumer.
    pub consumer: String,
    /// The event.
    pub event_id: EventId,
    /// How often it was tried.
    pub attempts: i32,
    /// Why the last try failed.
    pub last_error: String,
    /// When it is tried next.
    pub next_at: DateTime<Utc>,
    /// When it was given up.
    pub parked_at: Option<DateTime<Utc>>,
    /// When it failed first.
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
    const SUBJECT: &'static str = "EventDelivery";
    const EVENT: &'static str = "audit.delivery";

    fn label(model: &Model) -> Option<String> {
        Some(format!("{} for {}", model.event_id, model.consumer))
    }
}

impl Guarded for Entity {
    type Id = EventDeliveryId;

    const READ: Permission = EVENTS_MANAGE;

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
