//! Systems that the trail is forwarded to, for tests: a syslog receiver of RFC 5424 messages with counted octets, over
//! TCP and TLS, and an HTTP receiver that answers as it is told. Both bind to a free port and keep what they get.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};
use tokio_rustls::TlsAcceptor;

/// The authority that signed the receiver's certificate.
pub(super) const CA: &str = include_str!("tls/ca.pem");

/// How long something may take to arrive. Only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was received, in its order.
#[derive(Clone, Default)]
pub(super) struct Received(Arc<Mutex<Vec<String>>>);

impl Received {
    pub(super) fn push(&self, text: String) {
        self.0.lock().unwrap().push(text);
    }

    pub(super) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Waits until `wanted` holds of what was received.
    pub(super) async fn until(&self, wanted: impl Fn(&[String]) -> bool) -> Vec<String> {
        let waiting = async {
            while !wanted(&self.all()) {
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(waited.is_ok(), "it never came; received: {:#?}", self.all());
        self.all()
    }
}

/// The JSON of a syslog message.
pub(super) fn json_of(message: &str) -> Value {
    let (_, json) = message.split_once("] ").unwrap_or_else(|| panic!("no structured data: {message}"));
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {message}"))
}

/// A syslog receiver; messages of a connection count once it has ended in order.
pub(super) async fn syslog(tls: bool) -> (SocketAddr, Received) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, received) = (listener.local_addr().unwrap(), Received::default());
    let keep = received.clone();
    tokio::spawn(async move {
        let acceptor = tls.then(acceptor);
        while let Ok((stream, _)) = listener.accept().await {
            match &acceptor {
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        take(stream, &keep).await;
                    }
                }
                None => take(stream, &keep).await,
            }
        }
    });
    (address, received)
}

async fn take(mut stream: impl AsyncRead + AsyncWrite + Unpin, keep: &Received) {
    let mut bytes = Vec::new();
    if stream.read_to_end(&mut bytes).await.is_err() {
        return;
    }
    let mut rest = bytes.as_slice();
    while let Some(space) = rest.iter().position(|byte| *byte == b' ') {
        let length: usize = std::str::from_utf8(&rest[..space]).unwrap().parse().expect("counted octets");
        let message = &rest[space + 1..space + 1 + length];
        keep.push(String::from_utf8(message.to_vec()).unwrap());
        rest = &rest[space + 1 + length..];
    }
    assert!(rest.is_empty(), "a message was cut");
    let _ = stream.shutdown().await;
}

fn acceptor() -> TlsAcceptor {
    let chain = CertificateDer::pem_slice_iter(include_bytes!("tls/server.pem"));
    let chain = chain.collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// A receiver of datagrams.
pub(super) async fn datagrams() -> (SocketAddr, Received) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (address, received) = (socket.local_addr().unwrap(), Received::default());
    let keep = received.clone();
    tokio::spawn(async move {
        let mut buffer = vec![0; 65_536];
        while let Ok(length) = socket.recv(&mut buffer).await {
            keep.push(String::from_utf8(buffer[..length].to_vec()).unwrap());
        }
    });
    (address, received)
}

/// What an HTTP receiver answers to the next request; 200 when nothing is left.
#[derive(Clone, Copy)]
pub(super) enum Reply {
    Status(u16),
    /// Takes the request, then cuts the connection.
    Cut,
    /// Says nothing.
    Silent,
    /// Sends the client elsewhere.
    Elsewhere(SocketAddr),
}

/// An HTTP receiver: keeps each request as its head and body.
pub(super) struct Http {
    pub(super) address: SocketAddr,
    pub(super) requests: Received,
    replies: Arc<Mutex<VecDeque<Reply>>>,
}

impl Http {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (requests, replies) = (Received::default(), Arc::<Mutex<VecDeque<Reply>>>::default());
        let (keep, next) = (requests.clone(), Arc::clone(&replies));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (keep, next) = (keep.clone(), Arc::clone(&next));
                tokio::spawn(async move {
                    let Some(request) = request(&mut stream).await else { return };
                    keep.push(request);
                    let reply = next.lock().unwrap().pop_front().unwrap_or(Reply::Status(200));
                    let head = match reply {
                        Reply::Cut => return,
                        Reply::Status(status) => format!("{status} Told"),
                        Reply::Silent => std::future::pending().await,
                        Reply::Elsewhere(address) => format!("307 Elsewhere\r\nlocation: http://{address}/"),
                    };
                    let answer = format!("HTTP/1.1 {head}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                    let _ = stream.write_all(answer.as_bytes()).await;
                });
            }
        });
        Self { address, requests, replies }
    }

    pub(super) fn reply(&self, replies: impl IntoIterator<Item = Reply>) {
        self.replies.lock().unwrap().extend(replies);
    }

    /// Lets it answer 200 from now on.
    pub(super) fn recover(&self) {
        self.replies.lock().unwrap().clear();
    }

    /// The address as a sink has it.
    pub(super) fn url(&self) -> String {
        format!("http://{}/in", self.address)
    }

    /// Ids of the entries in all requests, in their order, as often as they came.
    pub(super) fn ids(&self) -> Vec<String> {
        let bodies = self.requests.all();
        let bodies = bodies.iter().map(|request| request.split_once("\r\n\r\n").unwrap().1);
        let entries = bodies.flat_map(|body| {
            let body: Value = serde_json::from_str(body).unwrap();
            body["entries"].as_array().cloned().unwrap_or_default()
        });
        entries.map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
    }
}

async fn request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8_192];
    loop {
        let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.and_then(|length| length.parse().ok()).unwrap_or_default();
        if body.len() >= length {
            return Some(text);
        }
    }
}

/// A real rsyslogd on a port of its own that writes messages as they came; none where it is not installed. Ends when it
/// is dropped.
pub(super) struct Rsyslog {
    pub(super) address: SocketAddr,
    folder: tempfile::TempDir,
    process: std::process::Child,
}

impl Rsyslog {
    #[expect(clippy::disallowed_methods, reason = "scripts/with-services says where it is")]
    pub(super) async fn start() -> Option<Self> {
        let program = std::env::var_os("ATRIUM_TEST_RSYSLOGD")?;
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let place = folder.path().display();
        let settings = format!(
            "global(workDirectory=\"{place}\" maxMessageSize=\"256k\")\n\
             module(load=\"imtcp\")\n\
             template(name=\"raw\" type=\"string\" string=\"%rawmsg%\\n\")\n\
             ruleset(name=\"all\") {{ action(type=\"omfile\" file=\"{place}/messages\" template=\"raw\" \
             asyncWriting=\"off\" flushOnTXEnd=\"on\") }}\n\
             input(type=\"imtcp\" port=\"{port}\" address=\"127.0.0.1\" ruleset=\"all\")\n"
        );
        std::fs::write(folder.path().join("rsyslog.conf"), settings).unwrap();
        let process = std::process::Command::new(program)
            .args(["-n", "-f"])
            .arg(folder.path().join("rsyslog.conf"))
            .arg("-i")
            .arg(folder.path().join("pid"))
            .spawn()
            .unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        while tokio::net::TcpStream::connect(address).await.is_err() {
            tokio::task::yield_now().await;
        }
        Some(Self { address, folder, process })
    }

    /// Follows what it writes.
    pub(super) fn received(&self) -> Received {
        let (received, file) = (Received::default(), self.folder.path().join("messages"));
        let keep = received.clone();
        tokio::spawn(async move {
            loop {
                let text = std::fs::read_to_string(&file).unwrap_or_default();
                // Reason: the last line may be half written.
                let whole = &text[..text.rfind('\n').unwrap_or_default()];
                *keep.0.lock().unwrap() = whole.lines().map(str::to_owned).collect();
                tokio::task::yield_now().await;
            }
        });
        received
    }
}

impl Drop for Rsyslog {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
