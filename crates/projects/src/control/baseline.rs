//! What the newest baselines of projects say of their tasks, as far as earned value is measured by it.

use std::collections::HashMap;

use chrono::NaiveDate;
use kernel::{
    Error, Result,
    id::{BaselineId, ProjectId, TaskId, TypedId},
    policy::Guarded,
    sql::one_of,
    viewer::Viewer,
};
use sea_orm::{ConnectionTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Deserialize;

use super::rules::Work;
use crate::plan::baseline::{
    entity::{Column, Entity},
    stored,
};

/// What a baseline said a task is worth, and when it was to be done. A part of [`stored::Kept`].
#[derive(Clone, Copy, Debug, Deserialize)]
struct Said {
    #[serde(rename = "t")]
    task: TaskId,
    #[serde(rename = "e")]
    estimate: Option<i64>,
    #[serde(rename = "b")]
    start: Option<NaiveDate>,
    #[serde(rename = "u")]
    due: Option<NaiveDate>,
}

/// The newest baseline of each of these projects that has one, whoever asks; in one statement.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn newest(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    projects: &[ProjectId],
) -> Result<HashMap<ProjectId, BaselineId>> {
    let ids = projects.iter().map(|project| project.uuid());
    let rows: Vec<(ProjectId, BaselineId)> = Entity::of_tenant(viewer.tenant_id())
        .filter(one_of(conn.get_database_backend(), Column::ProjectId, ids))
        .order_by_asc(Column::AsOf)
        .order_by_asc(Column::Id)
        .select_only()
        .columns([Column::ProjectId, Column::Id])
        .into_tuple()
        .all(conn)
        .await?;
    // Invariant: of those of one project the last one stays, and that is the newest.
    Ok(rows.into_iter().collect())
}

/// Measures tasks by what the newest baselines of their projects say: the estimate, and the days, where they say any. What
/// no baseline knows of is measured by what is planned now. One statement, and one for each twenty-five baselines.
///
/// # Errors
/// INTERNAL for a document that is none.
pub(super) async fn measure(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    projects: &[ProjectId],
    tasks: &mut [Work],
) -> Result<()> {
    let newest = newest(conn, viewer, projects).await?;
    if newest.is_empty() {
        return Ok(());
    }
    let places: HashMap<TaskId, usize> =
        tasks.iter().enumerate().map(|(place, task)| (task.id, place)).collect();
    let ids: Vec<BaselineId> = newest.into_values().collect();
    stored::each(conn, viewer.tenant_id(), &ids, |_, plan| {
        let said: Vec<Said> = serde_json::from_str(plan).map_err(Error::internal)?;
        for one in said {
            if let Some(task) = places.get(&one.task).and_then(|place| tasks.get_mut(*place)) {
                task.measured_by(one.estimate, (one.start, one.due));
            }
        }
        Ok(())
    })
    .await
}
