//! Imports of tasks as jobs: each is done in the name of who asked for it, with what they may do at the time.

use async_trait::async_trait;
use identity::tenant;
use kernel::{
    Result,
    id::TaskImportId,
    viewer::{RequestInfo, Viewer},
};
use platform::jobs::{Handler, JobError, Progress, Run};
use projects::import::{End, give_up};

use crate::{app::App, directory};

/// Imports the tasks of a file.
pub(super) struct ImportTasks(pub(super) App);

/// Why an import is given up whose asker takes part no more.
const GONE: &str = "not_active";

/// Why an import is given up that failed again and again.
const FAILED: &str = "failed";

#[async_trait]
impl Handler for ImportTasks {
    async fn run(&self, run: &Run) -> Result<(), JobError> {
        let (app, Some(id)) = (&self.0, run.tenant_id) else { return Ok(()) };
        let Ok(import) = run.payload.parse::<TaskImportId>() else {
            return Err(JobError::Never("the payload names no import".to_owned()));
        };
        let Some(tenant) = tenant::find(&app.db, id).await? else { return Ok(()) };
        let system = Viewer::system(tenant::info(&tenant), app.clock.clone(), app.ids.clone());
        let asker = match run.created_by {
            Some(user) => app.identity.principal(&app.db, id, user).await?,
            None => None,
        };
        let Some(asker) = asker.filter(|asker| asker.is_active()) else {
            return Ok(give_up(&system, &app.db, import, End::Failed(GONE)).await?);
        };
        let asker = asker.viewer(&app.identity, None, RequestInfo::default());
        let staff = directory::staff(&app.db, id).await?;
        let told = |done, total| {
            run.progress(Progress { done, total: Some(total), message: None });
            !run.is_cancelled()
        };
        match projects::import::run(&asker, &app.db, &staff, import, told).await {
            Ok(true) => Ok(()),
            Ok(false) => {
                if crate::privacy::is_unwanted(app, run).await? {
                    give_up(&system, &app.db, import, End::Cancelled).await?;
                }
                Err(JobError::Cancelled)
            }
            Err(error) => {
                if run.attempts >= run.max_attempts {
                    give_up(&system, &app.db, import, End::Failed(FAILED)).await?;
                }
                Err(error.into())
            }
        }
    }

    fn limit(&self) -> std::time::Duration {
        std::time::Duration::from_secs(30 * 60)
    }
}

/// Ends imports whose jobs ended without a word, tenant by tenant.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn tidy(app: &App) -> Result<()> {
    for id in projects::import::untidy(&app.db, app.clock.now()).await? {
        let Some(tenant) = tenant::find(&app.db, id).await? else { continue };
        let system = Viewer::system(tenant::info(&tenant), app.clock.clone(), app.ids.clone());
        while projects::import::tidy(&system, &app.db).await? > 0 {}
    }
    Ok(())
}
