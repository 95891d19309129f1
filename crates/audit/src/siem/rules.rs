//! What a sink may be: kinds, addresses, headers, certificates.

use std::net::IpAddr;

use async_graphql::Enum;
use kernel::error::{FieldError, Text};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use super::guard;

/// The address is not of the form that the kind needs.
pub const BAD_ADDRESS: Text = Text::new(
    "bad_address",
    "This is not an address such as {example}.",
    "Ce n'est pas une adresse comme {example}.",
);

/// The address leads into the installation's own network.
pub const PRIVATE_ADDRESS: Text = Text::new(
    "private_address",
    "Addresses of private networks are not allowed.",
    "Les adresses de réseaux privés ne sont pas autorisées.",
);

/// Not a header that can carry a secret.
pub const BAD_HEADER: Text = Text::new(
    "bad_header",
    "This is not a header that can be set.",
    "Ce n'est pas un en-tête qui peut être défini.",
);

/// No certificates in what should be some.
pub const BAD_CERTIFICATES: Text = Text::new(
    "bad_certificates",
    "These are not certificates in PEM form.",
    "Ce ne sont pas des certificats au format PEM.",
);

/// The setting says nothing for this kind.
pub const NOT_OF_KIND: Text = Text::new(
    "not_of_kind",
    "Sinks of this kind have no such setting.",
    "Les destinations de ce type n'ont pas ce réglage.",
);

/// A header has a name and a value, or is none.
pub const HALF_HEADER: Text = Text::new(
    "half_header",
    "A header needs both a name and a value.",
    "Un en-tête exige un nom et une valeur.",
);

/// The signing key is too short.
pub const SHORT_KEY: Text =
    Text::new("short_key", "Use at least {min} characters.", "Utilisez au moins {min} caractères.");

/// How a sink is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "AuditSinkKind")]
pub enum Kind {
    /// Syslog (RFC 5424), each entry in a datagram (RFC 5426). Datagrams get lost without anybody noticing.
    SyslogUdp,
    /// Syslog (RFC 5424) over TCP with counted octets (RFC 6587).
    SyslogTcp,
    /// Syslog (RFC 5424) over TLS (RFC 5425).
    SyslogTls,
    /// Batches as one JSON document, posted over HTTP(S).
    HttpJson,
    /// Batches as lines of JSON, posted over HTTP(S).
    HttpNdjson,
}

impl Kind {
    const ALL: [Self; 5] =
        [Self::SyslogUdp, Self::SyslogTcp, Self::SyslogTls, Self::HttpJson, Self::HttpNdjson];

    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SyslogUdp => "syslog_udp",
            Self::SyslogTcp => "syslog_tcp",
            Self::SyslogTls => "syslog_tls",
            Self::HttpJson => "http_json",
            Self::HttpNdjson => "http_ndjson",
        }
    }

    /// The kind of a row.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether it is spoken to over HTTP.
    pub const fn is_http(self) -> bool {
        matches!(self, Self::HttpJson | Self::HttpNdjson)
    }
}

/// Longest address, in bytes.
const ADDRESS_MAX: usize = 500;

/// Longest list of certificates, in bytes.
const PEM_MAX: usize = 65_536;

/// Longest value of a header, in bytes.
const HEADER_MAX: usize = 4_096;

/// Shortest key that signs, in characters.
const KEY_MIN: usize = 16;

/// Headers that belong to the connection or to us.
const TAKEN: [&str; 9] = [
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "connection",
    "te",
    "upgrade",
    "trailer",
    "expect",
];

/// Host and port of `host:port`; none if it is no such address.
pub(super) fn host_and_port(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let plain = |host: &str| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
    };
    let fits = match bare {
        Some(bare) => bare.parse::<std::net::Ipv6Addr>().is_ok(),
        None => plain(host),
    };
    Some((host, port.parse().ok().filter(|port| *port > 0)?)).filter(|_| fits)
}

/// The address as it is stored.
///
/// # Errors
/// The field's error if it is not of the form that the kind needs, or names a private network and `allow_private` is
/// not set. Names are judged when they are resolved.
pub(super) fn address(kind: Kind, text: &str, allow_private: bool) -> Result<String, FieldError> {
    let text = text.trim();
    let example = if kind.is_http() { "https://siem.example.com/in" } else { "siem.example.com:6514" };
    let bad = || FieldError::new("address", BAD_ADDRESS.with("example", example));
    if text.len() > ADDRESS_MAX {
        return Err(bad());
    }
    let (stored, host) = if kind.is_http() {
        let url: kernel::scalar::Url = text.parse().map_err(|_| bad())?;
        (url.as_str().to_owned(), url.get().host_str().unwrap_or_default().to_owned())
    } else {
        let (host, _) = host_and_port(text).ok_or_else(bad)?;
        (text.to_owned(), host.to_owned())
    };
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let inside = literal.is_ok_and(|address| !guard::is_public(address))
        || host.eq_ignore_ascii_case("localhost")
        || host.to_ascii_lowercase().ends_with(".localhost");
    match inside && !allow_private {
        true => Err(FieldError::new("address", PRIVATE_ADDRESS)),
        false => Ok(stored),
    }
}

/// The name of a header that may carry a secret, in small letters.
pub(super) fn header_name(text: &str) -> Result<String, FieldError> {
    let name = text.trim().to_ascii_lowercase();
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let fits = !name.is_empty() && name.len() <= 100 && name.bytes().all(token);
    match fits && !TAKEN.contains(&name.as_str()) && !name.starts_with("atrium-") {
        true => Ok(name),
        false => Err(FieldError::new("headerName", BAD_HEADER)),
    }
}

/// The value of a header.
pub(super) fn header_value(text: &str) -> Result<String, FieldError> {
    let fits =
        !text.is_empty() && text.len() <= HEADER_MAX && text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    match fits {
        true => Ok(text.to_owned()),
        false => Err(FieldError::new("headerValue", BAD_HEADER)),
    }
}

/// A key that signs bodies.
pub(super) fn signing_key(text: &str) -> Result<String, FieldError> {
    match (KEY_MIN..=HEADER_MAX).contains(&text.len()) {
        true => Ok(text.to_owned()),
        false => Err(FieldError::new("signingKey", SHORT_KEY.with("min", KEY_MIN))),
    }
}

/// Certificates in PEM.
pub(super) fn certificates(text: &str) -> Result<String, FieldError> {
    let bad = || FieldError::new("caPem", BAD_CERTIFICATES);
    if text.len() > PEM_MAX {
        return Err(bad());
    }
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    let mut roots = rustls::RootCertStore::empty();
    match read {
        Ok(certificates) if !certificates.is_empty() => {
            for certificate in certificates {
                roots.add(certificate).map_err(|_| bad())?;
            }
            Ok(text.to_owned())
        }
        _ => Err(bad()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_by_kind() {
        let tls = |text| address(Kind::SyslogTls, text, false).map_err(|error| error.code());
        assert_eq!(tls(" siem.example.com:6514 ").as_deref(), Ok("siem.example.com:6514"));
        assert_eq!(tls("[2606:4700::1111]:6514").as_deref(), Ok("[2606:4700::1111]:6514"));
        for bad in ["siem.example.com", "siem:0", "siem:99999", ":6514", "a b:1", "[x]:1", "https://siem:1"] {
            assert_eq!(tls(bad), Err("bad_address"), "{bad}");
        }
        for inside in ["127.0.0.1:514", "[::1]:514", "localhost:514", "10.0.0.1:514", "169.254.169.254:80"] {
            assert_eq!(tls(inside), Err("private_address"), "{inside}");
            assert!(address(Kind::SyslogTcp, inside, true).is_ok());
        }
        let http = |text| address(Kind::HttpJson, text, false).map_err(|error| error.code());
        assert_eq!(http("https://siem.example.com/in").as_deref(), Ok("https://siem.example.com/in"));
        for bad in ["siem.example.com:443", "ftp://siem.example.com", "https://a:b@siem.example.com/"] {
            assert_eq!(http(bad), Err("bad_address"), "{bad}");
        }
        // The forms in which browsers read numbers as addresses, too.
        for inside in
            ["http://2130706433/", "http://0x7f.1/", "http://[::ffff:10.0.0.1]/", "http://LOCALHOST:80/"]
        {
            assert_eq!(http(inside), Err("private_address"), "{inside}");
        }
    }

    #[test]
    fn headers_of_the_connection_are_not_taken() {
        assert_eq!(header_name(" Authorization ").as_deref(), Ok("authorization"));
        for bad in ["Host", "content-length", "Atrium-Signature", "", "a:b", "a b"] {
            assert!(header_name(bad).is_err(), "{bad}");
        }
        assert!(header_value("a\r\nb: c").is_err());
        assert!(header_value("Bearer abc").is_ok());
    }
}
