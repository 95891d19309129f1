//! Answering: lines for people on standard output, or one JSON value; what went wrong on standard error.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Failure, Options};

/// Shows a result: `value` with `--json`, else `text`.
///
/// # Errors
/// If standard output cannot be written, such as to a full disk.
pub(super) fn result(options: &Options, value: &Value, text: &str) -> Result<(), Failure> {
    let shown = if options.json { pretty(value) } else { text.trim_end().to_owned() };
    line(&mut io::stdout().lock(), &shown)
}

/// Shows rows under a heading, each column as wide as its widest entry.
pub(super) fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let heading = heading.iter().map(|title| (*title).to_owned()).collect();
    let lines: Vec<&Vec<String>> = std::iter::once(&heading).chain(rows).collect();
    let width = |column: usize| {
        lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let mut text = String::new();
    for cells in lines {
        let padded: Vec<String> =
            cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(padded.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Says on standard error why the command failed.
pub(super) fn failure(failure: &Failure, as_json: bool) {
    let text = if as_json {
        pretty(&json!({ "error": { "code": failure.code(), "message": failure.message() } }))
    } else {
        format!("error: {}", failure.message())
    };
    // Reason: when standard error is closed there is nobody left to tell.
    let _ = line(&mut io::stderr().lock(), &text);
}

/// Writes a line to standard error: progress and hints, which are no part of the answer.
pub(super) fn hint(text: &str) {
    // Reason: a hint that nobody can read harms nobody.
    let _ = line(&mut io::stderr().lock(), text);
}

/// Writes text to standard output as it is.
///
/// # Errors
/// As [`result`].
pub(super) fn raw(text: &str) -> Result<(), Failure> {
    write(&mut io::stdout().lock(), text)
}

fn line(to: &mut impl Write, text: &str) -> Result<(), Failure> {
    write(to, &format!("{text}\n"))
}

fn write(to: &mut impl Write, text: &str) -> Result<(), Failure> {
    match to.write_all(text.as_bytes()).and_then(|()| to.flush()) {
        // Reason: whoever reads only the beginning (`| head`) has what they wanted.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| Failure::failed(error.to_string())),
    }
}

fn pretty(value: &Value) -> String {
    // Invariant: a JSON value always has a text.
    serde_json::to_string_pretty(value).unwrap_or_default()
}
