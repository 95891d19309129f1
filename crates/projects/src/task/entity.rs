//! The table of tasks.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    act::{About, Recorded},
    id::{MilestoneId, ProjectId, TaskColumnId, TaskId, TenantId, TypedId, UserId},
    policy::nothing,
    viewer::Viewer,
};
use sea_orm::{
    entity::prelude::*,
    sea_query::{Query, SelectStatement},
};
use serde_json::{Map, Value as Json};

use super::assignee;

/// A piece of work that one sitting or a few finish.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_tasks")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaskId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The project.
    pub project_id: ProjectId,
    /// Its number in the project, from 1.
    pub number: i64,
    /// The column of the board it is in.
    pub column_id: TaskColumnId,
    /// What the column says about it: a word of `TaskStatus`.
    pub status: String,
    /// What is to be done, in a line.
    pub title: String,
    /// What is to be done, in Markdown.
    pub description: String,
    /// A word of `Priority`.
    pub priority: String,
    /// Who asked for it.
    pub reporter_id: Option<UserId>,
    /// How long it was thought to take, in minutes.
    pub estimate_minutes: Option<i64>,
    /// How long it still takes, in minutes.
    pub remaining_minutes: Option<i64>,
    /// When work on it is to begin.
    pub start_on: Option<NaiveDate>,
    /// When it is to be done.
    pub due_on: Option<NaiveDate>,
    /// The milestone that it is part of.
    pub milestone_id: Option<MilestoneId>,
    /// The task that it is part of.
    pub parent_id: Option<TaskId>,
    /// Small steps to tick off: an array of `{id, text, done}`.
    #[sea_orm(column_type = "JsonBinary")]
    pub checklist: Json,
    /// The rule by which it comes again when it is done.
    pub recurrence: Option<String>,
    /// The first day of the series that the rule makes.
    pub recurs_from: Option<NaiveDate>,
    /// Its place in the project, see [`crate::rank`].
    pub rank: String,
    /// Why it cannot go on.
    pub blocked_reason: Option<String>,
    /// When it was done.
    pub completed_at: Option<DateTime<Utc>>,
    /// A word of `Scheduling`.
    pub scheduling: String,
    /// How long it takes, in working minutes, if that does not follow from the rest.
    pub duration_minutes: Option<i64>,
    /// A word of `PlanConstraint`.
    pub constraint_kind: Option<String>,
    /// The day of the constraint; there with it alone.
    pub constraint_on: Option<NaiveDate>,
    /// By when it ought to be finished at the latest.
    pub deadline_on: Option<NaiveDate>,
    /// How long it takes at best, in working minutes.
    pub optimistic_minutes: Option<i64>,
    /// How long it takes at worst, in working minutes.
    pub pessimistic_minutes: Option<i64>,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// When it was put away.
    pub archived_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts the changes.
    pub version: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "Task";
    const EVENT: &'static str = "projects.task";

    fn label(model: &Model) -> Option<String> {
        Some(format!("#{} {}", model.number, model.title))
    }

    fn about(model: &Model) -> About {
        About::project(model.project_id)
    }

    fn refs(model: &Model) -> Map<String, Json> {
        crate::events::of_project(model.project_id)
    }
}

/// Ids of the projects that have a task assigned to or reported by the viewer.
pub fn projects_of_own(viewer: &Viewer) -> SelectStatement {
    let mut own = nothing();
    if let Some(user) = viewer.user_id() {
        own = own.add(Column::ReporterId.eq(user.uuid()));
        own = own.add(Column::Id.in_subquery(assignee::tasks_of(viewer.tenant_id(), &[user])));
    }
    let mut projects = Query::select();
    projects.column(Column::ProjectId).from(Entity).and_where(Column::TenantId.eq(viewer.tenant_id()));
    projects.cond_where(own);
    projects
}

/// Ids of the tasks that a person asked for.
pub fn reported_by(viewer: &Viewer, user: UserId) -> SelectStatement {
    let mut tasks = Query::select();
    tasks.column(Column::Id).from(Entity).and_where(Column::TenantId.eq(viewer.tenant_id()));
    tasks.and_where(Column::ReporterId.eq(user.uuid()));
    tasks
}
