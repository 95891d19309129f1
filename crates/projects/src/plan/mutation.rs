//! Plans in the graph: what would move, and the mutations that let it.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::Graph,
    id::{ProjectId, TaskId},
    scalar::{Date, DateTime},
};
use schedule::Instant;

use super::{
    fields::TaskPlanInput,
    graphql::ScheduleConflict,
    moves::TaskMove,
    reschedule::{self, Wanted},
    say,
};
use crate::project::{entity::Model as ProjectRow, graphql::Project};

/// A task that goes elsewhere.
#[derive(Clone, Debug, InputObject)]
pub struct RescheduleChangeInput {
    /// The task: of the project, and not done.
    pub task_id: TaskId,
    /// The day it starts on. A task that is scheduled by hand is put there; one that is scheduled automatically gets the
    /// constraint not to start earlier, unless `plan` names another.
    pub start_on: Option<Date>,
    /// How it is scheduled: what is left out stays.
    pub plan: Option<TaskPlanInput>,
}

/// A schedule to be applied.
#[derive(Clone, Debug, InputObject)]
pub struct ApplyRescheduleInput {
    /// The project.
    pub project_id: ProjectId,
    /// Which tasks go elsewhere, as in the preview.
    #[graphql(default)]
    pub changes: Vec<RescheduleChangeInput>,
    /// From when on what is not begun is done, as in the preview.
    pub from: Option<Date>,
    /// What the preview answered: if the plan is not the same any more, nothing is changed and CONFLICT `plan_changed`
    /// answered. It holds for a day.
    pub token: String,
}

/// What would move.
#[derive(SimpleObject)]
pub struct ReschedulePreview {
    /// The tasks that would get other days, in the order of the board.
    pub moves: Vec<TaskMove>,
    /// When the project is finished without the changes.
    pub finish_before: Option<DateTime>,
    /// When it is finished with them.
    pub finish: Option<DateTime>,
    /// Wishes that cannot be kept then: dependencies that are left out, then what is missed by the most working time,
    /// at most 100.
    pub conflicts: Vec<ScheduleConflict>,
    /// How many wishes cannot be kept then in all.
    pub conflict_count: i32,
    /// By this the plan that is applied is the one that was looked at.
    pub token: String,
}

/// What `applyReschedule` moved.
#[derive(SimpleObject)]
pub struct ApplyReschedulePayload {
    /// The project.
    pub project: Graph<Project>,
    /// The tasks that got other days.
    pub moves: Vec<TaskMove>,
    /// When the project is finished now.
    pub finish: Option<DateTime>,
}

impl ApplyReschedulePayload {
    pub(crate) fn new(project: ProjectRow, moves: Vec<TaskMove>, finish: Option<Instant>) -> Self {
        Self { project: Graph(project.into()), moves, finish: finish.map(say::time) }
    }
}

/// Root queries of changes of plans.
#[derive(Default)]
pub struct PlanQuery;

#[Object]
impl PlanQuery {
    /// What would move if tasks were put elsewhere and every task went where the schedule has it: as early as its links,
    /// constraints and people's time let it. What is done never moves, nor what is scheduled by hand unless it is named;
    /// what moves keeps its duration. Nothing is changed. Staff only; needs `projects.task.read`,
    /// `projects.milestone.read` and `projects.internal.read` on the project.
    async fn preview_reschedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The project.")] project_id: ProjectId,
        #[graphql(desc = "Which tasks go elsewhere, at most 500.", default)] changes: Vec<
            RescheduleChangeInput,
        >,
        #[graphql(desc = "From when on what is not begun is done, if that is later than today.")]
        from: Option<Date>,
    ) -> Result<ReschedulePreview> {
        let wanted = Wanted { changes, from: from.map(Date::naive) };
        reschedule::preview(ctx.ask(), project_id, wanted).await
    }
}

/// Root mutations of plans.
#[derive(Default)]
pub struct PlanMutation;

#[Object]
impl PlanMutation {
    /// Moves tasks as `previewReschedule` told, all in one act. Needs `projects.task.write` on the
    /// project, and what `previewReschedule` needs.
    async fn apply_reschedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was looked at.")] input: ApplyRescheduleInput,
    ) -> Result<ApplyReschedulePayload> {
        let ApplyRescheduleInput { project_id, changes, from, token } = input;
        let wanted = Wanted { changes, from: from.map(Date::naive) };
        reschedule::apply(ctx.viewer(), ctx.db(), project_id, wanted, token).await
    }
}
