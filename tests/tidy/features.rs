//! `tests/FEATURES.md` and the tests agree: every number listed there is named by a test, and the other way round.

use std::collections::BTreeSet;

use crate::files::{expect_none, rust, text};

/// Begins the comment above a test with the numbers that it keeps.
const MARK: &str = concat!("// ", "keeps:");

#[test]
fn number_in_the_list_is_kept_by_a_test() {
    let kept = kept();
    let alone = listed().into_iter().filter(|number| !kept.contains(number));
    let todo = format!(
        "listed in tests/FEATURES.md without a test: write one under `{MARK} <number>`, or take it out"
    );
    expect_none(&alone.collect::<Vec<_>>(), &todo);
}

#[test]
fn number_that_a_test_keeps_is_in_the_list() {
    let listed = listed();
    let unlisted = kept().into_iter().filter(|number| !listed.contains(number));
    expect_none(
        &unlisted.collect::<Vec<_>>(),
        "kept by a test but not in tests/FEATURES.md: add a line there",
    );
}

#[test]
fn list_names_each_number_once() {
    let all = numbers_of_lines();
    let once: BTreeSet<&String> = all.iter().collect();
    assert_eq!(once.len(), all.len(), "tests/FEATURES.md lists a number twice: {all:?}");
}

/// The numbers of `tests/FEATURES.md`: the first word of each entry.
fn listed() -> BTreeSet<String> {
    numbers_of_lines().into_iter().collect()
}

fn numbers_of_lines() -> Vec<String> {
    let page = text("tests/FEATURES.md");
    let entries = page.lines().filter_map(|line| line.strip_prefix("- "));
    entries.filter_map(|entry| entry.split_once(':')).map(|(number, _)| number.trim().to_owned()).collect()
}

/// The numbers that comments above tests name.
fn kept() -> BTreeSet<String> {
    let mut kept = BTreeSet::new();
    for source in rust() {
        for line in source.text.lines().filter_map(|line| line.trim_start().strip_prefix(MARK)) {
            for number in line.split(',').map(str::trim) {
                let well_formed = number.split_once('-').is_some_and(|(domain, count)| {
                    domain.bytes().all(|b| b.is_ascii_uppercase()) && count.parse::<u32>().is_ok()
                });
                assert!(
                    well_formed,
                    "{}: `{MARK}{line}` must be numbers by commas, such as ID-4, PR-1",
                    source.path
                );
                kept.insert(number.to_owned());
            }
        }
    }
    kept
}
