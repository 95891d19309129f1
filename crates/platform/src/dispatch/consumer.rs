//! Consumers: who reads the log. Each has a name, a cursor of its own, and says what it wants.

use async_trait::async_trait;
use chrono::TimeDelta;

use super::Event;

/// How often an event is tried before it is parked.
pub const MAX_TRIES: i32 = 10;

/// Which kinds of events a consumer gets.
#[derive(Clone, Copy, Debug)]
pub enum Kinds {
    /// All of them.
    All,
    /// Those whose kind begins with one of these: `projects.`, `identity.user.locked`.
    Beginning(&'static [&'static str]),
}

impl Kinds {
    /// Whether a kind is one of them.
    pub fn has(self, kind: &str) -> bool {
        match self {
            Self::All => true,
            Self::Beginning(beginnings) => beginnings.iter().any(|beginning| kind.starts_with(beginning)),
        }
    }
}

/// Why an event was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undelivered {
    /// This event failed: it is tried again by itself, with growing pauses, while later ones go on; after
    /// [`MAX_TRIES`] it is parked.
    Event(String),
    /// Nothing can be taken at the moment, for what it would be taken to is not there: this event and all later ones
    /// wait, and stay in their order.
    Later(String),
}

impl From<kernel::Error> for Undelivered {
    /// What is not there now may be there later; all else is the event's own failure.
    fn from(error: kernel::Error) -> Self {
        match error {
            kernel::Error::Unavailable(_) => Self::Later(format!("{error:?}")),
            _ => Self::Event(format!("{error:?}")),
        }
    }
}

/// Somebody who is handed events, in the order of the log, at least once.
#[async_trait]
pub trait Consumer: Send + Sync {
    /// Its name in the database and in metrics; never to be changed, for a new name begins at the end of the log.
    fn name(&self) -> &'static str;

    /// Which kinds it gets.
    fn kinds(&self) -> Kinds {
        Kinds::All
    }

    /// Takes an event. After a crash it is handed the same one again: it does nothing twice for one event id. It may
    /// take half a minute, which then counts as a failure of the event.
    async fn handle(&self, event: &Event) -> Result<(), Undelivered>;
}

/// How long to wait after so many tries: a second, doubled each time, at most ten minutes.
pub(super) fn backoff(attempts: i32) -> TimeDelta {
    let doubled = 1i64 << attempts.clamp(1, 11).saturating_sub(1);
    TimeDelta::seconds(doubled.min(600))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_chosen_by_their_beginning() {
        let kinds = Kinds::Beginning(&["projects.", "identity.user.locked"]);
        assert!(kinds.has("projects.task.created") && kinds.has("identity.user.locked"));
        assert!(!kinds.has("identity.user.updated") && Kinds::All.has("anything"));
    }

    #[test]
    fn pauses_double_and_are_bounded() {
        let pauses = [1, 2, 3, 10, 11, 500].map(|attempts| backoff(attempts).num_seconds());
        assert_eq!(pauses, [1, 2, 4, 512, 600, 600]);
    }

    #[test]
    fn what_is_unavailable_is_waited_for() {
        let later = Undelivered::from(kernel::Error::unavailable("gone"));
        assert!(matches!(later, Undelivered::Later(_)));
        assert!(matches!(Undelivered::from(kernel::Error::internal("broken")), Undelivered::Event(_)));
    }
}
