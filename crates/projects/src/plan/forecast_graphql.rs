//! Forecasts of completion in the graph.

use async_graphql::{Context, Enum, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::Graph,
    id::{ProjectId, TaskId},
    scalar::{Date, DateTime},
};

use crate::project::graphql::Project;

/// Which tasks of the past a forecast learns from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ForecastHistory {
    /// Those of the project.
    Project,
    /// Those of the agency in the year before: the project has less than ten.
    Agency,
    /// None: the agency has less than ten either.
    None,
}

/// When a project is done, with its odds: its plan is laid out many times with durations drawn at random.
#[derive(SimpleObject)]
pub struct CompletionForecast {
    /// The project.
    pub project: Graph<Project>,
    /// The instant that it was reckoned as of.
    pub as_of: DateTime,
    /// How often the plan was laid out.
    pub runs: i32,
    /// What the draws began with: the same seed gives the same forecast of the same plan.
    pub seed: i64,
    /// When the project is finished if every task takes as long as planned; null without tasks and milestones.
    pub finish: Option<DateTime>,
    /// By this it is finished with odds of 50 %: half of the runs were done by then. Null without tasks.
    pub p50: Option<DateTime>,
    /// By this it is finished with odds of 80 %.
    pub p80: Option<DateTime>,
    /// By this it is finished with odds of 95 %.
    pub p95: Option<DateTime>,
    /// When the client expects the project.
    pub expected_delivery: Option<Date>,
    /// The odds, from 0 to 1, that it is finished by the end of that day; null without one, and without tasks and
    /// milestones that are not waived.
    pub odds_by_expected_delivery: Option<f64>,
    /// How many runs were finished when: at most 40 spans of days, one after the other.
    pub histogram: Vec<ForecastBin>,
    /// How many open tasks were drawn between a best and a worst case: those that have both.
    pub three_point_count: i32,
    /// How many open tasks were drawn from ratios of tracked to estimated time.
    pub history_count: i32,
    /// How many open tasks took what they are planned to take.
    pub fixed_count: i32,
    /// Which tasks of the past the ratios are of; ten of them are the least.
    pub history: ForecastHistory,
    /// How many tasks of the past those are.
    pub history_size: i32,
    /// The tasks that drove the finish most often, at most 50, the most critical first.
    pub criticality: Vec<TaskCriticality>,
}

/// How many runs of a forecast were finished in a span of days.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct ForecastBin {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// How many runs.
    pub count: i32,
}

/// How often a task drove the finish.
#[derive(Clone, Debug, PartialEq, SimpleObject)]
pub struct TaskCriticality {
    /// Id of the task.
    pub task_id: TaskId,
    /// Its number in the project.
    pub number: i64,
    /// What is to be done, in a line.
    pub title: String,
    /// In which share of the runs, from 0 to 1, it drove the finish.
    pub index: f64,
}

/// Root query of forecasts.
#[derive(Default)]
pub struct ForecastQuery;

#[Object]
impl ForecastQuery {
    /// When a project is done, with its odds (Monte Carlo). A task with a best and a worst case takes a time between
    /// them, drawn by PERT with its duration as the most likely case; others take their duration times the ratio of
    /// tracked to estimated time of a task that the team has done, each of the past as likely as the other. Staff only;
    /// needs `projects.task.read`, `projects.milestone.read` and `projects.internal.read` on the project.
    async fn completion_forecast(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The project.")] project_id: ProjectId,
        #[graphql(desc = "How often the plan is laid out, at most 5 000.", default = 1_000)] runs: i32,
        #[graphql(desc = "What the draws begin with.", default = 1)] seed: i64,
    ) -> Result<CompletionForecast> {
        super::forecast::forecast(ctx.ask(), project_id, runs, seed).await
    }
}
