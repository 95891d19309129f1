//! Background work, shared by `atrium serve` and `atrium worker`: committed events go out, jobs are done, what nobody
//! needs any more goes away. Any number of processes may do it at once on one database.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use identity::Identity;
use kernel::{act::job, db::Db, error::Result, id::JobId};
use platform::{
    dispatch,
    jobs::{Handler, JobError, Runner},
    mail::Mailer,
};
use tokio_util::sync::CancellationToken;

use crate::{app::App, gauges, http::idempotency};

/// How often what is over is removed. Several processes doing so at once do no harm.
const TIDY: Duration = Duration::from_secs(60 * 60);

/// How long sessions that ended stay visible to their owner's administrators, in days.
const SESSIONS_KEPT_DAYS: u32 = 90;

/// Does all background work until `stop`; a job that is running then is finished first.
pub async fn run(app: App, stop: CancellationToken) {
    let events = dispatch::run(app.db.clone(), app.services.clone(), app.clock.clone(), stop.clone());
    let jobs = runner(&app).run(stop.clone());
    let gauges = gauges::run(app.db.clone(), app.clock.clone(), stop.clone());
    tokio::join!(events, jobs, gauges, tidy_until(&app, stop));
}

/// The job runner with every handler of the program.
pub fn runner(app: &App) -> Runner {
    // Reason: a name that no other process has, also not one that took over a host name.
    let name = app.ids.generate::<JobId>().to_string();
    let mail =
        SendMail { identity: app.identity.clone(), db: app.db.clone(), mailer: Arc::clone(&app.mailer) };
    Runner::new(app.db.clone(), app.clock.clone(), name).with(identity::mail::JOB, Arc::new(mail))
}

/// Removes what is over: tenants whose deletion is due, old sessions, used-up tokens and idempotency keys.
///
/// # Errors
/// The first that one of them met; the others were tried all the same.
pub async fn tidy(app: &App) -> Result<()> {
    let now = app.clock.now();
    let tenants = purge_tenants(app).await;
    let sessions = app.identity.purge_sessions(&app.db, SESSIONS_KEPT_DAYS).await;
    let tokens = identity::token::purge(&app.db, now).await;
    let keys = idempotency::sweep(&app.db, now).await;
    tenants.and(sessions).and(tokens).and(keys.map(drop))
}

async fn tidy_until(app: &App, stop: CancellationToken) {
    loop {
        if let Err(error) = tidy(app).await {
            tracing::warn!(?error, "what is over could not be removed");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(TIDY) => {}
        }
    }
}

/// Every tenant that is due, a few in a transaction.
async fn purge_tenants(app: &App) -> Result<()> {
    while !identity::tenant::purge::purge_due(&app.db, &app.identity).await?.is_empty() {}
    Ok(())
}

/// Sends a queued letter.
struct SendMail {
    identity: Identity,
    db: Db,
    mailer: Arc<dyn Mailer>,
}

#[async_trait]
impl Handler for SendMail {
    async fn run(&self, job: &job::Model) -> Result<(), JobError> {
        // Reason: a letter that cannot be opened may be readable for another worker, with newer keys or templates.
        let Some(message) = identity::mail::handle(&self.identity, &self.db, &job.payload).await? else {
            return Ok(());
        };
        self.mailer.send(message).await.map_err(|error| match error.transient {
            true => JobError::Again(error.reason),
            false => JobError::Never(error.reason),
        })
    }
}
