//! Asking for what is missing: on a terminal by a prompt, otherwise by saying which argument to give.

use std::io::{self, BufRead as _, IsTerminal as _};

use dialoguer::{Confirm, Input, Password};
use kernel::scalar::EmailAddress;
use secrecy::SecretString;

use super::{Failure, Options};

/// A text: as given, or asked for as `question`. `flag` is named where nobody can be asked.
pub(super) fn text(given: Option<String>, question: &str, flag: &str) -> Result<String, Failure> {
    match given {
        Some(text) => Ok(text),
        None if on_terminal() => Input::new()
            .with_prompt(question)
            .interact_text()
            .map_err(|error| Failure::failed(error.to_string())),
        None => Err(Failure::Usage(format!("{flag} is missing"))),
    }
}

/// An e-mail address: as given with `--email`, or asked for as `question`.
pub(super) fn email(given: Option<EmailAddress>, question: &str) -> Result<EmailAddress, Failure> {
    match given {
        Some(email) => Ok(email),
        None => text(None, question, "--email")?
            .parse()
            .map_err(|error| Failure::Usage(format!("--email: {error}"))),
    }
}

/// A new password: asked for twice on a terminal, else the first line of standard input. Never an argument, which
/// other users of the machine could read.
pub(super) fn new_password(question: &str) -> Result<SecretString, Failure> {
    let text = if on_terminal() {
        Password::new()
            .with_prompt(question)
            .with_confirmation("Again", "The passwords differ.")
            .interact()
            .map_err(|error| Failure::failed(error.to_string()))?
    } else {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(|error| Failure::failed(error.to_string()))?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    if text.is_empty() {
        return Err(Failure::Usage(
            "a password is expected on the terminal or as a line on standard input".to_owned(),
        ));
    }
    Ok(SecretString::from(text))
}

/// Whether to go on with something that cannot be undone. `--yes` says so without being asked.
pub(super) fn confirm(options: &Options, question: &str) -> Result<(), Failure> {
    if options.yes {
        return Ok(());
    }
    if !on_terminal() {
        return Err(Failure::Usage(format!("{question} Give --yes to go on.")));
    }
    let agreed = Confirm::new().with_prompt(question).default(false).interact();
    match agreed.map_err(|error| Failure::failed(error.to_string()))? {
        true => Ok(()),
        false => Err(Failure::failed("nothing was done")),
    }
}

/// Whether somebody is there to be asked: prompts are written to standard error and answered on standard input.
fn on_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}
