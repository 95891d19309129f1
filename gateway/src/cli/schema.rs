//! `atrium schema`: the GraphQL schema as text.

use std::{fs, path::PathBuf, sync::Arc};

use clap::Args;
use identity::tenant::dns::NoResolver;
use kernel::{clock::Clock, id::IdGen};
use platform::{
    cache::Services, crypto::Keyring, mail::CaptureMailer, settings::DatabaseSettings, storage::Storage,
};

use super::{Failure, block_on, show};
use crate::{
    app::{App, Parts},
    config::Config,
    graph,
};

/// Print the GraphQL schema, or compare it with schema.graphql.
#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Print nothing; fail if the file differs
    #[arg(long)]
    check: bool,
    /// The file to compare with
    #[arg(long, value_name = "FILE", default_value = "schema.graphql", requires = "check")]
    file: PathBuf,
}

pub(super) fn run(args: &SchemaArgs) -> Result<(), Failure> {
    let text = block_on(sdl())?;
    if !args.check {
        return show::raw(&text);
    }
    let file = args.file.display();
    let kept =
        fs::read_to_string(&args.file).map_err(|error| Failure::NotFound(format!("{file}: {error}")))?;
    match first_difference(&kept, &text) {
        None => {
            show::hint(&format!("{file} is up to date."));
            Ok(())
        }
        Some(line) => Err(Failure::failed(format!(
            "{file} differs from the program's schema, first in line {line}; rewrite it with `cargo run -- schema > \
             {file}` (or `just schema`)"
        ))),
    }
}

/// The schema of a program that keeps nothing: neither data folder nor database is touched.
async fn sdl() -> Result<String, Failure> {
    let clock = Clock::system();
    let database = DatabaseSettings { url: "sqlite::memory:".into(), ..DatabaseSettings::default() };
    let mailbox = CaptureMailer::in_memory(1, clock.clone());
    let app = App::assemble(Parts {
        config: Arc::new(Config::default()),
        ids: IdGen::new(clock.clone()),
        db: platform::db::connect(&database).await.map_err(anyhow::Error::from)?,
        services: Services::in_process(clock.clone()),
        keyring: Arc::new(
            Keyring::from_keys([("none".to_owned(), [0; 32])], "none").map_err(anyhow::Error::from)?,
        ),
        storage: Storage::in_memory(),
        mailer: Arc::new(mailbox.clone()),
        mailbox: Some(mailbox),
        resolver: Arc::new(NoResolver),
        clock,
    })?;
    let text = graph::sdl(&app.schema);
    app.db.close().await?;
    Ok(text)
}

/// The number of the first line that differs.
fn first_difference(kept: &str, made: &str) -> Option<usize> {
    if kept == made {
        return None;
    }
    let same = kept.lines().zip(made.lines()).take_while(|(kept, made)| kept == made).count();
    Some(same + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_difference_is_a_line_number() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some(2));
        assert_eq!(first_difference("", "a\n"), Some(1));
    }
}
