//! `atrium seed`: a made-up agency for load tests.

use std::{io::IsTerminal as _, time::Instant};

use clap::Args;
use secrecy::SecretString;
use serde_json::json;

use super::{Failure, Options, block_on, migrate, show};
use crate::{
    app::App,
    seed::{self, PASSWORD, Size},
};

/// Make the agency `load` with made-up data for load tests.
#[derive(Debug, Args)]
pub(super) struct SeedArgs {
    /// How much: `s` has 10 users, 20 accounts, 100 projects, 3 000 tasks; `m` 50, 200, 1 000, 30 000; `l` ten times `m`
    #[arg(long, value_enum, default_value_t = Size::S)]
    size: Size,
}

pub(super) fn run(options: &Options, args: &SeedArgs) -> Result<(), Failure> {
    let config = options.load_quietly()?;
    block_on(async {
        migrate::up(&config).await?;
        let app = App::open(config).await?;
        let begun = Instant::now();
        let hash =
            app.identity.hasher.hash(SecretString::from(PASSWORD)).await.map_err(kernel::Error::from)?;
        let live = std::io::stderr().is_terminal();
        let progress = |done: usize, total: usize| {
            if live {
                show::hint(&format!("{done} of {total} projects"));
            }
        };
        seed::load(&app.db, args.size, &hash, app.clock.now().date_naive(), progress).await?;
        app.db.close().await?;
        let seconds = begun.elapsed().as_secs_f64();
        let value = json!({ "tenant": "load", "seconds": seconds, "password": PASSWORD });
        let text =
            format!("The agency load is there after {seconds:.1} s; sign in as pm@load.test with {PASSWORD}");
        show::result(options, &value, &text)
    })
}
