//! The command line: what can be asked of the program, and how it answers. A command reads its arguments, asks on a
//! terminal for what is missing, calls one function of a domain and shows what came of it.

mod ask;
mod audit;
mod completions;
mod configuration;
mod demo;
mod failure;
mod health;
mod invite;
mod jobs;
mod key;
mod migrate;
mod schema;
mod seed;
mod server;
mod show;
mod tenant;
mod user;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use crate::{
    app::App,
    config::{self, Config, Loaded, Sources},
    telemetry,
};

pub use failure::Failure;

/// What the program's exit code says; part of its help.
const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed
  2  the arguments or the configuration are wrong
  3  not found, or not healthy

Settings come from defaults, a TOML file (--config or ATRIUM_CONFIG), the environment (ATRIUM_…) and flags, in this
order; `atrium config check` shows them all.";

/// Client portal and professional-services platform in one program.
#[derive(Debug, Parser)]
#[command(name = "atrium", version, about, after_help = EXIT_CODES, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    options: Options,
    /// Without one, `demo`: whoever runs the program for the first time gets to see something
    #[command(subcommand)]
    command: Option<Command>,
}

/// What every command takes.
#[derive(Clone, Debug, Default, Args)]
pub struct Options {
    /// Address and port to listen on, or where to find a running server
    #[arg(long, global = true, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Folder of everything the program keeps itself
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// Configuration file (TOML)
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long, global = true)]
    json: bool,
    /// Do not ask for confirmation
    #[arg(long, short = 'y', global = true)]
    yes: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve two made-up agencies for a look around; needs nothing installed. Done without a command, too
    Demo(demo::DemoArgs),
    /// Answer requests and do the background work
    Serve(server::ServeArgs),
    /// Do background work alone: events, jobs, cleaning up
    Worker(server::WorkerArgs),
    /// Change the database schema, or see where it stands
    #[command(subcommand)]
    Migrate(migrate::Migrate),
    /// Make the agency `load` with made-up data for load tests
    Seed(seed::SeedArgs),
    /// Agencies
    #[command(subcommand)]
    Tenant(tenant::Tenant),
    /// People
    #[command(subcommand)]
    User(user::User),
    /// Background jobs: what waits, runs or failed
    #[command(subcommand)]
    Jobs(jobs::Jobs),
    /// The audit trail: check it, prove it, export it
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Keys of the installation
    #[command(subcommand)]
    Key(key::Key),
    /// Print the GraphQL schema, or compare it with schema.graphql
    Schema(schema::SchemaArgs),
    /// The configuration
    #[command(subcommand)]
    Config(configuration::Configuration),
    /// Ask a running server whether it is ready
    Health(health::HealthArgs),
    /// Print a script that completes commands in a shell
    Completions(completions::CompletionsArgs),
    /// Print the manual page, or write the pages of all commands
    Man(completions::ManArgs),
}

/// Runs what the process's arguments ask for.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Reason: help and version come this way too; clap knows their streams and codes, and 2 for wrong arguments.
        Err(error) => error.exit(),
    };
    let json = cli.options.json;
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            show::failure(&failure, json);
            failure.exit_code()
        }
    }
}

fn run(Cli { options, command }: Cli) -> Result<(), Failure> {
    match command.unwrap_or(Command::Demo(demo::DemoArgs::default())) {
        Command::Demo(args) => demo::run(&options, &args),
        Command::Serve(args) => server::serve(&options, &args),
        Command::Worker(args) => server::worker(&options, &args),
        Command::Migrate(command) => migrate::run(&options, &command),
        Command::Seed(args) => seed::run(&options, &args),
        Command::Tenant(command) => tenant::run(&options, command),
        Command::User(command) => user::run(&options, command),
        Command::Jobs(command) => jobs::run(&options, command),
        Command::Audit(command) => audit::run(&options, command),
        Command::Key(command) => key::run(&options, &command),
        Command::Schema(args) => schema::run(&args),
        Command::Config(command) => configuration::run(&options, &command),
        Command::Health(args) => health::run(&options, &args),
        Command::Completions(args) => completions::completions(&args),
        Command::Man(args) => completions::man(&args),
    }
}

impl Options {
    /// Where settings come from: the process's environment, the named file, these flags.
    fn sources(&self) -> Sources {
        let mut sources = Sources::of_process();
        if let Some(file) = &self.config {
            sources.file = Some(file.clone());
        }
        sources
            .flag("server.listen", self.listen)
            .flag("data_dir", self.data_dir.as_ref().map(|path| path.display()))
    }

    /// The whole configuration.
    fn load(&self) -> Result<Loaded, Failure> {
        Ok(config::load(&self.sources())?)
    }

    /// The configuration of a command that does its work and ends: its log shows what matters alone.
    fn load_quietly(&self) -> Result<Config, Failure> {
        let mut config = self.load()?.config;
        if config.log.filter == config::LogSettings::default().filter {
            "warn".clone_into(&mut config.log.filter);
        }
        telemetry::init(&config.log)?;
        Ok(config)
    }
}

/// Runs a command that needs the whole program, on a database that is up to date.
fn with_app<T>(options: &Options, work: impl AsyncFnOnce(&App) -> Result<T, Failure>) -> Result<T, Failure> {
    let config = options.load_quietly()?;
    block_on(async {
        migrate::require_current(&config).await?;
        let app = App::open(config).await?;
        let done = work(&app).await;
        app.db.close().await.map_err(kernel::Error::from)?;
        done
    })
}

/// Runs a future on a runtime of its own.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(anyhow::Error::from)?;
    runtime.block_on(work)
}

#[cfg(test)]
mod tests;
