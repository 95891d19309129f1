//! Who is at the other end of a request, as far as headers tell: correlation id, address, language, token.

use std::net::{IpAddr, Ipv6Addr};

use http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;
use kernel::{locale::Language, viewer::RequestInfo};

use super::engine::Caller;
use super::errors::Speaker;

/// Correlates a client's request with our log.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The longest `User-Agent` that is kept.
const MAX_USER_AGENT: usize = 256;

/// The other end of a request.
#[derive(Clone, Debug)]
pub struct Client {
    /// Correlation id: the client's own if it is well-formed, else a UUIDv7.
    pub request_id: String,
    /// Its address; behind trusted proxies, the one that they forward.
    pub ip: Option<IpAddr>,
    /// What it calls itself.
    pub user_agent: Option<String>,
    /// The language it asks for.
    pub language: Option<Language>,
    /// The `Authorization` header.
    pub authorization: Option<String>,
}

impl Client {
    /// The client that these headers came from.
    pub fn of(
        headers: &HeaderMap,
        peer: Option<IpAddr>,
        trusted: &[IpNet],
        fresh_id: impl FnOnce() -> String,
    ) -> Self {
        let text =
            |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let language = text(header::ACCEPT_LANGUAGE).map(|wanted| Language::negotiate(Some(&wanted)));
        Self {
            request_id: text(REQUEST_ID).filter(|id| is_request_id(id)).unwrap_or_else(fresh_id),
            ip: peer.map(|peer| client_ip(headers, peer, trusted)),
            user_agent: text(header::USER_AGENT).map(|agent| agent.chars().take(MAX_USER_AGENT).collect()),
            language,
            authorization: text(header::AUTHORIZATION),
        }
    }

    /// The language of messages until the viewer is known.
    pub fn speaker(&self) -> Speaker {
        Speaker { language: self.language.unwrap_or_default(), request_id: self.request_id.clone() }
    }

    /// For [`super::engine::Engine::authenticate`].
    pub fn caller(&self, operation: Option<&str>) -> Caller {
        let info = RequestInfo {
            id: self.request_id.clone(),
            ip: self.ip,
            user_agent: self.user_agent.clone(),
            operation: operation.map(str::to_owned),
            language: self.language.unwrap_or_default(),
        };
        Caller { authorization: self.authorization.clone(), language: self.language, info, again: false }
    }
}

/// The address that stands for all that one owner has: who owns an IPv6 address owns its /64.
pub fn network_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

/// Whether a client's id may go into logs and the database as it is.
fn is_request_id(id: &str) -> bool {
    (1..=128).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:+/=".contains(&byte))
}

/// The last address of `X-Forwarded-For` that is not one of our own proxies; each proxy appends the address it saw.
fn client_ip(headers: &HeaderMap, peer: IpAddr, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    let is_proxy = |ip: &IpAddr| trusted.iter().any(|network| network.contains(ip));
    if !is_proxy(&peer) {
        return peer;
    }
    let lines: Vec<&str> =
        headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok()).collect();
    let mut last = peer;
    for entry in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        // Reason: what stands before something unreadable was not written by our proxies.
        let Some(ip) = parse_ip(entry.trim()) else { return last };
        last = ip;
        if !is_proxy(&ip) {
            return ip;
        }
    }
    last
}

/// An address, with or without a port.
fn parse_ip(text: &str) -> Option<IpAddr> {
    let ip =
        text.parse().ok().or_else(|| text.parse().ok().map(|socket: std::net::SocketAddr| socket.ip()))?;
    Some(IpAddr::to_canonical(&ip))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip_of(forwarded: &[&str], peer: &str) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "127.0.0.1/32".parse().unwrap()];
        let client = Client::of(&headers, Some(peer.parse().unwrap()), &trusted, String::new);
        client.ip.unwrap().to_string()
    }

    #[test]
    fn forwarded_address_is_believed_from_trusted_proxies_only() {
        assert_eq!(ip_of(&["1.2.3.4"], "9.9.9.9"), "9.9.9.9");
        assert_eq!(ip_of(&["1.2.3.4"], "10.0.0.1"), "1.2.3.4");
        assert_eq!(
            ip_of(&["6.6.6.6, 1.2.3.4, 10.1.1.1"], "10.0.0.1"),
            "1.2.3.4",
            "the client's own claim is not believed"
        );
        assert_eq!(ip_of(&["6.6.6.6", "1.2.3.4"], "127.0.0.1"), "1.2.3.4");
        assert_eq!(ip_of(&["1.2.3.4, nonsense"], "10.0.0.1"), "10.0.0.1");
        assert_eq!(ip_of(&["1.2.3.4:55", "10.1.1.1"], "::ffff:10.0.0.1"), "1.2.3.4");
        assert_eq!(ip_of(&[], "10.0.0.1"), "10.0.0.1");
    }

    #[test]
    fn request_id_of_the_client_is_kept_if_it_is_harmless() {
        let id = |value: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, http::HeaderValue::from_bytes(value).unwrap());
            Client::of(&headers, None, &[], || "fresh".to_owned()).request_id
        };
        assert_eq!(id(b"abc-123_X.y"), "abc-123_X.y");
        for bad in [&b"a b"[..], b"", b"\xc3\xa9", b"<script>", &[b'a'; 129]] {
            assert_eq!(id(bad), "fresh");
        }
    }
}
