//! `atrium migrate`: the database schema, up, down and where it stands.

use clap::Subcommand;
use migrations::StepStatus;
use platform::db::{Pools, pools};
use serde_json::json;

use super::{Failure, Options, ask, block_on, show};
use crate::config::Config;

/// Change the database schema, or see where it stands.
#[derive(Debug, Subcommand)]
pub(super) enum Migrate {
    /// Apply every migration that is missing
    Up,
    /// Take back the latest migrations; the data of dropped tables is lost
    Down {
        /// How many; without it, all
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
        steps: Option<u32>,
    },
    /// List migrations; ends with 3 if one is missing
    Status,
}

pub(super) fn run(options: &Options, command: &Migrate) -> Result<(), Failure> {
    let config = options.load_quietly()?;
    block_on(async {
        match command {
            Migrate::Up => {
                let applied = up(&config).await?;
                let text = match applied.as_slice() {
                    [] => "The database is up to date.".to_owned(),
                    names => format!("Applied: {}", names.join(", ")),
                };
                show::result(options, &json!({ "applied": applied }), &text)
            }
            Migrate::Down { steps } => {
                let what =
                    steps.map_or("all migrations".to_owned(), |steps| format!("the last {steps} migrations"));
                ask::confirm(options, &format!("Take back {what}? The data of the dropped tables is lost."))?;
                let pools = open(&config).await?;
                migrations::down(&pools.write, *steps).await?;
                close(pools).await?;
                show::result(options, &json!({ "reverted": steps }), &format!("Took back {what}."))
            }
            Migrate::Status => status(options, &config).await,
        }
    })
}

/// Applies what is missing and answers the names.
pub(super) async fn up(config: &Config) -> Result<Vec<String>, Failure> {
    let pools = open(config).await?;
    let missing = missing(&migrations::status(&pools.write).await?);
    if !missing.is_empty() {
        migrations::up(&pools.write).await?;
    }
    close(pools).await?;
    Ok(missing)
}

/// Errs unless the database has every migration.
pub(super) async fn require_current(config: &Config) -> Result<(), Failure> {
    let pools = open(config).await?;
    let missing = missing(&migrations::status(&pools.write).await?);
    close(pools).await?;
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::failed(format!("the database lacks {}; run `atrium migrate up`", missing.join(", "))))
}

async fn status(options: &Options, config: &Config) -> Result<(), Failure> {
    let pools = open(config).await?;
    let steps = migrations::status(&pools.write).await?;
    close(pools).await?;
    let value: Vec<_> =
        steps.iter().map(|step| json!({ "name": step.name, "applied": step.applied })).collect();
    let rows: Vec<Vec<String>> = steps
        .iter()
        .map(|step| vec![step.name.clone(), if step.applied { "applied" } else { "missing" }.to_owned()])
        .collect();
    show::result(options, &json!(value), &show::table(&["MIGRATION", "STATE"], &rows))?;
    let missing = missing(&steps);
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::NotFound(format!("missing: {}; run `atrium migrate up`", missing.join(", "))))
}

fn missing(steps: &[StepStatus]) -> Vec<String> {
    steps.iter().filter(|step| !step.applied).map(|step| step.name.clone()).collect()
}

/// One connection, whose statements may take as long as they need: an index on a large table does.
async fn open(config: &Config) -> Result<Pools, Failure> {
    std::fs::create_dir_all(&config.data_dir).map_err(anyhow::Error::from)?;
    let mut settings = config.database.clone();
    settings.max_connections = 1;
    settings.min_connections = 0;
    settings.statement_timeout_s = 0;
    Ok(pools(&settings).await.map_err(anyhow::Error::from)?)
}

async fn close(pools: Pools) -> Result<(), Failure> {
    pools.read.close().await?;
    pools.write.close().await?;
    Ok(())
}
