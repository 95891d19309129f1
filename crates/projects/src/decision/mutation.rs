//! Decisions in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    id::{DecisionId, ProjectId, UserId},
    scalar::Date,
};

use super::graphql::Decision;
use crate::service::Projects;

/// Something that was decided.
#[derive(Clone, Debug, InputObject)]
pub struct RecordDecisionInput {
    /// The project.
    pub project_id: ProjectId,
    /// What was decided, at most 200 characters.
    pub title: String,
    /// What was decided, in Markdown, at most 50 000 bytes.
    pub body: Option<String>,
    /// Why, in Markdown, at most 50 000 bytes. Who sees the decision sees it.
    pub rationale: Option<String>,
    /// Who decided, of the agency or of the project's client; who writes it down without it.
    pub decided_by: Option<UserId>,
    /// The day, not in the future; today without it.
    pub decided_on: Option<Date>,
    /// Whether the client sees it; not without it.
    pub client_visible: Option<bool>,
}

/// Changes of a decision: what is left out stays.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateDecisionInput {
    /// The decision.
    pub id: DecisionId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// What was decided, at most 200 characters.
    pub title: MaybeUndefined<String>,
    /// What was decided, in Markdown, at most 50 000 bytes.
    pub body: MaybeUndefined<String>,
    /// Why, in Markdown, at most 50 000 bytes. Who sees the decision sees it.
    pub rationale: MaybeUndefined<String>,
    /// Who decided, of the agency or of the project's client.
    pub decided_by: MaybeUndefined<UserId>,
    /// The day, not in the future.
    pub decided_on: MaybeUndefined<Date>,
    /// Whether the client sees it.
    pub client_visible: MaybeUndefined<bool>,
}

/// A decision to be removed.
#[derive(Clone, Debug, InputObject)]
pub struct DeleteDecisionInput {
    /// The decision.
    pub id: DecisionId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

payloads! {
    /// What `recordDecision` wrote down.
    RecordDecisionPayload {
        /// The new decision.
        decision: Decision
    }
    /// What `updateDecision` changed.
    UpdateDecisionPayload {
        /// The decision as it is now.
        decision: Decision
    }
}

/// What `deleteDecision` removed.
#[derive(SimpleObject)]
pub struct DeleteDecisionPayload {
    /// Id of the decision that is gone.
    pub id: DecisionId,
}

/// Root mutations of decisions.
#[derive(Default)]
pub struct DecisionMutation;

#[Object]
impl DecisionMutation {
    /// Writes a decision down. Needs `projects.decision.write` on the project.
    async fn record_decision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was decided.")] input: RecordDecisionInput,
    ) -> Result<RecordDecisionPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        super::record(ctx.viewer(), ctx.db(), projects, input).await.map(Into::into)
    }

    /// Changes a decision. Needs `projects.decision.write` on it.
    async fn update_decision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateDecisionInput,
    ) -> Result<UpdateDecisionPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        super::update(ctx.viewer(), ctx.db(), projects, input).await.map(Into::into)
    }

    /// Removes a decision. Needs `projects.decision.write` on it.
    async fn delete_decision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which decision.")] input: DeleteDecisionInput,
    ) -> Result<DeleteDecisionPayload> {
        super::delete(ctx.viewer(), ctx.db(), input.id, input.expected_version).await?;
        Ok(DeleteDecisionPayload { id: input.id })
    }
}
