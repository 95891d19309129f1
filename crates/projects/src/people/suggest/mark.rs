//! Tokens of suggestions: by them what is applied is what was looked at.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use kernel::Text;
use sha2::{Digest, Sha256};

use super::crew::Crew;
use crate::plan::network::minutes;

/// What the suggestion was made of changed since it was looked at.
pub const SUGGESTION_CHANGED: Text = Text::new(
    "suggestion_changed",
    "What this was suggested for has changed since it was looked at. Look again, and then decide.",
    "La situation a changé depuis cette suggestion. Consultez-la à nouveau avant de décider.",
);

/// What a token is made of.
pub(super) struct Mark(Sha256);

impl Mark {
    /// The token of something that was asked for with these words.
    pub(super) fn new(asked: &str) -> Self {
        let mut mark = Self(Sha256::new());
        mark.add(&asked);
        mark
    }

    /// Makes it follow from something more.
    pub(super) fn add(&mut self, what: &impl std::fmt::Debug) {
        let mut line = String::new();
        // Invariant: writing to a string never fails.
        let _ = writeln!(line, "{what:?}");
        self.0.update(line.as_bytes());
    }

    /// Makes it follow from people and what they can.
    pub(super) fn add_crew(&mut self, crew: &Crew) {
        for (person, skills) in crew.people.iter().zip(&crew.skills) {
            self.add(&(person.user, skills));
        }
    }

    /// The token, of what was reckoned as of an instant.
    pub(super) fn token(self, as_of: DateTime<Utc>, flag: bool) -> String {
        let mut token = format!("{:x}.{}", minutes(as_of), u8::from(flag));
        for byte in self.0.finalize().iter().take(16) {
            let _ = write!(token, "{byte:02x}");
        }
        token
    }
}

/// The flag of a token.
pub(super) fn flag(token: &str) -> bool {
    token.split_once('.').is_some_and(|(_, rest)| rest.starts_with('1'))
}
