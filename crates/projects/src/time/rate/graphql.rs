//! Rates in the graph: the objects and the root queries.

use async_graphql::{Context, InputObject, Object};
use kernel::{
    Fields, Result,
    ask::Asking,
    graph::{Graph, Node},
    id::{AccountId, ActivityTypeId, BillRateId, CostRateId, ProjectId, TaskId, TypedId, UserId},
    money::Money,
    page::{ById, Connection, Order, PageArgs, check_listed, list},
    policy::Guarded,
    scalar::Date,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, Select};

use super::{bill, cost};
use crate::{
    policy::{RATES_READ, time::COSTS_READ},
    project::{entity as project, graphql::Project},
    task::{entity as task, graphql::Task},
    time::activity_type::{entity as activity_type, graphql::ActivityType},
    words::RateLevel,
};

/// What an hour is billed at somewhere, from a day on.
#[derive(Clone, Debug)]
pub struct BillRate(pub bill::Model);

impl From<bill::Model> for BillRate {
    fn from(model: bill::Model) -> Self {
        Self(model)
    }
}

impl Node for BillRate {
    const TYPE: &'static str = "BillRate";
}

/// What an hour is billed at somewhere, from a day on.
#[Object(name = "BillRateFields")]
impl BillRate {
    /// Its id.
    async fn id(&self) -> BillRateId {
        self.0.id
    }

    /// Where it is written: the nearer to the work, the stronger.
    async fn level(&self) -> RateLevel {
        RateLevel::parse(&self.0.level).unwrap_or_default()
    }

    /// The project it is for; null if it is for none, or for one that the viewer may not see.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Graph<Project>>> {
        let Some(id) = self.0.project_id else { return Ok(None) };
        let found = ctx.ask().load::<ById<project::Entity>, _>(id.uuid()).await?;
        Ok(found.map(|found| Graph(found.into())))
    }

    /// The task it is for; null if it is for none, or for one that the viewer may not see.
    async fn task(&self, ctx: &Context<'_>) -> Result<Option<Graph<Task>>> {
        let Some(id) = self.0.task_id else { return Ok(None) };
        let found = ctx.ask().load::<ById<task::Entity>, _>(id.uuid()).await?;
        Ok(found.map(|found| Graph(found.into())))
    }

    /// The kind of work it is for; null if it is for none.
    async fn activity_type(&self, ctx: &Context<'_>) -> Result<Option<Graph<ActivityType>>> {
        let Some(id) = self.0.activity_id else { return Ok(None) };
        let found = ctx.ask().load::<ById<activity_type::Entity>, _>(id.uuid()).await?;
        Ok(found.map(|found| Graph(found.into())))
    }

    /// The first day it holds.
    async fn valid_from(&self) -> Date {
        self.0.since.into()
    }

    /// What an hour is billed at.
    async fn amount(&self) -> Money {
        Money::new(self.0.amount_minor, self.0.currency)
    }

    /// Counts the changes; sent back as `expectedVersion`, it keeps one change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// What an hour costs somewhere, from a day on.
#[derive(Clone, Debug)]
pub struct CostRate(pub cost::Model);

impl From<cost::Model> for CostRate {
    fn from(model: cost::Model) -> Self {
        Self(model)
    }
}

impl Node for CostRate {
    const TYPE: &'static str = "CostRate";
}

/// What an hour costs somewhere, from a day on.
#[Object(name = "CostRateFields")]
impl CostRate {
    /// Its id.
    async fn id(&self) -> CostRateId {
        self.0.id
    }

    /// Where it is written: `MEMBER`, `PERSON` or `TENANT`.
    async fn level(&self) -> RateLevel {
        RateLevel::parse(&self.0.level).unwrap_or_default()
    }

    /// The project it is for; null if it is for none, or for one that the viewer may not see.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Graph<Project>>> {
        let Some(id) = self.0.project_id else { return Ok(None) };
        let found = ctx.ask().load::<ById<project::Entity>, _>(id.uuid()).await?;
        Ok(found.map(|found| Graph(found.into())))
    }

    /// The first day it holds.
    async fn valid_from(&self) -> Date {
        self.0.since.into()
    }

    /// What an hour costs.
    async fn amount(&self) -> Money {
        Money::new(self.0.amount_minor, self.0.currency)
    }

    /// Counts the changes; sent back as `expectedVersion`, it keeps one change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// Which billing rates a list has; every condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct BillRateFilter {
    /// Only of these levels.
    pub levels: Option<Vec<RateLevel>>,
    /// Only of this project.
    pub project_id: Option<ProjectId>,
    /// Only of this task.
    pub task_id: Option<TaskId>,
    /// Only of this person.
    pub user_id: Option<UserId>,
    /// Only of this kind of work.
    pub activity_type_id: Option<ActivityTypeId>,
    /// Only of this client.
    pub account_id: Option<AccountId>,
}

impl BillRateFilter {
    fn check(&self) -> Result<()> {
        let mut fields = Fields::new();
        check_listed(self.levels.as_ref(), "filter.levels", &mut fields);
        fields.check()
    }

    fn select(&self, viewer: &Viewer) -> Select<bill::Entity> {
        use bill::Column;
        let mut select = bill::Entity::visible(viewer, RATES_READ);
        if let Some(levels) = &self.levels {
            select = select.filter(Column::Level.is_in(levels.iter().map(|level| level.as_str())));
        }
        let wanted = [
            (Column::ProjectId, self.project_id.map(|id| id.uuid())),
            (Column::TaskId, self.task_id.map(|id| id.uuid())),
            (Column::UserId, self.user_id.map(|id| id.uuid())),
            (Column::ActivityId, self.activity_type_id.map(|id| id.uuid())),
            (Column::AccountId, self.account_id.map(|id| id.uuid())),
        ];
        for (column, id) in wanted {
            select = id.map_or(select.clone(), |id| select.filter(column.eq(id)));
        }
        select
    }
}

/// Root queries of rates.
#[derive(Default)]
pub struct RateQuery;

#[Object]
impl RateQuery {
    /// What hours are billed at, the latest first: for a manager of projects what is written at these. Needs
    /// `projects.rate.read`.
    async fn bill_rates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these rates.")] filter: Option<BillRateFilter>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<BillRate>> {
        ctx.viewer().require(RATES_READ)?;
        let filter = filter.unwrap_or_default();
        filter.check()?;
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), filter.select(ctx.viewer()), Order::desc(bill::Column::Since), &args).await
    }

    /// What hours cost, the latest first. Needs `projects.cost.read`.
    async fn cost_rates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this person.")] user_id: Option<UserId>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<CostRate>> {
        ctx.viewer().require(COSTS_READ)?;
        let mut select = cost::Entity::visible(ctx.viewer(), COSTS_READ);
        if let Some(user) = user_id {
            select = select.filter(cost::Column::UserId.eq(user.uuid()));
        }
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), select, Order::desc(cost::Column::Since), &args).await
    }
}
