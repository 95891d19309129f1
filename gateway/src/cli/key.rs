//! `atrium key`: keys of the installation.

use clap::Subcommand;
use identity::signing;
use platform::crypto::keyfile;
use serde_json::json;

use super::{Failure, Options, ask, show, with_app};
use crate::app::KEY_FILE;

/// Keys of the installation.
#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// Make a new key; the ones before stay good as long as something depends on them
    Rotate {
        /// The key that seals secrets in the database, instead of the one that signs access tokens
        #[arg(long)]
        master: bool,
    },
}

pub(super) fn run(options: &Options, command: &Key) -> Result<(), Failure> {
    let Key::Rotate { master } = command;
    if *master { rotate_master(options) } else { rotate_signing(options) }
}

fn rotate_signing(options: &Options) -> Result<(), Failure> {
    with_app(options, async |app| {
        signing::rotate(&app.identity, &app.db).await?;
        let set = signing::jwks(&app.identity, &app.db).await?;
        let kids: Vec<&str> =
            set["keys"].as_array().into_iter().flatten().filter_map(|key| key["kid"].as_str()).collect();
        let text = format!(
            "A new key signs access tokens; nodes that are running take it within a minute. Accepted now: {}",
            kids.join(", ")
        );
        show::result(options, &json!({ "rotated": "signing", "accepted": kids }), &text)
    })
}

fn rotate_master(options: &Options) -> Result<(), Failure> {
    let config = options.load_quietly()?;
    let path = config.data_dir.join(KEY_FILE);
    if !path.exists() {
        return Err(Failure::NotFound(format!("there is no key file {}", path.display())));
    }
    ask::confirm(
        options,
        "Make a new master key? Every running node must be restarted, and the key file copied to all of them.",
    )?;
    let ring = keyfile::rotate(&path, &mut rand::rng()).map_err(anyhow::Error::from)?;
    let text = format!(
        "{} seals new secrets; older ones open with the keys before it. Back up {}, copy it to every node and restart \
         them.",
        ring.active(),
        path.display()
    );
    show::result(options, &json!({ "rotated": "master", "active": ring.active(), "file": path }), &text)
}
