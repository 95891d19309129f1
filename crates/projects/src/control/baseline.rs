//! What the newest baselines of projects say of their tasks, as far as earned value is measured by it.

use std::collections::HashMap;

use chrono::NaiveDate;
use kernel::{
    Error, Result,
    id::{BaselineId, ProjectId, TaskId},
    viewer::Viewer,
};
use schedule::{
    Instant,
    calendar::{day_of, last_day_of},
};
use sea_orm::ConnectionTrait;
use serde::Deserialize;

use super::rules::Work;
use crate::plan::baseline::{newest, stored};

/// What a baseline said a task is worth, and when it was to be done. A part of [`stored::Kept`].
#[derive(Clone, Copy, Debug, Deserialize)]
struct Said {
    #[serde(rename = "t")]
    task: TaskId,
    /// When it started by the schedule.
    #[serde(rename = "s")]
    early_start: Instant,
    /// When it was finished by the schedule.
    #[serde(rename = "f")]
    early_finish: Instant,
    #[serde(rename = "e")]
    estimate: Option<i64>,
    #[serde(rename = "b")]
    start: Option<NaiveDate>,
    #[serde(rename = "u")]
    due: Option<NaiveDate>,
}

/// Measures tasks by what the newest baselines of their projects say: the estimate, where they say one, and the days,
/// those of the schedule where nobody planned any. What no baseline knows of is measured by what is planned now. One statement, and one for each twenty-five baselines.
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
    let zone = viewer.tenant.time_zone;
    let ids: Vec<BaselineId> = newest.into_values().collect();
    stored::each(conn, viewer.tenant_id(), &ids, |_, plan| {
        let said: Vec<Said> = serde_json::from_str(plan).map_err(Error::internal)?;
        for one in said {
            if let Some(task) = places.get(&one.task).and_then(|place| tasks.get_mut(*place)) {
                let days = match (one.start, one.due) {
                    (None, None) => (
                        Some(day_of(zone, one.early_start)),
                        Some(last_day_of(zone, one.early_finish).max(day_of(zone, one.early_start))),
                    ),
                    planned => planned,
                };
                task.measured_by(one.estimate, days);
            }
        }
        Ok(())
    })
    .await
}
