//! The files of the project, as tests of the sources read them.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold nothing that people wrote.
const SKIPPED: &[&str] = &["target", "node_modules", ".git", "dist", "build"];

/// The root of the project.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests is in the project").to_owned()
}

/// A file with its path from the root and its text.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Every Rust file of the project, by path.
pub(crate) fn rust() -> Vec<Source> {
    let mut found = Vec::new();
    walk(&root(), &mut found);
    found.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    found.sort();
    found.iter().map(|path| Source { path: from_root(path), text: read(path) }).collect()
}

/// The text of a file named from the root.
pub(crate) fn text(path: &str) -> String {
    read(&root().join(path))
}

/// Fails with every line found, and with what to do about it.
#[track_caller]
pub(crate) fn expect_none(found: &[String], what_to_do: &str) {
    assert!(found.is_empty(), "{what_to_do}:\n  {}", found.join("\n  "));
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries.flatten() {
        let path = entry.path();
        let skipped = path.file_name().is_some_and(|name| SKIPPED.iter().any(|skipped| name == *skipped));
        if path.is_dir() {
            if !skipped {
                walk(&path, found);
            }
        } else {
            found.push(path);
        }
    }
}

fn from_root(path: &Path) -> String {
    path.strip_prefix(root()).expect("a file of the project").to_string_lossy().replace('\\', "/")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
