//! Sinks in the graph: the object and the root query.

use std::collections::HashMap;

use async_graphql::{Context, Enum, Object, dataloader::Loader};
use kernel::{
    ask::{Asking, FromAsk},
    db::Db,
    error::{Error, Result},
    graph::Node,
    id::{AuditSinkId, TypedId as _},
    page::{Connection, Order, PageArgs, list},
    policy::Guarded as _,
    scalar::DateTime,
    viewer::Viewer,
};
use uuid::Uuid;

use super::{
    entity::{Column, Entity, Model},
    rules::Kind,
};
use crate::{entry::AuditSeverity, policy::SINKS_MANAGE, seal::store};

/// A sink.
#[derive(Clone, Debug)]
pub struct AuditSink(pub Model);

impl From<Model> for AuditSink {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for AuditSink {
    const TYPE: &'static str = "AuditSink";
}

/// How a sink fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum AuditSinkState {
    /// It takes what it gets.
    Active,
    /// It failed at the last try, and is tried again.
    Failing,
    /// It failed for so long that it was given up. Changing it resumes it where it was.
    Paused,
    /// Somebody turned it off.
    Disabled,
}

/// Another system that gets entries of the trail in their sealed order, each at least once: whoever gets an id twice has
/// the same entry twice.
#[Object(name = "AuditSinkFields")]
impl AuditSink {
    /// Its id.
    async fn id(&self) -> AuditSinkId {
        self.0.id
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How it is spoken to.
    async fn kind(&self) -> Result<Kind> {
        Kind::parse(&self.0.kind).ok_or_else(|| Error::internal("a sink of no known kind"))
    }

    /// Host and port, or a web address.
    async fn address(&self) -> &str {
        &self.0.address
    }

    /// The certificates in PEM that its own must come from; null for those of the web.
    async fn ca_pem(&self) -> Option<&str> {
        self.0.ca_pem.as_deref()
    }

    /// Header that carries a secret, which is not shown.
    async fn header_name(&self) -> Option<&str> {
        self.0.header_name.as_deref()
    }

    /// Whether bodies are signed: `Atrium-Signature` is `v1=` and the HMAC-SHA-256, in hexadecimal digits, over
    /// `Atrium-Timestamp`, a full stop and the body.
    async fn is_signed(&self) -> bool {
        self.0.signing_sealed.is_some()
    }

    /// The least severity that is forwarded.
    async fn min_severity(&self) -> AuditSeverity {
        AuditSeverity::parse(&self.0.min_severity)
    }

    /// Only acts whose name begins with this; null for all.
    async fn action_prefix(&self) -> Option<&str> {
        self.0.action_prefix.as_deref()
    }

    /// Whether personal data is sent in the clear. Otherwise it shows as in the trail: veiled, and sealed.
    async fn personal_data(&self) -> bool {
        self.0.personal_data
    }

    /// Whether it is in use.
    async fn enabled(&self) -> bool {
        self.0.enabled
    }

    /// How it fares.
    async fn state(&self) -> AuditSinkState {
        match (&self.0.paused_at, self.0.failures) {
            _ if !self.0.enabled => AuditSinkState::Disabled,
            (Some(_), _) => AuditSinkState::Paused,
            (None, 0) => AuditSinkState::Active,
            (None, _) => AuditSinkState::Failing,
        }
    }

    /// Sealed entries behind the last that was acknowledged or left out, of any severity.
    async fn lag(&self, ctx: &Context<'_>) -> Result<i64> {
        let size = ctx.ask().load::<Sizes, _>(self.0.tenant_id.uuid()).await?;
        Ok((size.unwrap_or_default() - self.0.next_seq).max(0))
    }

    /// Entries that it acknowledged so far.
    async fn delivered(&self) -> i64 {
        self.0.delivered
    }

    /// When it acknowledged the last of them.
    async fn last_delivered_at(&self) -> Option<DateTime> {
        self.0.delivered_at.map(Into::into)
    }

    /// Why the last try failed; null if it did not.
    async fn last_error(&self) -> Option<&str> {
        self.0.last_error.as_deref()
    }

    /// Since when every try failed.
    async fn failing_since(&self) -> Option<DateTime> {
        self.0.failing_since.map(Into::into)
    }

    /// When it is tried again; null if it does not fail or was given up.
    async fn next_attempt_at(&self) -> Option<DateTime> {
        let again = self.0.failures > 0 && self.0.paused_at.is_none() && self.0.enabled;
        again.then(|| self.0.next_at.into())
    }

    /// When it was given up.
    async fn paused_at(&self) -> Option<DateTime> {
        self.0.paused_at.map(Into::into)
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When its settings were last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// Counts the changes of its settings; sent back as `expectedVersion`, it keeps one change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// Loads how many entries are sealed.
struct Sizes {
    db: Db,
}

impl FromAsk for Sizes {
    fn from_ask(_: Viewer, db: Db) -> Self {
        Self { db }
    }
}

impl Loader<Uuid> for Sizes {
    type Value = i64;
    type Error = Error;

    async fn load(&self, tenants: &[Uuid]) -> Result<HashMap<Uuid, i64>> {
        // Invariant: a viewer sees sinks of one tenant.
        let Some(tenant) = tenants.first() else { return Ok(HashMap::new()) };
        let size = store::note_of(&self.db, *tenant).await?.size;
        Ok(HashMap::from([(*tenant, store::number(size))]))
    }
}

/// Queries about sinks.
#[derive(Default)]
pub(super) struct SinkRoot;

#[Object]
impl SinkRoot {
    /// Where entries of the trail are forwarded to, oldest first. Needs `audit.sink.manage`.
    async fn audit_sinks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100")] first: Option<i32>,
        #[graphql(desc = "Cursor before the first row")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100")] last: Option<i32>,
        #[graphql(desc = "Cursor behind the last row")] before: Option<String>,
    ) -> Result<Connection<AuditSink>> {
        let viewer = ctx.viewer();
        viewer.require_tenant(SINKS_MANAGE)?;
        let select = Entity::visible(viewer, SINKS_MANAGE);
        list(ctx.db(), select, Order::asc(Column::Id), &PageArgs::new(first, after, last, before)).await
    }
}
