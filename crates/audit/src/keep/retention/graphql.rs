//! Periods in the graph.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime as Moment, Utc};
use kernel::{ask::Asking, error::Result, scalar::DateTime};

use super::{Model, Periods};
use crate::policy::RETENTION_MANAGE;

/// How long the trail is kept, in months, by class of acts.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct AuditPeriods {
    /// Months for acts of `identity` and `audit`.
    pub security_months: i32,
    /// Months for acts of `finance`.
    pub finance_months: i32,
    /// Months for all others.
    pub other_months: i32,
}

impl From<Periods> for AuditPeriods {
    fn from(periods: Periods) -> Self {
        let Periods { security, finance, other } = periods;
        Self { security_months: security, finance_months: finance, other_months: other }
    }
}

/// How long the trail is kept.
#[derive(Clone, Debug, SimpleObject)]
pub struct AuditRetention {
    /// What is set.
    pub set: AuditPeriods,
    /// What is in force now: a period that was made shorter waits.
    pub in_force: AuditPeriods,
    /// When what is set will be in force; null if it is.
    pub effective_at: Option<DateTime>,
    /// Counts the changes, 0 before the first; for `expectedVersion`.
    pub version: i64,
}

impl AuditRetention {
    fn new(row: Option<&Model>, now: Moment<Utc>) -> Self {
        let effective_at = row.and_then(|row| row.effective_at).filter(|at| now < *at);
        Self {
            set: super::set(row).into(),
            in_force: super::in_force(row, now).into(),
            effective_at: effective_at.map(Into::into),
            version: row.map_or(0, |row| row.version),
        }
    }
}

/// Queries about periods.
#[derive(Default)]
pub struct RetentionQuery;

#[Object]
impl RetentionQuery {
    /// How long entries of the trail are kept before they go to an archive and are removed. Needs
    /// `audit.retention.manage`.
    async fn audit_retention(&self, ctx: &Context<'_>) -> Result<AuditRetention> {
        let viewer = ctx.viewer();
        viewer.require_tenant(RETENTION_MANAGE)?;
        let row = super::of(ctx.db(), viewer.tenant_id()).await?;
        Ok(AuditRetention::new(row.as_ref(), viewer.clock.now()))
    }
}

/// Other periods; those left out stay.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateAuditRetentionInput {
    /// Months for acts of `identity` and `audit`: 12 to 360.
    pub security_months: Option<i32>,
    /// Months for acts of `finance`: 12 to 360.
    pub finance_months: Option<i32>,
    /// Months for all others: 12 to 360.
    pub other_months: Option<i32>,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// What `updateAuditRetention` changed.
#[derive(SimpleObject)]
pub struct UpdateAuditRetentionPayload {
    /// The periods as they are now.
    pub retention: AuditRetention,
}

/// Mutations of periods.
#[derive(Default)]
pub struct RetentionMutation;

#[Object]
impl RetentionMutation {
    /// Changes how long entries are kept. A longer period is in force at once; a shorter one after 30 days, and is a
    /// critical entry of the trail. Needs `audit.retention.manage`.
    async fn update_audit_retention(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The periods.")] input: UpdateAuditRetentionInput,
    ) -> Result<UpdateAuditRetentionPayload> {
        let row = super::update(ctx.db(), ctx.viewer(), input).await?;
        Ok(UpdateAuditRetentionPayload {
            retention: AuditRetention::new(row.as_ref(), ctx.viewer().clock.now()),
        })
    }
}
