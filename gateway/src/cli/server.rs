//! `atrium serve` and `atrium worker`: the program at work, until it is told to stop.

use clap::Args;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Failure, Options, block_on, migrate, show};
use crate::{
    app::App,
    config::Config,
    engine::Server,
    serve::{Running, signal},
    telemetry, worker,
};

/// Answer requests and do the background work.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Do not migrate the database at the start; refuse to start if it is not up to date
    #[arg(long)]
    no_migrate: bool,
}

/// Do background work alone: events, jobs, cleaning up.
#[derive(Debug, Args)]
pub(super) struct WorkerArgs {
    /// Do what is due now, then end
    #[arg(long)]
    once: bool,
}

pub(super) fn serve(options: &Options, args: &ServeArgs) -> Result<(), Failure> {
    let config = options.load()?.config;
    telemetry::init(&config.log)?;
    block_on(async {
        prepare(&config, !args.no_migrate).await?;
        let app = App::open(config).await?;
        let running = Server::start(app.clone()).await?;
        let address = running.addr;
        let text = format!("Atrium answers at http://{address}/graphql; Ctrl-C stops it.");
        show::result(options, &json!({ "address": address.to_string() }), &text)?;
        until_stopped(&app, running).await
    })
}

pub(super) fn worker(options: &Options, args: &WorkerArgs) -> Result<(), Failure> {
    let config = options.load()?.config;
    telemetry::init(&config.log)?;
    block_on(async {
        prepare(&config, false).await?;
        let app = App::open(config).await?;
        if args.once {
            let done = once(&app).await?;
            show::result(options, &json!({ "jobs": done }), &format!("{done} jobs done."))?;
        } else {
            let stop = CancellationToken::new();
            let work = worker::run(app.clone(), stop.clone());
            let mut work = std::pin::pin!(work);
            tokio::select! {
                () = &mut work => {}
                told = signal() => {
                    told.map_err(anyhow::Error::from)?;
                    stop.cancel();
                    work.await;
                }
            }
        }
        Ok(app.db.close().await?)
    })
}

/// Brings the database up to date, or refuses one that is not.
async fn prepare(config: &Config, migrate: bool) -> Result<(), Failure> {
    if !migrate {
        return migrate::require_current(config).await;
    }
    let applied = migrate::up(config).await?;
    if !applied.is_empty() {
        tracing::info!(migrations = ?applied, "the database was migrated");
    }
    Ok(())
}

/// Waits to be told to stop, and lets what is running end.
pub(super) async fn until_stopped(app: &App, running: Running) -> Result<(), Failure> {
    running.until_signal().await.map_err(anyhow::Error::from)?;
    Ok(app.db.close().await?)
}

/// Carries the events and does the jobs that are due now, and tidies up.
async fn once(app: &App) -> Result<usize, Failure> {
    worker::dispatcher(app).once().await?;
    let runner = worker::runner(app);
    let mut done = 0;
    loop {
        match runner.work().await? {
            0 => break,
            some => done += some,
        }
    }
    worker::tidy(app).await?;
    Ok(done)
}
