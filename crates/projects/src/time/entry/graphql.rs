//! Entries in the graph: the object and the root queries.

use async_graphql::{Context, Object, SimpleObject};
use kernel::{
    Error, Result, Text,
    ask::Asking,
    field,
    graph::{Graph, Node},
    id::{TimeEntryId, TypedId},
    money::Money,
    page::{ById, Connection, PageArgs, list},
    policy::Guarded,
    scalar::{Date, DateTime},
};

use super::{
    entity::{Entity, Model},
    filter::{TimeEntryFilter, TimeEntryOrder},
    rules,
};
use crate::{
    policy::{
        RATES_READ,
        time::{COSTS_READ, TIME_READ},
    },
    project::{entity as project, graphql::Project},
    task::{entity as task, graphql::Task},
    time::{
        activity_type::{entity as activity_type, graphql::ActivityType},
        cascade, rate,
        sheet::{entity as sheet, graphql::Timesheet},
    },
    words::{RateLevel, TimeEntryStatus},
};

/// Time that somebody worked on one day.
#[derive(Clone, Debug)]
pub struct TimeEntry(pub Model);

impl From<Model> for TimeEntry {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for TimeEntry {
    const TYPE: &'static str = "TimeEntry";
}

/// What an hour is worth, and why.
#[derive(SimpleObject)]
pub struct ResolvedRate {
    /// What an hour is worth.
    pub amount: Money,
    /// Where that is written.
    pub source: RateLevel,
    /// Where that is written, in words of the request's language.
    pub explanation: String,
    /// Whether an approval has fixed it; otherwise it is what would hold now.
    pub fixed: bool,
}

impl ResolvedRate {
    fn new(amount: Money, source: RateLevel, fixed: bool, ctx: &Context<'_>) -> Self {
        let said: Text = rate::explanation(source);
        let explanation = kernel::Said::from(said).render(ctx.viewer().language());
        Self { amount, source, explanation, fixed }
    }

    /// The rate that an approval has fixed; none before, or if there was none.
    fn kept(
        minor: Option<i64>,
        currency: Option<kernel::money::Currency>,
        source: Option<&str>,
        ctx: &Context<'_>,
    ) -> Option<Self> {
        let amount = minor.zip(currency).map(|(minor, currency)| Money::new(minor, currency))?;
        Some(Self::new(amount, RateLevel::parse(source?)?, true, ctx))
    }

    fn open(rate: Option<cascade::Rate>, ctx: &Context<'_>) -> Option<Self> {
        rate.map(|rate| Self::new(rate.amount, rate.level, false, ctx))
    }
}

impl TimeEntry {
    fn is_approved(&self) -> bool {
        rules::status(&self.0) == TimeEntryStatus::Approved
    }

    async fn find_bill_rate(&self, ctx: &Context<'_>) -> Result<Option<ResolvedRate>> {
        field::may_beyond::<project::Entity>(ctx.ask(), RATES_READ, self.0.project_id.uuid()).await?;
        if self.is_approved() || self.0.is_bill_fixed() {
            let Model { bill_rate_minor, bill_rate_currency, bill_source, .. } = &self.0;
            return Ok(ResolvedRate::kept(
                *bill_rate_minor,
                *bill_rate_currency,
                bill_source.as_deref(),
                ctx,
            ));
        }
        Ok(ResolvedRate::open(rate::bill_of(ctx.ask(), self.0.id).await?, ctx))
    }

    async fn find_cost_rate(&self, ctx: &Context<'_>) -> Result<Option<ResolvedRate>> {
        field::may_beyond::<project::Entity>(ctx.ask(), COSTS_READ, self.0.project_id.uuid()).await?;
        if self.is_approved() || self.0.cost_rate_minor.is_some() {
            let Model { cost_rate_minor, cost_rate_currency, cost_source, .. } = &self.0;
            return Ok(ResolvedRate::kept(
                *cost_rate_minor,
                *cost_rate_currency,
                cost_source.as_deref(),
                ctx,
            ));
        }
        Ok(ResolvedRate::open(rate::cost_of(ctx.ask(), self.0.id).await?, ctx))
    }
}

// Reason: fields that may be refused answer `Option<Result<…>>`; an error in a `Result<Option<…>>` would take the whole
// entry with it.
/// Time that somebody worked on one day.
#[Object(name = "TimeEntryFields")]
impl TimeEntry {
    /// Its id.
    async fn id(&self) -> TimeEntryId {
        self.0.id
    }

    /// The project; null if the viewer may not see it.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Graph<Project>>> {
        let project = ctx.ask().load::<ById<project::Entity>, _>(self.0.project_id.uuid()).await?;
        Ok(project.map(|project| Graph(project.into())))
    }

    /// The task; null if it was on none, or on one that the viewer may not see.
    async fn task(&self, ctx: &Context<'_>) -> Result<Option<Graph<Task>>> {
        let Some(id) = self.0.task_id else { return Ok(None) };
        let task = ctx.ask().load::<ById<task::Entity>, _>(id.uuid()).await?;
        Ok(task.map(|task| Graph(task.into())))
    }

    /// The kind of work; null if none was named.
    async fn activity_type(&self, ctx: &Context<'_>) -> Result<Option<Graph<ActivityType>>> {
        let Some(id) = self.0.activity_id else { return Ok(None) };
        let found = ctx.ask().load::<ById<activity_type::Entity>, _>(id.uuid()).await?;
        Ok(found.map(|found| Graph(found.into())))
    }

    /// The week that it is in; null if the viewer may not see it.
    async fn timesheet(&self, ctx: &Context<'_>) -> Result<Option<Graph<Timesheet>>> {
        let week = ctx.ask().load::<ById<sheet::Entity>, _>(self.0.timesheet_id.uuid()).await?;
        Ok(week.map(|week| Graph(week.into())))
    }

    /// The day, in the person's time zone.
    async fn spent_on(&self) -> Date {
        self.0.spent_on.into()
    }

    /// How many minutes were worked.
    async fn minutes(&self) -> i64 {
        self.0.minutes
    }

    /// When it began; null if only minutes are known.
    async fn started_at(&self) -> Option<DateTime> {
        self.0.started_at.map(Into::into)
    }

    /// When it ended; null if only minutes are known.
    async fn ended_at(&self) -> Option<DateTime> {
        self.0.ended_at.map(Into::into)
    }

    /// What was done, in Markdown.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Whether it is billed.
    async fn billable(&self) -> bool {
        self.0.billable
    }

    /// Whether it is of a timer that was forgotten, so that its length should be looked at.
    async fn flagged(&self) -> bool {
        self.0.flagged
    }

    /// Where it stands.
    async fn status(&self) -> TimeEntryStatus {
        rules::status(&self.0)
    }

    /// When it was approved or sent back; null before.
    async fn decided_at(&self) -> Option<DateTime> {
        self.0.decided_at.map(Into::into)
    }

    /// Why it was sent back; null if it was not.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Whether it was taken for billing: that happens once.
    async fn claimed(&self) -> bool {
        self.0.claim_id.is_some()
    }

    /// How many minutes were billed, after rounding; null before. Needs `projects.rate.read` on the project.
    async fn billed_minutes(&self, ctx: &Context<'_>) -> Option<Result<i64>> {
        let project = self.0.project_id.uuid();
        match field::may_beyond::<project::Entity>(ctx.ask(), RATES_READ, project).await {
            Ok(()) => self.0.billed_minutes.map(Ok),
            Err(error) => Some(Err(error)),
        }
    }

    /// What an hour of it is billed at, and why: of entry, task, place on the project, project with and without the
    /// kind of work, kind of work, person, client and agency the first that has a rate. Fixed when it is approved; null
    /// without any. Needs `projects.rate.read` on the project.
    async fn bill_rate(&self, ctx: &Context<'_>) -> Option<Result<ResolvedRate>> {
        self.find_bill_rate(ctx).await.transpose()
    }

    /// What an hour of it costs, and why: of place on the project, person and agency the first that has a rate. Fixed
    /// when it is approved; null without any. Needs `projects.cost.read` on the project.
    async fn cost_rate(&self, ctx: &Context<'_>) -> Option<Result<ResolvedRate>> {
        self.find_cost_rate(ctx).await.transpose()
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

/// Root queries of entries.
#[derive(Default)]
pub struct TimeEntryQuery;

#[Object]
impl TimeEntryQuery {
    /// Time by its id. Needs `projects.time.read`.
    async fn time_entry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the entry.")] id: TimeEntryId,
    ) -> Result<Graph<TimeEntry>, Error> {
        ctx.viewer().require(TIME_READ)?;
        let model = Entity::fetch(ctx.db(), ctx.viewer(), TIME_READ, id).await?;
        Ok(Graph(model.into()))
    }

    /// The time that the viewer may see: their own, and that of projects they answer for. Needs `projects.time.read`.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn time_entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these entries.")] filter: Option<TimeEntryFilter>,
        #[graphql(desc = "The order; the latest day first without one.")] order_by: Option<TimeEntryOrder>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<TimeEntry>> {
        ctx.viewer().require(TIME_READ)?;
        let filter = filter.unwrap_or_default();
        filter.check(ctx.viewer())?;
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), filter.select(ctx.viewer()), order_by.unwrap_or_default().into(), &args).await
    }
}
