//! Risks in the graph: the object, the heat map and the root queries.

use async_graphql::{Context, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::{Graph, Node},
    id::{RiskId, TypedId},
    money::Money,
    page::{ById, Connection, PageArgs, list},
    policy::Guarded,
    scalar::DateTime,
};

use super::{
    entity::{Entity, Model},
    filter::{RiskFilter, RiskOrder},
};
use crate::{
    policy::{BUDGETS_READ, registers::RISKS_READ},
    project::staff::guarded,
    project::{entity as project, graphql::Project},
    words::{RiskCategory, RiskResponse, RiskStatus},
};

/// Something that may go wrong in a project.
#[derive(Clone, Debug)]
pub struct Risk(pub Model);

impl From<Model> for Risk {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for Risk {
    const TYPE: &'static str = "Risk";
}

/// Something that may go wrong in a project. For the team alone.
#[Object(name = "RiskFields")]
impl Risk {
    /// Its id.
    async fn id(&self) -> RiskId {
        self.0.id
    }

    /// What may happen, in a line.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What there is to say about it, in Markdown.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// What it is about.
    async fn category(&self) -> RiskCategory {
        RiskCategory::parse(&self.0.category).unwrap_or_default()
    }

    /// How likely it is, 1 to 5.
    async fn probability(&self) -> i32 {
        self.0.probability
    }

    /// How bad it would be, 1 to 5.
    async fn impact(&self) -> i32 {
        self.0.impact
    }

    /// Probability × impact, 1 to 25.
    async fn score(&self) -> i32 {
        self.0.score
    }

    /// What is done about it.
    async fn response(&self) -> RiskResponse {
        RiskResponse::parse(&self.0.response).unwrap_or_default()
    }

    /// How that is done, in Markdown.
    async fn mitigation(&self) -> &str {
        &self.0.mitigation
    }

    /// Where it stands.
    async fn status(&self) -> RiskStatus {
        RiskStatus::parse(&self.0.status).unwrap_or_default()
    }

    /// What it would cost. Needs `projects.budget.read` on the project.
    async fn exposure(&self, ctx: &Context<'_>) -> Option<Result<Money>> {
        let exposure = self.0.exposure_minor.zip(self.0.exposure_currency);
        let exposure = exposure.map(|(minor, currency)| Money::new(minor, currency));
        guarded::<Entity, _>(ctx.ask(), BUDGETS_READ, self.0.id.uuid(), exposure).await
    }

    /// When it was closed; null while it is not.
    async fn closed_at(&self) -> Option<DateTime> {
        self.0.closed_at.map(Into::into)
    }

    /// The project; null if the viewer may see the risk but not the project.
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

/// Risks by how likely and how bad they are.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct RiskHeatMap {
    /// How many risks there are in all of them.
    pub total: i64,
    /// All 25 squares, the least likely first, then the least bad.
    pub squares: Vec<RiskSquare>,
}

/// A square of a heat map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SimpleObject)]
pub struct RiskSquare {
    /// How likely, 1 to 5.
    pub probability: i32,
    /// How bad, 1 to 5.
    pub impact: i32,
    /// Probability × impact.
    pub score: i32,
    /// How many risks there are.
    pub count: i64,
}

/// Root queries of risks.
#[derive(Default)]
pub struct RiskQuery;

#[Object]
impl RiskQuery {
    /// A risk by its id. Needs `projects.risk.read`.
    async fn risk(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the risk.")] id: RiskId,
    ) -> Result<Graph<Risk>> {
        ctx.viewer().require(RISKS_READ)?;
        let model = Entity::fetch(ctx.db(), ctx.viewer(), RISKS_READ, id).await?;
        Ok(Graph(model.into()))
    }

    /// The risks that the viewer may see, across projects; those of archived projects only if asked for by project or
    /// id. Needs `projects.risk.read`.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn risks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these risks.")] filter: Option<RiskFilter>,
        #[graphql(desc = "The order; the worst first without one.")] order_by: Option<RiskOrder>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<Risk>> {
        ctx.viewer().require(RISKS_READ)?;
        let filter = filter.unwrap_or_default();
        filter.check()?;
        let args = PageArgs::new(first, after, last, before);
        let order = order_by.unwrap_or_default();
        list(ctx.db(), filter.select_across(ctx.viewer()), order.into(), &args).await
    }

    /// How many risks there are by how likely and how bad they are: those that the viewer may see and that are not
    /// closed, unless the filter asks for others. Needs `projects.risk.read`.
    async fn risk_heat_map(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these risks.")] filter: Option<RiskFilter>,
    ) -> Result<RiskHeatMap> {
        super::heat_map(ctx.viewer(), ctx.db(), filter.unwrap_or_default()).await
    }
}
