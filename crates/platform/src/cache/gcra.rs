//! The generic cell rate algorithm (ITU-T I.371, annex A.1, "virtual scheduling"; ATM Forum Traffic
//! Management 4.0, section 4.4.2), which both limiters follow.
//!
//! A key's whole state is one moment, its theoretical arrival time (TAT): when the quota will be full
//! again. `redis/gcra.lua` says the same in Lua, with the same whole microseconds.

use std::time::Duration;

/// `burst` units at once, given back evenly over `per`: `{ burst: 5, per: 15 min }` allows five at once
/// and then one each three minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Units of a full quota.
    pub burst: u32,
    /// Time in which an empty quota fills up.
    pub per: Duration,
}

impl Quota {
    /// `burst` units, given back evenly over `per`.
    pub const fn new(burst: u32, per: Duration) -> Self {
        Self { burst, per }
    }

    /// Microseconds after which one unit comes back. At least one, so that the fastest quota is a
    /// million units a second.
    pub(super) fn interval(self) -> u64 {
        (micros(self.per) / u64::from(self.burst.max(1))).max(1)
    }

    fn tolerance(self) -> u64 {
        self.interval().saturating_mul(self.burst.into())
    }
}

/// What a limiter answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether the units were there.
    pub allowed: bool,
    /// Whole units left now.
    pub remaining: u32,
    /// When refused, how long until the same request would be allowed; `None` if it never will be,
    /// because it costs more than the burst.
    pub retry_after: Option<Duration>,
}

/// One step of the algorithm at `now`, in microseconds of any clock that does not go back.
/// Gives the decision and, if units are taken, the new TAT.
pub(super) fn decide(
    tat: Option<u64>,
    now: u64,
    quota: Quota,
    cost: u32,
    commit: bool,
) -> (Decision, Option<u64>) {
    let (interval, tolerance) = (quota.interval(), quota.tolerance());
    // Reason for the upper bound: a quota that was made smaller must not lock out for longer than `per`.
    let base = tat.unwrap_or(now).clamp(now, now.saturating_add(tolerance));
    let next = base.saturating_add(interval.saturating_mul(cost.into()));
    let allowed = next - now <= tolerance;
    let taken = allowed && commit;
    let debt = if taken { next } else { base } - now;
    let wait = (!allowed && cost <= quota.burst).then(|| next - now - tolerance);
    let decision = Decision {
        allowed,
        remaining: u32::try_from((tolerance - debt) / interval).unwrap_or(u32::MAX),
        retry_after: wait.map(Duration::from_micros),
    };
    (decision, taken.then_some(next))
}

pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: u64 = 1_000_000;

    /// Walks through `(moment, cost)` and gives which were allowed.
    fn walk(quota: Quota, requests: &[(u64, u32)]) -> Vec<bool> {
        let mut tat = None;
        let mut step = |&(now, cost): &(u64, u32)| {
            let (decision, next) = decide(tat, now, quota, cost, true);
            tat = next.or(tat);
            decision.allowed
        };
        requests.iter().map(&mut step).collect()
    }

    #[test]
    fn burst_passes_and_then_one_each_interval() {
        let quota = Quota::new(3, Duration::from_secs(3));
        let at = |moment| (moment, 1);
        let requests = [at(0), at(0), at(0), at(0), at(SECOND - 1), at(SECOND), at(SECOND)];
        assert_eq!(walk(quota, &requests), [true, true, true, false, false, true, false]);
    }

    #[test]
    fn refusal_tells_when_to_come_back() {
        let quota = Quota::new(5, Duration::from_secs(15 * 60));
        let (_, tat) = decide(None, 0, quota, 5, true);
        let (refused, _) = decide(tat, 10 * SECOND, quota, 2, true);
        let wait = Duration::from_secs(2 * 180 - 10);
        assert_eq!(refused, Decision { allowed: false, remaining: 0, retry_after: Some(wait) });
        let (allowed, _) = decide(tat, 10 * SECOND + micros(wait), quota, 2, true);
        assert!(allowed.allowed);
    }

    #[test]
    fn cost_beyond_the_burst_is_never_allowed() {
        let (refused, tat) = decide(None, 0, Quota::new(2, Duration::from_secs(1)), 3, true);
        assert_eq!(refused, Decision { allowed: false, remaining: 2, retry_after: None });
        assert_eq!(tat, None);
        let (refused, _) = decide(None, 0, Quota::new(0, Duration::from_secs(1)), 1, true);
        assert!(!refused.allowed && refused.retry_after.is_none());
    }

    #[test]
    fn smaller_quota_forgives_the_debt_of_a_greater_one() {
        let (_, tat) = decide(None, 0, Quota::new(1, Duration::from_secs(3_600)), 1, true);
        let (refused, _) = decide(tat, 0, Quota::new(1, Duration::from_secs(1)), 1, true);
        assert_eq!(refused.retry_after, Some(Duration::from_secs(1)));
    }

    proptest! {
        /// In any window at most `burst + window / interval` units pass, and waiting as told helps.
        #[test]
        fn rate_is_kept_and_advice_is_exact(
            burst in 1u32..20,
            per_ms in 1u64..10_000,
            steps in prop::collection::vec((0u64..500_000, 1u32..5), 1..200),
        ) {
            let quota = Quota::new(burst, Duration::from_millis(per_ms));
            let (mut tat, mut now, mut passed) = (None, 0, 0u64);
            for (pause, cost) in steps {
                now += pause;
                let (decision, next) = decide(tat, now, quota, cost, true);
                if let Some(wait) = decision.retry_after.map(micros) {
                    prop_assert!(decide(tat, now + wait, quota, cost, true).0.allowed);
                    prop_assert!(!decide(tat, now + wait - 1, quota, cost, true).0.allowed);
                }
                if decision.allowed {
                    passed += u64::from(cost);
                }
                tat = next.or(tat);
                prop_assert!(passed <= u64::from(burst) + now / quota.interval());
            }
        }
    }
}
