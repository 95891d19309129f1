//! Files of tenants that were purged: the job that removes them from the object storage.

use async_trait::async_trait;
use futures::TryStreamExt as _;
use kernel::error::Error;
use platform::{
    jobs::{Handler, JobError, Run},
    storage::Key,
};
use uuid::Uuid;

use crate::app::App;

/// Folders with one of each tenant below: exports of personal data, archives of the trail.
const FOLDERS: [&str; 2] = ["privacy", "audit"];

/// Files removed at once.
const AT_ONCE: usize = 500;

/// Removes what the object storage has of purged tenants. May be done again.
pub struct ForgetTenants(pub App);

#[async_trait]
impl Handler for ForgetTenants {
    async fn run(&self, run: &Run) -> Result<(), JobError> {
        let Self(app) = self;
        let tenants: Vec<Uuid> = serde_json::from_str(&run.payload).map_err(Error::from)?;
        for tenant in &tenants {
            for folder in FOLDERS {
                let below = Key::new(format!("{folder}/{tenant}")).map_err(Error::from)?;
                let files = app.storage.list(&below).map_ok(|file| file.key);
                let mut files = files.try_chunks(AT_ONCE);
                while let Some(some) = files.try_next().await.map_err(|error| Error::from(error.1))? {
                    app.storage.delete(some).await.map_err(Error::from)?;
                }
            }
        }
        Ok(app.sealer.kept().forget(&tenants).await?)
    }

    fn limit(&self) -> std::time::Duration {
        // Reason: archives of an agency may be many.
        std::time::Duration::from_secs(60 * 60)
    }
}
