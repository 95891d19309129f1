//! `atrium completions` and `atrium man`: what shells and manuals are told of the command line, made from its definition.

use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::{Cli, Failure, show};

/// Completions for a shell.
#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// Which shell
    shell: Shell,
}

/// Pages of a manual.
#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Write a page for every command into this folder, instead of the one of the program to standard output
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

/// Prints a script that the shell reads at its start.
pub(super) fn completions(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "atrium", &mut script);
    show::raw(&String::from_utf8_lossy(&script))
}

/// Prints the program's page of the manual, or writes all of them.
pub(super) fn man(args: &ManArgs) -> Result<(), Failure> {
    let failed = |why: std::io::Error| Failure::failed(why.to_string());
    match &args.dir {
        Some(dir) => {
            write_all(dir).map_err(|why| Failure::failed(format!("{}: {why}", dir.display())))?;
            show::hint(&format!("The pages are in {}.", dir.display()));
            Ok(())
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page).map_err(failed)?;
            show::raw(&String::from_utf8_lossy(&page))
        }
    }
}

fn write_all(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    clap_mangen::generate_to(Cli::command(), dir)
}
