//! What rings when an act committed work for the background, here and in other processes on the same database.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;

/// Rings after each commit that left work behind, so that who does that work need not poll fast.
#[derive(Clone, Debug, Default)]
pub struct Bell {
    here: Arc<Notify>,
    mark: u8,
    calls: Calls,
}

impl Bell {
    /// Wakes whoever waits, or the next one who will, and has other processes told.
    pub fn ring(&self) {
        self.here.notify_one();
        self.tell();
    }

    /// Has other processes told, for who knows already here.
    pub fn tell(&self) {
        self.calls.call(self.mark);
    }

    /// Waits for the next ring.
    pub async fn heard(&self) {
        self.here.notified().await;
    }
}

/// The bells of a database, as processes tell one another of them. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<Called>);

#[derive(Debug, Default)]
struct Called {
    /// Marks of bells that rang here and that other processes were not told of.
    untold: AtomicU8,
    news: Notify,
    /// How long to wait for a bell, in milliseconds, while other processes are heard; 0 if they are not.
    patience: AtomicU64,
}

/// The bells that rang, a bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rung(pub u8);

impl Calls {
    fn call(&self, mark: u8) {
        if self.0.untold.fetch_or(mark, Ordering::AcqRel) & mark == 0 {
            self.0.news.notify_one();
        }
    }

    /// Waits until a bell rang here, and answers all that did since it was asked last.
    pub async fn next(&self) -> Rung {
        loop {
            self.0.news.notified().await;
            let rung = self.0.untold.swap(0, Ordering::AcqRel);
            if rung != 0 {
                return Rung(rung);
            }
        }
    }

    /// Says that bells of other processes are heard, so that looking for what nobody rang for may take `patience`; or
    /// that they are not, with none.
    pub fn hears(&self, patience: Option<Duration>) {
        let millis = patience.map_or(0, |patience| u64::try_from(patience.as_millis()).unwrap_or(u64::MAX));
        self.0.patience.store(millis, Ordering::Release);
    }

    /// How long to wait for a bell before looking anyway: `alone` while other processes are not heard.
    pub fn patience(&self, alone: Duration) -> Duration {
        match self.0.patience.load(Ordering::Acquire) {
            0 => alone,
            millis => Duration::from_millis(millis).max(alone),
        }
    }
}

/// The bells of a database.
#[derive(Clone, Debug)]
pub(super) struct Bells {
    pub(super) calls: Calls,
    pub(super) events: Bell,
    pub(super) jobs: Bell,
    pub(super) trail: Bell,
    pub(super) log: Bell,
}

impl Bells {
    pub(super) fn new() -> Self {
        let calls = Calls::default();
        let bell = |mark| Bell { here: Arc::default(), mark, calls: calls.clone() };
        let [events, jobs, trail, log] = [1, 2, 4, 8].map(bell);
        Self { calls, events, jobs, trail, log }
    }

    /// Wakes who waits here, and nobody elsewhere.
    pub(super) fn ring_here(&self, rung: Rung) {
        for bell in [&self.events, &self.jobs, &self.trail, &self.log] {
            if rung.0 & bell.mark != 0 {
                bell.here.notify_one();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn rings_are_told_once_and_together() {
        let bells = Bells::new();
        bells.events.ring();
        bells.jobs.ring();
        bells.events.ring();
        assert_eq!(bells.calls.next().await, Rung(3));
        let more = tokio::time::timeout(Duration::from_millis(20), bells.calls.next()).await;
        assert!(more.is_err(), "nothing rang since: {more:?}");
    }

    #[tokio::test]
    async fn ring_from_elsewhere_wakes_and_is_not_told_on() {
        let bells = Bells::new();
        bells.ring_here(Rung(4));
        bells.trail.heard().await;
        let told = tokio::time::timeout(Duration::from_millis(20), bells.calls.next()).await;
        assert!(told.is_err(), "it was told already: {told:?}");
        let other = tokio::time::timeout(Duration::from_millis(20), bells.jobs.heard()).await;
        assert!(other.is_err(), "another bell rang");
    }

    #[test]
    fn patience_is_longer_only_while_others_are_heard() {
        let (calls, alone) = (Calls::default(), Duration::from_millis(500));
        assert_eq!(calls.patience(alone), alone);
        calls.hears(Some(Duration::from_secs(2)));
        assert_eq!(calls.patience(alone), Duration::from_secs(2));
        calls.hears(None);
        assert_eq!(calls.patience(alone), alone);
    }
}
