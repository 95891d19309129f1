//! Locking people out: how many wrong passwords, for how long. Pure.

use chrono::{DateTime, Duration, Utc};

use crate::service::Lockout;

/// After how many lock-outs since the last login a tenant's administrators can lift no more. What they lift lets more
/// passwords be tried, and the password is the person's in every tenant: so many lock-outs bound how many. The person
/// can end each one, and this, with a new password.
pub const LIFTABLE: i32 = 3;

/// What is remembered of a person's wrong passwords, in whatever tenant they were tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// Wrong passwords in a row since the last login or lock-out.
    pub failed: i32,
    /// Lock-outs since the last login.
    pub locks: i32,
    /// Until when they are locked out.
    pub locked_until: Option<DateTime<Utc>>,
}

impl Attempts {
    /// Whether nobody gets in now, with whatever password, where the lock-out that ends at `lifted` was lifted.
    pub fn is_locked(&self, lifted: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
        self.locked_until.is_some_and(|until| until > now && lifted != Some(until))
    }

    /// After one more wrong password at the same place. Within a lock-out nothing is counted: a stranger could prolong
    /// it for ever.
    #[must_use]
    pub fn after_failure(self, rules: &Lockout, lifted: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        if self.is_locked(lifted, now) {
            return self;
        }
        let failed = self.failed.saturating_add(1);
        if i64::from(failed) < i64::from(rules.failures.max(1)) {
            return Self { failed, ..self };
        }
        let locks = self.locks.saturating_add(1);
        Self { failed: 0, locks, locked_until: Some(now + length(rules, locks)) }
    }
}

/// How long the lock-out with this number (from 1) lasts: each twice as long as the one before, up to the bound.
pub fn length(rules: &Lockout, number: i32) -> Duration {
    let doublings = u32::try_from(number.saturating_sub(1)).unwrap_or(0).min(31);
    let minutes = u64::from(rules.minutes) << doublings;
    Duration::minutes(i64::try_from(minutes.min(rules.max_minutes.into())).unwrap_or(i64::from(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::noon;

    fn after(failures: usize, mut attempts: Attempts, now: DateTime<Utc>) -> Attempts {
        for _ in 0..failures {
            attempts = attempts.after_failure(&Lockout::default(), None, now);
        }
        attempts
    }

    #[test]
    fn fifth_wrong_password_locks_for_a_quarter_of_an_hour() {
        let four = after(4, Attempts::default(), noon());
        assert_eq!(four, Attempts { failed: 4, locks: 0, locked_until: None });
        let five = after(1, four, noon());
        assert_eq!(
            five,
            Attempts { failed: 0, locks: 1, locked_until: Some(noon() + Duration::minutes(15)) }
        );
        assert!(five.is_locked(None, noon() + Duration::minutes(15) - Duration::microseconds(1)));
        assert!(!five.is_locked(None, noon() + Duration::minutes(15)));
    }

    #[test]
    fn wrong_passwords_within_a_lock_neither_count_nor_prolong_it() {
        let locked = after(5, Attempts::default(), noon());
        assert_eq!(after(50, locked, noon() + Duration::minutes(14)), locked);
    }

    #[test]
    fn lock_that_was_lifted_lets_five_be_tried_and_is_followed_by_a_longer_one() {
        let locked = after(5, Attempts::default(), noon());
        let lifted = locked.locked_until;
        let now = noon() + Duration::minutes(1);
        assert!(locked.is_locked(None, now) && !locked.is_locked(lifted, now));
        let mut tried = locked;
        for number in 1..=4 {
            tried = tried.after_failure(&Lockout::default(), lifted, now);
            assert_eq!(tried, Attempts { failed: number, ..locked });
        }
        let again = tried.after_failure(&Lockout::default(), lifted, now);
        assert_eq!(again, Attempts { failed: 0, locks: 2, locked_until: Some(now + Duration::minutes(30)) });
        assert!(again.is_locked(lifted, now), "the next lock-out is another one");
    }

    #[test]
    fn each_further_lock_is_twice_as_long_up_to_a_day() {
        let (mut attempts, mut now, mut lengths) = (Attempts::default(), noon(), Vec::new());
        for _ in 0..9 {
            attempts = after(5, attempts, now);
            let until = attempts.locked_until.unwrap();
            lengths.push((until - now).num_minutes());
            now = until;
        }
        assert_eq!(lengths, [15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
        assert_eq!(length(&Lockout::default(), i32::MAX), Duration::days(1));
    }

    #[test]
    fn lock_that_is_over_leaves_all_tries_again() {
        let locked = after(5, Attempts::default(), noon());
        let later = after(4, locked, noon() + Duration::hours(1));
        assert!(!later.is_locked(None, noon() + Duration::hours(1)));
        assert_eq!(later.failed, 4);
    }
}
