//! Pure rules of API keys: their text form, networks, and what a key may give to another key.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use ipnet::IpNet;
use kernel::{
    Text,
    error::{FieldError, Fields, Said},
};

/// What every key begins with: for people, and for programs that look for leaked secrets.
pub const MARK: &str = "atk";

/// Characters of the part after the mark that tells keys apart.
pub const PREFIX_CHARACTERS: usize = 8;

/// Most networks a key may name.
pub const MAX_NETWORKS: usize = 50;

/// Highest rate of a key, in requests a minute.
pub const MAX_RATE: i32 = 100_000;

/// Longest name, in characters.
pub const NAME_MAX: usize = 100;

/// The key is unknown, wrong, revoked, expired, or its maker may do nothing any more: nobody learns which.
pub const KEY_REFUSED: Text = Text::new(
    "api_key_refused",
    "This API key is not valid, or not any more.",
    "Cette clé d'API n'est pas valide, ou ne l'est plus.",
);

/// The key is right, the address is not.
pub const WRONG_NETWORK: Text = Text::new(
    "api_key_network",
    "This API key may not be used from this address.",
    "Cette clé d'API ne peut pas être utilisée depuis cette adresse.",
);

/// The key's own rate.
pub const TOO_FAST: Text = Text::new(
    "api_key_rate",
    "This API key is limited to {rate} requests a minute.",
    "Cette clé d'API est limitée à {rate} requêtes par minute.",
);

/// Revoked keys stay as they are.
pub const REVOKED: Text =
    Text::new("api_key_revoked", "This API key is revoked.", "Cette clé d'API est révoquée.");

/// No permission at all.
pub const NO_SCOPES: Text =
    Text::new("no_scopes", "Name at least one permission.", "Indiquez au moins une permission.");

/// The text is no network.
pub const BAD_NETWORK: Text = Text::new(
    "bad_network",
    "This is not an address or a network such as 203.0.113.0/24 or 2001:db8::/32.",
    "Ce n'est ni une adresse ni un réseau comme 203.0.113.0/24 ou 2001:db8::/32.",
);

/// Too many networks.
pub const TOO_MANY_NETWORKS: Text =
    Text::new("too_many", "At most {max} networks are allowed.", "{max} réseaux au plus sont autorisés.");

/// The rate is out of bounds.
pub const BAD_RATE: Text = Text::new(
    "bad_rate",
    "A rate lies between 1 and {max} requests a minute.",
    "Un débit est compris entre 1 et {max} requêtes par minute.",
);

/// The end lies in the past.
pub const PAST: Text =
    Text::new("in_the_past", "This must lie in the future.", "Cette date doit être future.");

/// A key that is made by a key gets no more than it has.
pub const BEYOND_KEY: Text = Text::new(
    "beyond_api_key",
    "An API key can make another only within its own end date, networks and rate.",
    "Une clé d'API ne peut en créer une autre que dans les limites de sa propre échéance, de ses réseaux et de son débit.",
);

/// The prefix of a key as it was presented, if its form is right: `atk_` + 8 characters, `_`, the secret.
pub fn prefix_of(presented: &str) -> Option<&str> {
    let length = MARK.len() + 1 + PREFIX_CHARACTERS;
    let (prefix, secret) = (presented.get(..length)?, presented.get(length..)?);
    let body = prefix.strip_prefix(MARK)?.strip_prefix('_')?;
    let shape = body.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && secret.strip_prefix('_').is_some_and(|secret| (40..=60).contains(&secret.len()));
    shape.then_some(prefix)
}

/// What surrounds a key's scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Until when it works.
    pub expires_at: Option<DateTime<Utc>>,
    /// Networks it may be used from; none means everywhere.
    pub networks: Vec<IpNet>,
    /// Requests a minute.
    pub rate: Option<i32>,
}

impl Bounds {
    /// Whether a request from this address is within the networks. Without a known address only keys without networks
    /// work.
    pub fn admit(&self, address: Option<IpAddr>) -> bool {
        // Reason: a dual-stack listener shows IPv4 peers as `::ffff:a.b.c.d`.
        let address = address.map(|address| address.to_canonical());
        self.networks.is_empty()
            || address.is_some_and(|address| self.networks.iter().any(|network| network.contains(&address)))
    }

    /// Adds an error for each part that goes beyond `outer`.
    pub fn check_within(&self, outer: &Self, fields: &mut Fields) {
        if let Some(end) = outer.expires_at {
            fields.require(self.expires_at.is_some_and(|own| own <= end), "expiresAt", BEYOND_KEY);
        }
        if !outer.networks.is_empty() {
            let inside = |own: &IpNet| outer.networks.iter().any(|network| network.contains(own));
            fields.require(
                !self.networks.is_empty() && self.networks.iter().all(inside),
                "ipAllow",
                BEYOND_KEY,
            );
        }
        if let Some(rate) = outer.rate {
            fields.require(self.rate.is_some_and(|own| own <= rate), "requestsPerMinute", BEYOND_KEY);
        }
    }
}

/// Networks as a client wrote them, each once. A single address is the network of itself.
///
/// # Errors
/// The first text that is no network, at `<path>.<index>`; too many, at `path`.
pub fn networks(texts: &[String], path: &str) -> Result<Vec<IpNet>, FieldError> {
    if texts.len() > MAX_NETWORKS {
        return Err(FieldError::new(path, TOO_MANY_NETWORKS.with("max", MAX_NETWORKS)));
    }
    let mut networks: Vec<IpNet> = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        let network = network(text).ok_or_else(|| FieldError::new(format!("{path}.{index}"), BAD_NETWORK))?;
        if !networks.contains(&network) {
            networks.push(network);
        }
    }
    Ok(networks)
}

fn network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    match text.parse::<IpNet>() {
        Ok(network) => Some(network.trunc()),
        Err(_) => text.parse::<IpAddr>().ok().map(|address| IpNet::from(address.to_canonical())),
    }
}

/// A rate as a client wrote it.
///
/// # Errors
/// [`BAD_RATE`] at `path`.
pub fn rate(rate: i32, path: &str) -> Result<i32, FieldError> {
    let said = || -> Said { BAD_RATE.with("max", MAX_RATE) };
    if (1..=MAX_RATE).contains(&rate) { Ok(rate) } else { Err(FieldError::new(path, said())) }
}

/// An end as a client wrote it: later than `now`.
///
/// # Errors
/// [`PAST`] at `path`.
pub fn end(end: DateTime<Utc>, now: DateTime<Utc>, path: &str) -> Result<DateTime<Utc>, FieldError> {
    if end > now { Ok(end) } else { Err(FieldError::new(path, PAST)) }
}

#[cfg(test)]
mod tests;
