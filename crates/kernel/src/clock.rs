//! Time: the one place that asks the machine what time it is.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

/// Where an act, a job or a generator takes its time from. Cheap to clone; clones of a manual
/// clock show the same time.
#[derive(Clone, Debug, Default)]
pub struct Clock(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    System,
    Manual(Arc<Hands>),
}

/// The state of a manual clock, in microseconds.
#[derive(Debug)]
struct Hands {
    /// Since the Unix epoch.
    wall: AtomicI64,
    /// Since the clock was made; only `advance` moves it.
    elapsed: AtomicI64,
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until it is moved: for tests and generated data.
    #[must_use]
    pub fn manual(start: DateTime<Utc>) -> Self {
        Self(Source::Manual(Arc::new(Hands {
            wall: AtomicI64::new(start.timestamp_micros()),
            elapsed: AtomicI64::new(0),
        })))
    }

    /// The time in UTC, cut to microseconds.
    ///
    /// Reason: PostgreSQL keeps microseconds and SQLite nanoseconds; a time that both keep whole
    /// is equal to itself when it is read back.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Source::System => truncate_micros(system_now()),
            Source::Manual(hands) => from_micros(hands.wall.load(Ordering::SeqCst)),
        }
    }

    /// A reading that never goes back; only the difference of two readings means anything.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        match &self.0 {
            Source::System => START.elapsed(),
            Source::Manual(hands) => {
                let micros = hands.elapsed.load(Ordering::SeqCst);
                Duration::from_micros(u64::try_from(micros).unwrap_or(0))
            }
        }
    }

    /// Moves a manual clock forward. The machine's clock does not listen.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(hands) = &self.0 {
            let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
            hands.wall.fetch_add(micros, Ordering::SeqCst);
            hands.elapsed.fetch_add(micros, Ordering::SeqCst);
        }
    }

    /// Sets the wall time of a manual clock, also backwards, as an operator or NTP would;
    /// `monotonic` is untouched. The machine's clock does not listen.
    pub fn set(&self, to: DateTime<Utc>) {
        if let Source::Manual(hands) = &self.0 {
            hands.wall.store(to.timestamp_micros(), Ordering::SeqCst);
        }
    }
}

/// Cuts a time to the microseconds both databases keep.
#[must_use]
pub fn truncate_micros(time: DateTime<Utc>) -> DateTime<Utc> {
    // Invariant: only times beyond the range of 64-bit nanoseconds (before 1677 or after 2262)
    // fail here, and those are rebuilt from their microseconds.
    time.duration_trunc(TimeDelta::microseconds(1)).unwrap_or_else(|_| from_micros(time.timestamp_micros()))
}

fn from_micros(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[expect(clippy::disallowed_methods, reason = "the clock is the only reader of the machine's time")]
fn system_now() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Timelike};

    use super::*;

    fn noon() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 3, 29, 12, 0, 0).unwrap()
    }

    #[test]
    fn system_time_has_no_part_below_a_microsecond() {
        assert_eq!(Clock::system().now().nanosecond() % 1_000, 0);
    }

    #[test]
    fn manual_clock_stands_still_until_moved() {
        let clock = Clock::manual(noon());
        assert_eq!(clock.now(), noon());
        assert_eq!(clock.now(), noon());
    }

    #[test]
    fn clones_of_a_manual_clock_move_together() {
        let clock = Clock::manual(noon());
        let other = clock.clone();
        other.advance(Duration::from_secs(90));
        assert_eq!(clock.now(), noon() + TimeDelta::seconds(90));
        assert_eq!(clock.monotonic(), Duration::from_secs(90));
    }

    #[test]
    fn setting_the_wall_time_back_leaves_elapsed_time_alone() {
        let clock = Clock::manual(noon());
        clock.advance(Duration::from_secs(5));
        clock.set(noon() - TimeDelta::days(1));
        assert_eq!(clock.now(), noon() - TimeDelta::days(1));
        assert_eq!(clock.monotonic(), Duration::from_secs(5));
    }

    #[test]
    fn truncation_cuts_and_never_rounds_up() {
        let time = noon() + TimeDelta::nanoseconds(1_999);
        assert_eq!(truncate_micros(time), noon() + TimeDelta::microseconds(1));
    }

    #[test]
    fn truncation_survives_times_far_from_now() {
        let far = DateTime::<Utc>::from_timestamp(32_503_680_000, 1_999).unwrap();
        assert_eq!(truncate_micros(far).nanosecond(), 1_000);
    }
}
