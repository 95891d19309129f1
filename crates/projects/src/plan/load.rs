//! What a plan is made of, read in a number of statements that does not grow with the project.

use std::collections::HashMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use kernel::{
    Error, Result, Text,
    id::{MilestoneId, ProjectId, TaskId, TypedId, UserId},
    policy::Guarded,
    scalar::Date,
    viewer::Viewer,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Query, SelectStatement},
};

use super::fields::TaskPlan;
use crate::{
    calendar::Calendars,
    link::entity as link,
    milestone::entity as milestones,
    project::entity as project,
    task::{assignee, entity as tasks},
    words::{PlanConstraint, Scheduling, TaskStatus},
};

/// The project has more tasks than a plan can have.
pub const TOO_LARGE: Text =
    Text::new("plan_too_large", "A plan has at most {max} tasks.", "Un plan compte {max} tâches au plus.");

/// Most tasks of a plan.
pub(crate) const MAX_TASKS: usize = 10_000;

/// How far around the dates of a plan calendars are laid out, in days.
pub(crate) const MARGIN: u64 = 400;

/// What of a task its schedule follows from, and what names it.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct TaskRow {
    pub(crate) id: TaskId,
    pub(crate) number: i64,
    pub(crate) title: String,
    pub(crate) status: String,
    pub(crate) priority: String,
    pub(crate) estimate_minutes: Option<i64>,
    pub(crate) remaining_minutes: Option<i64>,
    pub(crate) start_on: Option<NaiveDate>,
    pub(crate) due_on: Option<NaiveDate>,
    pub(crate) milestone_id: Option<MilestoneId>,
    pub(crate) parent_id: Option<TaskId>,
    pub(crate) scheduling: String,
    pub(crate) duration_minutes: Option<i64>,
    pub(crate) constraint_kind: Option<String>,
    pub(crate) constraint_on: Option<NaiveDate>,
    pub(crate) deadline_on: Option<NaiveDate>,
    pub(crate) optimistic_minutes: Option<i64>,
    pub(crate) pessimistic_minutes: Option<i64>,
    pub(crate) completed_at: Option<DateTime<Utc>>,
    pub(crate) created_at: DateTime<Utc>,
}

impl TaskRow {
    /// Where it stands.
    pub(crate) fn state(&self) -> TaskStatus {
        TaskStatus::parse(&self.status).unwrap_or_default()
    }

    /// How it is scheduled.
    pub(crate) fn plan(&self) -> TaskPlan {
        TaskPlan {
            scheduling: Scheduling::parse(&self.scheduling).unwrap_or_default(),
            duration_minutes: self.duration_minutes,
            constraint: self.constraint_kind.as_deref().and_then(PlanConstraint::parse),
            constraint_on: self.constraint_on.map(Into::into),
            deadline_on: self.deadline_on.map(Into::into),
            optimistic_minutes: self.optimistic_minutes,
            pessimistic_minutes: self.pessimistic_minutes,
        }
    }

    /// Takes another way to be scheduled.
    pub(crate) fn set_plan(&mut self, plan: TaskPlan) {
        self.scheduling = plan.scheduling.as_str().to_owned();
        self.duration_minutes = plan.duration_minutes;
        self.constraint_kind = plan.constraint.map(|constraint| constraint.as_str().to_owned());
        self.constraint_on = plan.constraint_on.map(Date::naive);
        self.deadline_on = plan.deadline_on.map(Date::naive);
        self.optimistic_minutes = plan.optimistic_minutes;
        self.pessimistic_minutes = plan.pessimistic_minutes;
    }

    /// Number and title, as sentences name it.
    pub(crate) fn label(&self) -> String {
        format!("#{} {}", self.number, self.title)
    }
}

/// What of a milestone its schedule follows from.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct MilestoneRow {
    pub(crate) id: MilestoneId,
    pub(crate) name: String,
    pub(crate) due_on: Option<NaiveDate>,
    pub(crate) status: String,
    pub(crate) percentage: i32,
    pub(crate) completed_at: Option<DateTime<Utc>>,
}

/// Everything that a plan is made of.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) project: project::Model,
    /// In the order of the board.
    pub(crate) tasks: Vec<TaskRow>,
    pub(crate) milestones: Vec<MilestoneRow>,
    pub(crate) links: Vec<link::Model>,
    /// Who does what, by task.
    pub(crate) doers: HashMap<TaskId, Vec<UserId>>,
    pub(crate) calendars: Calendars,
    /// The first and last day that calendars are laid out for.
    pub(crate) days: (NaiveDate, NaiveDate),
    /// The last day that they ever are.
    pub(crate) horizon: NaiveDate,
    /// How often they were read on.
    pub(crate) readings: u8,
}

impl Source {
    /// Reads what the plan of a project is made of. What of it somebody may see is not decided here.
    ///
    /// # Errors
    /// CONFLICT for a project with more than 10 000 tasks.
    pub(crate) async fn load(
        conn: &impl ConnectionTrait,
        viewer: &Viewer,
        project: project::Model,
        as_of: DateTime<Utc>,
    ) -> Result<Self> {
        Self::load_around(conn, viewer, project, as_of, &[]).await
    }

    /// As [`Self::load`], with calendars also around these days.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub(crate) async fn load_around(
        conn: &impl ConnectionTrait,
        viewer: &Viewer,
        project: project::Model,
        as_of: DateTime<Utc>,
        wanted: &[NaiveDate],
    ) -> Result<Self> {
        let tasks = tasks(conn, viewer, project.id).await?;
        let milestones = milestones(conn, viewer, project.id).await?;
        let links = link::Entity::of_tenant(viewer.tenant_id())
            .filter(link::Column::ProjectId.eq(project.id.uuid()))
            .order_by_asc(link::Column::Id);
        let links = links.all(conn).await?;
        let doers = doers(conn, viewer, project.id).await?;
        let today = crate::today(viewer, as_of);
        let planned = planned(&project, &tasks, &milestones).chain(wanted.iter().copied());
        let days = days(planned, today);
        let calendars = Calendars::load(conn, viewer, &people(&doers), days).await?;
        let horizon = bounds(today).1 + Days::new(MARGIN);
        Ok(Self { project, tasks, milestones, links, doers, calendars, days, horizon, readings: 0 })
    }

    /// The same with calendars until another day.
    ///
    /// # Errors
    /// If the database does not answer.
    pub(crate) async fn read_on(
        self,
        conn: &impl ConnectionTrait,
        viewer: &Viewer,
        last: NaiveDate,
    ) -> Result<Self> {
        let days = (self.days.0, last);
        let calendars = Calendars::load(conn, viewer, &people(&self.doers), days).await?;
        Ok(Self { calendars, days, readings: self.readings + 1, ..self })
    }

    /// Who does a task.
    pub(crate) fn doers(&self, task: TaskId) -> &[UserId] {
        self.doers.get(&task).map(Vec::as_slice).unwrap_or_default()
    }
}

async fn tasks(conn: &impl ConnectionTrait, viewer: &Viewer, project: ProjectId) -> Result<Vec<TaskRow>> {
    use tasks::Column as Of;
    // Reason: what a plan does not need, and be it long, is not read for ten thousand tasks.
    let needed = [
        Of::Id,
        Of::Number,
        Of::Title,
        Of::Status,
        Of::Priority,
        Of::EstimateMinutes,
        Of::RemainingMinutes,
        Of::StartOn,
        Of::DueOn,
        Of::MilestoneId,
        Of::ParentId,
        Of::Scheduling,
        Of::DurationMinutes,
        Of::ConstraintKind,
        Of::ConstraintOn,
        Of::DeadlineOn,
        Of::OptimisticMinutes,
        Of::PessimisticMinutes,
        Of::CompletedAt,
        Of::CreatedAt,
    ];
    let rows = tasks::Entity::of_tenant(viewer.tenant_id())
        .filter(Of::ProjectId.eq(project.uuid()))
        .filter(Of::ArchivedAt.is_null())
        .order_by_asc(Of::Rank)
        .order_by_asc(Of::Id)
        .limit(MAX_TASKS as u64 + 1);
    let rows: Vec<TaskRow> = rows.select_only().columns(needed).into_model().all(conn).await?;
    match rows.len() > MAX_TASKS {
        true => Err(Error::conflict(TOO_LARGE.with("max", MAX_TASKS))),
        false => Ok(rows),
    }
}

async fn milestones(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    project: ProjectId,
) -> Result<Vec<MilestoneRow>> {
    use milestones::Column as Of;
    let needed = [Of::Id, Of::Name, Of::DueOn, Of::Status, Of::Percentage, Of::CompletedAt];
    let rows = milestones::Entity::of_tenant(viewer.tenant_id())
        .filter(Of::ProjectId.eq(project.uuid()))
        .order_by_asc(Of::Rank)
        .order_by_asc(Of::Id);
    Ok(rows.select_only().columns(needed).into_model().all(conn).await?)
}

/// Who does the tasks of a project that are not archived, by task; in one statement.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn doers(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    project: ProjectId,
) -> Result<HashMap<TaskId, Vec<UserId>>> {
    let tenant = viewer.tenant_id();
    let rows = assignee::of_tenant(tenant)
        .filter(assignee::Column::TaskId.in_subquery(open_tasks(viewer, project)))
        .order_by_asc(assignee::Column::Id);
    let rows: Vec<(TaskId, UserId)> = rows
        .select_only()
        .columns([assignee::Column::TaskId, assignee::Column::UserId])
        .into_tuple()
        .all(conn)
        .await?;
    let mut doers: HashMap<TaskId, Vec<UserId>> = HashMap::with_capacity(rows.len());
    for (task, user) in rows {
        doers.entry(task).or_default().push(user);
    }
    Ok(doers)
}

/// Ids of the tasks of a project that are not archived.
fn open_tasks(viewer: &Viewer, project: ProjectId) -> SelectStatement {
    let mut open = Query::select();
    open.column(tasks::Column::Id).from(tasks::Entity);
    open.and_where(tasks::Column::TenantId.eq(viewer.tenant_id()));
    open.and_where(tasks::Column::ProjectId.eq(project.uuid()));
    open.and_where(tasks::Column::ArchivedAt.is_null()).take()
}

/// Everybody who does something, each once.
fn people(doers: &HashMap<TaskId, Vec<UserId>>) -> Vec<UserId> {
    let mut people: Vec<UserId> = doers.values().flatten().copied().collect();
    people.sort_unstable();
    people.dedup();
    people
}

/// The days that somebody planned something for.
fn planned<'a>(
    project: &project::Model,
    tasks: &'a [TaskRow],
    milestones: &'a [MilestoneRow],
) -> impl Iterator<Item = NaiveDate> + use<'a> {
    // Reason: of what has begun without a word how much is left, what has gone by since is what was worked since.
    let made = |task: &TaskRow| {
        let counts = task.state() == TaskStatus::Doing && task.remaining_minutes.is_none();
        counts.then(|| task.created_at.date_naive())
    };
    let of_task =
        move |task: &TaskRow| [task.start_on, task.due_on, task.constraint_on, task.deadline_on, made(task)];
    let planned = tasks.iter().flat_map(of_task).chain(milestones.iter().map(|row| row.due_on));
    planned.flatten().chain(project.estimated_start)
}

/// The first and the last day that calendars are laid out around: a slip of the pen by a century is no reason to lay out
/// a century.
fn bounds(today: NaiveDate) -> (NaiveDate, NaiveDate) {
    (today - Days::new(10 * MARGIN), today + Days::new(10 * MARGIN))
}

/// The days around those that are planned and around today. What is done later is known once it is laid out.
fn days(planned: impl Iterator<Item = NaiveDate>, today: NaiveDate) -> (NaiveDate, NaiveDate) {
    let bounds = bounds(today);
    let clamped = |day: NaiveDate| day.clamp(bounds.0, bounds.1);
    let (first, last) =
        planned.fold((today, today), |(first, last), day| (first.min(clamped(day)), last.max(clamped(day))));
    (first - Days::new(7), last + Days::new(MARGIN))
}
