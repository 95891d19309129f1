//! `atrium demo`: two made-up agencies, ready to be looked at. Needs nothing installed and touches nothing but the data
//! folder.

use std::{
    fmt::Write as _,
    process::{Command, Stdio},
};

use anyhow::Context as _;
use clap::Args;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{Failure, Options, block_on, migrate, server, show};
use crate::{
    app::App,
    config::{self, Config},
    engine::Server,
    seed::{self, Demo, PASSWORD, ROLES},
    telemetry,
};

/// Arguments of `atrium demo`.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct DemoArgs {
    /// Make the agencies, say which were not there before, and end
    #[arg(long, hide = true)]
    fill: bool,
}

pub(super) fn run(options: &Options, args: &DemoArgs) -> Result<(), Failure> {
    let config = configuration(options)?;
    telemetry::init(&config.log)?;
    if args.fill {
        let made = block_on(fill(config))?;
        return show::raw(&made.join(" "));
    }
    let agencies = fill_apart(options)?;
    block_on(async {
        let app = App::open(config).await?;
        let running = Server::start(app.clone()).await?;
        let address = format!("http://{}", running.addr);
        show::result(options, &value(&address, &agencies), &text(&address, &agencies))?;
        server::until_stopped(&app, running).await
    })
}

/// The configuration, with database, cache and mail of the data folder, whatever else is configured.
///
/// Reason: well-known passwords must never get into a database that the environment happens to name.
fn configuration(options: &Options) -> Result<Config, Failure> {
    let sources = options.sources().flag("mode", Some("demo"));
    let mut config = config::load(&sources)?.config;
    config.database.url =
        SecretString::from(format!("sqlite:{}", config.data_dir.join("atrium.db").display()));
    config.redis = None;
    if config.log.filter == config::LogSettings::default().filter {
        // Reason: nobody looks around for the names of migrations.
        config.log.filter.push_str(",sea_orm_migration=warn");
    }
    config.mail.transport = platform::settings::MailTransport::Capture;
    Ok(config)
}

/// Makes the agencies in a process of its own.
///
/// Reason: what making them takes, hashing above all, is several times what serving needs, and would stay with the
/// server.
fn fill_apart(options: &Options) -> Result<Vec<Demo>, Failure> {
    let program = std::env::current_exe().context("the path of the program")?;
    let mut child = Command::new(program);
    child.args(["demo", "--fill"]).stdin(Stdio::null());
    if let Some(folder) = &options.data_dir {
        child.arg("--data-dir").arg(folder);
    }
    if let Some(file) = &options.config {
        child.arg("--config").arg(file);
    }
    let output = child.output().context("making the demo agencies")?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let why = said.trim().trim_start_matches("error: ").to_owned();
        return Err(if output.status.code() == Some(2) { Failure::Usage(why) } else { Failure::failed(why) });
    }
    if !said.is_empty() {
        show::hint(said.trim_end());
    }
    let made = String::from_utf8_lossy(&output.stdout);
    Ok(seed::demo_agencies(&made.split_whitespace().collect::<Vec<_>>()))
}

/// Slugs of the agencies that were not there before.
async fn fill(config: Config) -> Result<Vec<&'static str>, Failure> {
    migrate::up(&config).await?;
    let app = App::open(config).await?;
    let hash = app.identity.hasher.hash(SecretString::from(PASSWORD)).await.map_err(kernel::Error::from)?;
    let agencies = seed::demo(&app.db, &hash, app.clock.now().date_naive()).await?;
    for agency in agencies.iter().filter(|agency| agency.made) {
        seed::hours::run(&app, agency.slug).await?;
        seed::trail::tell(&app, agency.slug).await?;
    }
    app.sealer.seal_all().await?;
    app.db.close().await.map_err(kernel::Error::from)?;
    Ok(agencies.into_iter().filter(|agency| agency.made).map(|agency| agency.slug).collect())
}

fn value(address: &str, agencies: &[Demo]) -> Value {
    let agencies: Vec<Value> = agencies
        .iter()
        .map(|agency| {
            let people: Vec<Value> = ROLES
                .into_iter()
                .map(|(role, local)| json!({ "email": format!("{local}@{}.test", agency.slug), "role": role.key() }))
                .collect();
            json!({ "slug": agency.slug, "name": agency.name, "made": agency.made, "people": people })
        })
        .collect();
    json!({ "address": address, "password": PASSWORD, "agencies": agencies })
}

fn text(address: &str, agencies: &[Demo]) -> String {
    let heading: Vec<&str> =
        std::iter::once("ROLE").chain(agencies.iter().map(|agency| agency.name)).collect();
    let rows: Vec<Vec<String>> = ROLES
        .into_iter()
        .map(|(role, local)| {
            let mut row = vec![role.key().to_owned()];
            row.extend(agencies.iter().map(|agency| format!("{local}@{}.test", agency.slug)));
            row
        })
        .collect();
    let slugs: Vec<&str> = agencies.iter().map(|agency| agency.slug).collect();
    let mut text = String::new();
    // Reason: writing to a String cannot fail.
    let _ = write!(
        text,
        "Atrium is ready at {address}\n\n  {address}/graphiql  explore the API\n  {address}/mailbox   mail that would \
         have been sent\n\n{}\nEverybody's password is {PASSWORD}; the tenants are {}.\nCtrl-C stops the server.",
        show::table(&heading, &rows),
        slugs.join(" and "),
    );
    text
}
