//! Feedback in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::Graph,
    id::{FeedbackRequestId, MilestoneId, ProjectId, UserId},
};

use super::graphql::FeedbackRequest;
use crate::{service::Projects, words::FeedbackKind};

/// A question to people of a client.
#[derive(Clone, Debug, InputObject)]
pub struct RequestFeedbackInput {
    /// The project.
    pub project_id: ProjectId,
    /// The milestone that it is about, one that the client sees; the whole project without it.
    pub milestone_id: Option<MilestoneId>,
    /// What is asked.
    pub kind: FeedbackKind,
    /// Who is asked: 1 to 20 people of the project's client.
    pub user_ids: Vec<UserId>,
    /// For how many days it can be answered, 1 to 90; 14 without it.
    pub days: Option<i32>,
}

/// An answer.
#[derive(Clone, Debug, InputObject)]
pub struct AnswerFeedbackInput {
    /// The question, one's own.
    pub id: FeedbackRequestId,
    /// The answer: 1 to 5 for how satisfied one is, 0 to 10 for how likely one is to recommend the agency.
    pub score: i32,
    /// What there is to say about it, at most 2 000 characters.
    pub comment: Option<String>,
}

/// A question whose person is to be reminded.
#[derive(Clone, Debug, InputObject)]
pub struct RemindFeedbackInput {
    /// The question.
    pub id: FeedbackRequestId,
}

/// A question to be taken back.
#[derive(Clone, Debug, InputObject)]
pub struct WithdrawFeedbackInput {
    /// The question.
    pub id: FeedbackRequestId,
}

/// What `requestFeedback` asked.
#[derive(SimpleObject)]
pub struct RequestFeedbackPayload {
    /// One for each person, in the order given.
    pub requests: Vec<Graph<FeedbackRequest>>,
}

payloads! {
    /// What `answerFeedback` changed.
    AnswerFeedbackPayload {
        /// The question with its answer.
        feedback_request: FeedbackRequest
    }
    /// What `remindFeedback` changed.
    RemindFeedbackPayload {
        /// The question as it is now.
        feedback_request: FeedbackRequest
    }
}

/// What `withdrawFeedback` removed.
#[derive(SimpleObject)]
pub struct WithdrawFeedbackPayload {
    /// Id of the question that is gone.
    pub id: FeedbackRequestId,
}

/// Root mutations of feedback.
#[derive(Default)]
pub struct FeedbackMutation;

#[Object]
impl FeedbackMutation {
    /// Asks people of the project's client how satisfied they are; each gets a letter, and another one if they have not
    /// answered after two thirds of the time. Needs `projects.feedback.ask` on the project.
    async fn request_feedback(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who is asked what.")] input: RequestFeedbackInput,
    ) -> Result<RequestFeedbackPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        let asked = super::request(ctx.viewer(), ctx.db(), projects, input).await?;
        Ok(RequestFeedbackPayload { requests: asked.into_iter().map(|row| Graph(row.into())).collect() })
    }

    /// Answers one's own question, once. Needs `projects.feedback.answer`; only clients can.
    async fn answer_feedback(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The answer.")] input: AnswerFeedbackInput,
    ) -> Result<AnswerFeedbackPayload> {
        super::answer(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Reminds somebody of a question that is open, at most once a day. Needs `projects.feedback.ask` on it.
    async fn remind_feedback(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which question.")] input: RemindFeedbackInput,
    ) -> Result<RemindFeedbackPayload> {
        super::remind(ctx.viewer(), ctx.db(), input.id).await.map(Into::into)
    }

    /// Takes back a question that was not answered. Needs `projects.feedback.ask` on it.
    async fn withdraw_feedback(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which question.")] input: WithdrawFeedbackInput,
    ) -> Result<WithdrawFeedbackPayload> {
        super::withdraw(ctx.viewer(), ctx.db(), input.id).await?;
        Ok(WithdrawFeedbackPayload { id: input.id })
    }
}
