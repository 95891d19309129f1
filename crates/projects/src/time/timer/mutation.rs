//! Timers in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::Graph,
    id::{ActivityTypeId, ProjectId, TaskId, TimerId},
    scalar::DateTime,
};

use super::graphql::Timer;
use crate::{
    service::Projects,
    time::{
        entry::{
            graphql::TimeEntry,
            mutation::{TimeWarning, shown, warnings},
        },
        target::Aim,
    },
};

/// What a timer measures.
#[derive(Clone, Debug, Default, InputObject)]
pub struct StartTimerInput {
    /// The project; that of the task without one.
    pub project_id: Option<ProjectId>,
    /// The task.
    pub task_id: Option<TaskId>,
    /// The kind of work.
    pub activity_type_id: Option<ActivityTypeId>,
    /// What is being done, in Markdown, at most 2 000 bytes.
    pub description: Option<String>,
    /// Whether the time is billed; without a word as for time that is written down. INVALID to say so in a project that is
    /// not billed.
    pub billable: Option<bool>,
}

impl StartTimerInput {
    pub(super) fn aim(&self) -> Aim {
        Aim { project: self.project_id, task: self.task_id, activity: self.activity_type_id }
    }
}

/// What the timer measures that takes the place of the one that runs.
#[derive(Clone, Debug, Default, InputObject)]
pub struct SwitchTimerInput {
    /// The project; that of the task without one.
    pub project_id: Option<ProjectId>,
    /// The task.
    pub task_id: Option<TaskId>,
    /// The kind of work.
    pub activity_type_id: Option<ActivityTypeId>,
    /// What is being done, in Markdown, at most 2 000 bytes.
    pub description: Option<String>,
    /// Whether the time is billed; without a word as for time that is written down. INVALID to say so in a project that is
    /// not billed.
    pub billable: Option<bool>,
}

impl From<SwitchTimerInput> for StartTimerInput {
    fn from(input: SwitchTimerInput) -> Self {
        let SwitchTimerInput { project_id, task_id, activity_type_id, description, billable } = input;
        Self { project_id, task_id, activity_type_id, description, billable }
    }
}

/// How a timer is stopped; what is left out stays as it was started.
#[derive(Clone, Debug, Default, InputObject)]
pub struct StopTimerInput {
    /// When the work really ended, not in future; now without one.
    pub ended_at: Option<DateTime>,
    /// The project that the time goes to instead, with the task and the kind of work named here.
    pub project_id: Option<ProjectId>,
    /// The task that the time goes to instead.
    pub task_id: Option<TaskId>,
    /// The kind of work, beside another project or task.
    pub activity_type_id: Option<ActivityTypeId>,
    /// What was done, in Markdown, at most 2 000 bytes.
    pub description: Option<String>,
    /// Whether the time is billed.
    pub billable: Option<bool>,
}

impl StopTimerInput {
    pub(super) fn names_target(&self) -> bool {
        self.project_id.is_some() || self.task_id.is_some() || self.activity_type_id.is_some()
    }

    pub(super) fn aim(&self) -> Aim {
        Aim { project: self.project_id, task: self.task_id, activity: self.activity_type_id }
    }
}

/// What `startTimer` started.
#[derive(SimpleObject)]
pub struct StartTimerPayload {
    /// The timer that runs now.
    pub timer: Graph<Timer>,
}

/// What `switchTimer` stopped and started.
#[derive(SimpleObject)]
pub struct SwitchTimerPayload {
    /// The timer that runs now.
    pub timer: Graph<Timer>,
    /// What the other one measured, an entry for each day; empty if none ran.
    pub time_entries: Vec<Graph<TimeEntry>>,
    /// What is allowed and perhaps not meant, at most 20.
    pub warnings: Vec<TimeWarning>,
}

/// What `stopTimer` wrote down.
#[derive(SimpleObject)]
pub struct StopTimerPayload {
    /// What it measured: an entry for each day.
    pub time_entries: Vec<Graph<TimeEntry>>,
    /// What is allowed and perhaps not meant, at most 20.
    pub warnings: Vec<TimeWarning>,
}

/// What `discardTimer` threw away.
#[derive(SimpleObject)]
pub struct DiscardTimerPayload {
    /// Id of the timer that is gone.
    pub id: TimerId,
}

/// Root mutations of timers.
#[derive(Default)]
pub struct TimerMutation;

#[Object]
impl TimerMutation {
    /// Starts the viewer's timer, of which one runs at most. Needs `projects.time.log` on the project or the task.
    async fn start_timer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it measures.")] input: StartTimerInput,
    ) -> Result<StartTimerPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        let timer = super::start(ctx.viewer(), ctx.db(), projects, input).await?;
        Ok(StartTimerPayload { timer: Graph(timer.into()) })
    }

    /// Stops the viewer's timer, if one runs, and starts another. Needs `projects.time.log` on the project or the task.
    async fn switch_timer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the new one measures.")] input: SwitchTimerInput,
    ) -> Result<SwitchTimerPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        let (timer, written) = super::switch(ctx.viewer(), ctx.db(), projects, input.into()).await?;
        let warnings = warnings(written.overlapping, None, ctx.viewer().language());
        Ok(SwitchTimerPayload { timer: Graph(timer.into()), time_entries: shown(written.entries), warnings })
    }

    /// Stops the viewer's timer and writes down what it measured, an entry for each day in their time zone. Needs
    /// `projects.time.log` on the project or the task.
    async fn stop_timer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How it is stopped.")] input: StopTimerInput,
    ) -> Result<StopTimerPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        let written = super::stop(ctx.viewer(), ctx.db(), projects, input).await?;
        let warnings = warnings(written.overlapping, None, ctx.viewer().language());
        Ok(StopTimerPayload { time_entries: shown(written.entries), warnings })
    }

    /// Throws the viewer's timer away with what it measured. Needs `projects.time.log`.
    async fn discard_timer(&self, ctx: &Context<'_>) -> Result<DiscardTimerPayload> {
        Ok(DiscardTimerPayload { id: super::discard(ctx.viewer(), ctx.db()).await? })
    }
}
