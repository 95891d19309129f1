//! Decisions in the graph: the object and the root queries.

use async_graphql::{Context, Object};
use kernel::{
    Result,
    ask::Asking,
    graph::{Graph, Node},
    id::{DecisionId, TypedId},
    page::{ById, Connection, PageArgs, list},
    policy::Guarded,
    scalar::{Date, DateTime},
};

use super::{
    entity::{Entity, Model},
    filter::{DecisionFilter, DecisionOrder},
};
use crate::{
    policy::registers::DECISIONS_READ,
    project::{entity as project, graphql::Project},
};

/// Something that was decided in a project.
#[derive(Clone, Debug)]
pub struct Decision(pub Model);

impl From<Model> for Decision {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for Decision {
    const TYPE: &'static str = "Decision";
}

/// Something that was decided in a project. Clients see those that are marked for them.
#[Object(name = "DecisionFields")]
impl Decision {
    /// Its id.
    async fn id(&self) -> DecisionId {
        self.0.id
    }

    /// What was decided, in a line.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What was decided, in Markdown.
    async fn body(&self) -> &str {
        &self.0.body
    }

    /// Why, in Markdown.
    async fn rationale(&self) -> &str {
        &self.0.rationale
    }

    /// The day it was decided.
    async fn decided_on(&self) -> Date {
        self.0.decided_on.into()
    }

    /// Whether the client sees it.
    async fn client_visible(&self) -> bool {
        self.0.client_visible
    }

    /// The project; null if the viewer may see the decision but not the project.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Graph<Project>>> {
        let project = ctx.ask().load::<ById<project::Entity>, _>(self.0.project_id.uuid()).await?;
        Ok(project.map(|project| Graph(project.into())))
    }

    /// When it was written down.
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

/// Root queries of decisions.
#[derive(Default)]
pub struct DecisionQuery;

#[Object]
impl DecisionQuery {
    /// A decision by its id. Needs `projects.decision.read`.
    async fn decision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the decision.")] id: DecisionId,
    ) -> Result<Graph<Decision>> {
        ctx.viewer().require(DECISIONS_READ)?;
        let model = Entity::fetch(ctx.db(), ctx.viewer(), DECISIONS_READ, id).await?;
        Ok(Graph(model.into()))
    }

    /// The decisions that the viewer may see, across projects; those of archived projects only if asked for by project
    /// or id. Needs `projects.decision.read`.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn decisions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these decisions.")] filter: Option<DecisionFilter>,
        #[graphql(desc = "The order; the newest first without one.")] order_by: Option<DecisionOrder>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<Decision>> {
        ctx.viewer().require(DECISIONS_READ)?;
        let filter = filter.unwrap_or_default();
        filter.check()?;
        let args = PageArgs::new(first, after, last, before);
        let order = order_by.unwrap_or_default();
        list(ctx.db(), filter.select_across(ctx.viewer()), order.into(), &args).await
    }
}
