//! Entries: the hours that people write down, change and take back.

pub mod entity;
pub mod filter;
pub mod graphql;
pub mod mutation;
pub mod rules;
pub mod totals;
pub(crate) mod write;

pub use write::{create, delete, set_rate, update};

use kernel::{
    Result,
    ask::Ask,
    id::{ProjectId, TaskId, TypedId},
    page::{ChildPage, Connection, Order, PageArgs, children},
};

use uuid::Uuid;

use crate::{policy::time::TIME_READ, time::timer::entity as timer};
use entity::{Column, Model};
use filter::TimeEntryFilter;
use graphql::TimeEntry;

/// What was written, and what the writer should know about it.
pub struct Written {
    /// The entries, one a day.
    pub entries: Vec<Model>,
    /// Other entries of the same person at the same time.
    pub overlapping: Vec<Model>,
    /// Their timer, if it measures a part of the same time.
    pub timer: Option<timer::Model>,
}

/// A page of the time of a project or of a task, as `by` says, the latest first, in one statement with that of others.
///
/// # Errors
/// FORBIDDEN without the permission to read time, INVALID for a wrong filter or page.
async fn under(
    ask: &Ask,
    by: Column,
    of: Uuid,
    filter: TimeEntryFilter,
    args: PageArgs,
) -> Result<Connection<TimeEntry>> {
    ask.viewer.require(TIME_READ)?;
    filter.check(&ask.viewer)?;
    let page = ChildPage {
        parent: by,
        order: Order::desc(Column::SpentOn),
        args,
        fingerprint: format!("{filter:?}"),
        select: Box::new(move |viewer| filter.select(viewer)),
    };
    children(ask, of, page).await
}

/// A page of a project's time, the latest first, in one statement with that of other projects.
///
/// # Errors
/// FORBIDDEN without the permission to read time, INVALID for a wrong filter or page.
pub async fn of_project(
    ask: &Ask,
    project: ProjectId,
    filter: TimeEntryFilter,
    args: PageArgs,
) -> Result<Connection<TimeEntry>> {
    under(ask, Column::ProjectId, project.uuid(), filter, args).await
}

/// A page of a task's time, the latest first, in one statement with that of other tasks.
///
/// # Errors
/// As [`of_project`].
pub async fn of_task(
    ask: &Ask,
    task: TaskId,
    filter: TimeEntryFilter,
    args: PageArgs,
) -> Result<Connection<TimeEntry>> {
    under(ask, Column::TaskId, task.uuid(), filter, args).await
}
