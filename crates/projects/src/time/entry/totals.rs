//! How much time was written down on projects and tasks, as far as the viewer may see it.

use std::collections::HashMap;

use async_graphql::{SimpleObject, dataloader::Loader};
use kernel::{
    Error, Result,
    ask::{Ask, FromAsk},
    db::Db,
    id::{ProjectId, TaskId, TypedId},
    policy::Guarded,
    sql::one_of,
    viewer::Viewer,
};
use sea_orm::{
    QueryFilter, QuerySelect,
    sea_query::{Alias, Expr, ExprTrait},
};
use uuid::Uuid;

use super::entity::{Column, Entity};
use crate::{policy::time::TIME_READ, words::TimeEntryStatus};

/// How much time was written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, SimpleObject)]
pub struct TimeTotals {
    /// All of it, in minutes as they were worked.
    pub minutes: i64,
    /// What of it is billable, in minutes as they were worked.
    pub billable_minutes: i64,
    /// What of it is approved, in minutes as they were worked.
    pub approved_minutes: i64,
}

impl TimeTotals {
    fn add(&mut self, minutes: i64, billable: bool, status: &str) {
        self.minutes += minutes;
        if billable {
            self.billable_minutes += minutes;
        }
        if status == TimeEntryStatus::Approved.as_str() {
            self.approved_minutes += minutes;
        }
    }
}

/// The time of a project that the viewer may see, in one statement with that of other projects.
///
/// # Errors
/// FORBIDDEN without the permission to read time.
pub async fn on_project(ask: &Ask, project: ProjectId) -> Result<TimeTotals> {
    ask.viewer.require(TIME_READ)?;
    Ok(ask.load::<OnProjects, _>(project).await?.unwrap_or_default())
}

/// The time of a task that the viewer may see, in one statement with that of other tasks.
///
/// # Errors
/// FORBIDDEN without the permission to read time.
pub async fn on_task(ask: &Ask, task: TaskId) -> Result<TimeTotals> {
    ask.viewer.require(TIME_READ)?;
    Ok(ask.load::<OnTasks, _>(task).await?.unwrap_or_default())
}

async fn totals<I: TypedId>(
    viewer: &Viewer,
    db: &Db,
    by: Column,
    of: &[I],
) -> Result<HashMap<I, TimeTotals>> {
    // Reason: PostgreSQL adds whole numbers up to a decimal one.
    let sum = Expr::col(Column::Minutes).sum().cast_as(Alias::new("bigint"));
    let rows: Vec<(Uuid, bool, String, i64)> = Entity::visible(viewer, TIME_READ)
        .filter(one_of(db.backend(), by, of.iter().map(|id| id.uuid())))
        .select_only()
        .columns([by, Column::Billable, Column::Status])
        .expr_as(sum, "minutes")
        .group_by(by)
        .group_by(Column::Billable)
        .group_by(Column::Status)
        .into_tuple()
        .all(db)
        .await?;
    let mut found: HashMap<I, TimeTotals> = HashMap::with_capacity(of.len());
    for (id, billable, status, minutes) in rows {
        found.entry(I::from_uuid(id)).or_default().add(minutes, billable, &status);
    }
    Ok(found)
}

macro_rules! loader {
    ($name:ident, $id:ty, $by:expr, $doc:literal) => {
        #[doc = $doc]
        struct $name {
            viewer: Viewer,
            db: Db,
        }

        impl FromAsk for $name {
            fn from_ask(viewer: Viewer, db: Db) -> Self {
                Self { viewer, db }
            }
        }

        impl Loader<$id> for $name {
            type Value = TimeTotals;
            type Error = Error;

            async fn load(&self, of: &[$id]) -> Result<HashMap<$id, TimeTotals>> {
                totals(&self.viewer, &self.db, $by, of).await
            }
        }
    };
}

loader!(OnProjects, ProjectId, Column::ProjectId, "Adds up the time of projects.");
loader!(OnTasks, TaskId, Column::TaskId, "Adds up the time of tasks.");
