//! Change requests in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    id::{ChangeRequestId, ProjectId},
    money::MoneyInput,
};

use super::graphql::ChangeRequest;
use crate::{
    register::{comment, reason},
    words::ChangeRequestAnswer,
};

/// A new change request.
#[derive(Clone, Debug, InputObject)]
pub struct CreateChangeRequestInput {
    /// The project.
    pub project_id: ProjectId,
    /// What is to change, at most 200 characters.
    pub title: String,
    /// What is to change and why, in Markdown, at most 50 000 bytes.
    pub description: Option<String>,
    /// What it means for what is delivered, in Markdown, at most 50 000 bytes.
    pub scope: Option<String>,
    /// What the team says about it among itself, in Markdown, at most 50 000 bytes.
    pub notes: Option<String>,
    /// By how many calendar days the project ends later, at most 3 650; earlier if negative; by none without it.
    pub days: Option<i32>,
    /// By how much the budget grows, in the currency of the project's; it shrinks if negative. Needs
    /// `projects.budget.write` on the project.
    pub amount: Option<MoneyInput>,
    /// Whether the amount is offered for billing once it is applied; left out: where the project is billed at a fixed
    /// fee or by a retainer.
    pub billable: Option<bool>,
}

/// Changes of a draft: what is left out stays.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateChangeRequestInput {
    /// The change request.
    pub id: ChangeRequestId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// What is to change, at most 200 characters.
    pub title: MaybeUndefined<String>,
    /// What is to change and why, in Markdown, at most 50 000 bytes.
    pub description: MaybeUndefined<String>,
    /// What it means for what is delivered, in Markdown, at most 50 000 bytes.
    pub scope: MaybeUndefined<String>,
    /// What the team says about it among itself, in Markdown, at most 50 000 bytes.
    pub notes: MaybeUndefined<String>,
    /// By how many calendar days the project ends later, at most 3 650; earlier if negative.
    pub days: MaybeUndefined<i32>,
    /// By how much the budget grows, in the currency of the project's; it shrinks if negative. Needs
    /// `projects.budget.write` on the project.
    pub amount: MaybeUndefined<MoneyInput>,
    /// Whether the amount is offered for billing once it is applied.
    pub billable: MaybeUndefined<bool>,
}

macro_rules! named {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, InputObject)]
            pub struct $name {
                /// The change request.
                pub id: ChangeRequestId,
                /// The version that the decision was made on; a stale one is CONFLICT.
                pub expected_version: Option<i64>,
            }
        )+
    };
}

named! {
    /// A draft to be removed.
    DeleteChangeRequestInput,
    /// A draft about which agency and client are asked.
    SubmitChangeRequestInput,
    /// A change request that everybody agreed to.
    ApplyChangeRequestInput,
}

/// A change request that the viewer's side agrees to.
#[derive(Clone, Debug, InputObject)]
pub struct ApproveChangeRequestInput {
    /// The change request.
    pub id: ChangeRequestId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// What there is to say about it, at most 2 000 characters.
    pub comment: Option<String>,
}

/// A change request that the viewer's side does not agree to.
#[derive(Clone, Debug, InputObject)]
pub struct RejectChangeRequestInput {
    /// The change request.
    pub id: ChangeRequestId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// Why not, at most 2 000 characters.
    pub comment: String,
}

/// The answer of one side.
pub struct Decision {
    /// Name of the act.
    pub(crate) act: &'static str,
    /// The change request.
    pub(crate) id: ChangeRequestId,
    /// The version that the decision was made on.
    pub(crate) expected_version: Option<i64>,
    /// What they said.
    pub(crate) answer: ChangeRequestAnswer,
    /// And in their words.
    pub(crate) comment: Option<String>,
}

payloads! {
    /// What `createChangeRequest` made.
    CreateChangeRequestPayload {
        /// The new change request.
        change_request: ChangeRequest
    }
    /// What `updateChangeRequest` changed.
    UpdateChangeRequestPayload {
        /// The change request as it is now.
        change_request: ChangeRequest
    }
    /// What `submitChangeRequest` changed.
    SubmitChangeRequestPayload {
        /// The change request as it is now.
        change_request: ChangeRequest
    }
    /// What `approveChangeRequest` changed.
    ApproveChangeRequestPayload {
        /// The change request as it is now.
        change_request: ChangeRequest
    }
    /// What `rejectChangeRequest` changed.
    RejectChangeRequestPayload {
        /// The change request as it is now.
        change_request: ChangeRequest
    }
    /// What `applyChangeRequest` changed.
    ApplyChangeRequestPayload {
        /// The change request as it is now; its project is as it says.
        change_request: ChangeRequest
    }
}

/// What `deleteChangeRequest` removed.
#[derive(SimpleObject)]
pub struct DeleteChangeRequestPayload {
    /// Id of the change request that is gone.
    pub id: ChangeRequestId,
}

/// Root mutations of change requests.
#[derive(Default)]
pub struct ChangeRequestMutation;

#[Object]
impl ChangeRequestMutation {
    /// Writes a change request, as a draft that the client does not see. Needs `projects.change_request.write` on the
    /// project.
    async fn create_change_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new change request.")] input: CreateChangeRequestInput,
    ) -> Result<CreateChangeRequestPayload> {
        super::create(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Changes a draft. Needs `projects.change_request.write` on it.
    async fn update_change_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateChangeRequestInput,
    ) -> Result<UpdateChangeRequestPayload> {
        super::update(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Removes a draft. Needs `projects.change_request.write` on it.
    async fn delete_change_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which change request.")] input: DeleteChangeRequestInput,
    ) -> Result<DeleteChangeRequestPayload> {
        super::delete(ctx.viewer(), ctx.db(), input.id, input.expected_version).await?;
        Ok(DeleteChangeRequestPayload { id: input.id })
    }

    /// Asks agency and client about a draft; it does not change any more. Needs `projects.change_request.write` on it.
    async fn submit_change_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which change request.")] input: SubmitChangeRequestInput,
    ) -> Result<SubmitChangeRequestPayload> {
        super::submit(ctx.viewer(), ctx.db(), input.id, input.expected_version).await.map(Into::into)
    }

    /// Agrees to a change request, for the client if one of their people does it and else for the agency; it is
    /// approved once both have. Needs `projects.change_request.decide` on it.
    async fn approve_change_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which change request.")] input: ApproveChangeRequestInput,
    ) -> Result<ApproveChangeRequestPayload> {
        let decision = Decision {
            act: "projects.change_request.approve",
            id: input.id,
            expected_version: input.expected_version,
            answer: ChangeRequestAnswer::Approved,
            comment: comment(input.comment.as_deref(), "comment")?,
        };
        super::decide(ctx.viewer(), ctx.db(), decision).await.map(Into::into)
    }

    /// Rejects a change request and says why, for the client if one of their people does it and else for the agency.
    /// Needs `projects.change_request.decide` on it.
    async fn reject_change_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which change request, and why not.")] input: RejectChangeRequestInput,
    ) -> Result<RejectChangeRequestPayload> {
        let decision = Decision {
            act: "projects.change_request.reject",
            id: input.id,
            expected_version: input.expected_version,
            answer: ChangeRequestAnswer::Rejected,
            comment: Some(reason(&input.comment, "comment")?),
        };
        super::decide(ctx.viewer(), ctx.db(), decision).await.map(Into::into)
    }

    /// Makes the project what was agreed, once: its budget, if it has one, and its expected end; and offers the amount
    /// for billing. Needs `projects.change_request.write` on it, and `projects.budget.write` for an amount.
    async fn apply_change_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which change request.")] input: ApplyChangeRequestInput,
    ) -> Result<ApplyChangeRequestPayload> {
        super::apply(ctx.viewer(), ctx.db(), input.id, input.expected_version).await.map(Into::into)
    }
}
