//! How many WebSockets and event streams are open, by who holds them: what stays open costs memory and a look at every
//! event, and rates of requests do not bound it. Counted by each node for itself.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;
use kernel::Error;
use kernel::id::{ApiKeyId, TenantId, UserId};
use kernel::viewer::{Actor, Viewer};

use super::client::network_of;
use super::problem::says;
use crate::config::RateSettings;

/// Who holds what is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Holder {
    /// Nobody who is signed in, from one address or IPv6 network.
    Address(IpAddr),
    /// A person in a tenant.
    User(TenantId, UserId),
    /// A machine.
    Key(ApiKeyId),
    /// Everybody of a tenant.
    Tenant(TenantId),
}

/// The open sockets of a node.
#[derive(Debug)]
pub struct Sockets {
    settings: RateSettings,
    /// Networks whose addresses are not counted.
    uncounted: Vec<IpNet>,
    open: Mutex<HashMap<Holder, usize>>,
}

impl Sockets {
    /// None is open.
    pub fn new(settings: RateSettings, uncounted: Vec<IpNet>) -> Arc<Self> {
        Arc::new(Self { settings, uncounted, open: Mutex::default() })
    }

    /// A place for a socket on which nobody has signed in yet.
    ///
    /// # Errors
    /// LIMITED if the address has as many as it may.
    pub fn enter_unknown(self: &Arc<Self>, ip: Option<IpAddr>) -> Result<Place, Error> {
        let ip = ip.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).to_canonical();
        if self.uncounted.iter().any(|network| network.contains(&ip)) {
            return Ok(Place { sockets: Arc::clone(self), held: Vec::new() });
        }
        self.enter_as([(Holder::Address(network_of(ip)), self.settings.sockets_per_address)])
    }

    /// A place for what this viewer opens.
    ///
    /// # Errors
    /// LIMITED if the viewer, or the tenant, has as many as it may.
    pub fn enter(self: &Arc<Self>, viewer: &Viewer) -> Result<Place, Error> {
        let tenant = viewer.tenant_id();
        let own = match viewer.actor {
            Actor::User(user) => Holder::User(tenant, user),
            Actor::ApiKey(key, _) => Holder::Key(key),
            Actor::Anonymous | Actor::System => return self.enter_unknown(viewer.request.ip),
        };
        self.enter_as([
            (own, self.settings.sockets_per_viewer),
            (Holder::Tenant(tenant), self.settings.sockets_per_tenant),
        ])
    }

    fn enter_as<const N: usize>(self: &Arc<Self>, holders: [(Holder, usize); N]) -> Result<Place, Error> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |(holder, max): &&(Holder, usize)| open.get(holder).is_some_and(|count| count >= max);
        if let Some((_, max)) = holders.iter().find(is_full) {
            return Err(Error::limited(says::TOO_MANY_SOCKETS.with("max", max), None));
        }
        for (holder, _) in holders {
            *open.entry(holder).or_default() += 1;
        }
        drop(open);
        Ok(Place { sockets: Arc::clone(self), held: holders.iter().map(|(holder, _)| *holder).collect() })
    }
}

/// A place among the open sockets; dropped, it is free.
#[derive(Debug)]
pub struct Place {
    sockets: Arc<Sockets>,
    held: Vec<Holder>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.sockets.open.lock().unwrap_or_else(PoisonError::into_inner);
        for holder in &self.held {
            if let Some(count) = open.get_mut(holder) {
                *count -= 1;
                if *count == 0 {
                    open.remove(holder);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_and_given_back() {
        let settings = RateSettings { sockets_per_address: 2, ..RateSettings::default() };
        let sockets = Sockets::new(settings, vec!["10.0.0.0/8".parse().unwrap()]);
        let at = |ip: &str| sockets.enter_unknown(Some(ip.parse().unwrap()));
        let (first, _second) = (at("192.0.2.1").unwrap(), at("192.0.2.1").unwrap());
        assert_eq!(at("::ffff:192.0.2.1").unwrap_err().code(), "LIMITED");
        assert!(at("192.0.2.2").is_ok());
        drop(first);
        assert!(at("192.0.2.1").is_ok());
        let uncounted: Vec<_> = (0..5).map(|_| at("10.0.0.1")).collect();
        assert!(uncounted.iter().all(Result::is_ok));
        assert_eq!(sockets.open.lock().unwrap().len(), 1, "who is gone is forgotten");
    }
}
