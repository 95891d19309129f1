//! The lists that can be exported, each with its permission, its filter and its rows.

use async_graphql::{InputType, Value};
use kernel::{
    Error, Result,
    db::Db,
    id::TypedId,
    policy::Guarded,
    viewer::{Permission, Viewer},
};
use sea_orm::{ColumnTrait, DbBackend, QueryFilter, QueryOrder, QuerySelect, Select};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{ExportedList, PAGE, rows};
use crate::{
    milestone::{entity as milestone, filter::MilestoneFilter},
    policy::{
        BUDGETS_READ, INTERNAL_READ, MILESTONES_READ, PROJECTS_READ, RATES_READ, TASKS_READ, time::TIME_READ,
    },
    project::{entity as project, filter::ProjectFilter},
    service::Readers,
    task::{entity as task, filter::TaskFilter},
    time::entry::{entity as entry, filter::TimeEntryFilter},
};

/// A list with its filter.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Projects(ProjectFilter),
    Tasks(TaskFilter),
    Milestones(MilestoneFilter),
    TimeEntries(TimeEntryFilter),
}

/// A column of a file, with what its values need beside the list itself, on their project.
pub(super) type Heading = (&'static str, Option<Permission>);

/// A page of a file.
pub(super) struct Page {
    pub(super) rows: Vec<Vec<String>>,
    /// The id of the last row.
    pub(super) last: Option<Uuid>,
}

const PROJECTS: &[Heading] = &[
    ("id", None),
    ("code", None),
    ("name", None),
    ("description", None),
    ("status", None),
    ("priority", None),
    ("manager", None),
    ("account_id", None),
    ("estimated_start", None),
    ("estimated_end", None),
    ("actual_start", None),
    ("actual_end", None),
    ("expected_delivery", None),
    ("billing_type", None),
    ("methodology", None),
    ("tags", None),
    ("custom_fields", Some(INTERNAL_READ)),
    ("budget", Some(BUDGETS_READ)),
    ("budget_currency", Some(BUDGETS_READ)),
    ("budget_minutes", Some(BUDGETS_READ)),
    ("created_at", None),
];

const TASKS: &[Heading] = &[
    ("id", None),
    ("project", None),
    ("number", None),
    ("title", None),
    ("description", None),
    ("status", None),
    ("column", None),
    ("parent", None),
    ("priority", None),
    ("assignees", None),
    ("reporter", None),
    ("start_on", None),
    ("due_on", None),
    ("milestone", None),
    ("estimate_minutes", Some(INTERNAL_READ)),
    ("remaining_minutes", Some(INTERNAL_READ)),
    ("scheduling", Some(INTERNAL_READ)),
    ("duration_minutes", Some(INTERNAL_READ)),
    ("constraint", Some(INTERNAL_READ)),
    ("constraint_on", Some(INTERNAL_READ)),
    ("deadline_on", Some(INTERNAL_READ)),
    ("optimistic_minutes", Some(INTERNAL_READ)),
    ("pessimistic_minutes", Some(INTERNAL_READ)),
    ("blocked_reason", Some(INTERNAL_READ)),
    ("labels", Some(INTERNAL_READ)),
    ("checklist", Some(INTERNAL_READ)),
    ("recurrence", None),
    ("completed_at", None),
    ("created_at", None),
];

const MILESTONES: &[Heading] = &[
    ("id", None),
    ("project", None),
    ("name", None),
    ("status", None),
    ("priority", None),
    ("due_on", None),
    ("percentage", None),
    ("assignee", None),
    ("deliverables", None),
    ("notes", Some(INTERNAL_READ)),
    ("approval", None),
    ("billing", Some(BUDGETS_READ)),
    ("billing_currency", Some(BUDGETS_READ)),
    ("completed_at", None),
];

const TIME_ENTRIES: &[Heading] = &[
    ("id", None),
    ("spent_on", None),
    ("person", None),
    ("project", None),
    ("task", None),
    ("minutes", None),
    ("description", None),
    ("billable", None),
    ("status", None),
    ("bill_rate", Some(RATES_READ)),
    ("bill_rate_currency", Some(RATES_READ)),
    ("created_at", None),
];

impl Source {
    /// The list with the filter that a ticket kept.
    ///
    /// # Errors
    /// If the filter is none of this list.
    pub(super) fn read(list: ExportedList, filter: Json) -> Result<Self> {
        Ok(match list {
            ExportedList::Projects => Self::Projects(parsed(filter)?),
            ExportedList::Tasks => Self::Tasks(parsed(filter)?),
            ExportedList::Milestones => Self::Milestones(parsed(filter)?),
            ExportedList::TimeEntries => Self::TimeEntries(parsed(filter)?),
        })
    }

    /// The filter, to be kept in a ticket.
    ///
    /// # Errors
    /// Never for values that came as JSON.
    pub(super) fn filter(&self) -> Result<Json> {
        let value = match self {
            Self::Projects(filter) => filter.to_value(),
            Self::Tasks(filter) => filter.to_value(),
            Self::Milestones(filter) => filter.to_value(),
            Self::TimeEntries(filter) => filter.to_value(),
        };
        value.into_json().map_err(Error::internal)
    }

    /// Checks what the list itself checks.
    ///
    /// # Errors
    /// FORBIDDEN, INVALID for a filter out of bounds.
    pub(super) fn check(&self, viewer: &Viewer) -> Result<()> {
        match self {
            Self::Projects(filter) => {
                viewer.require(PROJECTS_READ)?;
                filter.check(viewer, None)
            }
            Self::Tasks(filter) => {
                viewer.require(TASKS_READ)?;
                filter.check(viewer)
            }
            Self::Milestones(filter) => {
                viewer.require(MILESTONES_READ)?;
                filter.check()
            }
            Self::TimeEntries(filter) => {
                viewer.require(TIME_READ)?;
                filter.check(viewer)
            }
        }
    }

    fn columns(&self) -> &'static [Heading] {
        match self {
            Self::Projects(_) => PROJECTS,
            Self::Tasks(_) => TASKS,
            Self::Milestones(_) => MILESTONES,
            Self::TimeEntries(_) => TIME_ENTRIES,
        }
    }

    /// The headings for a viewer: columns whose values they can see nowhere are left out.
    pub(super) fn headings(&self, viewer: &Viewer) -> Vec<&'static str> {
        shown(self.columns(), viewer).map(|(_, (name, _))| *name).collect()
    }

    /// The next rows in the order of making, in a number of statements that does not grow with them.
    ///
    /// # Errors
    /// If the database does not answer.
    pub(super) async fn page(
        &self,
        db: &Db,
        readers: &dyn Readers,
        viewer: &Viewer,
        after: Option<Uuid>,
    ) -> Result<Page> {
        let backend: DbBackend = db.backend();
        let (cells, last) = match self {
            Self::Projects(filter) => {
                let found = next::<project::Entity>(db, filter.select(viewer, backend), after).await?;
                (rows::projects(db, readers, viewer, &found).await?, found.last().map(|row| row.id.uuid()))
            }
            Self::Tasks(filter) => {
                let found = next::<task::Entity>(db, filter.select_across(viewer), after).await?;
                (rows::tasks(db, readers, viewer, &found).await?, found.last().map(|row| row.id.uuid()))
            }
            Self::Milestones(filter) => {
                let found = next::<milestone::Entity>(db, filter.select_across(viewer), after).await?;
                (rows::milestones(db, readers, viewer, &found).await?, found.last().map(|row| row.id.uuid()))
            }
            Self::TimeEntries(filter) => {
                let found = next::<entry::Entity>(db, filter.select(viewer), after).await?;
                (
                    rows::time_entries(db, readers, viewer, &found).await?,
                    found.last().map(|row| row.id.uuid()),
                )
            }
        };
        let shown: Vec<usize> = shown(self.columns(), viewer).map(|(place, _)| place).collect();
        let of_viewer = |mut row: Vec<String>| {
            shown.iter().map(|place| row.get_mut(*place).map(std::mem::take).unwrap_or_default()).collect()
        };
        Ok(Page { rows: cells.into_iter().map(of_viewer).collect(), last })
    }
}

fn shown<'a>(columns: &'a [Heading], viewer: &'a Viewer) -> impl Iterator<Item = (usize, &'a Heading)> + 'a {
    let seen = |needs: Option<Permission>| match needs {
        // Reason: what is for the team is never told to a client, whatever a role of their own may say.
        Some(permission) => viewer.holds(permission) && !(viewer.is_client() && permission == INTERNAL_READ),
        None => true,
    };
    columns.iter().enumerate().filter(move |(_, (_, needs))| seen(*needs))
}

fn parsed<T: InputType>(filter: Json) -> Result<T> {
    let value = Value::from_json(filter).map_err(Error::internal)?;
    T::parse(Some(value)).map_err(|_| Error::internal("a ticket holds the filter of its list"))
}

/// The rows after one, by id.
async fn next<E: Guarded>(db: &Db, select: Select<E>, after: Option<Uuid>) -> Result<Vec<E::Model>> {
    let select = match after {
        Some(after) => select.filter(E::id_column().gt(after)),
        None => select,
    };
    Ok(select.order_by_asc(E::id_column()).limit(PAGE).all(db).await?)
}
