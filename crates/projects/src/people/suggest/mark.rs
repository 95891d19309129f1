//! Tokens of suggestions: by them what is applied is what was looked at.

use chrono::{DateTime, Utc};
use kernel::{Error, Result, Text};

use super::crew::Crew;
use crate::plan::token::{Mark, as_of};

/// What the suggestion was made of changed since it was looked at.
pub const SUGGESTION_CHANGED: Text = Text::new(
    "suggestion_changed",
    "What this was suggested for has changed since it was looked at. Look again, and then decide.",
    "La situation a changé depuis cette suggestion. Consultez-la à nouveau avant de décider.",
);

/// A mark of what was asked for, of people, and of what they can.
pub(super) fn mark(asked: &str, crew: &Crew) -> Mark {
    let mut mark = Mark::default();
    mark.add(&asked);
    for (person, skills) in crew.people.iter().zip(&crew.skills) {
        mark.add(&(person.user, skills));
    }
    mark
}

/// How a yes or no stands in a token.
pub(super) const fn flagged(flag: bool) -> &'static str {
    if flag { "1" } else { "0" }
}

/// The instant as of which the suggestion of a token was made.
///
/// # Errors
/// CONFLICT for one that is none, or older than a day.
pub(super) fn looked_at(token: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    as_of(token, now).map_err(|_| Error::conflict(SUGGESTION_CHANGED))
}

/// The yes or no that stands in a token.
pub(super) fn flag(token: &str) -> bool {
    token.split_once('.').is_some_and(|(_, rest)| rest.starts_with(flagged(true)))
}
