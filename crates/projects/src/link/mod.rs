//! Dependencies: which work waits for which. Each end is a task or a milestone of one project.

pub mod cycle;
pub mod entity;
pub mod graphql;
pub mod mutation;
mod write;

pub(crate) use write::{between, leave_milestone};
pub use write::{create, delete, update};

use std::collections::HashMap;

use kernel::{
    Error, FieldError, Fields, Result, Text,
    act::Act,
    ask::Ask,
    graph::Graph,
    id::{MilestoneId, ProjectId, TaskId, TypedId},
    page::{ChildPage, Connection, Order, PageArgs, children},
    policy::Guarded,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::policy::INTERNAL_READ;
use entity::{Column, Entity, Model};
use graphql::Dependency;

/// Neither or both of a task and a milestone are named.
pub const ONE_END: Text =
    Text::new("one_of", "Name either a task or a milestone.", "Indiquez soit une tâche, soit un jalon.");

/// The work is not of the project.
pub const OTHER_PROJECT: Text = Text::new(
    "other_project",
    "This is not of the same project.",
    "Cet élément n'appartient pas au même projet.",
);

/// The dependency would close a cycle.
pub const CYCLE: Text = Text::new(
    "dependency_cycle",
    "This would make work wait for itself: {members}.",
    "Ce travail s'attendrait lui-même : {members}.",
);

/// One of the two is part of the other.
pub const WITHIN: Text = Text::new(
    "dependency_within",
    "A task and its parts cannot wait for each other, for it is done when its last part is.",
    "Une tâche et ses parties ne peuvent pas s'attendre : elle est terminée avec sa dernière partie.",
);

/// The dependency is there.
pub const EXISTS: Text = Text::new(
    "dependency_exists",
    "One of these waits for the other already. Change that dependency instead.",
    "L'un de ces éléments attend déjà l'autre. Modifiez plutôt cette dépendance.",
);

/// The project has as many dependencies as it can.
pub const TOO_MANY: Text = Text::new(
    "too_many_dependencies",
    "A project has at most {max} dependencies.",
    "Un projet compte {max} dépendances au plus.",
);

/// The lag is too long.
pub const LAG_TOO_LONG: Text = Text::new(
    "lag_too_long",
    "A lag or lead is at most {max} working minutes.",
    "Un décalage compte {max} minutes ouvrées au plus.",
);

/// Most dependencies of a project.
const MAX_LINKS: usize = 20_000;

/// Longest lag or lead, in working minutes: about four years of eight hours a day.
pub const LAG_MAX: i64 = 500_000;

/// A piece of work that waits, or is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    /// A task.
    Task(TaskId),
    /// A milestone.
    Milestone(MilestoneId),
}

impl Work {
    /// The one that an input names at `<path>TaskId` or `<path>MilestoneId`.
    ///
    /// # Errors
    /// Neither or both are named.
    fn named(task: Option<TaskId>, milestone: Option<MilestoneId>, path: &str) -> Result<Self, FieldError> {
        match (task, milestone) {
            (Some(task), None) => Ok(Self::Task(task)),
            (None, Some(milestone)) => Ok(Self::Milestone(milestone)),
            _ => Err(FieldError::new(format!("{path}TaskId"), ONE_END)),
        }
    }

    pub(crate) fn task(self) -> Option<TaskId> {
        if let Self::Task(id) = self { Some(id) } else { None }
    }

    pub(crate) fn milestone(self) -> Option<MilestoneId> {
        if let Self::Milestone(id) = self { Some(id) } else { None }
    }

    /// The field of an input that named it.
    fn path(self, end: &str) -> String {
        match self {
            Self::Task(_) => format!("{end}TaskId"),
            Self::Milestone(_) => format!("{end}MilestoneId"),
        }
    }
}

/// The ends of a dependency.
///
/// Invariant: a row names one piece of work at each end; the database holds that it is at least one.
pub fn ends_of(link: &Model) -> Option<(Work, Work)> {
    let end = |task: Option<TaskId>, milestone: Option<MilestoneId>| {
        task.map(Work::Task).or(milestone.map(Work::Milestone))
    };
    Some((end(link.pred_task_id, link.pred_milestone_id)?, end(link.succ_task_id, link.succ_milestone_id)?))
}

/// Adds an error unless the lag or lead is within its bounds.
pub fn check_lag(minutes: i64, fields: &mut Fields) {
    fields.require((-LAG_MAX..=LAG_MAX).contains(&minutes), "lagMinutes", LAG_TOO_LONG.with("max", LAG_MAX));
}

/// The first hundred dependencies that name `id` in `column`, in one statement with those of other work.
///
/// # Errors
/// FORBIDDEN without the permission to read what is for the team alone.
pub async fn ends(ask: &Ask, column: Column, id: Uuid) -> Result<Vec<Graph<Dependency>>> {
    ask.viewer.require(INTERNAL_READ)?;
    let page = ChildPage {
        parent: column,
        order: Order::asc(Column::CreatedAt),
        args: PageArgs::first(kernel::page::MAX_PAGE),
        fingerprint: String::new(),
        select: Box::new(|viewer| Entity::visible(viewer, INTERNAL_READ)),
    };
    let page = children::<Entity, Dependency>(ask, id, page).await?;
    Ok(page.rows().cloned().map(Graph).collect())
}

/// A page of a project's dependencies in the order of making, in one statement with those of other projects.
///
/// # Errors
/// FORBIDDEN without the permission to read what is for the team alone, INVALID for a wrong page.
pub async fn of_project(ask: &Ask, project: ProjectId, args: PageArgs) -> Result<Connection<Dependency>> {
    ask.viewer.require(INTERNAL_READ)?;
    let page = ChildPage {
        parent: Column::ProjectId,
        order: Order::asc(Column::CreatedAt),
        args,
        fingerprint: String::new(),
        select: Box::new(|viewer| Entity::visible(viewer, INTERNAL_READ)),
    };
    children(ask, project.uuid(), page).await
}

/// What to say of a cycle.
fn cycle_error(successor: Work, names: &[String]) -> Error {
    Error::field(successor.path("successor"), CYCLE.with("members", names.join(" → ")))
}

/// Which tasks of these projects stand at the other ends of dependencies of which, whoever asks: one statement, under
/// the locks of the projects.
pub(crate) async fn neighbours(
    act: &Act,
    projects: impl Iterator<Item = ProjectId>,
) -> Result<HashMap<TaskId, Vec<TaskId>>> {
    let projects: Vec<Uuid> = projects.map(|project| project.uuid()).collect();
    let rows = Entity::of_tenant(act.viewer().tenant_id())
        .filter(Column::ProjectId.is_in(projects))
        .filter(Column::PredTaskId.is_not_null())
        .filter(Column::SuccTaskId.is_not_null())
        .select_only()
        .columns([Column::PredTaskId, Column::SuccTaskId]);
    let pairs: Vec<(TaskId, TaskId)> = rows.into_tuple().all(act.conn()).await?;
    let mut found: HashMap<TaskId, Vec<TaskId>> = HashMap::new();
    for (earlier, later) in pairs {
        found.entry(earlier).or_default().push(later);
        found.entry(later).or_default().push(earlier);
    }
    Ok(found)
}

/// The dependencies of a project, whoever asks: one statement, under the project's lock.
pub(crate) async fn all_of(act: &Act, project: ProjectId) -> Result<Vec<Model>> {
    let rows = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::ProjectId.eq(project));
    Ok(rows.order_by_asc(Column::Id).all(act.conn()).await?)
}
