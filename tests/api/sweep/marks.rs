//! Thousands of texts that must not be seen, looked for all at once.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;

/// Texts by which what must not be seen is told.
pub(super) struct Marks {
    texts: Vec<String>,
    all: AhoCorasick,
}

impl Marks {
    pub(super) fn new(texts: Vec<String>) -> Self {
        let all = AhoCorasick::new(&texts).expect("marks are few and short");
        Self { texts, all }
    }

    /// Those that a text holds.
    pub(super) fn seen_in(&self, text: &str) -> BTreeSet<&str> {
        let found = self.all.find_overlapping_iter(text);
        found.map(|found| self.texts[found.pattern().as_usize()].as_str()).collect()
    }
}
