//! Traces of people outside of the domains: answers that are kept, captured mail, files of exports; and the job that removes
//! them after an erasure.

use async_trait::async_trait;
use audit::privacy::erasure::finish::{self, Traces};
use kernel::{
    act::Act,
    db::Db,
    error::{Error, Result},
    privacy::{Collector, DataSubject, Holding, PersonalData},
    viewer::Viewer,
};
use platform::{
    jobs::{Handler, JobError, Run},
    storage::Key,
};

use crate::{app::App, http::idempotency};

/// Answers that are kept for whoever repeats a request: any of them may show anybody.
pub struct Answers;

#[async_trait]
impl PersonalData for Answers {
    fn domain(&self) -> &'static str {
        "platform"
    }

    async fn identify(&self, _: &Db, _: &mut DataSubject) -> Result<()> {
        Ok(())
    }

    /// Nothing: they are copies of what the domains tell.
    async fn collect(
        &self,
        _: &Db,
        _: &DataSubject,
        _: Option<&Viewer>,
        _: &mut dyn Collector,
    ) -> Result<()> {
        Ok(())
    }

    /// Nothing that could be counted for one person.
    async fn holdings(&self, _: &Db, _: &DataSubject) -> Result<Vec<Holding>> {
        Ok(Vec::new())
    }

    async fn erase(&self, act: &mut Act, subject: &DataSubject) -> Result<Vec<Holding>> {
        idempotency::forget_answers(act.conn(), subject.tenant).await?;
        Ok(Vec::new())
    }
}

/// Removes the traces of an erased person outside of the database, and signs the certificate.
pub struct FinishErasure(pub App);

#[async_trait]
impl Handler for FinishErasure {
    async fn run(&self, run: &Run) -> Result<(), JobError> {
        let app = &self.0;
        let Some(id) = run.tenant_id else { return Ok(()) };
        let Some(tenant) = identity::tenant::find(&app.db, id).await? else { return Ok(()) };
        let traces = Traces::open(&app.keyring, &run.payload)?;
        idempotency::forget_answers(&app.db.writer(), id).await?;
        if let Some(mailbox) = &app.mailbox {
            mailbox.forget(&traces.emails).await.map_err(|error| JobError::Again(error.to_string()))?;
        }
        let files: Vec<Key> =
            traces.files.iter().map(Key::new).collect::<Result<_, _>>().map_err(Error::from)?;
        app.storage.delete(files).await.map_err(Error::from)?;
        let viewer = Viewer::system(identity::tenant::info(&tenant), app.clock.clone(), app.ids.clone());
        Ok(finish::certify(&viewer, &app.db, &app.sealer, traces.request).await?)
    }
}
