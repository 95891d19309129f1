//! Levelling in the graph.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::Graph,
    id::{ProjectId, UserId},
    scalar::DateTime,
};

use super::{graphql::PlanItem, level, moves::TaskMove};
use crate::{
    project::{entity::Model as ProjectRow, graphql::Project},
    service::Projects,
};

/// What would move so that nobody is needed at two places at once.
#[derive(SimpleObject)]
pub struct Levelling {
    /// The tasks that would get other days, or a constraint that keeps them on theirs, in the order in which they were
    /// decided, then those that consist of them.
    pub moves: Vec<LevellingMove>,
    /// Where somebody is still needed at two places at once, in the order in which that was decided, at most 100.
    pub overloads: Vec<LevellingOverload>,
    /// How often somebody is still needed at two places at once in all.
    pub overload_count: i32,
    /// When the project is finished by the schedule.
    pub finish_before: Option<DateTime>,
    /// When it is finished levelled.
    pub finish: Option<DateTime>,
    /// By this the plan that is applied is the one that was looked at.
    pub token: String,
}

/// A task that waits until somebody is free, or for one that does.
#[derive(SimpleObject)]
pub struct LevellingMove {
    /// The task, its days before and after, and why, in words.
    pub task: TaskMove,
    /// When it starts by the schedule; of what has begun, when what is left of it goes on.
    pub early_start: DateTime,
    /// When it starts levelled; of what has begun, when what is left of it goes on.
    pub start: DateTime,
    /// By how many working minutes of its calendar that is later.
    pub by_minutes: i64,
    /// Who is needed elsewhere until then; null if it only follows what moves.
    pub user_id: Option<UserId>,
    /// For what they are needed, each with the rule by which it went first: at most 20, what needs them until latest first.
    pub rivals: Vec<LevellingRival>,
    /// For how many things they are needed in all.
    pub rival_count: i32,
}

/// What went first.
#[derive(SimpleObject)]
pub struct LevellingRival {
    /// The task.
    pub item: PlanItem,
    /// Why it went first.
    pub rule: LevellingRule,
}

/// Why something went first; the first rule that tells two tasks apart decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum LevellingRule {
    /// It has begun, or was put where it is by hand.
    Fixed,
    /// What it waits for was placed while the other still waited.
    Ready,
    /// It has less total float.
    Float,
    /// It has a higher priority.
    Priority,
    /// It can start earlier.
    Start,
    /// It comes first on the board.
    Order,
}

/// Somebody who is still needed at two places at once.
#[derive(SimpleObject)]
pub struct LevellingOverload {
    /// Who.
    pub user_id: UserId,
    /// The task that did not fit.
    pub item: PlanItem,
    /// From when.
    pub from: DateTime,
    /// Until when.
    pub to: DateTime,
    /// All of that in a sentence, in the language of the request.
    pub message: String,
}

/// A levelling to be applied.
#[derive(Clone, Debug, InputObject)]
pub struct ApplyLevellingInput {
    /// The project.
    pub project_id: ProjectId,
    /// Whether nothing may make the project later, as in the preview.
    #[graphql(default)]
    pub within_float: bool,
    /// What the preview answered: if the plan is not the same any more, nothing is changed and CONFLICT `plan_changed`
    /// answered. It holds for a day.
    pub token: String,
}

/// What `applyLevelling` moved.
#[derive(SimpleObject)]
pub struct ApplyLevellingPayload {
    /// The project.
    pub project: Graph<Project>,
    /// The tasks that got other days.
    pub moves: Vec<TaskMove>,
    /// When the project is finished now.
    pub finish: Option<DateTime>,
}

impl ApplyLevellingPayload {
    pub(crate) fn new(project: ProjectRow, levelling: Levelling) -> Self {
        let moves = levelling.moves.into_iter().map(|moved| moved.task).collect();
        Self { project: Graph(project.into()), moves, finish: levelling.finish }
    }
}

/// Root query of levelling.
#[derive(Default)]
pub struct LevelQuery;

#[Object]
impl LevelQuery {
    /// What would move so that nobody who does tasks of the project is needed for two of them at once: each open task
    /// as early as its links and the free time of its assignees allow. Of those that could be next the one with the
    /// least total float goes first, then the highest priority, then the earliest start, then the first on the board.
    /// What was put by hand does not move; what has begun and what must start on a day moves only behind what it waits
    /// for, and is told where it does not fit. A task needs of its assignees the share of their time that its estimate
    /// takes of its duration. If everybody has time in the order in which the plan has its tasks already, with no task
    /// on other days, nothing moves. Nothing is changed. Staff only; needs `projects.task.read`,
    /// `projects.milestone.read` and `projects.internal.read` on the project.
    async fn preview_levelling(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The project.")] project_id: ProjectId,
        #[graphql(
            desc = "Whether nothing may make the project later; what then does not fit is told.",
            default
        )]
        within_float: bool,
    ) -> Result<Levelling> {
        let projects = ctx.data_unchecked::<Projects>();
        level::preview(ctx.ask(), projects, project_id, within_float).await
    }
}

/// Root mutation of levelling.
#[derive(Default)]
pub struct LevelMutation;

#[Object]
impl LevelMutation {
    /// Moves tasks as `previewLevelling` told, all in one act. Who is needed elsewhere is no dependency: a task whose
    /// dependencies alone would let it start on an earlier day gets the constraint not to start before its new one,
    /// unless it must start on a day. Needs `projects.task.write` on the project, and what `previewLevelling` needs.
    async fn apply_levelling(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was looked at.")] input: ApplyLevellingInput,
    ) -> Result<ApplyLevellingPayload> {
        let ApplyLevellingInput { project_id, within_float, token } = input;
        let projects = ctx.data_unchecked::<Projects>();
        level::apply(ctx.viewer(), ctx.db(), projects, project_id, within_float, token).await
    }
}
