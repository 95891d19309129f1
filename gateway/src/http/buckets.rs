//! How much a tenant, a viewer and an address may ask in which time: buckets of points that fill up evenly.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use kernel::{
    Error,
    id::TypedId as _,
    viewer::{Actor, Viewer},
};
use platform::cache::{Decision, Quota, RateLimiter};
use serde::Serialize;

use super::client::network_of;
use super::engine::Allowance;
use super::limits::LEAST_COST;
use super::problem::{Code, Problem, Refusal, says};
use crate::config::{RateSettings, Switch};

/// What a request cost and what is left, for `extensions.cost`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Charge {
    /// Points of this request.
    pub requested: u64,
    /// Points that are left.
    pub available: u64,
    /// Points that come back each second.
    pub restore_rate: u64,
}

/// The buckets.
#[derive(Clone, Debug)]
pub struct Buckets {
    limiter: Arc<dyn RateLimiter>,
    settings: RateSettings,
}

impl Buckets {
    /// Buckets kept by `limiter`.
    pub fn new(limiter: Arc<dyn RateLimiter>, settings: RateSettings) -> Self {
        if settings.rates == Switch::Off {
            tracing::warn!("rate limits are off: anybody may ask as much as the machine gives");
        }
        Self { limiter, settings }
    }

    /// Takes the points of a request.
    ///
    /// # Errors
    /// LIMITED with the time until the request would be allowed; QUERY_TOO_COMPLEX if that time never comes, because
    /// the request costs more than a whole bucket.
    pub async fn charge(&self, viewer: &Viewer, allowance: Allowance, cost: u64) -> Result<Charge, Refusal> {
        let mut left = Charge { requested: cost, available: u64::MAX, restore_rate: 0 };
        for Bucket { key, requests, plan } in self.buckets(viewer, allowance) {
            let burst = requests.saturating_mul(u32::try_from(LEAST_COST).unwrap_or(u32::MAX));
            if self.settings.rates == Switch::On && cost > burst.into() {
                let said = says::TOO_EXPENSIVE.with("cost", cost).with("max", burst);
                return Err(Problem::new(Code::TooComplex, said).into());
            }
            let decision = self.take(&key, burst, cost).await;
            if !decision.allowed {
                let said = match plan {
                    Some(plan) => says::PLAN_RATE.with("plan", plan).with("requests", requests),
                    None => says::RATE.into(),
                };
                return Err(Error::limited(said.with("cost", cost), decision.retry_after).into());
            }
            if u64::from(decision.remaining) < left.available {
                left.available = decision.remaining.into();
                left.restore_rate = u64::from(burst / 60);
            }
        }
        Ok(left)
    }

    async fn take(&self, key: &str, burst: u32, cost: u64) -> Decision {
        if self.settings.rates == Switch::Off {
            return Decision { allowed: true, remaining: burst, retry_after: None };
        }
        let cost = u32::try_from(cost).unwrap_or(u32::MAX);
        self.limiter.check(key, Quota::new(burst, Duration::from_secs(60)), cost).await
    }

    /// The narrowest first: what a single viewer does too much costs the others nothing.
    fn buckets(&self, viewer: &Viewer, allowance: Allowance) -> Vec<Bucket> {
        let Allowance { tenant_requests, plan, viewer_requests } = allowance;
        let own = viewer_requests.unwrap_or(self.settings.viewer_requests);
        let own = |key| match tenant_requests {
            Some(requests) if requests <= own => Bucket { key, requests, plan },
            _ => Bucket { key, requests: own, plan: None },
        };
        let mut buckets = match viewer.actor {
            Actor::System => return Vec::new(),
            Actor::User(user) => {
                vec![own(format!("graphql:user:{}:{}", viewer.tenant_id().uuid(), user.uuid()))]
            }
            Actor::ApiKey(key, _) => vec![own(format!("graphql:key:{}", key.uuid()))],
            Actor::Anonymous => {
                let network = viewer.request.ip.map_or_else(|| "unknown".to_owned(), bucket_of);
                let requests = self.settings.anonymous_requests;
                vec![Bucket { key: format!("graphql:ip:{network}"), requests, plan: None }]
            }
        };
        if let Some(requests) = tenant_requests {
            let key = format!("graphql:tenant:{}", viewer.tenant_id().uuid());
            buckets.push(Bucket { key, requests, plan });
        }
        buckets
    }
}

/// One bucket.
struct Bucket {
    key: String,
    /// How much it holds, in requests, and how much comes back in a minute.
    requests: u32,
    /// The plan that makes it this large.
    plan: Option<&'static str>,
}

/// The address's part of a bucket's key.
fn bucket_of(ip: IpAddr) -> String {
    match network_of(ip) {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(network) => format!("{network}/64"),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};
    use kernel::{clock::Clock, id::IdGen, viewer::RequestInfo};
    use platform::cache::Services;

    use super::*;

    fn nobody(clock: &Clock, ip: &str) -> Viewer {
        let request = RequestInfo { ip: Some(ip.parse().unwrap()), ..RequestInfo::default() };
        Viewer::nobody(request, clock.clone(), IdGen::seeded(clock.clone(), 1))
    }

    #[tokio::test]
    async fn bucket_empties_by_cost_and_fills_with_time() {
        let clock = Clock::manual(Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap());
        let settings = RateSettings { anonymous_requests: 3, ..RateSettings::default() };
        let buckets = Buckets::new(Services::in_process(clock.clone()).limits, settings);
        let none = Allowance::default();
        let charge = buckets.charge(&nobody(&clock, "1.2.3.4"), none, 200).await.unwrap();
        assert_eq!(charge, Charge { requested: 200, available: 100, restore_rate: 5 });
        let refused = buckets.charge(&nobody(&clock, "1.2.3.4"), none, 200).await.unwrap_err();
        let Refusal::Error(Error::Limited { retry_after: Some(wait), .. }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(wait, Duration::from_secs(20));
        assert!(buckets.charge(&nobody(&clock, "1.2.3.5"), none, 200).await.is_ok());
        let never = buckets.charge(&nobody(&clock, "1.2.3.5"), none, 301).await.unwrap_err();
        assert!(matches!(never, Refusal::Problem(problem) if problem.code == Code::TooComplex));
        clock.advance(wait);
        assert!(buckets.charge(&nobody(&clock, "1.2.3.4"), none, 200).await.is_ok());
    }

    #[tokio::test]
    async fn switched_off_buckets_never_refuse() {
        let clock = Clock::system();
        let settings = RateSettings { anonymous_requests: 1, rates: Switch::Off, ..RateSettings::default() };
        let buckets = Buckets::new(Services::in_process(clock.clone()).limits, settings);
        let none = Allowance::default();
        for _ in 0..10 {
            assert!(buckets.charge(&nobody(&clock, "::1"), none, 1_000).await.is_ok());
        }
    }

    #[test]
    fn addresses_of_one_ipv6_network_share_a_bucket() {
        let bucket = |ip: &str| bucket_of(ip.parse().unwrap());
        assert_eq!(bucket("2001:db8::1"), bucket("2001:db8::2"));
        assert_ne!(bucket("2001:db8::1"), bucket("2001:db8:0:1::1"));
        assert_eq!(bucket("::ffff:1.2.3.4"), "1.2.3.4");
    }
}
