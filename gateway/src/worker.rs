//! Background work, shared by `atrium serve` and `atrium worker`: committed events go out, jobs are done, what nobody
//! needs any more goes away. Any number of processes may do it at once on one database.

mod agencies;
mod feedback;
mod health;
pub mod imports;
pub mod retention;
pub mod time;

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use audit::{activity::Gatherer, siem::Forwarder};
use chrono_tz::Tz;
use identity::Identity;
use kernel::{
    db::Db,
    error::Result,
    id::{JobId, TenantId},
    viewer::Viewer,
};
use platform::{
    dispatch::{self, Broadcast, Dispatcher},
    jobs::{self, Handler, JobError, Run, Runner, Schedule, Scheduler, Zones},
    mail::Mailer,
    wake,
};
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use tokio_util::sync::CancellationToken;

use crate::{app::App, config::Switch, gauges, http::idempotency, traces::FinishErasure};

/// The job that removes what is over.
const TIDY: &str = "platform.tidy";

/// What the program does by the calendar, for the whole installation.
const SCHEDULES: &[Schedule] = &[
    Schedule { name: "tidy", kind: TIDY, cron: "17 * * * *", zone: Tz::UTC },
    Schedule { name: "retention", kind: retention::PLAN, cron: "40 2 * * *", zone: Tz::UTC },
    Schedule { name: "timers", kind: time::GUARD, cron: "*/10 * * * *", zone: Tz::UTC },
    Schedule { name: "health", kind: projects::health::record::JOB, cron: "11 * * * *", zone: Tz::UTC },
];

/// How long sessions that ended stay visible to their owner's administrators, in days.
const SESSIONS_KEPT_DAYS: u32 = 90;

/// Does all background work until `stop`; a job that is running then is finished first.
pub async fn run(app: App, stop: CancellationToken) {
    tokio::join!(listen(&app, stop.clone()), work(app.clone(), stop));
}

/// Tells other processes what was committed here, and hears them.
async fn listen(app: &App, stop: CancellationToken) {
    let patience = std::time::Duration::from_millis(app.config.background.fallback_poll_ms.max(1));
    wake::run(app.db.clone(), name(app), patience, stop).await;
}

/// As `atrium serve` does it: none but telling others if it is to do no more.
pub async fn run_in_serve(app: App, stop: CancellationToken) {
    match app.config.background.in_serve {
        Switch::On => Box::pin(run(app, stop)).await,
        Switch::Off => listen(&app, stop).await,
    }
}

async fn work(app: App, stop: CancellationToken) {
    let dispatcher = dispatcher(&app);
    let events = dispatcher.run(stop.clone());
    let runner = runner(&app);
    let gauges = gauges::run(app.db.clone(), app.clock.clone(), runner.kinds().collect(), stop.clone());
    let sealer = app.sealer.clone().run(stop.clone());
    let forwarder = forwarder(&app).run(stop.clone());
    let gatherer = gatherer(&app).run(stop.clone());
    let trail = async { tokio::join!(sealer, gatherer, forwarder) };
    tokio::join!(events, runner.run(stop.clone()), gauges, trail, by_calendar(&app, stop));
}

/// The dispatcher with every consumer of the program.
pub fn dispatcher(app: &App) -> Dispatcher {
    let broadcast = Broadcast::new(app.services.clone());
    Dispatcher::new(app.db.clone(), app.clock.clone(), app.ids.clone()).with(Arc::new(broadcast))
}

/// The job runner with every handler of the program.
pub fn runner(app: &App) -> Runner {
    let mail =
        SendMail { identity: app.identity.clone(), db: app.db.clone(), mailer: Arc::clone(&app.mailer) };
    Runner::new(app.db.clone(), app.clock.clone(), name(app))
        .with(identity::mail::JOB, Arc::new(mail))
        .with(TIDY, Arc::new(Tidy(app.clone())))
        .with(identity::tenant::purge::JOB, Arc::new(crate::forget::ForgetTenants(app.clone())))
        .with(audit::privacy::export::JOB, Arc::new(crate::privacy::MakeExport(app.clone())))
        .with(audit::verify::JOB, Arc::new(VerifyTrail(app.clone())))
        .with(time::GUARD, Arc::new(time::Guard(app.clone())))
        .with(projects::time::reminder::JOB, Arc::new(time::Remind(app.clone())))
        .with(projects::health::record::JOB, Arc::new(health::Record(app.clone())))
        .with(projects::feedback::tell::JOB, Arc::new(feedback::Tell(app.clone())))
        .with(projects::import::JOB, Arc::new(imports::ImportTasks(app.clone())))
        .with(retention::PLAN, Arc::new(retention::Plan(app.clone())))
        .with(audit::keep::archive::JOB, Arc::new(retention::Retain(app.clone())))
        .with(audit::privacy::erasure::finish::JOB, Arc::new(FinishErasure(app.clone())))
}

/// What gathers entries of the trail into activity.
pub fn gatherer(app: &App) -> Gatherer {
    Gatherer::new(app.db.clone(), crate::graph::ACTIVITY_TEXTS)
}

/// What forwards entries of the trail to sinks.
pub fn forwarder(app: &App) -> Forwarder {
    let platform = Arc::new(AsPlatform(app.clone()));
    let keyring = Arc::clone(app.sealer.keyring());
    Forwarder::new(app.db.clone(), app.clock.clone(), keyring, app.config.sinks(), platform)
}

/// The platform in a tenant.
struct AsPlatform(App);

#[async_trait]
impl audit::siem::Platform for AsPlatform {
    async fn viewer(&self, tenant: TenantId) -> Result<Option<Viewer>> {
        let Self(app) = self;
        let tenant = identity::tenant::find(&app.db, tenant).await?;
        let viewer =
            |tenant| Viewer::system(identity::tenant::info(&tenant), app.clock.clone(), app.ids.clone());
        Ok(tenant.map(viewer))
    }
}

/// A name that no other process has, also not one that took over a host name.
fn name(app: &App) -> String {
    app.ids.generate::<JobId>().to_string()
}

/// Declares the schedules of the program and puts into the queue what the calendar says, until `stop`.
async fn by_calendar(app: &App, stop: CancellationToken) {
    while let Err(error) = jobs::declare(&app.db, &app.ids, app.clock.now(), SCHEDULES).await {
        tracing::warn!(?error, "the schedules could not be written");
        if tokio::time::timeout(RETRY, stop.cancelled()).await.is_ok() {
            return;
        }
    }
    scheduler(app).run(stop).await;
}

/// What puts scheduled jobs into the queue.
pub fn scheduler(app: &App) -> Scheduler {
    let zones = Arc::new(TenantZones(app.db.clone()));
    Scheduler::new(app.db.clone(), app.clock.clone(), app.ids.clone(), name(app), zones)
}

/// Pause before the schedules are declared again that could not be.
const RETRY: std::time::Duration = std::time::Duration::from_secs(5);

/// The time zones in the settings of tenants.
struct TenantZones(Db);

#[async_trait]
impl Zones for TenantZones {
    async fn zones(&self, tenants: &[TenantId]) -> Result<HashMap<TenantId, Tz>> {
        let rows = identity::tenant::rows();
        let rows = rows.filter(identity::tenant::entity::Column::Id.is_in(tenants.iter().copied()));
        let rows = rows.all(&self.0).await?;
        Ok(rows.into_iter().map(|tenant| (tenant.id, identity::tenant::info(&tenant).time_zone)).collect())
    }
}

/// Checks the trail of the job's tenant; the job's result is the report.
struct VerifyTrail(App);

#[async_trait]
impl Handler for VerifyTrail {
    async fn run(&self, run: &Run) -> Result<(), JobError> {
        let app = &self.0;
        let Some(id) = run.tenant_id else { return Ok(()) };
        let Some(tenant) = identity::tenant::find(&app.db, id).await? else { return Ok(()) };
        let info = identity::tenant::info(&tenant);
        let viewer = Viewer::system(info, app.clock.clone(), app.ids.clone());
        let report = audit::verify::graphql::check(&viewer, &app.db, &app.sealer).await?;
        run.result(&serde_json::to_value(&report).map_err(kernel::Error::from)?);
        Ok(())
    }
}

/// Removes what is over, as a job.
struct Tidy(App);

#[async_trait]
impl Handler for Tidy {
    async fn run(&self, _: &Run) -> Result<(), JobError> {
        Ok(tidy(&self.0).await?)
    }

    fn limit(&self) -> std::time::Duration {
        // Reason: an agency that goes may be large.
        std::time::Duration::from_secs(60 * 60)
    }
}

/// Removes what is over: tenants whose deletion is due, old sessions, used-up tokens, idempotency keys and jobs,
/// events that were kept for long enough; and ends requests for erasures that nobody approved in time, and imports that
/// their jobs left.
///
/// # Errors
/// The first that one of them met; the others were tried all the same.
pub async fn tidy(app: &App) -> Result<()> {
    let now = app.clock.now();
    let tenants = purge_tenants(app).await;
    let sessions = app.identity.purge_sessions(&app.db, SESSIONS_KEPT_DAYS).await;
    let tokens = identity::token::purge(&app.db, now).await;
    let keys = idempotency::sweep(&app.db, now).await;
    let kept = now - chrono::TimeDelta::days(app.config.events.retention_days.into());
    let events = dispatch::retain(&app.db, kept, &dispatcher(app).names()).await;
    let old = jobs::purge(&app.db, now).await;
    let months = audit::months::ensure(&app.db, now).await;
    let exports = crate::privacy::tidy(app).await;
    let imports = imports::tidy(app).await;
    let late = audit::privacy::erasure::expire(&app.db, now).await;
    tenants
        .and(months)
        .and(exports)
        .and(imports)
        .and(late)
        .and(sessions)
        .and(tokens)
        .and(keys.map(drop))
        .and(events.map(drop))
        .and(old.map(drop))
}

/// Every tenant that is due, a few in a transaction.
async fn purge_tenants(app: &App) -> Result<()> {
    loop {
        let gone = identity::tenant::purge::purge_due(&app.db, &app.identity).await?;
        if gone.is_empty() {
            return Ok(());
        }
    }
}

/// Sends a queued letter.
struct SendMail {
    identity: Identity,
    db: Db,
    mailer: Arc<dyn Mailer>,
}

#[async_trait]
impl Handler for SendMail {
    async fn run(&self, run: &Run) -> Result<(), JobError> {
        // Reason: a letter that cannot be opened may be readable for another worker, with newer keys or templates.
        let Some(message) = identity::mail::handle(&self.identity, &self.db, &run.payload).await? else {
            return Ok(());
        };
        self.mailer.send(message).await.map_err(|error| match error.transient {
            true => JobError::Again(error.reason),
            false => JobError::Never(error.reason),
        })
    }
}
