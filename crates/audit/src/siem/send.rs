//! Carrying a batch to a sink, and knowing that it arrived.
//!
//! HTTP acknowledges with a status of success. Syslog has no answer: over TCP and TLS each batch has a connection of its
//! own, whose end we announce and the receiver's end we wait for. A receiver ends a connection when it has read to our
//! end, so its end is the acknowledgement; a connection that breaks is none. Datagrams cannot be acknowledged at all.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use aws_lc_rs::hmac;
use chrono::{DateTime, Utc};
use kernel::id::{AuditSinkId, TenantId};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
};
use tokio_rustls::TlsConnector;

use super::{
    Fault, guard,
    message::{Message, document, lines},
    rules::{Kind, host_and_port},
};
use crate::seal::head::hex;

/// How long a batch may take from the first look at the name to the acknowledgement.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);

/// A sink with its secrets opened.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) id: AuditSinkId,
    pub(super) tenant: TenantId,
    pub(super) kind: Kind,
    pub(super) address: String,
    pub(super) ca_pem: Option<String>,
    pub(super) header: Option<(String, String)>,
    pub(super) signing: Option<Vec<u8>>,
    pub(super) allow_private: bool,
    /// The name under which we send syslog messages.
    pub(super) host: String,
}

impl Target {
    /// Sends a batch; `Ok` if the sink has acknowledged it.
    pub(super) async fn send(&self, messages: &[Message], now: DateTime<Utc>) -> Result<(), Fault> {
        let sending = async {
            match self.kind {
                Kind::SyslogUdp => self.datagrams(messages).await,
                Kind::SyslogTcp | Kind::SyslogTls => self.octets(messages).await,
                Kind::HttpJson | Kind::HttpNdjson => self.post(messages, now).await,
            }
        };
        // Reason: the future holds a TLS connection, and those are large.
        match tokio::time::timeout(LIMIT, Box::pin(sending)).await {
            Ok(sent) => sent,
            Err(_) => Err(Fault::new("the sink did not answer in time")),
        }
    }

    async fn resolve(&self) -> Result<(&str, Vec<SocketAddr>), Fault> {
        let (host, port) = host_and_port(&self.address).ok_or_else(|| Fault::new("not an address"))?;
        Ok((host, guard::resolve(host, port, self.allow_private).await?))
    }

    async fn datagrams(&self, messages: &[Message]) -> Result<(), Fault> {
        let (_, addresses) = self.resolve().await?;
        let address = addresses.first().copied().ok_or_else(|| Fault::new("the host has no address"))?;
        let local: SocketAddr = match address {
            SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
            SocketAddr::V6(_) => ([0u16; 8], 0).into(),
        };
        let failed = |error: std::io::Error| Fault::io("a datagram could not be sent", &error);
        let socket = UdpSocket::bind(local).await.map_err(failed)?;
        socket.connect(address).await.map_err(failed)?;
        for message in messages {
            socket.send(&message.syslog(&self.host, self.tenant, true)).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn octets(&self, messages: &[Message]) -> Result<(), Fault> {
        let mut octets = Vec::new();
        for message in messages {
            let message = message.syslog(&self.host, self.tenant, false);
            octets.extend_from_slice(format!("{} ", message.len()).as_bytes());
            octets.extend_from_slice(&message);
        }
        let (host, addresses) = self.resolve().await?;
        let connecting = tokio::time::timeout(CONNECT, TcpStream::connect(addresses.as_slice()));
        let stream = match connecting.await {
            Ok(connected) => connected.map_err(|error| Fault::io("no connection", &error))?,
            Err(_) => return Err(Fault::new("no connection in time")),
        };
        if self.kind == Kind::SyslogTcp {
            return hand_over(stream, &octets).await;
        }
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(host).map_err(|_| Fault::new("not a host name"))?;
        let connector = TlsConnector::from(Arc::new(self.tls()?));
        let stream = connector.connect(name, stream).await;
        hand_over(stream.map_err(|error| Fault::io("no TLS connection", &error))?, &octets).await
    }

    async fn post(&self, messages: &[Message], now: DateTime<Utc>) -> Result<(), Fault> {
        let url = url::Url::parse(&self.address).map_err(|_| Fault::new("not a web address"))?;
        let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(443));
        let addresses = guard::resolve(host, port, self.allow_private).await?;
        // Reason: the client connects to the addresses that were judged, follows nobody elsewhere and asks no proxy.
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .resolve_to_addrs(host, &addresses)
            .connect_timeout(CONNECT)
            .timeout(LIMIT)
            .tls_backend_preconfigured(self.tls()?)
            .build()
            .map_err(|_| Fault::new("no client could be made"))?;
        let (body, media_type) = match self.kind {
            Kind::HttpNdjson => (lines(messages), "application/x-ndjson"),
            _ => (document(self.id, self.tenant, messages), "application/json"),
        };
        let stamp = now.timestamp().to_string();
        let mut request = client
            .post(url)
            .header("content-type", media_type)
            .header("user-agent", "atrium")
            .header("atrium-sink", self.id.to_string())
            .header("atrium-timestamp", &stamp);
        if let Some(key) = &self.signing {
            request = request.header("atrium-signature", signature(key, &stamp, &body));
        }
        if let Some((name, value)) = &self.header {
            request = request.header(name, value);
        }
        let answer = request.body(body).send().await.map_err(|error| Fault::http(&error))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let retry_after = after.and_then(|seconds| seconds.parse().ok());
        Err(Fault { reason: format!("the sink answered {}", status.as_u16()), retry_after })
    }

    fn tls(&self) -> Result<ClientConfig, Fault> {
        let mut roots = RootCertStore::empty();
        match &self.ca_pem {
            Some(pem) => {
                for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()).flatten() {
                    roots.add(certificate).map_err(|_| Fault::new("a certificate is not one"))?;
                }
            }
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|_| Fault::new("no TLS"))?;
        Ok(config.with_root_certificates(roots).with_no_client_auth())
    }
}

/// `v1=` and the HMAC-SHA-256 over the timestamp, a full stop and the body, in hexadecimal digits.
fn signature(key: &[u8], stamp: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let mut context = hmac::Context::with_key(&key);
    context.update(stamp.as_bytes());
    context.update(b".");
    context.update(body);
    format!("v1={}", hex(context.sign().as_ref()))
}

/// Writes all, says that this is the end, and waits for the receiver's end.
async fn hand_over(mut stream: impl AsyncRead + AsyncWrite + Unpin, octets: &[u8]) -> Result<(), Fault> {
    let broken = |error: std::io::Error| Fault::io("the connection broke", &error);
    stream.write_all(octets).await.map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    stream.shutdown().await.map_err(broken)?;
    let mut rest = [0; 256];
    loop {
        match stream.read(&mut rest).await {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            // Reason: also a TLS connection that ends without `close_notify` (RFC 5425 §4.4): anybody may have cut it.
            Err(error) => return Err(broken(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_is_of_the_timestamp_and_the_body() {
        // printf '1700000000.{}' | openssl dgst -sha256 -hmac key-of-sixteen-c
        let signed = signature(b"key-of-sixteen-c", "1700000000", b"{}");
        assert_eq!(signed, SIGNED);
        assert_ne!(signature(b"key-of-sixteen-c", "1700000001", b"{}"), signed);
    }

    const SIGNED: &str = "v1=d58d05cb0daedca474502ff10b2c0fd5a97ce80152c135f65882da234700a05a";
}
