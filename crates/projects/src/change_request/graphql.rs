//! Change requests in the graph: the object and the root queries.

use async_graphql::{Context, Object};
use kernel::{
    Result,
    ask::Asking,
    graph::{Graph, Node},
    id::{ChangeRequestId, TypedId},
    money::Money,
    page::{ById, Connection, PageArgs, list},
    policy::Guarded,
    scalar::DateTime,
};

use super::{
    entity::{Entity, Model},
    filter::{ChangeRequestFilter, ChangeRequestOrder},
    rules,
};
use crate::{
    policy::{BUDGETS_READ, INTERNAL_READ, registers::CHANGES_READ},
    project::staff::guarded,
    project::{entity as project, graphql::Project},
    words::{ChangeRequestAnswer as Answer, ChangeRequestStatus},
};

/// A wish to change what a project delivers, when, or for how much.
#[derive(Clone, Debug)]
pub struct ChangeRequest(pub Model);

impl From<Model> for ChangeRequest {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for ChangeRequest {
    const TYPE: &'static str = "ChangeRequest";
}

/// A wish to change what a project delivers, when, or for how much. Clients see those that were submitted.
#[Object(name = "ChangeRequestFields")]
impl ChangeRequest {
    /// Its id.
    async fn id(&self) -> ChangeRequestId {
        self.0.id
    }

    /// What is to change, in a line.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What is to change and why, in Markdown.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// What it means for what is delivered, in Markdown.
    async fn scope(&self) -> &str {
        &self.0.scope
    }

    /// What the team says about it among itself, in Markdown. Needs `projects.internal.read` on it; never for clients.
    async fn notes(&self, ctx: &Context<'_>) -> Option<Result<&str>> {
        guarded::<Entity, _>(ctx.ask(), INTERNAL_READ, self.0.id.uuid(), Some(self.0.notes.as_str())).await
    }

    /// By how many calendar days the project ends later; earlier if negative.
    async fn days(&self) -> i32 {
        self.0.days
    }

    /// By how much the price grows; it shrinks if negative. Clients see it, and staff with `projects.budget.read` on
    /// the project.
    async fn amount(&self, ctx: &Context<'_>) -> Option<Result<Money>> {
        let amount = self.0.amount_minor.zip(self.0.amount_currency);
        let amount = amount.map(|(minor, currency)| Money::new(minor, currency));
        // Reason: what they are asked to pay is theirs to know.
        if ctx.viewer().is_client() {
            return amount.map(Ok);
        }
        guarded::<Entity, _>(ctx.ask(), BUDGETS_READ, self.0.id.uuid(), amount).await
    }

    /// Whether the amount is offered for billing once it is applied.
    async fn billable(&self) -> bool {
        self.0.billable
    }

    /// Where it stands.
    async fn status(&self) -> ChangeRequestStatus {
        rules::status(&self.0)
    }

    /// When it was submitted; null while it is a draft.
    async fn submitted_at(&self) -> Option<DateTime> {
        self.0.submitted_at.map(Into::into)
    }

    /// What the agency said; null while it has not.
    async fn staff_answer(&self) -> Option<Answer> {
        self.0.staff_answer.as_deref().and_then(Answer::parse)
    }

    /// When the agency answered.
    async fn staff_answered_at(&self) -> Option<DateTime> {
        self.0.staff_at.map(Into::into)
    }

    /// What the agency said with its answer, for the team. Needs `projects.internal.read` on it; never for clients.
    async fn staff_comment(&self, ctx: &Context<'_>) -> Option<Result<&str>> {
        guarded::<Entity, _>(ctx.ask(), INTERNAL_READ, self.0.id.uuid(), self.0.staff_comment.as_deref())
            .await
    }

    /// What the client said; null while they have not.
    async fn client_answer(&self) -> Option<Answer> {
        self.0.client_answer.as_deref().and_then(Answer::parse)
    }

    /// When the client answered.
    async fn client_answered_at(&self) -> Option<DateTime> {
        self.0.client_at.map(Into::into)
    }

    /// What the client said with their answer.
    async fn client_comment(&self) -> Option<&str> {
        self.0.client_comment.as_deref()
    }

    /// When the project became what it says; null while it has not.
    async fn applied_at(&self) -> Option<DateTime> {
        self.0.applied_at.map(Into::into)
    }

    /// The project; null if the viewer may see the change request but not the project.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Graph<Project>>> {
        let project = ctx.ask().load::<ById<project::Entity>, _>(self.0.project_id.uuid()).await?;
        Ok(project.map(|project| Graph(project.into())))
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// Counts the changes; sent back as `expectedVersion`, it keeps one change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// Root queries of change requests.
#[derive(Default)]
pub struct ChangeRequestQuery;

#[Object]
impl ChangeRequestQuery {
    /// A change request by its id. Needs `projects.change_request.read`.
    async fn change_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the change request.")] id: ChangeRequestId,
    ) -> Result<Graph<ChangeRequest>> {
        ctx.viewer().require(CHANGES_READ)?;
        let model = Entity::fetch(ctx.db(), ctx.viewer(), CHANGES_READ, id).await?;
        Ok(Graph(model.into()))
    }

    /// The change requests that the viewer may see, across projects; those of archived projects only if asked for by
    /// project or id. Needs `projects.change_request.read`.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn change_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these change requests.")] filter: Option<ChangeRequestFilter>,
        #[graphql(desc = "The order; the newest first without one.")] order_by: Option<ChangeRequestOrder>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<ChangeRequest>> {
        ctx.viewer().require(CHANGES_READ)?;
        let filter = filter.unwrap_or_default();
        filter.check()?;
        let args = PageArgs::new(first, after, last, before);
        let order = order_by.unwrap_or_default();
        list(ctx.db(), filter.select_across(ctx.viewer()), order.into(), &args).await
    }
}
