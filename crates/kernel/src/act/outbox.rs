//! The outbox: one row for each event, written in the transaction of the act that caused it.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use super::Act;
use crate::id::{AuditEntryId, EventId, TenantId};

/// One event on its way to its consumers.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    /// Order of writing; given by the database.
    #[sea_orm(primary_key)]
    pub seq: i64,
    /// Its id, by which consumers are idempotent.
    #[sea_orm(unique)]
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
    /// When every consumer had it.
    pub dispatched_at: Option<DateTime<Utc>>,
    /// How often delivery was tried.
    pub attempts: i32,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// When delivery was given up.
    pub parked_at: Option<DateTime<Utc>>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A domain event beside those of the changed rows.
#[derive(Clone, Debug)]
pub struct Event {
    /// `<domain>.<thing>.<past verb>`.
    pub kind: &'static str,
    /// GraphQL type of the subject.
    pub subject_type: &'static str,
    /// Id of the subject.
    pub subject_id: Uuid,
    /// What the kind says about it.
    pub payload: Json,
}

impl Act {
    /// Adds a domain event.
    pub fn record(&mut self, event: Event) {
        let Event { kind, subject_type, subject_id, payload } = event;
        let row = self.event(kind.to_owned(), subject_type, subject_id, payload, None);
        self.events.push(row);
    }

    pub(super) fn event(
        &self,
        kind: String,
        subject_type: &str,
        subject_id: Uuid,
        payload: Json,
        audit_id: Option<AuditEntryId>,
    ) -> Model {
        Model {
            seq: 0,
            id: self.new_id(),
            tenant_id: self.viewer.tenant_id(),
            kind,
            version: 1,
            subject_type: subject_type.to_owned(),
            subject_id,
            payload,
            occurred_at: self.now,
            audit_id,
            dispatched_at: None,
            attempts: 0,
            last_error: None,
            parked_at: None,
        }
    }
}
