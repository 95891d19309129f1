//! Which addresses a sink may have (server-side request forgery): names are resolved here, every address is judged, and
//! the connection goes to the address that was judged.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::Fault;

/// The public addresses of a host, in the order in which they should be tried.
///
/// # Errors
/// If the name is not known, or any of its addresses is one of this network and `allow_private` is not set.
pub(super) async fn resolve(host: &str, port: u16, allow_private: bool) -> Result<Vec<SocketAddr>, Fault> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let found = tokio::net::lookup_host((host, port)).await;
    let found: Vec<SocketAddr> =
        found.map_err(|_| Fault::new("the name of the host is not known"))?.collect();
    if found.is_empty() {
        return Err(Fault::new("the host has no address"));
    }
    // Reason: a name with one address outside and one inside is somebody trying which is taken.
    if !allow_private && found.iter().any(|address| !is_public(address.ip())) {
        return Err(Fault::new("the host has an address of a private network"));
    }
    Ok(found)
}

/// Whether an address is of the public internet: none of this machine, its networks, or a cloud's metadata service
/// (IANA's special-purpose registries, RFC 6890).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        // Shared between a provider and its customers (RFC 6598); some clouds keep their metadata service here.
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99)
        || (a == 198 && (18..20).contains(&b))
        || a >= 240;
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // Reason: an IPv4 address in IPv6 clothes leads to the IPv4 host.
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let parts = address.segments();
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match parts {
        // NAT64 (RFC 6052) and 6to4 (RFC 3056).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        // Of what is assigned, only 2000::/3 is global unicast; within, documentation and Teredo are not.
        [0x2001, 0 | 0xdb8, ..] | [0x3fff, ..] => false,
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_this_network_are_not_public() {
        let inside = [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.100.100.200",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
        ];
        for address in inside {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101", "100.63.0.1"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[tokio::test]
    async fn literal_and_named_hosts_inside_are_refused_unless_allowed() {
        for host in ["127.0.0.1", "localhost", "[::1]", "169.254.169.254"] {
            assert!(resolve(host, 514, false).await.is_err(), "{host}");
        }
        assert!(!resolve("127.0.0.1", 514, true).await.unwrap().is_empty());
    }
}
