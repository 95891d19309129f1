//! `atrium config`: what is set, to what, and by whom.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Failure, Options, show};
use crate::config::{Line, Origin, explain};

/// The configuration.
#[derive(Debug, Subcommand)]
pub(super) enum Configuration {
    /// Validate the configuration and show every setting with its value and origin
    Check {
        /// Show only what somebody set
        #[arg(long)]
        changed: bool,
    },
}

pub(super) fn run(options: &Options, command: &Configuration) -> Result<(), Failure> {
    let Configuration::Check { changed } = command;
    let lines: Vec<Line> = explain(&options.load()?)
        .into_iter()
        .filter(|line| !changed || line.origin != Origin::Default)
        .collect();
    let value: Vec<Value> = lines
        .iter()
        .map(|line| {
            json!({
                "name": line.name,
                "value": line.value,
                "origin": line.origin.to_string(),
                "environment": line.env,
                "about": line.about,
            })
        })
        .collect();
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|line| {
            vec![line.name.to_owned(), line.value.clone(), line.origin.to_string(), line.about.to_owned()]
        })
        .collect();
    let table = show::table(&["SETTING", "VALUE", "FROM", "WHAT FOR"], &rows);
    show::result(
        options,
        &json!({ "valid": true, "settings": value }),
        &format!("{table}\nThe configuration is valid."),
    )
}
