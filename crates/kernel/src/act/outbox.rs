//! The outbox: one row for each event, written in the transaction of the act that caused it, and gone when the dispatcher
//! has moved it into the [`log`].

pub mod delivery;
pub mod log;

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::{ConnectionTrait, DbBackend};

use super::{Act, rows};
use crate::error::Result;
use crate::id::{AuditEntryId, EventId, TenantId};

/// The number by which processes agree whose turn it is to write into the log ("atriumev" as big-endian bytes).
const TURN: i64 = i64::from_be_bytes(*b"atriumev");

/// One event on its way into the log.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    /// Order of writing; given by the database.
    #[sea_orm(primary_key)]
    pub seq: i64,
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

/// Waits until nobody else writes into the log, until the end of the transaction.
///
/// Invariant: positions are given under this turn alone, and it is kept until they can be read. So whoever has read up
/// to a position never finds a smaller one later.
///
/// # Errors
/// If the database does not answer.
pub async fn take_turn(tx: &impl ConnectionTrait) -> Result<()> {
    // Reason: on SQLite a transaction that writes is alone by itself.
    if tx.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({TURN})")).await?;
    }
    Ok(())
}

impl Act {
    /// Adds a domain event.
    pub fn record(&mut self, event: Event) {
        let Event { kind, subject_type, subject_id, payload } = event;
        let row = self.event(kind.to_owned(), subject_type, subject_id, payload, None);
        self.events.push(row);
    }

    /// Writes the events of the act so far into the log, as made-up history that no consumer is handed, whether it has
    /// had all before them or not.
    ///
    /// # Errors
    /// If the database refuses.
    pub async fn log_events(&mut self) -> Result<()> {
        if self.events.is_empty() {
            return Ok(());
        }
        take_turn(&self.tx).await?;
        let made_up = |event: Model| log::Model { made_up: Some(true), ..event.into() };
        let events: Vec<log::Model> = std::mem::take(&mut self.events).into_iter().map(made_up).collect();
        rows::insert_many::<log::Entity>(&self.tx, &events, &["position"]).await
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
        }
    }
}
