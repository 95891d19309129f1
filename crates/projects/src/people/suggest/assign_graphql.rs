//! Suggestions of people for tasks in the graph.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::Graph,
    id::{ProjectId, TaskId, UserId},
    locale::Language,
    scalar::Date,
};

use super::{
    assign,
    choose::{Decision, Outcome},
    graphql::SuggestedPerson,
    say::{Asked, Standing, nobody},
};
use crate::{project::graphql::Project, service::Projects, task::graphql::Task};

/// A task, who is suggested for it, and who else could do it.
#[derive(Clone, Debug, SimpleObject)]
pub struct AssignmentDecision {
    /// Id of the task.
    pub task_id: TaskId,
    /// Its number in the project.
    pub number: i64,
    /// What is to be done, in a line.
    pub title: String,
    /// The first day in which it is to be done: that of its early start, or today if that is past.
    pub from: Date,
    /// The last day in which it is to be done: that of its late finish, or of its early one if it has no float.
    pub to: Date,
    /// How much of it is to be done, in minutes: what is said to remain, else its estimate without the time that was
    /// written down on it and not sent back, else its duration by the schedule.
    pub work_minutes: i64,
    /// Id of the person who is suggested; null where nobody fits.
    pub user_id: Option<UserId>,
    /// How they fit; null where nobody fits.
    pub fit: Option<SuggestedPerson>,
    /// Why, or why nobody, in words, in the language of the request.
    pub message: String,
    /// Who could do it: most points first, then less to do, then by name; at most 3, the first of whom is suggested.
    pub candidates: Vec<SuggestedPerson>,
}

/// Who is suggested for which task.
#[derive(Clone, Debug, SimpleObject)]
pub struct AutoAssignPreview {
    /// By this what is applied is what was looked at.
    pub token: String,
    /// For how many of the tasks somebody is suggested.
    pub filled: i32,
    /// The tasks, at most 500, in the order in which they were decided.
    pub task_decisions: Vec<AssignmentDecision>,
}

/// People for tasks, to be applied.
#[derive(Clone, Debug, InputObject)]
pub struct AutoAssignTasksInput {
    /// The project.
    pub project_id: ProjectId,
    /// What `previewAutoAssign` answered: if the same is not suggested any more, nothing is changed and CONFLICT
    /// `suggestion_changed` answered. It holds for a day.
    pub token: String,
    /// Only for these tasks, as in the preview.
    pub task_ids: Option<Vec<TaskId>>,
}

/// What `autoAssignTasks` changed.
#[derive(SimpleObject)]
pub struct AutoAssignTasksPayload {
    /// The project.
    pub project: Graph<Project>,
    /// The tasks that somebody does now, at most 500, in the order in which they were decided.
    pub assigned_tasks: Vec<Graph<Task>>,
}

impl AutoAssignPreview {
    pub(super) fn new(outcome: &Outcome, language: Language) -> Self {
        let task_decisions: Vec<AssignmentDecision> =
            outcome.decisions.iter().map(|one| told(outcome, one, language)).collect();
        let filled = task_decisions.iter().filter(|one| one.user_id.is_some()).count();
        Self {
            token: outcome.token.clone(),
            filled: i32::try_from(filled).unwrap_or(i32::MAX),
            task_decisions,
        }
    }
}

fn told(outcome: &Outcome, one: &Decision, language: Language) -> AssignmentDecision {
    let task = &outcome.question.source().tasks[one.place];
    let asked = Asked { crew: &outcome.question.crew, skills: &one.skills, language };
    let standings: Vec<Standing> =
        one.candidates.iter().map(|candidate| Standing::to_task(one.work, *candidate)).collect();
    let best = standings.first().copied();
    let candidates: Vec<SuggestedPerson> =
        standings.iter().map(|standing| asked.told(*standing, best, None)).collect();
    let fit = candidates.first().cloned();
    AssignmentDecision {
        task_id: task.id,
        number: task.number,
        title: task.title.clone(),
        from: one.days.0.into(),
        to: one.days.1.into(),
        work_minutes: one.work,
        user_id: fit.as_ref().map(|fit| fit.user_id),
        message: fit.as_ref().map_or_else(|| nobody(language), |fit| fit.message.clone()),
        fit,
        candidates,
    }
}

/// Root query of suggestions of people for tasks.
#[derive(Default)]
pub struct AutoAssignQuery;

#[Object]
impl AutoAssignQuery {
    /// People for the open tasks of a project that nobody does and that consist of no others, decided one after the
    /// other: by their early start by the schedule, then the more urgent, then by number; at most 500. Whoever is
    /// active staff and manages the project, is on its team or planned for it, has all skills that a task takes at some
    /// level and a minute on its days is a candidate; the one with most points gets it, then the one with less to do on
    /// its days, then who comes first by name. Their earliest free minutes of its days are gone for the tasks that
    /// follow. Free is, day by day, what somebody's hours leave after public holidays and leave, without the open tasks
    /// that they do in this project on the days of the schedule, and without what each other project takes: the greater
    /// of their firm allocations on it and the open tasks that they do in it, spread evenly from their start, or today,
    /// to their due date; of those only the ones with a due date and an estimate count that consist of no others.
    /// Nothing is changed. Needs `projects.task.write`, `projects.milestone.read` and `projects.internal.read` on the
    /// project, and `projects.allocation.read` and `projects.people.read` on the whole agency.
    async fn preview_auto_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The project.")] project_id: ProjectId,
        #[graphql(desc = "Only for these tasks, at most 500.")] task_ids: Option<Vec<TaskId>>,
    ) -> Result<AutoAssignPreview> {
        let projects = ctx.data_unchecked::<Projects>();
        assign::preview(ctx.viewer(), ctx.db(), projects, project_id, task_ids).await
    }
}

/// Root mutation of suggestions of people for tasks.
#[derive(Default)]
pub struct AutoAssignMutation;

#[Object]
impl AutoAssignMutation {
    /// Assigns tasks as `previewAutoAssign` told, all in one act. Needs what that needs.
    async fn auto_assign_tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was looked at.")] input: AutoAssignTasksInput,
    ) -> Result<AutoAssignTasksPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        let (project, tasks) = assign::apply(ctx.viewer(), ctx.db(), projects, input).await?;
        let assigned_tasks = tasks.into_iter().map(|task| Graph(task.into())).collect();
        Ok(AutoAssignTasksPayload { project: Graph(project.into()), assigned_tasks })
    }
}
