//! Risks in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    id::{ProjectId, RiskId, UserId},
    money::MoneyInput,
};

use super::graphql::Risk;
use crate::{
    service::Projects,
    words::{RiskCategory, RiskResponse, RiskStatus},
};

/// A new risk.
#[derive(Clone, Debug, InputObject)]
pub struct CreateRiskInput {
    /// The project.
    pub project_id: ProjectId,
    /// What may happen, at most 200 characters.
    pub title: String,
    /// What there is to say about it, in Markdown, at most 50 000 bytes.
    pub description: Option<String>,
    /// What it is about; something else without one.
    pub category: Option<RiskCategory>,
    /// How likely it is, 1 to 5.
    pub probability: i32,
    /// How bad it would be, 1 to 5.
    pub impact: i32,
    /// The member of staff who watches it.
    pub owner_id: Option<UserId>,
    /// What is done about it; it is mitigated without one.
    pub response: Option<RiskResponse>,
    /// How that is done, in Markdown, at most 50 000 bytes.
    pub mitigation: Option<String>,
    /// What it would cost, not negative. Needs `projects.budget.write` on the project.
    pub exposure: Option<MoneyInput>,
}

/// Changes of a risk: what is left out stays.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateRiskInput {
    /// The risk.
    pub id: RiskId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// What may happen, at most 200 characters.
    pub title: MaybeUndefined<String>,
    /// What there is to say about it, in Markdown, at most 50 000 bytes.
    pub description: MaybeUndefined<String>,
    /// What it is about.
    pub category: MaybeUndefined<RiskCategory>,
    /// How likely it is, 1 to 5.
    pub probability: MaybeUndefined<i32>,
    /// How bad it would be, 1 to 5.
    pub impact: MaybeUndefined<i32>,
    /// The member of staff who watches it.
    pub owner_id: MaybeUndefined<UserId>,
    /// What is done about it.
    pub response: MaybeUndefined<RiskResponse>,
    /// How that is done, in Markdown, at most 50 000 bytes.
    pub mitigation: MaybeUndefined<String>,
    /// Where it stands.
    pub status: MaybeUndefined<RiskStatus>,
    /// What it would cost, not negative. Needs `projects.budget.write` on the project.
    pub exposure: MaybeUndefined<MoneyInput>,
}

/// A risk to be taken out of the register.
#[derive(Clone, Debug, InputObject)]
pub struct DeleteRiskInput {
    /// The risk.
    pub id: RiskId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

payloads! {
    /// What `createRisk` made.
    CreateRiskPayload {
        /// The new risk.
        risk: Risk
    }
    /// What `updateRisk` changed.
    UpdateRiskPayload {
        /// The risk as it is now.
        risk: Risk
    }
}

/// What `deleteRisk` removed.
#[derive(SimpleObject)]
pub struct DeleteRiskPayload {
    /// Id of the risk that is gone.
    pub id: RiskId,
}

/// Root mutations of risks.
#[derive(Default)]
pub struct RiskMutation;

#[Object]
impl RiskMutation {
    /// Registers a risk. Needs `projects.risk.write` on the project.
    async fn create_risk(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new risk.")] input: CreateRiskInput,
    ) -> Result<CreateRiskPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        super::create(ctx.viewer(), ctx.db(), projects, input).await.map(Into::into)
    }

    /// Changes a risk. Needs `projects.risk.write` on it.
    async fn update_risk(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateRiskInput,
    ) -> Result<UpdateRiskPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        super::update(ctx.viewer(), ctx.db(), projects, input).await.map(Into::into)
    }

    /// Takes a risk out of the register; one that is over is better closed. Needs `projects.risk.write` on it.
    async fn delete_risk(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which risk.")] input: DeleteRiskInput,
    ) -> Result<DeleteRiskPayload> {
        super::delete(ctx.viewer(), ctx.db(), input.id, input.expected_version).await?;
        Ok(DeleteRiskPayload { id: input.id })
    }
}
