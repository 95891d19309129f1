//! Milestones in the graph: the object and the root queries.

use async_graphql::{Context, Object};
use kernel::{
    Result,
    ask::Asking,
    field,
    graph::{Graph, Node},
    id::{MilestoneId, TypedId},
    money::Money,
    page::{ById, Connection, PageArgs, list},
    policy::Guarded,
    scalar::{Date, DateTime},
    viewer::Permission,
};

use super::{
    entity::{Entity, Model},
    filter::{MilestoneFilter, MilestoneOrder},
    rules,
};
use crate::{
    link::{self, graphql::Dependency},
    policy::{BUDGETS_READ, INTERNAL_READ, MILESTONES_READ},
    project::{entity as project, graphql::Project, rules::check_open},
    task::{
        self,
        filter::{TaskFilter, TaskOrder},
        graphql::Task,
    },
    words::{ApprovalStatus, MilestoneStatus, Priority},
};

/// A point that a project reaches, and what is delivered there.
#[derive(Clone, Debug)]
pub struct Milestone(pub Model);

impl From<Model> for Milestone {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for Milestone {
    const TYPE: &'static str = "Milestone";
}

impl Milestone {
    /// A value that needs `permission` on the milestone.
    async fn guarded<T>(
        &self,
        ctx: &Context<'_>,
        permission: Permission,
        value: Option<T>,
    ) -> Option<Result<T>> {
        match field::may_beyond::<Entity>(ctx.ask(), permission, self.0.id.uuid()).await {
            Ok(()) => value.map(Ok),
            Err(error) => Some(Err(error)),
        }
    }
}

// Reason: fields that may be refused answer `Option<Result<…>>`; an error in a `Result<Option<…>>` would take the whole
// milestone with it.
/// A point that a project reaches, and what is delivered there. Clients see those that are marked for them.
#[Object(name = "MilestoneFields")]
impl Milestone {
    /// Its id.
    async fn id(&self) -> MilestoneId {
        self.0.id
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What there is to say about it within the team, in Markdown. Needs `projects.internal.read` on it.
    async fn notes(&self, ctx: &Context<'_>) -> Option<Result<&str>> {
        self.guarded(ctx, INTERNAL_READ, Some(self.0.notes.as_str())).await
    }

    /// What is handed over.
    async fn deliverables(&self) -> Vec<&str> {
        super::rules::lines(&self.0)
    }

    /// When it is to be reached.
    async fn due_on(&self) -> Option<Date> {
        self.0.due_on.map(Into::into)
    }

    /// Where it stands.
    async fn status(&self) -> MilestoneStatus {
        rules::status(&self.0)
    }

    /// Whether its day is over, in the agency's time zone, and it is neither reached nor waived; nothing is overdue in a
    /// project that is archived or over.
    async fn overdue(&self, ctx: &Context<'_>) -> Result<bool> {
        let viewer = ctx.viewer();
        if !rules::is_overdue(&self.0, crate::today(viewer, viewer.now)) {
            return Ok(false);
        }
        let project = ctx.ask().load::<ById<project::Entity>, _>(self.0.project_id.uuid()).await?;
        Ok(project.is_none_or(|project| check_open(&project).is_ok()))
    }

    /// How soon it has to be reached.
    async fn priority(&self) -> Priority {
        Priority::parse(&self.0.priority).unwrap_or_default()
    }

    /// How much of it is done, 0 to 100; 100 once it is completed.
    async fn percentage(&self) -> i32 {
        self.0.percentage
    }

    /// What is billed for it. Needs `projects.budget.read` on the project.
    async fn billing(&self, ctx: &Context<'_>) -> Option<Result<Money>> {
        let billing = self.0.billing_minor.zip(self.0.billing_currency);
        let billing = billing.map(|(minor, currency)| Money::new(minor, currency));
        self.guarded(ctx, BUDGETS_READ, billing).await
    }

    /// Whether the client sees it.
    async fn client_visible(&self) -> bool {
        self.0.client_visible
    }

    /// What the client said of it; null while nobody asked them.
    async fn approval(&self) -> Option<ApprovalStatus> {
        rules::approval(&self.0)
    }

    /// When the client was asked.
    async fn approval_requested_at(&self) -> Option<DateTime> {
        self.0.approval_requested_at.map(Into::into)
    }

    /// When the client answered.
    async fn approval_decided_at(&self) -> Option<DateTime> {
        self.0.approval_decided_at.map(Into::into)
    }

    /// What the client said with their answer.
    async fn approval_comment(&self) -> Option<&str> {
        self.0.approval_comment.as_deref()
    }

    /// When it was reached; null while it is not.
    async fn completed_at(&self) -> Option<DateTime> {
        self.0.completed_at.map(Into::into)
    }

    /// Its place in the project: milestones are in the order of their ranks as texts, then of their ids.
    async fn rank(&self) -> &str {
        &self.0.rank
    }

    /// The project; null if the viewer may see the milestone but not the project.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Graph<Project>>> {
        let project = ctx.ask().load::<ById<project::Entity>, _>(self.0.project_id.uuid()).await?;
        Ok(project.map(|project| Graph(project.into())))
    }

    /// The tasks that are part of it. Needs `projects.task.read`.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these tasks.")] filter: Option<TaskFilter>,
        #[graphql(desc = "The order; as on the board without one.")] order_by: Option<TaskOrder>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Option<Result<Connection<Task>>> {
        let args = PageArgs::new(first, after, last, before);
        let under = task::entity::Column::MilestoneId;
        let filter = filter.unwrap_or_default();
        Some(task::under(ctx.ask(), under, self.0.id.uuid(), filter, order_by, args).await)
    }

    /// What it waits for: dependencies in which it is the later one, at most 100. Needs `projects.internal.read`.
    async fn predecessors(&self, ctx: &Context<'_>) -> Option<Result<Vec<Graph<Dependency>>>> {
        let column = link::entity::Column::SuccMilestoneId;
        Some(link::ends(ctx.ask(), column, self.0.id.uuid()).await)
    }

    /// What waits for it: dependencies in which it is the earlier one, at most 100. Needs `projects.internal.read`.
    async fn successors(&self, ctx: &Context<'_>) -> Option<Result<Vec<Graph<Dependency>>>> {
        let column = link::entity::Column::PredMilestoneId;
        Some(link::ends(ctx.ask(), column, self.0.id.uuid()).await)
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

/// Root queries of milestones.
#[derive(Default)]
pub struct MilestoneQuery;

#[Object]
impl MilestoneQuery {
    /// A milestone by its id. Needs `projects.milestone.read`.
    async fn milestone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the milestone.")] id: MilestoneId,
    ) -> Result<Graph<Milestone>> {
        ctx.viewer().require(MILESTONES_READ)?;
        let model = Entity::fetch(ctx.db(), ctx.viewer(), MILESTONES_READ, id).await?;
        Ok(Graph(model.into()))
    }

    /// The milestones that the viewer may see, across projects; those of archived projects only if asked for by project
    /// or id. Needs `projects.milestone.read`.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn milestones(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these milestones.")] filter: Option<MilestoneFilter>,
        #[graphql(desc = "The order; what is due first comes first without one.")] order_by: Option<
            MilestoneOrder,
        >,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<Milestone>> {
        ctx.viewer().require(MILESTONES_READ)?;
        let filter = filter.unwrap_or_default();
        filter.check()?;
        let order = order_by.unwrap_or_else(MilestoneOrder::by_due_date);
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), filter.select_across(ctx.viewer()), order.into(), &args).await
    }
}
