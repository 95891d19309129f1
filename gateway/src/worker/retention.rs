//! Each night: archives and removes what of the trail is over, a job for each agency that has anything.

use std::time::Duration;

use async_trait::async_trait;
use audit::keep::archive::{JOB, Keeper, is_due};
use kernel::{Result, act::NewJob, id::TenantId, viewer::Viewer};
use platform::jobs::{Handler, JobError, Progress, Run};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use crate::app::App;

/// The job that looks which agencies have anything to archive.
pub const PLAN: &str = "audit.retention.plan";

/// The unfinished job of an agency, of which there is one at most.
const KEY: &str = "retention";

/// Agencies that are read at once.
const PAGE: u64 = 200;

/// Looks which agencies have anything to archive.
pub(super) struct Plan(pub(super) App);

#[async_trait]
impl Handler for Plan {
    async fn run(&self, run: &Run) -> Result<(), JobError> {
        let mut after = None;
        loop {
            let viewers = agencies(&self.0, after).await?;
            let Some(last) = viewers.last() else { return Ok(()) };
            after = Some(last.tenant_id());
            for viewer in &viewers {
                if run.is_cancelled() {
                    return Err(JobError::Cancelled);
                }
                plan(&self.0, viewer).await?;
            }
        }
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(60 * 60)
    }
}

/// Asks for the job of an agency, if there is anything to do.
async fn plan(app: &App, viewer: &Viewer) -> Result<()> {
    if !is_due(&app.db, viewer).await? {
        return Ok(());
    }
    let asked = viewer.act(&app.db, "audit.retention.plan", async |act| {
        act.enqueue_once(NewJob::new(JOB, "{}".to_owned()), KEY).await
    });
    asked.await.map(drop)
}

async fn agencies(app: &App, after: Option<TenantId>) -> Result<Vec<Viewer>> {
    use identity::tenant::entity::Column;
    let mut rows = identity::tenant::rows().order_by_asc(Column::Id).limit(PAGE);
    if let Some(after) = after {
        rows = rows.filter(Column::Id.gt(after));
    }
    let rows = rows.all(&app.db).await?;
    let viewer = |row| Viewer::system(identity::tenant::info(row), app.clock.clone(), app.ids.clone());
    Ok(rows.iter().map(viewer).collect())
}

/// Archives and removes what of an agency's trail is over.
pub(super) struct Retain(pub(super) App);

#[async_trait]
impl Handler for Retain {
    async fn run(&self, run: &Run) -> Result<(), JobError> {
        let app = &self.0;
        let Some(id) = run.tenant_id else { return Ok(()) };
        let Some(tenant) = identity::tenant::find(&app.db, id).await? else { return Ok(()) };
        let info = identity::tenant::info(&tenant);
        let viewer = Viewer::system(info, app.clock.clone(), app.ids.clone());
        let mut keeper = Keeper::new(app.db.clone(), &app.sealer, app.storage.clone());
        let mut steps = 0;
        while keeper.step(&viewer).await? {
            steps += 1;
            run.progress(Progress { done: steps, total: None, message: None });
            if run.is_cancelled() {
                return Err(JobError::Cancelled);
            }
        }
        Ok(())
    }

    fn limit(&self) -> Duration {
        // Reason: the first night after years may have years to archive.
        Duration::from_secs(6 * 60 * 60)
    }
}
