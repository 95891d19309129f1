//! ARCHITECTURE.md says the truth: the crates and paths that it names are there, and it names every crate.

use std::collections::BTreeSet;
use std::fs;

use crate::files::{expect_none, root, text};

/// The page is read in one go, or not at all.
const MOST_LINES: usize = 200;

#[test]
fn architecture_names_every_crate_and_no_other() {
    let page = text("ARCHITECTURE.md");
    let named: BTreeSet<String> = quoted(&page)
        .filter_map(|word| word.strip_prefix("crates/"))
        .filter_map(|rest| rest.split('/').next().map(str::to_owned))
        .collect();
    let folders = fs::read_dir(root().join("crates")).expect("crates").flatten();
    let folders: BTreeSet<String> =
        folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(named, folders, "edit the code map in ARCHITECTURE.md");
}

#[test]
fn path_named_in_architecture_exists() {
    let page = text("ARCHITECTURE.md");
    let missing = quoted(&page).filter(|word| is_path(word)).filter(|path| {
        // `gateway/src/bridges/<type>.rs` names the folder.
        let fixed = path.split('<').next().unwrap_or_default();
        let fixed =
            if fixed == *path { fixed } else { fixed.rsplit_once('/').map_or(fixed, |(folder, _)| folder) };
        !root().join(fixed).exists()
    });
    let missing: Vec<String> = missing.map(str::to_owned).collect();
    expect_none(&missing, "ARCHITECTURE.md names what is not there: correct the page");
}

#[test]
fn architecture_is_short() {
    let lines = text("ARCHITECTURE.md").lines().count();
    assert!(lines <= MOST_LINES, "ARCHITECTURE.md has {lines} lines, at most {MOST_LINES}: shorten it");
}

/// What stands between backticks, outside of code blocks.
fn quoted(page: &str) -> impl Iterator<Item = &str> {
    let prose = page.split("```").step_by(2);
    prose.flat_map(|text| text.split('`').skip(1).step_by(2))
}

fn is_path(word: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || "_-./<>".contains(c);
    word.contains('/') && !word.starts_with('/') && word.chars().all(letter)
}
