//! How well projects go, recorded once a day in each agency.

use async_trait::async_trait;
use kernel::{Result, id::TenantId, viewer::Viewer};
use platform::jobs::{Handler, JobError, Run};
use projects::health::record;

use super::agencies::{InEach, each};
use crate::app::App;

/// Records how well projects go in all agencies whose day has begun.
pub(super) struct Record(pub(super) App);

#[async_trait]
impl Handler for Record {
    async fn run(&self, run: &Run) -> Result<(), JobError> {
        each(self, run).await
    }

    fn limit(&self) -> std::time::Duration {
        std::time::Duration::from_secs(60 * 60)
    }
}

#[async_trait]
impl InEach for Record {
    fn app(&self) -> &App {
        &self.0
    }

    async fn find(&self, after: Option<TenantId>) -> Result<Vec<TenantId>> {
        record::tenants(&self.0.db, after).await
    }

    async fn work(&self, viewer: &Viewer) -> Result<()> {
        while record::some(&self.0.db, viewer).await? {}
        Ok(())
    }
}
