//! The audit trail of every node, who acted in an entry, and who asked for a job or about personal data.

use async_graphql::{Context, Object};
use audit::{AuditEntry, job::Job, privacy::PrivacyRequest};
use identity::user::User;
use kernel::{
    ask::Asking,
    error::Result,
    graph::Graph,
    id::{TypedId, UserId},
    page::{Connection, PageArgs},
};
use uuid::Uuid;

/// `auditTrail` of any node.
pub struct Trail(pub Uuid);

#[Object(name = "TrailFields")]
impl Trail {
    /// What happened to this, newest first. Needs `audit.entry.read`; with reach `OWN` only what one did oneself.
    async fn audit_trail(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the newest, at most 100")] first: Option<i32>,
        #[graphql(desc = "Cursor before the first row")] after: Option<String>,
        #[graphql(desc = "How many from the oldest, at most 100")] last: Option<i32>,
        #[graphql(desc = "Cursor behind the last row")] before: Option<String>,
    ) -> Result<Option<Connection<AuditEntry>>> {
        audit::trail(ctx.ask(), self.0, PageArgs::new(first, after, last, before)).await.map(Some)
    }
}

/// Who acted.
pub struct AuditEntryBridges(Option<UserId>);

impl From<&AuditEntry> for AuditEntryBridges {
    fn from(entry: &AuditEntry) -> Self {
        Self(entry.person().map(UserId::from_uuid))
    }
}

#[Object(name = "AuditEntryBridgeFields")]
impl AuditEntryBridges {
    /// The person who acted, by hand or through an API key; null for the platform, for nobody known, and for people the
    /// viewer may not see.
    async fn actor(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.0).await
    }
}

/// Who asked for a job.
pub struct JobBridges(Option<UserId>);

impl From<&Job> for JobBridges {
    fn from(job: &Job) -> Self {
        Self(job.0.created_by)
    }
}

#[Object(name = "JobBridgeFields")]
impl JobBridges {
    /// The person who started it, by hand or through an API key; null for the platform, and for people the viewer may
    /// not see.
    async fn created_by(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.0).await
    }
}

/// Who asked about personal data, and who decided.
pub struct PrivacyRequestBridges {
    requested_by: Option<UserId>,
    decided_by: Option<UserId>,
}

impl From<&PrivacyRequest> for PrivacyRequestBridges {
    fn from(request: &PrivacyRequest) -> Self {
        Self { requested_by: request.0.requested_by, decided_by: request.0.decided_by }
    }
}

#[Object(name = "PrivacyRequestBridgeFields")]
impl PrivacyRequestBridges {
    /// The person who asked; null for people whom the viewer may not see, and for who is gone.
    async fn requested_by(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.requested_by).await
    }

    /// The person who approved or refused it; null where nobody did, for people whom the viewer may not see, and for who
    /// is gone.
    async fn decided_by(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.decided_by).await
    }
}
