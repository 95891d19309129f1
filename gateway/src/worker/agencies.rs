//! What is done in one agency after the other.

use async_trait::async_trait;
use kernel::{Error, Result, id::TenantId, viewer::Viewer};
use platform::jobs::{JobError, Run};

use crate::app::App;

/// The platform in a tenant; none if that is gone.
pub(super) async fn viewer(app: &App, tenant: TenantId) -> Result<Option<Viewer>> {
    let tenant = identity::tenant::find(&app.db, tenant).await?;
    let viewer = |tenant| Viewer::system(identity::tenant::info(&tenant), app.clock.clone(), app.ids.clone());
    Ok(tenant.map(viewer))
}

/// Work that is done in each of many agencies.
#[async_trait]
pub(super) trait InEach: Sync {
    /// The program.
    fn app(&self) -> &App;

    /// Some of the agencies behind `after` in which there is something to do, in their order; none at the end.
    async fn find(&self, after: Option<TenantId>) -> Result<Vec<TenantId>>;

    /// Does the work as the platform in one agency.
    async fn work(&self, viewer: &Viewer) -> Result<()>;
}

/// Does the work of a job in all agencies.
///
/// # Errors
/// If the job was cancelled, or whatever failed last: what fails in one agency is tried again with the job.
pub(super) async fn each(job: &impl InEach, run: &Run) -> Result<(), JobError> {
    let (mut after, mut failed) = (None, None);
    loop {
        let tenants = job.find(after).await?;
        let Some(last) = tenants.last() else {
            return failed.map_or(Ok(()), |error: Error| Err(error.into()));
        };
        after = Some(*last);
        for tenant in &tenants {
            if run.is_cancelled() {
                return Err(JobError::Cancelled);
            }
            let done = match viewer(job.app(), *tenant).await {
                Ok(Some(viewer)) => job.work(&viewer).await,
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            // Reason: the other agencies are not to wait for one in which something fails.
            if let Err(error) = done {
                tracing::warn!(%tenant, kind = %run.kind, ?error, "the work of a job failed in an agency");
                failed = Some(error);
            }
        }
    }
}
