//! Weeks in the graph: the object, the list and the grid.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kernel::{
    Fields, Result,
    ask::Asking,
    graph::{Graph, Node},
    id::{TimesheetId, TypedId, UserId},
    page::{Connection, DateRange, Order, PageArgs, check_listed, list},
    policy::Guarded,
    scalar::{Date, DateTime},
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, Select};

use super::{
    entity::{Column, Entity, Model},
    grid,
};
use crate::{
    policy::time::TIME_READ,
    project::graphql::Project,
    task::graphql::Task,
    time::{activity_type::graphql::ActivityType, entry::graphql::TimeEntry},
    words::TimesheetStatus,
};

/// A person's week.
#[derive(Clone, Debug)]
pub struct Timesheet(pub Model);

impl From<Model> for Timesheet {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for Timesheet {
    const TYPE: &'static str = "Timesheet";
}

/// A person's week.
#[Object(name = "TimesheetFields")]
impl Timesheet {
    /// Its id.
    async fn id(&self) -> TimesheetId {
        self.0.id
    }

    /// Its Monday.
    async fn week_start(&self) -> Date {
        self.0.week_start.into()
    }

    /// Where it stands.
    async fn status(&self) -> TimesheetStatus {
        TimesheetStatus::parse(&self.0.status).unwrap_or_default()
    }

    /// When it was handed in; null before.
    async fn submitted_at(&self) -> Option<DateTime> {
        self.0.submitted_at.map(Into::into)
    }

    /// When all of it was approved, or something was sent back; null before.
    async fn decided_at(&self) -> Option<DateTime> {
        self.0.decided_at.map(Into::into)
    }

    /// Why something was sent back, or the week was opened again; null if neither happened.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Counts the changes; sent back as `expectedVersion`, it keeps one change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// What somebody did in a week, as a grid: a row for each thing that time was spent on, a cell for each day.
#[derive(SimpleObject)]
pub struct TimesheetWeek {
    /// Its Monday.
    pub week_start: Date,
    /// Its seven days.
    pub days: Vec<Date>,
    /// The week itself; null if nothing was ever written into it.
    pub timesheet: Option<Graph<Timesheet>>,
    /// One row for each project, task and kind of work, at most 200.
    pub rows: Vec<TimesheetRow>,
    /// Minutes of each day.
    pub day_minutes: Vec<i64>,
    /// Minutes of the week.
    pub total_minutes: i64,
}

/// What was spent on one thing in a week.
#[derive(SimpleObject)]
pub struct TimesheetRow {
    /// The project; null if the viewer may not see it.
    pub project: Option<Graph<Project>>,
    /// The task; null for none, or for one that the viewer may not see.
    pub task: Option<Graph<Task>>,
    /// The kind of work; null for none.
    pub activity_type: Option<Graph<ActivityType>>,
    /// The days on which there is anything.
    pub cells: Vec<TimesheetCell>,
    /// Minutes of the row.
    pub total_minutes: i64,
}

/// What was spent on one thing on one day.
#[derive(SimpleObject)]
pub struct TimesheetCell {
    /// The day.
    pub date: Date,
    /// Minutes of all entries.
    pub minutes: i64,
    /// The entries that make it up, at most 100.
    pub time_entries: Vec<Graph<TimeEntry>>,
}

/// Which weeks a list has; every condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct TimesheetFilter {
    /// Only of these people.
    pub user_ids: Option<Vec<UserId>>,
    /// Only those that stand so.
    pub status: Option<Vec<TimesheetStatus>>,
    /// Only with their Monday in this time.
    pub week_start: Option<DateRange>,
}

impl TimesheetFilter {
    fn check(&self) -> Result<()> {
        let mut fields = Fields::new();
        check_listed(self.user_ids.as_ref(), "filter.userIds", &mut fields);
        check_listed(self.status.as_ref(), "filter.status", &mut fields);
        fields.check()
    }

    fn select(&self, viewer: &Viewer) -> Select<Entity> {
        let mut select = Entity::visible(viewer, TIME_READ);
        if let Some(people) = &self.user_ids {
            select = select.filter(Column::UserId.is_in(people.iter().map(|user| user.uuid())));
        }
        if let Some(states) = &self.status {
            select = select.filter(Column::Status.is_in(states.iter().map(|state| state.as_str())));
        }
        if let Some(range) = self.week_start {
            select = select.filter(range.of(Column::WeekStart));
        }
        select
    }
}

/// Root queries of weeks.
#[derive(Default)]
pub struct TimesheetQuery;

#[Object]
impl TimesheetQuery {
    /// The weeks that the viewer may see, the latest first: their own, and those with time of projects they answer for.
    /// Needs `projects.time.read`.
    async fn timesheets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these weeks.")] filter: Option<TimesheetFilter>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<Timesheet>> {
        ctx.viewer().require(TIME_READ)?;
        let filter = filter.unwrap_or_default();
        filter.check()?;
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), filter.select(ctx.viewer()), Order::desc(Column::WeekStart), &args).await
    }

    /// The grid of a week: the viewer's own, or what they may see of somebody else's. Needs `projects.time.read`.
    async fn timesheet_week(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Any day of the week.")] date: Date,
        #[graphql(desc = "Whose week; the viewer's own without one.")] user_id: Option<UserId>,
    ) -> Result<TimesheetWeek> {
        ctx.viewer().require(TIME_READ)?;
        let user = match user_id {
            Some(user) => user,
            None => ctx.viewer().signed_in()?,
        };
        grid::read(ctx.ask(), user, date.naive()).await
    }
}
