//! Golden files: long texts that the code must keep saying, reviewed when they change.

use std::fs;
use std::path::Path;

/// Compares a text with a file below `tests/api/golden`, or writes the file if `ATRIUM_UPDATE_GOLDEN` is set.
///
/// # Panics
/// If they differ, with the lines that do and how to rewrite the file.
#[track_caller]
pub fn check(name: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("api/golden").join(name);
    let text = format!("{}\n", text.trim_end());
    if update() {
        fs::create_dir_all(file.parent().expect("a file is in a folder"))
            .expect("the folder of golden files");
        fs::write(&file, text).expect("the golden file is written");
        return;
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    let lines = differences(&kept, &text);
    assert!(
        kept == text,
        "tests/api/golden/{name} differs from what the code says (- kept, + now):\n{}\n\
         If that is intended: ATRIUM_UPDATE_GOLDEN=1 cargo test -p tests --test api, and commit the file",
        lines.join("\n")
    );
}

#[expect(clippy::disallowed_methods, reason = "a switch of the developer at the keyboard")]
fn update() -> bool {
    std::env::var_os("ATRIUM_UPDATE_GOLDEN").is_some()
}

/// The lines between what both texts begin and end with.
fn differences(kept: &str, text: &str) -> Vec<String> {
    let (kept, text): (Vec<&str>, Vec<&str>) = (kept.lines().collect(), text.lines().collect());
    let gone = kept.iter().filter(|line| !text.contains(line)).map(|line| format!("- {line}"));
    let new = text.iter().filter(|line| !kept.contains(line)).map(|line| format!("+ {line}"));
    let lines: Vec<String> = gone.chain(new).collect();
    if lines.is_empty() { vec!["(the same lines, in another order or number)".to_owned()] } else { lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_show_what_went_and_what_came() {
        assert_eq!(differences("a\nb\n", "a\nc\n"), ["- b", "+ c"]);
        assert_eq!(differences("a\nb\n", "b\na\n").len(), 1);
    }
}
