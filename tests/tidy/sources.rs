//! Every Rust file: how long it may be, how it begins, and words that must not stand in it.

use crate::files::{Source, expect_none, rust};

/// Lines that a file should not pass.
const LONG: usize = 400;

/// Lines that no file may pass.
const TOO_LONG: usize = 600;

/// Files that pass [`LONG`]. The list may only shrink.
const LONG_FILES: &[&str] = &["gateway/tests/http/world.rs", "tests/src/program.rs"];

/// Files of tests that wait by the clock, each for a reason. The list may only shrink.
const SLEEPING_TESTS: &[&str] = &[
    // Reason: an outage lasts, and what must not happen has no event to wait for.
    "tests/api/events/processes.rs",
    // Reason: what must not happen has no event to wait for.
    "crates/platform/tests/mechanisms/act_races.rs",
    "crates/platform/tests/mechanisms/dispatcher.rs",
    "crates/platform/tests/jobs/control.rs",
    "crates/platform/tests/jobs/crash.rs",
    "crates/platform/tests/jobs/tries.rs",
    "crates/platform/tests/jobs/workers.rs",
    // Reason: who comes at different moments of something that takes a while.
    "tests/api/identity/reset.rs",
    // Reason: a benchmark waits for work that others do, and must not take part in it.
    "tests/load/trail.rs",
    // Reason: Redis does not tell when a time to live has passed or a killed connection is gone.
    "crates/platform/tests/redis.rs",
    // Reason: requests that are slow on purpose, and those that wait for them.
    "gateway/tests/http/idempotency.rs",
    "gateway/tests/http/serving.rs",
    "gateway/tests/http/sockets.rs",
    "gateway/tests/http/streams.rs",
    "gateway/tests/http/world.rs",
    // Reason: the queue and the outbox are asked through the database, which does not call back.
    "tests/src/peek.rs",
];

/// How a test waits by the clock.
const SLEEP: &str = concat!("time::sl", "eep(");

/// Words that must not stand in a Rust file, with what to do instead.
const BANNED: &[(&str, &str)] = &[
    (concat!("#[", "ignore"), "a test that does not run is none: repair or remove it"),
    (concat!("to", "do!("), "write the code"),
    (concat!("unimpl", "emented!("), "write the code"),
    (concat!("#[", "allow("), "write #[expect(…, reason = \"…\")]"),
    (concat!("#![", "allow("), "write #![expect(…, reason = \"…\")]"),
    (concat!("// TO", "DO"), "do it, or say in the open what is missing"),
    (concat!("// FIX", "ME"), "do it, or say in the open what is missing"),
];

#[test]
fn file_is_not_too_long() {
    let long = rust().into_iter().filter(|source| {
        let lines = source.text.lines().count();
        lines > TOO_LONG || lines > LONG && !LONG_FILES.contains(&source.path.as_str())
    });
    let long = long.map(|source| format!("{}: {} lines", source.path, source.text.lines().count()));
    expect_none(&long.collect::<Vec<_>>(), &format!("more than {LONG} lines: cut the file by its concepts"));
}

#[test]
fn list_of_long_files_only_shrinks() {
    let files = rust();
    let long = |path: &str| files.iter().any(|file| file.path == path && file.text.lines().count() > LONG);
    let short = LONG_FILES.iter().filter(|path| !long(path)).map(ToString::to_string);
    expect_none(
        &short.collect::<Vec<_>>(),
        "no longer long: take it out of LONG_FILES in tests/tidy/sources.rs",
    );
}

#[test]
fn file_begins_by_saying_what_belongs_in_it() {
    let mute = rust().into_iter().filter(|source| !source.text.starts_with("//! "));
    expect_none(&paths(mute), "begin the file with `//!` and what belongs in it");
}

#[test]
fn banned_word_stands_nowhere() {
    let mut found = Vec::new();
    for source in rust() {
        for (word, instead) in BANNED {
            let lines = source.text.lines().enumerate().filter(|(_, line)| line.contains(word));
            found.extend(
                lines.map(|(number, _)| format!("{}:{}: {word}: {instead}", source.path, number + 1)),
            );
        }
    }
    expect_none(&found, "words that must not stand in the sources");
}

#[test]
fn waiting_in_a_test_is_for_events_and_not_by_the_clock() {
    let sleeping = rust().into_iter().filter(|source| is_test(&source.path) && source.text.contains(SLEEP));
    let unlisted = sleeping.filter(|source| !SLEEPING_TESTS.contains(&source.path.as_str()));
    expect_none(&paths(unlisted), "a test that waits by the clock is slow or wrong: wait for what it needs");
}

#[test]
fn list_of_sleeping_tests_only_shrinks() {
    let files = rust();
    let sleeps = |path: &str| files.iter().any(|file| file.path == path && file.text.contains(SLEEP));
    let awake = SLEEPING_TESTS.iter().filter(|path| !sleeps(path)).map(ToString::to_string);
    expect_none(&awake.collect::<Vec<_>>(), "take it out of SLEEPING_TESTS in tests/tidy/sources.rs");
}

#[test]
fn name_of_a_test_is_a_sentence() {
    let mut found = Vec::new();
    for source in rust() {
        let lines: Vec<&str> = source.text.lines().collect();
        for (place, line) in lines.iter().enumerate() {
            let after = |attribute: &str| line.trim_start().starts_with(attribute);
            if !(after("#[test]") || after("#[tokio::test")) {
                continue;
            }
            let name =
                lines[place..].iter().find_map(|line| line.split_once("fn ")).map_or("", |(_, rest)| rest);
            let name = name.split('(').next().unwrap_or_default();
            if name.starts_with("test_") || !name.contains('_') {
                found.push(format!("{}:{}: {name}", source.path, place + 1));
            }
        }
    }
    expect_none(&found, "name the test by a sentence: <subject>_<condition>_<outcome>");
}

fn is_test(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("tests.rs")
}

fn paths(sources: impl Iterator<Item = Source>) -> Vec<String> {
    sources.map(|source| source.path).collect()
}
