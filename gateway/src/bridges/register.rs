//! What other domains know of the registers of a project: the people.

use async_graphql::{Context, Object};
use identity::user::User;
use kernel::{ask::Asking, error::Result, graph::Graph, id::UserId};
use projects::{Baseline, ChangeRequest, Decision, FeedbackRequest, Risk, StatusReport};

/// What other domains know of a risk.
pub struct RiskBridges {
    owner: Option<UserId>,
}

impl From<&Risk> for RiskBridges {
    fn from(risk: &Risk) -> Self {
        Self { owner: risk.0.owner_id }
    }
}

#[Object(name = "RiskBridgeFields")]
impl RiskBridges {
    /// Who watches it; null if nobody does, or for viewers who may not see them.
    async fn owner(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.owner).await
    }
}

/// What other domains know of a baseline.
pub struct BaselineBridges {
    created_by: Option<UserId>,
}

impl From<&Baseline> for BaselineBridges {
    fn from(baseline: &Baseline) -> Self {
        Self { created_by: baseline.0.created_by }
    }
}

#[Object(name = "BaselineBridgeFields")]
impl BaselineBridges {
    /// Who kept it; null if nobody known, or for viewers who may not see them.
    async fn created_by(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.created_by).await
    }
}

/// What other domains know of a change request.
pub struct ChangeRequestBridges {
    created_by: Option<UserId>,
    submitted_by: Option<UserId>,
    staff_answered_by: Option<UserId>,
    client_answered_by: Option<UserId>,
    applied_by: Option<UserId>,
}

impl From<&ChangeRequest> for ChangeRequestBridges {
    fn from(change: &ChangeRequest) -> Self {
        Self {
            created_by: change.0.created_by,
            submitted_by: change.0.submitted_by,
            staff_answered_by: change.0.staff_by,
            client_answered_by: change.0.client_by,
            applied_by: change.0.applied_by,
        }
    }
}

#[Object(name = "ChangeRequestBridgeFields")]
impl ChangeRequestBridges {
    /// Who wrote it; null if nobody known, or for viewers who may not see them.
    async fn created_by(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.created_by).await
    }

    /// Who submitted it; null while it is a draft, or for viewers who may not see them.
    async fn submitted_by(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.submitted_by).await
    }

    /// Who of the agency answered; null while nobody has, or for viewers who may not see them.
    async fn staff_answered_by(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.staff_answered_by).await
    }

    /// Who of the client answered; null while nobody has, or for viewers who may not see them.
    async fn client_answered_by(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.client_answered_by).await
    }

    /// Who applied it; null while it is not, or for viewers who may not see them.
    async fn applied_by(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.applied_by).await
    }
}

/// What other domains know of a decision.
pub struct DecisionBridges {
    decided_by: Option<UserId>,
    created_by: Option<UserId>,
}

impl From<&Decision> for DecisionBridges {
    fn from(decision: &Decision) -> Self {
        Self { decided_by: decision.0.decided_by, created_by: decision.0.created_by }
    }
}

#[Object(name = "DecisionBridgeFields")]
impl DecisionBridges {
    /// Who decided; null if nobody known, or for viewers who may not see them.
    async fn decided_by(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.decided_by).await
    }

    /// Who wrote it down; null if nobody known, or for viewers who may not see them.
    async fn created_by(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.created_by).await
    }
}

/// What other domains know of a status report.
pub struct ReportBridges {
    created_by: Option<UserId>,
    published_by: Option<UserId>,
}

impl From<&StatusReport> for ReportBridges {
    fn from(report: &StatusReport) -> Self {
        Self { created_by: report.0.created_by, published_by: report.0.published_by }
    }
}

#[Object(name = "StatusReportBridgeFields")]
impl ReportBridges {
    /// Who made it; null if nobody known, or for viewers who may not see them.
    async fn created_by(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.created_by).await
    }

    /// Who published it; null while it is a draft, or for viewers who may not see them.
    async fn published_by(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.published_by).await
    }
}

/// What other domains know of a question to a client.
pub struct FeedbackBridges {
    user: Option<UserId>,
    asked_by: Option<UserId>,
}

impl From<&FeedbackRequest> for FeedbackBridges {
    fn from(request: &FeedbackRequest) -> Self {
        Self { user: request.0.user_id, asked_by: request.0.asked_by }
    }
}

#[Object(name = "FeedbackRequestBridgeFields")]
impl FeedbackBridges {
    /// Who is asked; null once they were erased, or for viewers who may not see them.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.user).await
    }

    /// Who asked; null if nobody known, or for viewers who may not see them.
    async fn asked_by(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.asked_by).await
    }
}
