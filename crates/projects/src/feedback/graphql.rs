//! Feedback in the graph: the object, what many answers amount to, and the root queries.

use async_graphql::{Context, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::{Graph, Node},
    id::{FeedbackRequestId, TypedId},
    page::{ById, Connection, PageArgs, list},
    policy::Guarded,
    scalar::DateTime,
};

use super::{
    entity::{Entity, Model},
    filter::{FeedbackFilter, FeedbackOrder},
    rules::{self, Tally},
};
use crate::{
    milestone::{entity as milestone, graphql::Milestone},
    policy::registers::FEEDBACK_READ,
    project::{entity as project, graphql::Project},
    words::{FeedbackKind, FeedbackStatus},
};

/// A question to a person of a client how satisfied they are.
#[derive(Clone, Debug)]
pub struct FeedbackRequest(pub Model);

impl From<Model> for FeedbackRequest {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for FeedbackRequest {
    const TYPE: &'static str = "FeedbackRequest";
}

/// A question to a person of a client how satisfied they are. Clients see what they were asked themselves.
#[Object(name = "FeedbackRequestFields")]
impl FeedbackRequest {
    /// Its id.
    async fn id(&self) -> FeedbackRequestId {
        self.0.id
    }

    /// What is asked.
    async fn kind(&self) -> FeedbackKind {
        rules::kind(&self.0)
    }

    /// Where it stands.
    async fn status(&self, ctx: &Context<'_>) -> FeedbackStatus {
        rules::status(&self.0, ctx.viewer().now)
    }

    /// Until when it can be answered.
    async fn expires_at(&self) -> DateTime {
        self.0.expires_at.into()
    }

    /// When they were last reminded; null if never.
    async fn reminded_at(&self) -> Option<DateTime> {
        self.0.reminded_at.map(Into::into)
    }

    /// When they answered; null while they have not.
    async fn answered_at(&self) -> Option<DateTime> {
        self.0.answered_at.map(Into::into)
    }

    /// What they answered: 1 to 5, or 0 to 10; null while they have not.
    async fn score(&self) -> Option<i32> {
        self.0.score
    }

    /// What they said with it.
    async fn comment(&self) -> Option<&str> {
        self.0.comment.as_deref()
    }

    /// The project; null if the viewer may not see it.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Graph<Project>>> {
        let project = ctx.ask().load::<ById<project::Entity>, _>(self.0.project_id.uuid()).await?;
        Ok(project.map(|project| Graph(project.into())))
    }

    /// The milestone that it is about; null for the whole project, and if the viewer may not see it.
    async fn milestone(&self, ctx: &Context<'_>) -> Result<Option<Graph<Milestone>>> {
        let Some(id) = self.0.milestone_id else { return Ok(None) };
        let milestone = ctx.ask().load::<ById<milestone::Entity>, _>(id.uuid()).await?;
        Ok(milestone.map(|milestone| Graph(milestone.into())))
    }

    /// When it was asked.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// Counts the changes; sent back as `expectedVersion`, it keeps one change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// What many answers of clients amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SimpleObject)]
pub struct FeedbackFigures {
    /// How many questions were asked.
    pub asked: i64,
    /// How many of them were answered.
    pub answered: i64,
    /// How many said how satisfied they are.
    pub csat_answers: i64,
    /// The customer satisfaction score: 4 and 5 among those answers, in per cent; null without answers.
    pub csat: Option<i32>,
    /// How many said whether they would recommend the agency.
    pub nps_answers: i64,
    /// The net promoter score, -100 to 100: 9 and 10 less 0 to 6 among those answers, in per cent; null without answers.
    pub nps: Option<i32>,
}

impl From<Tally> for FeedbackFigures {
    fn from(tally: Tally) -> Self {
        Self {
            asked: tally.asked,
            answered: tally.csat + tally.nps,
            csat_answers: tally.csat,
            csat: tally.csat_score(),
            nps_answers: tally.nps,
            nps: tally.nps_score(),
        }
    }
}

/// Root queries of feedback.
#[derive(Default)]
pub struct FeedbackQuery;

#[Object]
impl FeedbackQuery {
    /// A question to a client by its id. Needs `projects.feedback.read`.
    async fn feedback_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the question.")] id: FeedbackRequestId,
    ) -> Result<Graph<FeedbackRequest>> {
        ctx.viewer().require(FEEDBACK_READ)?;
        let model = Entity::fetch(ctx.db(), ctx.viewer(), FEEDBACK_READ, id).await?;
        Ok(Graph(model.into()))
    }

    /// The questions to clients that the viewer may see, across projects; those about archived projects only if asked
    /// for by project or id. Needs `projects.feedback.read`.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn feedback_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these questions.")] filter: Option<FeedbackFilter>,
        #[graphql(desc = "The order; the newest first without one.")] order_by: Option<FeedbackOrder>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<FeedbackRequest>> {
        ctx.viewer().require(FEEDBACK_READ)?;
        let filter = filter.unwrap_or_default();
        filter.check()?;
        let args = PageArgs::new(first, after, last, before);
        let order = order_by.unwrap_or_default();
        list(ctx.db(), filter.select_across(ctx.viewer()), order.into(), &args).await
    }
}
