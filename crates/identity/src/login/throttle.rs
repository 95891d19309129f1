//! Limits on tries from one place, before anything is looked up. They depend on what was sent alone, never on whether
//! there is such a person.
//!
//! - An address from one IP: five logins in a quarter of an hour, right or wrong, then one each three minutes.
//! - An IP: twenty wrong logins in a quarter of an hour, whoever is tried, shut it out as a person is locked out: for 15
//!   minutes, twice as long each further time within a day, at most a day. Twenty, because an office shares one IP.

use std::{net::IpAddr, time::Duration};

use chrono::{DateTime, Utc};
use kernel::{Error, Result, scalar::EmailAddress};
use platform::{
    cache::{CacheError, Quota},
    crypto::token,
};

use super::lock;
use crate::{Identity, service::RATE_LIMITED};

/// Logins of one address from one IP.
const PER_PERSON: Quota = Quota::new(5, WINDOW);

/// Wrong logins from one IP within [`WINDOW`] after which it is shut out.
const PER_IP: u64 = 20;

/// The time in which wrong logins are counted.
const WINDOW: Duration = Duration::from_secs(15 * 60);

/// How long it is remembered that an IP was shut out.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Lets a login through, or errs with LIMITED.
pub(super) async fn admit(identity: &Identity, email: &EmailAddress, ip: Option<IpAddr>) -> Result<()> {
    if !identity.config.rate_limits {
        return Ok(());
    }
    let place = network(ip);
    if let Some(left) = shut_out_for(identity, &place).await {
        return Err(Error::limited(RATE_LIMITED, Some(left)));
    }
    // Reason: hashed, so that no address is in the shared cache.
    let key = format!("login:{}:{place}", token::hash(email.as_str()));
    let decision = identity.services.limits.check(&key, PER_PERSON, 1).await;
    if decision.allowed { Ok(()) } else { Err(Error::limited(RATE_LIMITED, decision.retry_after)) }
}

/// Counts a wrong login from an IP.
pub(super) async fn count_failure(identity: &Identity, ip: Option<IpAddr>) {
    if !identity.config.rate_limits {
        return;
    }
    if let Err(error) = try_count(identity, &network(ip)).await {
        // Reason: without the shared cache the lock-out of the person, which is in the database, still holds.
        tracing::warn!(%error, "a wrong login was not counted for its address");
    }
}

async fn try_count(identity: &Identity, place: &str) -> Result<(), CacheError> {
    let cache = &identity.services.cache;
    let counter = format!("login-failures:{place}");
    if cache.increment(&counter, WINDOW).await? < PER_IP {
        return Ok(());
    }
    cache.delete(&counter).await?;
    let number = cache.increment(&format!("login-shut-outs:{place}"), DAY).await?;
    let length = lock::length(&identity.config.lockout, i32::try_from(number).unwrap_or(i32::MAX));
    let until = identity.clock.now() + length;
    let ttl = length.to_std().unwrap_or(DAY);
    cache.set(&shut_out_key(place), until.timestamp_micros().to_string().as_bytes(), ttl).await?;
    tracing::warn!(
        place,
        minutes = length.num_minutes(),
        "an address is shut out after too many wrong logins"
    );
    Ok(())
}

async fn shut_out_for(identity: &Identity, place: &str) -> Option<Duration> {
    let stored = identity.services.cache.get(&shut_out_key(place)).await.ok()??;
    left(&stored, identity.clock.now())
}

fn left(stored: &[u8], now: DateTime<Utc>) -> Option<Duration> {
    let micros: i64 = std::str::from_utf8(stored).ok()?.parse().ok()?;
    (DateTime::from_timestamp_micros(micros)? - now).to_std().ok().filter(|left| !left.is_zero())
}

fn shut_out_key(place: &str) -> String {
    format!("login-shut-out:{place}")
}

/// An IPv4 address, or the /64 that one subscriber of IPv6 has at least.
pub(crate) fn network(ip: Option<IpAddr>) -> String {
    match ip.map(|ip| ip.to_canonical()) {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(v4)) => v4.to_string(),
        Some(IpAddr::V6(v6)) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::noon;

    #[test]
    fn neighbours_in_a_subscribers_network_are_one_place() {
        let place = |text: &str| super::network(Some(text.parse().unwrap()));
        assert_eq!(place("192.0.2.7"), "192.0.2.7");
        assert_eq!(place("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(place("2001:db8:1:2:aaaa::1"), place("2001:db8:1:2:bbbb::2"));
        assert_ne!(place("2001:db8:1:2::1"), place("2001:db8:1:3::1"));
        assert_eq!(super::network(None), "unknown");
    }

    #[test]
    fn shut_out_ends_at_its_time() {
        let stored = noon().timestamp_micros().to_string();
        let before = noon() - chrono::Duration::minutes(5);
        assert_eq!(left(stored.as_bytes(), before), Some(Duration::from_secs(300)));
        assert_eq!(left(stored.as_bytes(), noon()), None);
        assert_eq!(left(b"nonsense", before), None);
    }
}
