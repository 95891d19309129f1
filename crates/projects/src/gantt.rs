//! The data of a Gantt chart in one query: tasks, milestones and links of a project as they are planned.

use std::collections::HashSet;

use async_graphql::{Context, Object, SimpleObject};
use chrono::NaiveDate;
use kernel::{
    Result,
    ask::{Ask, Asking},
    graph::Graph,
    id::{DependencyId, MilestoneId, ProjectId, TaskId},
    policy::Guarded,
    scalar::Date,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    link::entity as link,
    milestone::entity as milestones,
    policy::{INTERNAL_READ, MILESTONES_READ, PROJECTS_READ, TASKS_READ},
    project::{entity as project, graphql::Project, rules::check_open},
    task::entity as tasks,
    words::{DependencyKind, MilestoneStatus, TaskStatus},
};

/// Most tasks of a chart.
const MAX_TASKS: u64 = 10_000;

/// Most links of a chart.
const MAX_LINKS: u64 = 20_000;

/// What a Gantt chart of a project shows.
#[derive(SimpleObject)]
pub struct Gantt {
    /// The project.
    pub project: Graph<Project>,
    /// Its tasks that are not archived, at most 10 000, in the order of the board. Needs `projects.task.read`.
    pub bars: Vec<GanttBar>,
    /// Its milestones that the viewer may see, at most 500, as they are arranged. Empty without
    /// `projects.milestone.read`.
    pub marks: Vec<GanttMark>,
    /// Which of these wait for which, at most 20 000. Empty for clients and without `projects.internal.read`.
    pub links: Vec<GanttLink>,
}

/// A task in a Gantt chart.
#[derive(SimpleObject)]
pub struct GanttBar {
    /// Id of the task.
    pub id: TaskId,
    /// Its number in the project.
    pub number: i64,
    /// What is to be done, in a line.
    pub title: String,
    /// Where it stands.
    pub status: TaskStatus,
    /// When work on it is to begin.
    pub start_on: Option<Date>,
    /// When it has to be done.
    pub due_on: Option<Date>,
    /// The task that it is part of, if that is in the chart.
    pub parent_id: Option<TaskId>,
    /// The milestone that it is part of, if that is in the chart.
    pub milestone_id: Option<MilestoneId>,
}

/// A milestone in a Gantt chart.
#[derive(SimpleObject)]
pub struct GanttMark {
    /// Id of the milestone.
    pub id: MilestoneId,
    /// What people call it.
    pub name: String,
    /// When it is to be reached.
    pub due_on: Option<Date>,
    /// Where it stands.
    pub status: MilestoneStatus,
    /// How much of it is done, 0 to 100.
    pub percentage: i32,
    /// Whether its day is over, in the agency's time zone, and it is neither reached nor waived.
    pub overdue: bool,
}

/// One piece of work that waits for another, in a Gantt chart.
#[derive(SimpleObject)]
pub struct GanttLink {
    /// Id of the dependency.
    pub id: DependencyId,
    /// How the later one waits for the earlier one.
    pub kind: DependencyKind,
    /// Working minutes between the two; a lead is negative.
    pub lag_minutes: i64,
    /// The earlier one, if it is a task.
    pub predecessor_task_id: Option<TaskId>,
    /// The earlier one, if it is a milestone.
    pub predecessor_milestone_id: Option<MilestoneId>,
    /// The later one, if it is a task.
    pub successor_task_id: Option<TaskId>,
    /// The later one, if it is a milestone.
    pub successor_milestone_id: Option<MilestoneId>,
}

/// Root query of Gantt charts.
#[derive(Default)]
pub struct GanttQuery;

#[Object]
impl GanttQuery {
    /// What a Gantt chart of a project shows, as it is planned, in four statements. Needs `projects.task.read`.
    async fn gantt(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The project.")] project_id: ProjectId,
    ) -> Result<Gantt> {
        read(ctx.ask(), project_id).await
    }
}

async fn read(ask: &Ask, id: ProjectId) -> Result<Gantt> {
    let viewer = &ask.viewer;
    viewer.require(TASKS_READ)?;
    let project = project::Entity::fetch(&ask.db, viewer, PROJECTS_READ, id).await?;
    let mut bars = bars(ask, id).await?;
    let marks = if viewer.holds(MILESTONES_READ) { marks(ask, &project).await? } else { Vec::new() };
    let internal = viewer.holds(INTERNAL_READ) && !viewer.is_client();
    let mut links = if internal { links(ask, id).await? } else { Vec::new() };
    let there: HashSet<TaskId> = bars.iter().map(|bar| bar.id).collect();
    let shown: HashSet<MilestoneId> = marks.iter().map(|mark| mark.id).collect();
    for bar in &mut bars {
        // Reason: a milestone that the viewer may not see has no id for them either.
        bar.parent_id = bar.parent_id.filter(|parent| there.contains(parent));
        bar.milestone_id = bar.milestone_id.filter(|milestone| shown.contains(milestone));
    }
    links.retain(|link| {
        let tasks = [link.predecessor_task_id, link.successor_task_id];
        let milestones = [link.predecessor_milestone_id, link.successor_milestone_id];
        tasks.iter().flatten().all(|task| there.contains(task))
            && milestones.iter().flatten().all(|milestone| shown.contains(milestone))
    });
    Ok(Gantt { project: Graph(project.into()), bars, marks, links })
}

/// The tasks of a project that the viewer may see.
pub(crate) async fn bars(ask: &Ask, project: ProjectId) -> Result<Vec<GanttBar>> {
    let rows = tasks::Entity::visible(&ask.viewer, TASKS_READ)
        .filter(tasks::Column::ProjectId.eq(project))
        .filter(tasks::Column::ArchivedAt.is_null())
        .order_by_asc(tasks::Column::Rank)
        .order_by_asc(tasks::Column::Id)
        .limit(MAX_TASKS);
    // Reason: what a chart does not show, and be it long, is not read for ten thousand tasks.
    use tasks::Column as Of;
    let shown =
        [Of::Id, Of::Number, Of::Title, Of::Status, Of::StartOn, Of::DueOn, Of::ParentId, Of::MilestoneId];
    let rows: Vec<BarRow> = rows.select_only().columns(shown).into_tuple().all(&ask.db).await?;
    let bar = |(id, number, title, status, start_on, due_on, parent_id, milestone_id): BarRow| GanttBar {
        id,
        number,
        title,
        status: TaskStatus::parse(&status).unwrap_or_default(),
        start_on: start_on.map(Into::into),
        due_on: due_on.map(Into::into),
        parent_id,
        milestone_id,
    };
    Ok(rows.into_iter().map(bar).collect())
}

/// What is read of a task, in the order of the columns.
type BarRow =
    (TaskId, i64, String, String, Option<NaiveDate>, Option<NaiveDate>, Option<TaskId>, Option<MilestoneId>);

/// The milestones of a project that the viewer may see.
pub(crate) async fn marks(ask: &Ask, project: &project::Model) -> Result<Vec<GanttMark>> {
    let rows = milestones::Entity::visible(&ask.viewer, MILESTONES_READ)
        .filter(milestones::Column::ProjectId.eq(project.id))
        .order_by_asc(milestones::Column::Rank)
        .order_by_asc(milestones::Column::Id);
    let today = crate::today(&ask.viewer, ask.viewer.now);
    use milestones::Column as Of;
    let shown = [Of::Id, Of::Name, Of::DueOn, Of::Status, Of::Percentage];
    let rows: Vec<(MilestoneId, String, Option<NaiveDate>, String, i32)> =
        rows.select_only().columns(shown).into_tuple().all(&ask.db).await?;
    let goes_on = check_open(project).is_ok();
    let mark = |(id, name, due_on, status, percentage): (_, _, Option<NaiveDate>, String, _)| {
        let status = MilestoneStatus::parse(&status).unwrap_or_default();
        let settled = matches!(status, MilestoneStatus::Completed | MilestoneStatus::Waived);
        let overdue = goes_on && !settled && due_on.is_some_and(|due| due < today);
        GanttMark { id, name, due_on: due_on.map(Into::into), status, percentage, overdue }
    };
    Ok(rows.into_iter().map(mark).collect())
}

async fn links(ask: &Ask, project: ProjectId) -> Result<Vec<GanttLink>> {
    let rows = link::Entity::visible(&ask.viewer, INTERNAL_READ)
        .filter(link::Column::ProjectId.eq(project))
        .order_by_asc(link::Column::Id)
        .limit(MAX_LINKS);
    let link = |row: link::Model| GanttLink {
        id: row.id,
        kind: DependencyKind::parse(&row.kind).unwrap_or_default(),
        lag_minutes: row.lag_minutes,
        predecessor_task_id: row.pred_task_id,
        predecessor_milestone_id: row.pred_milestone_id,
        successor_task_id: row.succ_task_id,
        successor_milestone_id: row.succ_milestone_id,
    };
    Ok(rows.all(&ask.db).await?.into_iter().map(link).collect())
}
