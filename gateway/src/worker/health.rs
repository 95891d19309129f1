//! How well projects go, recorded once a day in each agency.

use async_trait::async_trait;
use kernel::{Error, Result, id::TenantId};
use platform::jobs::{Handler, JobError, Run};
use projects::health::record;

use super::time::viewer;
use crate::app::App;

/// Records how well projects go in all agencies whose day has begun.
pub(super) struct Record(pub(super) App);

#[async_trait]
impl Handler for Record {
    async fn run(&self, run: &Run) -> Result<(), JobError> {
        let (mut after, mut failed) = (None, None);
        loop {
            let tenants = record::tenants(&self.0.db, after).await?;
            let Some(last) = tenants.last() else {
                return failed.map_or(Ok(()), |error: Error| Err(error.into()));
            };
            after = Some(*last);
            for tenant in &tenants {
                if run.is_cancelled() {
                    return Err(JobError::Cancelled);
                }
                // Reason: what fails in one agency is tried again with the job; the others are not to wait for it.
                if let Err(error) = record_all(&self.0, *tenant).await {
                    tracing::warn!(%tenant, ?error, "how well the projects of an agency go could not be recorded");
                    failed = Some(error);
                }
            }
        }
    }

    fn limit(&self) -> std::time::Duration {
        std::time::Duration::from_secs(60 * 60)
    }
}

async fn record_all(app: &App, tenant: TenantId) -> Result<()> {
    let Some(viewer) = viewer(app, tenant).await? else { return Ok(()) };
    while record::some(&app.db, &viewer).await? {}
    Ok(())
}
