//! Which crate may know which: the arrows of ARCHITECTURE.md as a table, held against `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::files::{expect_none, root};

/// Each crate and the crates of this workspace that it may depend on. Domains never depend on one another.
const ARROWS: &[(&str, &[&str])] = &[
    ("kernel", &[]),
    ("schedule", &[]),
    ("platform", &["kernel"]),
    ("identity", &["kernel", "platform"]),
    ("crm", &["kernel", "platform"]),
    ("projects", &["kernel", "platform", "schedule"]),
    ("audit", &["kernel", "platform"]),
    ("migrations", &[]),
    ("gateway", &["kernel", "platform", "identity", "crm", "projects", "audit", "migrations"]),
    ("tests", &["kernel", "platform", "identity", "crm", "projects", "audit", "migrations", "gateway"]),
];

/// Further arrows for tests alone.
const ARROWS_OF_TESTS: &[(&str, &str)] = &[("platform", "migrations")];

#[test]
fn crate_depends_only_on_what_the_table_allows() {
    let packages = packages();
    let names: BTreeSet<&str> = packages.keys().map(String::as_str).collect();
    let table: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut wrong = Vec::new();
    for (package, dependencies) in &packages {
        let allowed = table.get(package.as_str()).copied().unwrap_or_default();
        for (dependency, for_tests) in dependencies.iter().filter(|(name, _)| names.contains(name.as_str())) {
            let in_tests = *for_tests && ARROWS_OF_TESTS.contains(&(package, dependency));
            if !allowed.contains(&dependency.as_str()) && !in_tests {
                wrong.push(format!("{package} -> {dependency}"));
            }
        }
    }
    expect_none(
        &wrong,
        "arrows that ARCHITECTURE.md does not have: take the dependency out of the crate's Cargo.toml",
    );
}

#[test]
fn table_names_every_crate_and_no_other() {
    let packages = packages();
    let table: BTreeSet<String> = ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let names: BTreeSet<String> = packages.into_keys().collect();
    assert_eq!(names, table, "edit ARROWS in tests/tidy/arrows.rs and the code map in ARCHITECTURE.md");
}

/// The workspace's crates, each with its dependencies and whether they are for tests alone.
fn packages() -> BTreeMap<String, Vec<(String, bool)>> {
    let arguments = ["metadata", "--no-deps", "--format-version=1", "--offline"];
    let output =
        Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let dependency = |entry: &Value| (text(&entry["name"]), entry["kind"] == "dev");
    let package = |entry: &Value| {
        let dependencies = list(&entry["dependencies"]).iter().map(dependency).collect();
        (text(&entry["name"]), dependencies)
    };
    list(&metadata["packages"]).iter().map(package).collect()
}
