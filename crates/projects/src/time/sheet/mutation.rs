//! Weeks in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::Graph,
    id::{ActivityTypeId, ProjectId, TaskId, TimeEntryId, TimesheetId},
    scalar::Date,
};

use super::{
    approval::{self, Decision},
    course,
    graphql::Timesheet,
    write,
};
use crate::{
    service::Projects,
    time::entry::{graphql::TimeEntry, mutation::shown},
};

/// One cell of the grid: so many minutes of one thing on one day.
#[derive(Clone, Debug, InputObject)]
pub struct TimesheetCellInput {
    /// The project; that of the task without one.
    pub project_id: Option<ProjectId>,
    /// The task.
    pub task_id: Option<TaskId>,
    /// The kind of work.
    pub activity_type_id: Option<ActivityTypeId>,
    /// The day.
    pub date: Date,
    /// How many minutes the cell shall have; 0 empties it.
    pub minutes: i64,
    /// What was done, in Markdown, at most 2 000 bytes; without a word it stays.
    pub description: Option<String>,
    /// Whether it is billed; without a word it stays, and is as the project and the kind of work are if it is new.
    pub billable: Option<bool>,
}

/// Cells of the viewer's week; cells that are not named stay.
#[derive(Clone, Debug, InputObject)]
pub struct WriteTimesheetInput {
    /// The Monday of the week.
    pub week_start: Date,
    /// The cells, at most 500, each once.
    pub cells: Vec<TimesheetCellInput>,
}

/// A week to be handed in.
#[derive(Clone, Debug, InputObject)]
pub struct SubmitTimesheetInput {
    /// The Monday of the week.
    pub week_start: Date,
}

/// A week to be approved.
#[derive(Clone, Debug, InputObject)]
pub struct ApproveTimesheetInput {
    /// The week.
    pub id: TimesheetId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// A week to be sent back.
#[derive(Clone, Debug, InputObject)]
pub struct RejectTimesheetInput {
    /// The week.
    pub id: TimesheetId,
    /// Why, at most 500 characters.
    pub reason: String,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// A week to be opened again.
#[derive(Clone, Debug, InputObject)]
pub struct ReopenTimesheetInput {
    /// The week.
    pub id: TimesheetId,
    /// Why, at most 500 characters.
    pub reason: String,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// Entries to be approved.
#[derive(Clone, Debug, InputObject)]
pub struct ApproveTimeEntriesInput {
    /// The entries, at most 500.
    pub ids: Vec<TimeEntryId>,
}

/// Entries to be sent back.
#[derive(Clone, Debug, InputObject)]
pub struct RejectTimeEntriesInput {
    /// The entries, at most 500.
    pub ids: Vec<TimeEntryId>,
    /// Why, at most 500 characters.
    pub reason: String,
}

macro_rules! week_payload {
    ($($doc:literal $name:ident),+ $(,)?) => {
        $(
            #[doc = $doc]
            #[derive(SimpleObject)]
            pub struct $name {
                /// The week as it is now.
                pub timesheet: Graph<Timesheet>,
            }
        )+
    };
}

week_payload! {
    "What `submitTimesheet` handed in." SubmitTimesheetPayload,
    "What `approveTimesheet` approved." ApproveTimesheetPayload,
    "What `rejectTimesheet` sent back." RejectTimesheetPayload,
    "What `reopenTimesheet` opened." ReopenTimesheetPayload,
}

/// What `writeTimesheet` wrote.
#[derive(SimpleObject)]
pub struct WriteTimesheetPayload {
    /// The week as it is now; null if nothing was ever written into it.
    pub timesheet: Option<Graph<Timesheet>>,
    /// The entries that were made or changed, at most 500.
    pub time_entries: Vec<Graph<TimeEntry>>,
}

/// What `approveTimeEntries` approved.
#[derive(SimpleObject)]
pub struct ApproveTimeEntriesPayload {
    /// The entries as they are now.
    pub time_entries: Vec<Graph<TimeEntry>>,
}

/// What `rejectTimeEntries` sent back.
#[derive(SimpleObject)]
pub struct RejectTimeEntriesPayload {
    /// The entries as they are now.
    pub time_entries: Vec<Graph<TimeEntry>>,
}

/// Root mutations of weeks.
#[derive(Default)]
pub struct TimesheetMutation;

#[Object]
impl TimesheetMutation {
    /// Writes cells of the viewer's week: all of them, or none with what is wrong at each. Needs `projects.time.log` on
    /// the projects or tasks.
    async fn write_timesheet(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The cells.")] input: WriteTimesheetInput,
    ) -> Result<WriteTimesheetPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        let written = write::write(ctx.viewer(), ctx.db(), projects, input).await?;
        let timesheet = written.timesheet.map(|week| Graph(week.into()));
        Ok(WriteTimesheetPayload { timesheet, time_entries: shown(written.entries) })
    }

    /// Hands in the viewer's week; CONFLICT while their timer measures time of it. A week of which everything is decided
    /// already is approved. Needs `projects.time.log`.
    async fn submit_timesheet(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which week.")] input: SubmitTimesheetInput,
    ) -> Result<SubmitTimesheetPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        let monday = input.week_start.naive();
        let week = course::submit(ctx.viewer(), ctx.db(), projects, monday).await?;
        Ok(SubmitTimesheetPayload { timesheet: Graph(week.into()) })
    }

    /// Approves everything in a week that waits for the viewer, and fixes its rates. Needs `projects.time.approve` on
    /// the projects.
    async fn approve_timesheet(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which week.")] input: ApproveTimesheetInput,
    ) -> Result<ApproveTimesheetPayload> {
        let ApproveTimesheetInput { id, expected_version } = input;
        let decision = Decision::Approve;
        let (week, _) = approval::decide_week(ctx.viewer(), ctx.db(), id, expected_version, decision).await?;
        Ok(ApproveTimesheetPayload { timesheet: Graph(week.into()) })
    }

    /// Sends everything in a week back that waits for the viewer. Needs `projects.time.approve` on the projects.
    async fn reject_timesheet(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which week, and why.")] input: RejectTimesheetInput,
    ) -> Result<RejectTimesheetPayload> {
        let RejectTimesheetInput { id, reason, expected_version } = input;
        let decision = Decision::reject(&reason)?;
        let (week, _) = approval::decide_week(ctx.viewer(), ctx.db(), id, expected_version, decision).await?;
        Ok(RejectTimesheetPayload { timesheet: Graph(week.into()) })
    }

    /// Opens a week again that was handed in or approved; what was taken for billing stays as it is. Needs
    /// `projects.time.manage` on the whole agency.
    async fn reopen_timesheet(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which week, and why.")] input: ReopenTimesheetInput,
    ) -> Result<ReopenTimesheetPayload> {
        let ReopenTimesheetInput { id, reason, expected_version } = input;
        let week = course::reopen(ctx.viewer(), ctx.db(), id, expected_version, &reason).await?;
        Ok(ReopenTimesheetPayload { timesheet: Graph(week.into()) })
    }

    /// Approves entries that were handed in, and fixes their rates: all of them, or none. Needs `projects.time.approve`
    /// on their projects.
    async fn approve_time_entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entries.")] input: ApproveTimeEntriesInput,
    ) -> Result<ApproveTimeEntriesPayload> {
        let entries = approval::decide(ctx.viewer(), ctx.db(), input.ids, Decision::Approve).await?;
        Ok(ApproveTimeEntriesPayload { time_entries: shown(entries) })
    }

    /// Sends entries back that were handed in: all of them, or none. Needs `projects.time.approve` on their projects.
    async fn reject_time_entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entries, and why.")] input: RejectTimeEntriesInput,
    ) -> Result<RejectTimeEntriesPayload> {
        let decision = Decision::reject(&input.reason)?;
        let entries = approval::decide(ctx.viewer(), ctx.db(), input.ids, decision).await?;
        Ok(RejectTimeEntriesPayload { time_entries: shown(entries) })
    }
}
