//! Milestones in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{
    Error, Result,
    ask::Asking,
    id::{MilestoneId, ProjectId, UserId},
    money::MoneyInput,
    scalar::Date,
    text::REQUIRED,
};

use super::{graphql::Milestone, rules};
use crate::{
    service::Projects,
    words::{ApprovalStatus, MilestoneStatus, Priority},
};

/// A new milestone. With neither neighbour it goes behind all others.
#[derive(Clone, Debug, InputObject)]
pub struct CreateMilestoneInput {
    /// The project.
    pub project_id: ProjectId,
    /// What people call it, at most 100 characters.
    pub name: String,
    /// What there is to say about it within the team, in Markdown, at most 50 000 bytes.
    pub notes: Option<String>,
    /// What is handed over: at most 50 lines of at most 200 characters.
    pub deliverables: Option<Vec<String>>,
    /// When it is to be reached.
    pub due_on: Option<Date>,
    /// How soon it has to be reached; normal without one.
    pub priority: Option<Priority>,
    /// The member of staff who answers for it.
    pub assignee_id: Option<UserId>,
    /// What is billed for it, not negative. Needs `projects.budget.write` on the project.
    pub billing: Option<MoneyInput>,
    /// Whether the client sees it; not without it.
    pub client_visible: Option<bool>,
    /// The milestone of the project that it goes right behind.
    pub after: Option<MilestoneId>,
    /// The milestone of the project that it goes right before; not looked at beside `after`.
    pub before: Option<MilestoneId>,
}

/// Changes of a milestone: what is left out stays. Name, deliverables, date, billing and whether the client sees it stay as
/// the client approved them, or is asked to approve them: other ones are CONFLICT.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateMilestoneInput {
    /// The milestone.
    pub id: MilestoneId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// What people call it, at most 100 characters.
    pub name: MaybeUndefined<String>,
    /// What there is to say about it within the team, in Markdown, at most 50 000 bytes.
    pub notes: MaybeUndefined<String>,
    /// What is handed over: at most 50 lines of at most 200 characters; they replace those it had.
    pub deliverables: MaybeUndefined<Vec<String>>,
    /// When it is to be reached.
    pub due_on: MaybeUndefined<Date>,
    /// How soon it has to be reached.
    pub priority: MaybeUndefined<Priority>,
    /// The member of staff who answers for it.
    pub assignee_id: MaybeUndefined<UserId>,
    /// How much of it is done, 0 to 100; 100 for a completed one.
    pub percentage: MaybeUndefined<i32>,
    /// What is billed for it, not negative. Needs `projects.budget.write` on the project.
    pub billing: MaybeUndefined<MoneyInput>,
    /// Whether the client sees it.
    pub client_visible: MaybeUndefined<bool>,
}

/// A milestone to be moved to another status.
#[derive(Clone, Debug, InputObject)]
pub struct TransitionMilestoneInput {
    /// The milestone.
    pub id: MilestoneId,
    /// Where it is to go.
    pub to: MilestoneStatus,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// A milestone and its new place. With neither neighbour it goes behind all others.
#[derive(Clone, Debug, InputObject)]
pub struct MoveMilestoneInput {
    /// The milestone.
    pub id: MilestoneId,
    /// The milestone of the project that it goes right behind.
    pub after: Option<MilestoneId>,
    /// The milestone of the project that it goes right before; not looked at beside `after`.
    pub before: Option<MilestoneId>,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// A milestone to be removed.
#[derive(Clone, Debug, InputObject)]
pub struct DeleteMilestoneInput {
    /// The milestone.
    pub id: MilestoneId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// A milestone that the client is asked about.
#[derive(Clone, Debug, InputObject)]
pub struct RequestMilestoneApprovalInput {
    /// The milestone.
    pub id: MilestoneId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// A milestone that the client approves.
#[derive(Clone, Debug, InputObject)]
pub struct ApproveMilestoneInput {
    /// The milestone.
    pub id: MilestoneId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// What there is to say about it, at most 2 000 characters.
    pub comment: Option<String>,
}

/// A milestone that the client does not approve.
#[derive(Clone, Debug, InputObject)]
pub struct RejectMilestoneInput {
    /// The milestone.
    pub id: MilestoneId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// Why not, at most 2 000 characters.
    pub comment: String,
}

/// The client's answer.
pub struct DecideMilestone {
    /// Name of the act.
    pub(crate) act: &'static str,
    /// The milestone.
    pub(crate) id: MilestoneId,
    /// The version that the decision was made on.
    pub(crate) expected_version: Option<i64>,
    /// What they said.
    pub(crate) answer: ApprovalStatus,
    /// And in their words.
    pub(crate) comment: Option<String>,
}

payloads! {
    /// What `createMilestone` made.
    CreateMilestonePayload {
        /// The new milestone.
        milestone: Milestone
    }
    /// What `updateMilestone` changed.
    UpdateMilestonePayload {
        /// The milestone as it is now.
        milestone: Milestone
    }
    /// What `transitionMilestone` changed.
    TransitionMilestonePayload {
        /// The milestone as it is now.
        milestone: Milestone
    }
    /// What `moveMilestone` changed.
    MoveMilestonePayload {
        /// The milestone as it is now.
        milestone: Milestone
    }
    /// What `approveMilestone` changed.
    ApproveMilestonePayload {
        /// The milestone as it is now.
        milestone: Milestone
    }
    /// What `rejectMilestone` changed.
    RejectMilestonePayload {
        /// The milestone as it is now.
        milestone: Milestone
    }
    /// What `requestMilestoneApproval` changed.
    RequestMilestoneApprovalPayload {
        /// The milestone as it is now.
        milestone: Milestone
    }
}

/// What `deleteMilestone` removed.
#[derive(SimpleObject)]
pub struct DeleteMilestonePayload {
    /// Id of the milestone that is gone.
    pub id: MilestoneId,
}

/// Root mutations of milestones.
#[derive(Default)]
pub struct MilestoneMutation;

#[Object]
impl MilestoneMutation {
    /// Makes a milestone. Needs `projects.milestone.write` on the project.
    async fn create_milestone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new milestone.")] input: CreateMilestoneInput,
    ) -> Result<CreateMilestonePayload> {
        let projects = ctx.data_unchecked::<Projects>();
        let milestone = super::create(ctx.viewer(), ctx.db(), projects, input).await?;
        Ok(milestone.into())
    }

    /// Changes a milestone. Needs `projects.milestone.write` on it.
    async fn update_milestone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateMilestoneInput,
    ) -> Result<UpdateMilestonePayload> {
        let projects = ctx.data_unchecked::<Projects>();
        super::update(ctx.viewer(), ctx.db(), projects, input).await.map(Into::into)
    }

    /// Moves a milestone to another status; one that the client approved can only be completed. Needs
    /// `projects.milestone.write` on it.
    async fn transition_milestone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which milestone, and where to.")] input: TransitionMilestoneInput,
    ) -> Result<TransitionMilestonePayload> {
        super::transition(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Moves a milestone to another place of its project. Needs `projects.milestone.write` on it.
    async fn move_milestone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The milestone and its new place.")] input: MoveMilestoneInput,
    ) -> Result<MoveMilestonePayload> {
        super::relocate(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Removes a milestone that the client has not approved; its tasks stay, in no milestone, and dependencies on it go.
    /// Needs `projects.milestone.write` on it.
    async fn delete_milestone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which milestone.")] input: DeleteMilestoneInput,
    ) -> Result<DeleteMilestonePayload> {
        super::delete(ctx.viewer(), ctx.db(), input.id, input.expected_version).await?;
        Ok(DeleteMilestonePayload { id: input.id })
    }

    /// Asks the client to approve a milestone that is marked for them. Needs `projects.milestone.write` on it.
    async fn request_milestone_approval(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which milestone.")] input: RequestMilestoneApprovalInput,
    ) -> Result<RequestMilestoneApprovalPayload> {
        super::request(ctx.viewer(), ctx.db(), input.id, input.expected_version).await.map(Into::into)
    }

    /// Approves a milestone for the client that the project is for; only their people can. Needs
    /// `projects.milestone.approve`.
    async fn approve_milestone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which milestone.")] input: ApproveMilestoneInput,
    ) -> Result<ApproveMilestonePayload> {
        let decision = DecideMilestone {
            act: "projects.milestone.approve",
            id: input.id,
            expected_version: input.expected_version,
            answer: ApprovalStatus::Approved,
            comment: rules::comment(input.comment.as_deref())?,
        };
        super::decide(ctx.viewer(), ctx.db(), decision).await.map(Into::into)
    }

    /// Rejects a milestone for the client that the project is for, and says why; only their people can. Needs
    /// `projects.milestone.approve`.
    async fn reject_milestone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which milestone, and why not.")] input: RejectMilestoneInput,
    ) -> Result<RejectMilestonePayload> {
        let comment = rules::comment(Some(&input.comment))?;
        let comment = comment.ok_or_else(|| Error::field("comment", REQUIRED))?;
        let decision = DecideMilestone {
            act: "projects.milestone.reject",
            id: input.id,
            expected_version: input.expected_version,
            answer: ApprovalStatus::Rejected,
            comment: Some(comment),
        };
        super::decide(ctx.viewer(), ctx.db(), decision).await.map(Into::into)
    }
}
