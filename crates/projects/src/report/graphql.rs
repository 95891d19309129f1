//! Status reports in the graph: the object and the root queries.

use async_graphql::{Context, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::{Graph, Node},
    id::{StatusReportId, TypedId},
    page::{ById, Connection, PageArgs, list},
    policy::Guarded,
    scalar::{Date, DateTime},
};
use serde_json::Value as Json;

use super::{
    entity::{Entity, Model},
    filter::{StatusReportFilter, StatusReportOrder},
};
use crate::{
    policy::{
        INTERNAL_READ,
        registers::{REPORTS_READ, RISKS_READ},
        time::TIME_READ,
    },
    project::staff::guarded,
    project::{entity as project, graphql::Project},
    words::{MilestoneStatus, RiskStatus, StatusReportStatus},
};

/// What happened in a project in a week.
#[derive(Clone, Debug)]
pub struct StatusReport(pub Model);

impl From<Model> for StatusReport {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for StatusReport {
    const TYPE: &'static str = "StatusReport";
}

/// A milestone as it stood when a report was made.
#[derive(Clone, Debug, SimpleObject)]
pub struct ReportedMilestone {
    /// What people called it.
    pub name: String,
    /// When it was to be reached.
    pub due_on: Option<Date>,
    /// Where it stood.
    pub status: MilestoneStatus,
    /// How much of it was done, 0 to 100.
    pub percentage: i32,
    /// Whether it was late.
    pub overdue: bool,
}

/// A risk as it stood when a report was made.
#[derive(Clone, Debug, SimpleObject)]
pub struct ReportedRisk {
    /// What may happen.
    pub title: String,
    /// Probability × impact, 1 to 25.
    pub score: i32,
    /// Where it stood.
    pub status: RiskStatus,
}

impl StatusReport {
    fn figure(&self, name: &str) -> i64 {
        self.0.figures[name].as_i64().unwrap_or_default()
    }

    fn listed(&self, name: &str) -> &[Json] {
        self.0.figures[name].as_array().map(Vec::as_slice).unwrap_or_default()
    }
}

fn text(value: &Json, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

fn number(value: &Json, name: &str) -> i32 {
    value[name].as_i64().and_then(|number| i32::try_from(number).ok()).unwrap_or_default()
}

/// What happened in a project in a week. Clients see what was published.
#[Object(name = "StatusReportFields")]
impl StatusReport {
    /// Its id.
    async fn id(&self) -> StatusReportId {
        self.0.id
    }

    /// The Monday of the week.
    async fn week_start(&self) -> Date {
        self.0.week_start.into()
    }

    /// Which report on the week it is, from 1: the highest one counts.
    async fn revision(&self) -> i32 {
        self.0.revision
    }

    /// Where it stands.
    async fn status(&self) -> StatusReportStatus {
        super::status(&self.0)
    }

    /// How things stand, in Markdown.
    async fn summary(&self) -> &str {
        &self.0.summary
    }

    /// What was done, in Markdown.
    async fn achievements(&self) -> &str {
        &self.0.achievements
    }

    /// What comes next, in Markdown.
    async fn next_steps(&self) -> &str {
        &self.0.next_steps
    }

    /// What the team says among itself, in Markdown. Needs `projects.internal.read` on it; never for clients.
    async fn notes(&self, ctx: &Context<'_>) -> Option<Result<&str>> {
        guarded::<Entity, _>(ctx.ask(), INTERNAL_READ, self.0.id.uuid(), Some(self.0.notes.as_str())).await
    }

    /// How many tasks were done in the week.
    async fn tasks_done(&self) -> i64 {
        self.figure("tasksDone")
    }

    /// How many tasks were open when its data was read.
    async fn tasks_open(&self) -> i64 {
        self.figure("tasksOpen")
    }

    /// How many of these were late.
    async fn tasks_overdue(&self) -> i64 {
        self.figure("tasksOverdue")
    }

    /// Titles of tasks that were done in the week, at most 20.
    async fn done_tasks(&self) -> Vec<&str> {
        self.listed("doneTasks").iter().filter_map(Json::as_str).collect()
    }

    /// The milestones as they stood, at most 500; clients see those that were marked for them.
    async fn reported_milestones(&self, ctx: &Context<'_>) -> Vec<ReportedMilestone> {
        let client = ctx.viewer().is_client();
        let shown = self.listed("milestones").iter().filter(|row| !client || row["shared"] == true);
        let milestone = |row: &Json| ReportedMilestone {
            name: text(row, "name"),
            due_on: row["dueOn"]
                .as_str()
                .and_then(|day| day.parse().ok())
                .map(|day: chrono::NaiveDate| day.into()),
            status: MilestoneStatus::parse(&text(row, "status")).unwrap_or_default(),
            percentage: number(row, "percentage"),
            overdue: row["overdue"] == true,
        };
        shown.map(milestone).collect()
    }

    /// Minutes that were worked in the week, by everybody. Needs `projects.time.read` on the project; never for clients.
    async fn minutes(&self, ctx: &Context<'_>) -> Option<Result<i64>> {
        guarded::<Entity, _>(ctx.ask(), TIME_READ, self.0.id.uuid(), Some(self.figure("minutes"))).await
    }

    /// The worst risks, at most 5. Needs `projects.risk.read` on the project; never for clients.
    async fn reported_risks(&self, ctx: &Context<'_>) -> Option<Result<Vec<ReportedRisk>>> {
        let risk = |row: &Json| ReportedRisk {
            title: text(row, "title"),
            score: number(row, "score"),
            status: RiskStatus::parse(&text(row, "status")).unwrap_or_default(),
        };
        let risks = self.listed("risks").iter().map(risk).collect();
        guarded::<Entity, _>(ctx.ask(), RISKS_READ, self.0.id.uuid(), Some(risks)).await
    }

    /// When it was published; null while it is a draft.
    async fn published_at(&self) -> Option<DateTime> {
        self.0.published_at.map(Into::into)
    }

    /// The project; null if the viewer may see the report but not the project.
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

/// Root queries of status reports.
#[derive(Default)]
pub struct ReportQuery;

#[Object]
impl ReportQuery {
    /// A status report by its id. Needs `projects.report.read`.
    async fn status_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the report.")] id: StatusReportId,
    ) -> Result<Graph<StatusReport>> {
        ctx.viewer().require(REPORTS_READ)?;
        let model = Entity::fetch(ctx.db(), ctx.viewer(), REPORTS_READ, id).await?;
        Ok(Graph(model.into()))
    }

    /// The status reports that the viewer may see, across projects; those on archived projects only if asked for by
    /// project or id. Needs `projects.report.read`.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn status_reports(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these reports.")] filter: Option<StatusReportFilter>,
        #[graphql(desc = "The order; the newest first without one.")] order_by: Option<StatusReportOrder>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<StatusReport>> {
        ctx.viewer().require(REPORTS_READ)?;
        let filter = filter.unwrap_or_default();
        filter.check()?;
        let args = PageArgs::new(first, after, last, before);
        let order = order_by.unwrap_or_default();
        list(ctx.db(), filter.select_across(ctx.viewer()), order.into(), &args).await
    }
}
