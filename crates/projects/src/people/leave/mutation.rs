//! Leave in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, Object};
use kernel::{
    Result,
    ask::Asking,
    id::{LeaveId, UserId},
    scalar::Date,
};

use super::graphql::Leave;
use crate::{service::Projects, words::LeaveKind};

/// Leave that somebody asks for.
#[derive(Clone, Debug, InputObject)]
pub struct RequestLeaveInput {
    /// Who is away; oneself without it. Others need `projects.leave.write` on the whole agency.
    pub user_id: Option<UserId>,
    /// Why.
    pub kind: LeaveKind,
    /// The first day; not before today but for who is ill.
    pub from: Date,
    /// The last day, at most 1 100 days in all.
    pub to: Date,
    /// How much of each day, in minutes from its end, 1 to 1 440; whole days without it.
    pub minutes_per_day: Option<i64>,
    /// What there is to say about it, at most 2 000 characters.
    pub note: Option<String>,
}

/// Leave that is approved.
#[derive(Clone, Debug, InputObject)]
pub struct ApproveLeaveInput {
    /// The leave.
    pub id: LeaveId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// Leave that is taken back.
#[derive(Clone, Debug, InputObject)]
pub struct CancelLeaveInput {
    /// The leave.
    pub id: LeaveId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// Leave that is rejected.
#[derive(Clone, Debug, InputObject)]
pub struct RejectLeaveInput {
    /// The leave.
    pub id: LeaveId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// Why, at most 2 000 characters.
    pub reason: String,
}

payloads! {
    /// What `requestLeave` made.
    RequestLeavePayload {
        /// The leave, which waits for somebody to decide.
        leave: Leave
    }
    /// What `approveLeave` changed.
    ApproveLeavePayload {
        /// The leave as it is now.
        leave: Leave
    }
    /// What `rejectLeave` changed.
    RejectLeavePayload {
        /// The leave as it is now.
        leave: Leave
    }
    /// What `cancelLeave` changed.
    CancelLeavePayload {
        /// The leave as it is now.
        leave: Leave
    }
}

/// Root mutations of leave.
#[derive(Default)]
pub struct LeaveMutation;

#[Object]
impl LeaveMutation {
    /// Asks for leave. It must not overlap with other leave of the person that waits or is approved. Needs
    /// `projects.leave.write`.
    async fn request_leave(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The leave.")] input: RequestLeaveInput,
    ) -> Result<RequestLeavePayload> {
        let projects = ctx.data_unchecked::<Projects>();
        super::request(ctx.viewer(), ctx.db(), projects, input).await.map(Into::into)
    }

    /// Approves leave that waits: from now on the person is away. Needs `projects.leave.decide`; nobody but the owner of
    /// the agency decides about their own.
    async fn approve_leave(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which leave.")] input: ApproveLeaveInput,
    ) -> Result<ApproveLeavePayload> {
        let projects = ctx.data_unchecked::<Projects>();
        super::approve(ctx.viewer(), ctx.db(), projects, input).await.map(Into::into)
    }

    /// Rejects leave that waits. Needs `projects.leave.decide`; nobody but the owner of the agency decides about their
    /// own.
    async fn reject_leave(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which leave, and why.")] input: RejectLeaveInput,
    ) -> Result<RejectLeavePayload> {
        let projects = ctx.data_unchecked::<Projects>();
        super::reject(ctx.viewer(), ctx.db(), projects, input).await.map(Into::into)
    }

    /// Takes leave back that waits or is approved: one's own until it has begun, any with `projects.leave.decide`.
    async fn cancel_leave(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which leave.")] input: CancelLeaveInput,
    ) -> Result<CancelLeavePayload> {
        let projects = ctx.data_unchecked::<Projects>();
        super::cancel(ctx.viewer(), ctx.db(), projects, input).await.map(Into::into)
    }
}
